"""Which channels of a file are ECG, what their units are in mV, and how they come to one sampling rate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

MAX_VALUES = 2**28
"""Most samples, all leads together, that one recording may have (1 GiB of float32; 24 h of 2 leads at 1.5 kHz)."""

RATES = (1.0, 100_000.0)
"""Slowest and fastest sampling rate that is believed, in Hz."""

SEEN_RATE = 360
"""Hz; a recording must be of a size that can be handled at this rate too, whatever its own."""

MAX_MAGNITUDE = 1e12
"""A scale, range or sample given in text beyond this is a fault, not a measurement; within it float32 never overflows."""

_BLOCK = 2**18  # samples resampled at a time

_MILLIVOLTS = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "nv": 1e-6}
_UNSCALED = {"", "nu", "au", "a.u.", "adu", "none", "n/a", "?", "-", "1", "unit", "units", "[nu]"}
_OTHER_NAMES = re.compile(
    r"\b(resp|abp|art|pap|cvp|icp|bp|pleth|ppg|sp?o2|co2|eeg|emg|eog|gsr|eda|hr|pulse|marker|mark|temp|acc|accel|angle|status|event|trigger|flow"
    r"|thorax|chest|abdomen|abdo|chin|leg|uc|snore|pressure|light|body|position|annotations?)(?![a-z])"
    r"|respiration|plethys|accelerometer|temperature|impedance"
    r"|^(fp|af|f|fc|ft|c|cp|t|tp|p|po|o|e)(z|\d+)-(a|m|f|c|p|o|t)(z|\d+)$|^(fp[12z]|fpz-cz)$",  # bipolar EEG and EOG derivations
    re.IGNORECASE,
)
_LEAD_NAME = re.compile(r"ecg|ekg|\b(i{1,3}|av[rlf]|v\d?|m[lc][a-z0-9]+)\b", re.IGNORECASE)


class Channel(NamedTuple):
    """What a file says of one of its channels."""

    name: str
    unit: str  # as written; "" when the file says nothing


class Selection(NamedTuple):
    """The channels that are ECG."""

    indices: tuple[int, ...]  # positions in the file
    leads: tuple[str, ...]  # unique names
    factors: tuple[float, ...]  # mV in one unit of the file
    notes: tuple[str, ...]


def millivolts(unit: str) -> float | None:
    """How many mV one `unit` is; None when it is no voltage."""
    return _MILLIVOLTS.get(unit.strip().lower())


def select(channels: Sequence[Channel], file: str) -> Selection:
    """The ECG among `channels`: voltages whose name does not say otherwise.

    Only where a file has no such voltage are channels without a usable unit taken, as mV, and a note says so.
    Raises ValueError when nothing in `file` is ECG.
    """
    channels = [Channel(tidy(c.name), tidy(c.unit)) for c in channels]
    plausible = [i for i, c in enumerate(channels) if _LEAD_NAME.search(c.name) or not _OTHER_NAMES.search(c.name)]
    kept = [i for i in plausible if millivolts(channels[i].unit) is not None]
    notes = []
    if not kept:
        kept = [i for i in plausible if channels[i].unit.lower() in _UNSCALED]
        if kept:
            named = listed([channels[i].name or "unnamed" for i in kept])
            notes.append(f"{file} gives no voltage unit for {named}: the values are taken as mV.")
    if not channels:
        raise ValueError(f"{file} holds no signals: an ECG needs at least one.")
    if not kept:
        raise ValueError(f"{file} holds no ECG channel in V, mV or µV, only {listed(list(map(_described, channels)))}.")
    others = [_described(c) for i, c in enumerate(channels) if i not in set(kept)]
    if others:
        notes.append(f"Left out, as not ECG: {listed(others)}.")
    factors = tuple(millivolts(channels[i].unit) or 1.0 for i in kept)
    return Selection(tuple(kept), unique([channels[i].name for i in kept]), factors, tuple(notes))


def tidy(text: str) -> str:
    """Printable text of one line and at most 60 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:60]


