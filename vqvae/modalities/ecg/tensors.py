"""Ecg -> what a network sees, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.protocol import Apart, Chunking, Tensors

RATE = 360  # Hz, the one rate that networks see
FRAME = 32  # samples at RATE that one code describes: 89 ms
MARGIN = 32  # samples before the first and at least as many after the last, so that lapped frames are complete at both ends


def to_tensors(recording: Ecg) -> Tensors:
    """Ecg (C, T) in mV -> (C, 1, T') at 360 Hz, every lead less its mean and over its standard deviation.

    Gaps are bridged by straight lines; the layout remembers them.  T' is a multiple of 32 with a margin at both ends.
    """
    count = recording.signals.shape[1]
    ratio = _ratio(recording.rate)
    resampled, length = _lengths(count, ratio)
    values = np.empty((len(recording.leads), 1, length), np.float32)
    offsets, gains, gaps = [], [], []
    for lead, signal in enumerate(recording.signals):
        missing = np.isnan(signal)
        present = signal[~missing]
        offset, gain = _scale(present)
        offsets.append(offset)
        gains.append(gain)  # 0 for a flat lead, which comes back flat
        gaps.append(_runs(missing))
        scaled = (_bridge(signal, missing) - np.float32(offset)) / np.float32(gain or 1.0)
        body = _resample(scaled, ratio)[:resampled]
        values[lead, 0] = np.pad(body, (MARGIN, length - MARGIN - len(body)), mode="edge")
    layout = {
        "modality": "ecg",
        "rate": recording.rate,
        "samples": count,
        "leads": list(recording.leads),
        "name": recording.name,
        "bits": recording.bits,
        "offsets": offsets,
        "gains": gains,
        "gaps": gaps,
    }
    return Tensors(values, layout)


def restore(tensors: Tensors) -> Ecg:
    """Undo `to_tensors`: margins off, back to the recording's own rate, mV and gaps."""
    layout = tensors.layout
    count, ratio = int(layout["samples"]), 1 / _ratio(layout["rate"])
    signals = np.empty((len(layout["leads"]), count), np.float32)
    for lead, row in enumerate(tensors.values[:, 0]):
        body = _resample(row[MARGIN:], ratio)
        signals[lead] = body[:count] * np.float32(layout["gains"][lead]) + np.float32(layout["offsets"][lead])
        for start, stop in layout["gaps"][lead]:
            signals[lead, start:stop] = np.nan
    return Ecg(signals, float(layout["rate"]), tuple(layout["leads"]), layout["name"], int(layout["bits"]))


def sides(layout: dict[str, Any]) -> tuple[int]:
    """(T,): samples of a lead in the tensors that a layout belongs to."""
    return (length(layout),)


def length(layout: dict[str, Any]) -> int:
    """T', the samples of the values that a layout belongs to."""
    return _lengths(int(layout["samples"]), _ratio(layout["rate"])).values


def with_gaps(layout: dict[str, Any], spans: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """The layout with gaps on every lead, each from start to stop in s from the start of the recording."""
    rate, count = layout["rate"], int(layout["samples"])
    more = [[max(0, math.floor(start * rate)), min(count, math.ceil(stop * rate))] for start, stop in spans]
    return {**layout, "gaps": [[*gaps, *(gap for gap in more if gap[0] < gap[1])] for gaps in layout["gaps"]]}


class _Lengths(NamedTuple):
    resampled: int  # samples at RATE
    values: int  # with margins, a multiple of FRAME


def _lengths(count: int, ratio: Fraction) -> _Lengths:
    resampled = -(-count * ratio.numerator // ratio.denominator)
    return _Lengths(resampled, 2 * MARGIN + -(-resampled // FRAME) * FRAME)


def _scale(present: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation, mV, with no more digits than matter, since they are written into files: a millionth of the latter."""
    if not len(present):
        return 0.0, 0.0
    offset, gain = float(present.mean(dtype=np.float64)), float(present.std(dtype=np.float64))
    digits = 6 - math.floor(math.log10(gain)) if gain > 0 else 9
    return round(offset, digits), round(gain, digits)


def _ratio(rate: float) -> Fraction:
    """360 Hz over the recording's rate, as a ratio of integers; the faster the rate, the simpler, as they set the filter's length."""
    return RATE / Fraction(rate).limit_denominator(max(1, min(1000, int(1_000_000 / rate))))


def _resample(signal: np.ndarray, ratio: Fraction) -> np.ndarray:
    """A signal (T,) at `ratio` times its rate, by a polyphase filter; ends are held, not zero."""
    if ratio == 1 or not len(signal):
        return signal
    from scipy.signal import resample_poly

    return resample_poly(signal, ratio.numerator, ratio.denominator, padtype="edge").astype(np.float32, copy=False)


def _bridge(signal: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Straight lines over the gaps; zeros when there is nothing but gaps."""
    if not missing.any():
        return signal
    if missing.all():
        return np.zeros_like(signal)
    bridged = signal.copy()
    places = np.flatnonzero(~missing)
    for start, stop in _runs(missing):
        left, right = signal[max(start - 1, places[0])], signal[min(stop, places[-1])]
        bridged[start:stop] = np.linspace(left if start else right, right if stop < len(signal) else left, stop - start)
    return bridged


def _runs(mask: np.ndarray) -> list[list[int]]:
    """Where a mask (T,) is true, as [start, stop) pairs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [[int(start), int(stop)] for start, stop in zip(edges[::2], edges[1::2], strict=True)]


class Frames(NamedTuple):
    """Where frames lie in a recording, the margin's among them."""

    start: float  # s, beginning of the first frame; negative
    length: float  # s


FRAMES = Frames(-MARGIN / RATE, FRAME / RATE)
CHUNKS = Chunking(300.0, "s", RATE)  # about 2 % more bytes than in one piece
APART = Apart()
_REACH = 1.5  # s beside what is lost that are not what they should be, either


def lost(layout: dict[str, Any], first: float, stop: float) -> tuple[float, float]:
    """What is lost with the values [first, stop), and what depends on it: start and stop, s from the start of the recording."""
    end = layout["samples"] / layout["rate"]
    return max(0.0, FRAMES.start + first / RATE - _REACH), min(end, FRAMES.start + stop / RATE + _REACH)


def rows(layout: dict[str, Any]) -> int:
    """Rows of values: leads."""
    return len(layout["leads"])


def describe_preprocessing() -> dict[str, Any]:
    """What `to_tensors` does, for a checkpoint's configuration and its card."""
    return {"rate_hz": RATE, "frame_samples": FRAME, "margin_samples": MARGIN, "normalisation": "lead mean and standard deviation"}


class Extent(NamedTuple):
    """How much signal there is, to turn bytes into a rate."""

    amount: float  # seconds times leads
    unit: str
    raw_bytes: float  # as stored: bits per sample times samples, all leads
    raw: str  # the same in words


def extent(layout: dict[str, Any]) -> Extent:
    """The amount of signal that a layout describes."""
    leads, samples, bits, rate = len(layout["leads"]), layout["samples"], layout["bits"], layout["rate"]
    raw = f"{bits} bit × {rate:g} Hz = {bits * rate:,.0f} bit/s per lead as stored".replace(",", " ")
    return Extent(leads * samples / rate, "bit/s", leads * samples * bits / 8, raw)
