"""WFDB records: a header, its signal files, its segments (https://physionet.org/physiotools/wag/)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.channels import (
    Channel,
    Selection,
    check_rate,
    check_size,
    millivolts,
    rate_notes,
    resampled,
    select,
    tidy,
)
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.ecg.wfdb_beats import read_beats
from vqvae.modalities.ecg.wfdb_header import Header, Signal, neighbour, read_header
from vqvae.modalities.ecg.wfdb_samples import ALIGNMENT, FORMATS, decode, frames_stored
from vqvae.modalities.protocol import Progress

_BLOCK = 2**20  # samples decoded at a time


class _Lead(NamedTuple):
    """Where one stored signal goes."""

    row: int  # of the recording
    signal: Signal
    column: int  # of its first sample in a frame of its file
    scale: float  # mV per step


class _Group(NamedTuple):
    """Signals interleaved in one file, and those of them that are wanted."""

    path: Path
    signals: list[Signal]
    leads: list[_Lead]


class _Part(NamedTuple):
    """A piece of the time axis stored under one header."""

    start: int  # frame of the recording
    frames: int
    groups: list[_Group]


def read_wfdb(path: Path, progress: Progress | None = None) -> Ecg:
    """The record whose header is `path` (`.hea`), with its beats where an annotation file lies beside it."""
    header = read_header(path)
    notes = [] if header.rate_given else [f"{path.name} gives no sampling rate: the format's default of {header.rate:g} Hz is taken."]
    described = header.signals or _described(path, header)
    selection = select([Channel(signal.name, signal.unit) for signal in described], path.name)
    notes += selection.notes
    wanted = [described[i] for i in selection.indices]
    repeats = max(signal.repeats for signal in wanted)
    notes += rate_notes(selection.leads, [header.rate * signal.repeats for signal in wanted])
    parts = _segments(path, header, described, selection, notes) if header.segments else [_whole(path, header, selection, notes)]
    frames = parts[-1].start + parts[-1].frames
    for signal in wanted:
        check_rate(header.rate * signal.repeats, path.name)
    check_size(len(wanted), frames * repeats, header.rate * repeats, path.name)
    signals = np.full((len(wanted), frames * repeats), np.nan, np.float32)
    for part in parts:
        for group in part.groups:
            _fill(signals[:, part.start * repeats : (part.start + part.frames) * repeats], group, part.frames, repeats)
        if progress:
            progress((part.start + part.frames) / frames)
    beats, beat_notes = read_beats(path, header.rate, frames)
    rate = header.rate * repeats
    return Ecg(signals, rate, selection.leads, path.stem, max(map(_bits, wanted)), beats, (*notes, *beat_notes))


def _bits(signal: Signal) -> int:
    stored = FORMATS[signal.format].bits if signal.format in FORMATS else 16
    return signal.bits if 0 < signal.bits <= 32 else stored


def _described(path: Path, header: Header) -> tuple[Signal, ...]:
    """The signals of a multi-segment record: of its layout, or of its first segment when all segments are alike."""
    first = next((segment for segment in header.segments if segment.name != "~"), None)
    if first is None:
        raise ValueError(f"{path.name} describes nothing but gaps: an ECG needs at least one segment.")
    return _segment_header(path, first.name, header.rate).signals


def _segment_header(master: Path, name: str, rate: float) -> Header:
    path = neighbour(master, f"{name}.hea")
    if not path.is_file():
        raise ValueError(f"{master.name} is made of segments and {path.name} is missing: drop all its .hea and .dat files together.")
    header = read_header(path)
    if header.segments:
        raise ValueError(f"{master.name} has a segment, {path.name}, that is made of segments itself: WFDB does not allow that.")
    if abs(header.rate - rate) > 1e-6 * rate:
        raise ValueError(f"{path.name} is sampled at {header.rate:g} Hz but {master.name} says {rate:g} Hz: a record has one rate.")
    return header


def _whole(path: Path, header: Header, selection: Selection, notes: list[str]) -> _Part:
    """A record without segments, as long as its files really are."""
    groups = _groups(path, header, dict(zip(selection.indices, range(len(selection.indices)), strict=True)))
    if not groups:
        raise ValueError(f"{path.name} stores no samples of its ECG: it describes a layout, so give the record that uses it.")
    stored, name = min((_stored(group), group.path.name) for group in groups)
    if not stored:
        raise ValueError(f"{name} holds no samples: the file is empty or cut off.")
    promised = header.frames or stored
    if stored < promised:
        notes.append(f"{name} ends after {stored} of the {promised} samples that its header promises: what is there was read.")
    elif stored - promised > ALIGNMENT:
        notes.append(f"{name} holds {stored} samples and its header promises {promised}: the first {promised} were read.")
    return _Part(0, min(stored, promised), groups)


def _segments(path: Path, header: Header, described: Sequence[Signal], selection: Selection, notes: list[str]) -> list[_Part]:
    """The segments one after another; leads are found by name where a layout says so, else by position."""
    variable = header.segments[0].frames == 0
    parts, start = [], 0
    for segment in header.segments[variable:]:
        groups: list[_Group] = []
        if segment.name != "~" and segment.frames:
            inner = _segment_header(path, segment.name, header.rate)
            rows = _rows(inner, described, selection, variable)
            groups = _groups(path.with_name(f"{segment.name}.hea"), inner, rows)
            stored = min(map(_stored, groups), default=segment.frames)
            if stored < segment.frames:
                notes.append(f"Segment {segment.name} ends after {stored} of its {segment.frames} samples: the rest is a gap.")
        parts.append(_Part(start, segment.frames, groups))
        start += segment.frames
    if not start:
        raise ValueError(f"{path.name} consists of segments without a single sample.")
    if header.frames and header.frames != start:
        notes.append(f"{path.name} promises {header.frames} samples and its segments add up to {start}: the segments were read.")
    return parts


def _rows(segment: Header, described: Sequence[Signal], selection: Selection, variable: bool) -> dict[int, int]:
    """Position of a signal in a segment -> row of the recording."""
    if not variable:
        if len(segment.signals) != len(described):
            raise ValueError(f"Segment {segment.name} has {len(segment.signals)} signals and others {len(described)}: they must be alike.")
        return {index: row for row, index in enumerate(selection.indices)}
    rows = {tidy(described[index].name): row for row, index in enumerate(selection.indices)}
    return {i: rows[tidy(s.name)] for i, s in enumerate(segment.signals) if tidy(s.name) in rows}


def _groups(path: Path, header: Header, rows: dict[int, int]) -> list[_Group]:
    """The files of one header that hold wanted signals, checked to be there."""
    files: dict[str, list[int]] = {}
    for position, signal in enumerate(header.signals):
        if signal.file != "~" and signal.format != "0":
            files.setdefault(signal.file, []).append(position)
    groups = []
    for name, positions in files.items():
        if rows.keys() & set(positions):
            groups.append(_group(path, name, [header.signals[i] for i in positions], [rows.get(i) for i in positions]))
    return groups


def _group(path: Path, name: str, signals: list[Signal], rows: list[int | None]) -> _Group:
    file = neighbour(path, name)
    if not file.is_file():
        raise ValueError(f"{path.name} needs {name}, which is missing: drop {name} together with it.")
    if len({signal.format for signal in signals}) > 1 or signals[0].format not in FORMATS:
        given = ", ".join(sorted({signal.format for signal in signals}))
        raise ValueError(f"{path.name} gives {name} the storage format {given}: a file has one of {', '.join(FORMATS)}.")
    if any(signal.repeats == 0 for signal in signals):
        raise ValueError(f"{path.name} describes a signal in {name} with 0 samples per frame: there must be at least one.")
    leads, column = [], 0
    for signal, row in zip(signals, rows, strict=True):
        if row is not None:
            leads.append(_Lead(row, signal, column, (millivolts(signal.unit) or 1.0) / signal.gain))
        column += signal.repeats
    return _Group(file, signals, leads)


def _stored(group: _Group) -> int:
    return max(0, frames_stored(group.path, group.signals))


def _fill(target: np.ndarray, group: _Group, frames: int, repeats: int) -> None:
    """Put the wanted signals of one file into `target` (C, frames * repeats), block by block."""
    own = {lead.row: np.full(frames * lead.signal.repeats, np.nan, np.float32) for lead in group.leads if lead.signal.repeats != repeats}
    last = min(_stored(group), frames + max(lead.signal.skew for lead in group.leads))
    per_frame = sum(signal.repeats for signal in group.signals)
    step = max(1, _BLOCK // per_frame // ALIGNMENT) * ALIGNMENT
    sums = {lead.row: np.full(1, lead.signal.first, np.int64) for lead in group.leads}
    for first in range(0, last, step):
        block = decode(group.path, group.signals, first, min(step, last - first))
        for lead in group.leads:
            samples = block[:, lead.column : lead.column + lead.signal.repeats].reshape(-1)
            if lead.signal.format == "8":
                samples = sums[lead.row][-1] + samples.cumsum(dtype=np.int64)
                sums[lead.row] = samples[-1:]
            _place(own.get(lead.row, target[lead.row]), _physical(samples, lead), (first - lead.signal.skew) * lead.signal.repeats)
    for lead in group.leads:
        if lead.row in own:
            target[lead.row] = resampled(own[lead.row], Fraction(repeats, lead.signal.repeats), target.shape[1])


def _physical(samples: np.ndarray, lead: _Lead) -> np.ndarray:
    """Steps -> mV, in double precision for the sake of 24 and 32 bit formats; the format's invalid sample -> NaN."""
    values = (samples - float(lead.signal.baseline)) * lead.scale
    invalid = FORMATS[lead.signal.format].invalid
    if invalid is not None:
        values[samples == invalid] = np.nan
    return values


def _place(target: np.ndarray, values: np.ndarray, start: int) -> None:
    """Write `values` at `start`, dropping what lies outside."""
    low, high = max(start, 0), min(start + len(values), len(target))
    if low < high:
        target[low:high] = values[low - start : high - start]