def listed(items: Sequence[str], limit: int = 160) -> str:
    """The items in a row, as many as fit into about `limit` characters: "a, b and 3 more"."""
    shown = 1
    while shown < len(items) and len(", ".join(items[: shown + 1])) <= limit:
        shown += 1
    return ", ".join(items[:shown]) + (f" and {len(items) - shown} more" if shown < len(items) else "")


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names, the empty ones filled in and repeated ones numbered: ("II", "II", "") -> ("II", "II 2", "lead 3")."""
    found: list[str] = []
    for position, name in enumerate(names, 1):
        base = name or f"lead {position}"
        candidate, count = base, 1
        while candidate in found:
            count += 1
            candidate = f"{base} {count}"
        found.append(candidate)
    return tuple(found)


def believed(text: str, what: str, file: str) -> float:
    """The number in a file's text; ValueError when it is none, or none that was ever measured."""
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not abs(value) < MAX_MAGNITUDE:
        raise ValueError(f"{file} gives {text[:20]!r} as {what}, which must be a number.")
    return value


def check_rate(rate: float, file: str) -> float:
    """`rate` in Hz; ValueError when no ECG is sampled like that."""
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"{file} would have a sampling rate of {rate:g} Hz: an ECG has {RATES[0]:g} to {RATES[1]:.0f} samples per second.")
    return float(rate)


def check_size(leads: int, samples: int, rate: float, file: str) -> None:
    """Refuse, before anything is allocated, what would not fit into memory, be it as it is or at 360 Hz."""
    seen = samples * max(1.0, SEEN_RATE / check_rate(rate, file))
    if leads * seen > MAX_VALUES:
        at = "" if seen == samples else f" at {rate:g} Hz, which are {seen:.0f} at {SEEN_RATE} Hz"
        raise ValueError(f"{file} asks for {leads} leads of {samples} samples{at}; at most {MAX_VALUES} in all can be read: cut it.")


def rate_notes(leads: Sequence[str], rates: Sequence[float]) -> tuple[str, ...]:
    """A sentence naming the leads that are slower than the fastest, if there are any."""
    slow = [f"{lead} ({rate:g} Hz)" for lead, rate in zip(leads, rates, strict=True) if rate < max(rates)]
    return (f"Resampled to {max(rates):g} Hz, the rate of the fastest lead: {listed(slow)}.",) if slow else ()


def resampled(values: np.ndarray, ratio: Fraction, length: int) -> np.ndarray:
    """One lead (T,) at `ratio` times its rate, (length,) float32; polyphase filtering in blocks, gaps stay gaps."""
    if ratio == 1 and len(values) == length:
        return values
    from scipy.signal import resample_poly

    up, down = ratio.limit_denominator(1000).as_integer_ratio()
    result = np.full(length, np.nan, np.float32)
    missing = np.isnan(values)
    if missing.all():
        return result
    level = values[missing.argmin()]  # taken off while filtering, so that a constant stays one exactly
    margin = down * (2 + 20 * max(up, down) // (up * down))  # longer than the filter: blocks meet without a seam
    step = max(down * max(1, _BLOCK // max(up, down)), 4 * margin)
    for first in range(0, len(values), step):
        low, high = max(0, first - margin), min(len(values), first + step + margin)
        moved = resample_poly(_bridged(values[low:high], missing[low:high]) - level, up, down, padtype="edge") + level
        start, count = first * up // down, min(step, len(values) - first)
        moved = moved[(first - low) * up // down :][: -(-count * up // down)]
        moved[missing[first + np.arange(len(moved)) * down // up]] = np.nan
        result[start : start + len(moved)] = moved[: length - start]
    return result


def _bridged(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """The values with straight lines across their gaps."""
    if not missing.any() or missing.all():
        return np.where(missing, np.float32(0), values)
    there = np.flatnonzero(~missing)
    return np.interp(np.arange(len(values)), there, values[there]).astype(np.float32)


def _described(channel: Channel) -> str:
    return f"{channel.name or 'unnamed'} ({channel.unit or 'no unit'})"
