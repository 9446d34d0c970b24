"""WFDB annotation files in MIT format (https://physionet.org/physiotools/wag/annot-5.htm): which beats they hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.recording import AAMI_CLASS, Beats
from vqvae.modalities.ecg.wfdb_header import neighbour

ANNOTATORS = ("atr", "ecg", "ari", "qrs", "wqrs", "gqrs", "sqrs")
"""Suffixes of annotation files that mark beats, the most trusted first."""

BEAT_CODES = dict(zip((1, 2, 3, 34, 11, 25, 4, 8, 7, 9, 35, 5, 10, 41, 6, 12, 38, 13, 30), "NLRejBaAJSnVErF/fQ?", strict=True))
_FLUTTER_ON, _FLUTTER_OFF = 32, 33  # "[" and "]"
_SKIP, _NUMBER, _SUBTYPE, _CHANNEL, _TEXT = 59, 60, 61, 62, 63
_RESOLUTION = re.compile(r"## time resolution: (\d{1,9}(\.\d{1,9})?)")


class Annotations(NamedTuple):
    """All that an annotation file marks, beats or not."""

    times: list[int]  # in ticks
    codes: list[int]
    resolution: float | None  # ticks per second where the file says so


def read_beats(header: Path, rate: float, frames: int) -> tuple[Beats | None, tuple[str, ...]]:
    """The beats annotated beside `header`, their times in s, and notes; None where there is no readable annotation file."""
    path = next((p for p in (neighbour(header, f"{header.stem}.{suffix}") for suffix in ANNOTATORS) if p.is_file()), None)
    if path is None:
        return None, ()
    found = parse(path.read_bytes())
    if found is None:
        return None, (f"{path.name} is no annotation file in MIT format: the recording was read without beats.",)
    beats = [(t, AAMI_CLASS[BEAT_CODES[c]]) for t, c in zip(found.times, found.codes, strict=True) if c in BEAT_CODES]
    times = np.array([t for t, _ in beats], np.float64) / (found.resolution or rate)
    classes = np.array([c for _, c in beats], "<U1")
    inside = (times >= 0) & (times < frames / rate)
    notes = () if inside.all() else (f"{path.name} has {int((~inside).sum())} beats outside the recording: they were left out.",)
    order = np.argsort(times[inside], kind="stable")
    return Beats(times[inside][order], classes[inside][order], _flutter(found, found.resolution or rate, frames / rate)), notes


def _flutter(found: Annotations, resolution: float, seconds: float) -> tuple[tuple[float, float], ...]:
    """Episodes of ventricular flutter or fibrillation, s; without an end to the last sample, without a start from the first."""
    episodes: list[tuple[float, float]] = []
    start = None
    marks = sorted((t / resolution, c) for t, c in zip(found.times, found.codes, strict=True) if c in (_FLUTTER_ON, _FLUTTER_OFF))
    for time, code in marks:
        if code == _FLUTTER_ON:
            start = time if start is None else start
        elif start is not None or not episodes:
            episodes.append((start or 0.0, time))
            start = None
    if start is not None:
        episodes.append((start, seconds))
    return tuple((max(a, 0.0), min(b, seconds)) for a, b in episodes if a < seconds and b > 0)


def parse(raw: bytes) -> Annotations | None:
    """All annotations of a file, beats or not; None when the bytes do not follow the format."""
    words = np.frombuffer(raw[: len(raw) // 2 * 2], "<u2").tolist()
    times: list[int] = []
    codes: list[int] = []
    now, position, resolution = 0, 0, None
    while position < len(words):
        code, value = words[position] >> 10, words[position] & 1023
        position += 1
        if code == 0 and value == 0:
            return Annotations(times, codes, resolution)
        if code == _SKIP:
            if position + 2 > len(words):
                return None
            jump = words[position] << 16 | words[position + 1]
            now += jump - (jump >> 31 << 32)
            position += 2
        elif code == _TEXT:
            match = _RESOLUTION.match(raw[2 * position : 2 * position + value].decode("ascii", "replace"))
            resolution = float(match[1]) or None if match else resolution
            position += (value + 1) // 2
        elif code not in (_NUMBER, _SUBTYPE, _CHANNEL):
            if code >= 50:
                return None
            now += value
            times.append(now)
            codes.append(code)
    return None


def encode_beats(beats: Beats, rate: float) -> bytes:
    """Beats and flutter as an annotation file in MIT format, in ticks of `rate`; one symbol per AAMI class."""
    codes = {"N": 1, "S": 9, "V": 5, "F": 6, "Q": 13}
    for name in set(beats.classes.tolist()) - codes.keys():
        raise ValueError(f"{name!r} is no AAMI class of beats: there are {', '.join(codes)}.")
    words: list[int] = []
    now = 0
    marks = [(round(time * rate), codes[name]) for time, name in zip(beats.times.tolist(), beats.classes.tolist(), strict=True)]
    for start, end in beats.flutter:
        marks += [(round(start * rate), _FLUTTER_ON), (round(end * rate), _FLUTTER_OFF)]
    for tick, code in sorted(marks, key=lambda mark: mark[0]):
        step = tick - now
        if not 0 <= step < 1024:
            words += [_SKIP << 10, step >> 16 & 0xFFFF, step & 0xFFFF]
            step = 0
        words.append(code << 10 | step)
        now = tick
    return np.array([*words, 0], "<u2").tobytes()
