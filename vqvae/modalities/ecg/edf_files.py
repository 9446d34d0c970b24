"""EDF, EDF+, BDF and BDF+ (https://www.edfplus.info/specs/edf.html, https://www.edfplus.info/specs/edfplus.html)."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.channels import Channel, believed, check_rate, check_size, rate_notes, resampled, select
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.protocol import Progress

_FIELDS = {  # of every signal, and their widths in bytes
    "label": 16,
    "transducer": 80,
    "unit": 8,
    "low": 8,
    "high": 8,
    "bottom": 8,
    "top": 8,
    "filter": 80,
    "samples": 8,
    "reserved": 32,
}
_BLOCK = 2**22  # bytes read at a time
_ONSET = re.compile(rb"([+-]\d{1,12}(\.\d{1,12})?)(\x15[\d.]*)?\x14")


class _Signal(NamedTuple):
    """One signal of the header; value = (sample - bottom) * step + low, in `unit`."""

    channel: Channel
    samples: int  # per data record
    start: int  # first sample within a data record
    step: float
    low: float
    bottom: float
    annotations: bool


class _Header(NamedTuple):
    file: str
    bytes: int  # before the first data record
    width: int  # bytes per sample: 2 EDF, 3 BDF
    records: int  # as promised; -1 when unknown
    seconds: float  # per data record
    gapped: bool  # EDF+D: data records need not follow each other
    signals: tuple[_Signal, ...]

    @property
    def record_bytes(self) -> int:
        return self.width * sum(signal.samples for signal in self.signals)


def read_edf(path: Path, progress: Progress | None = None) -> Ecg:
    """The ECG channels of `path` in mV, all at the rate of the fastest; time between data records is a gap."""
    header = _header(path)
    data = [signal for signal in header.signals if not signal.annotations]
    selection = select([signal.channel for signal in data], path.name)
    wanted = [data[i] for i in selection.indices]
    if header.seconds <= 0 or any(signal.samples == 0 for signal in wanted):
        raise ValueError(f"{path.name} gives data records of {header.seconds:g} s or without ECG samples: no sampling rate follows.")
    for signal in wanted:
        check_rate(signal.samples / header.seconds, path.name)
    stored = (path.stat().st_size - header.bytes) // header.record_bytes
    notes = list(selection.notes)
    if stored <= 0:
        raise ValueError(f"{path.name} holds no complete data record: the file is cut off after its header.")
    records = stored if header.records < 1 else min(stored, header.records)
    if header.records not in (-1, stored):
        notes.append(f"{path.name} promises {header.records} data records and holds {stored}: {records} were read.")
    starts = _starts(path, header, records)
    fastest = max(signal.samples for signal in wanted)
    notes += rate_notes(selection.leads, [signal.samples / header.seconds for signal in wanted])
    length = round(starts[-1] / header.seconds * fastest) + fastest
    check_size(len(wanted), length, fastest / header.seconds, path.name)
    if len(starts) > 1 and length > records * fastest * 1.001 + 1:
        notes.append(f"{path.name} has pauses between its data records: they are gaps.")
    factors = np.array(selection.factors)
    signals, emptied = _signals(path, header, wanted, factors, starts, length, progress)
    if emptied:
        notes.append(f"{path.name} holds a second or more of the lowest possible value in {emptied} leads: these are gaps.")
    return Ecg(signals, fastest / header.seconds, selection.leads, path.stem, 8 * header.width, None, tuple(notes))


def _header(path: Path) -> _Header:
    with path.open("rb") as file:
        fixed = file.read(256)
        if len(fixed) < 256 or fixed[:8] not in (b"0       ", b"\xffBIOSEMI"):
            raise ValueError(f"{path.name} is no EDF or BDF file: its first 8 bytes are not those of the format, or its header is cut off.")
        count = _integer(fixed[252:256], "number of signals", path.name)
        if not 0 < count <= 9999:
            raise ValueError(f"{path.name} describes {count} signals: an ECG needs at least one.")
        text = file.read(256 * count)
    if len(text) < 256 * count:
        raise ValueError(f"{path.name} is cut off inside its header, which describes {count} signals.")
    columns, position = {}, 0
    for name, width in _FIELDS.items():
        columns[name] = [text[position + i * width : position + (i + 1) * width] for i in range(count)]
        position += width * count
    signals, start = [], 0
    for i in range(count):
        signals.append(_signal({name: values[i] for name, values in columns.items()}, start, path.name))
        start += signals[-1].samples
    if not start:
        raise ValueError(f"{path.name} describes signals without a single sample.")
    return _Header(
        path.name,
        256 * (count + 1),
        2 if fixed[:1] == b"0" else 3,
        _integer(fixed[236:244], "number of data records", path.name),
        _number(fixed[244:252], "duration of a data record", path.name),
        fixed[192:197] in (b"EDF+D", b"BDF+D"),
        tuple(signals),
    )


def _signal(fields: dict[str, bytes], start: int, file: str) -> _Signal:
    label, unit = (_text(fields[name]) for name in ("label", "unit"))
    samples = _integer(fields["samples"], f"number of samples of {label}", file)
    if not 0 <= samples < 2**31:
        raise ValueError(f"{file} gives {samples} samples per data record for {label}: it must be a positive number.")
    if label in ("EDF Annotations", "BDF Annotations"):
        return _Signal(Channel(label, unit), samples, start, 1.0, 0.0, 0.0, True)
    low, high, bottom, top = (_number(fields[name], f"range of {label}", file) for name in ("low", "high", "bottom", "top"))
    if bottom == top or low == high:
        raise ValueError(f"{file} gives {label} an empty range, {low:g} to {high:g}: its values have no scale.")
    return _Signal(Channel(label, unit), samples, start, (high - low) / (top - bottom), low, bottom, False)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").strip(" \0")
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip(" \0")


def _number(raw: bytes, what: str, file: str) -> float:
    return believed(_text(raw).replace(",", "."), f"the {what}", file)


def _integer(raw: bytes, what: str, file: str) -> int:
    return int(_number(raw, what, file))


def _starts(path: Path, header: _Header, records: int) -> np.ndarray:
    """When every data record begins, in s from the first."""
    source = next((signal for signal in header.signals if signal.annotations), None)
    if not header.gapped or source is None:
        return np.arange(records) * header.seconds
    starts = np.empty(records)
    with path.open("rb") as file:
        for i in range(records):
            file.seek(header.bytes + i * header.record_bytes + source.start * header.width)
            onset = _ONSET.match(file.read(min(source.samples * header.width, 64)))
            if not onset:
                raise ValueError(f"{path.name} is discontinuous (EDF+D), and its data record {i + 1} does not say when it begins.")
            starts[i] = float(onset[1])
    starts -= starts[0]
    if (np.diff(starts) < header.seconds * 0.999).any():
        raise ValueError(f"{path.name} is discontinuous (EDF+D), and its data records overlap in time.")
    return starts


def _signals(
    path: Path, header: _Header, wanted: list[_Signal], factors: np.ndarray, starts: np.ndarray, length: int, progress: Progress | None
) -> tuple[np.ndarray, int]:
    """The wanted signals (C, length) float32 in mV, read block by block, and how many of them have emptied stretches.

    Slower signals are brought to the fastest rate at the end.
    """
    fastest = max(signal.samples for signal in wanted)
    result = np.full((len(wanted), length), np.nan, np.float32)
    slow = {row: np.full(-(-length * s.samples // fastest), np.nan, np.float32) for row, s in enumerate(wanted) if s.samples != fastest}
    step = max(1, _BLOCK // header.record_bytes)
    with path.open("rb") as file:
        file.seek(header.bytes)
        for first in range(0, len(starts), step):
            count = min(step, len(starts) - first)
            raw = np.frombuffer(file.read(count * header.record_bytes), np.uint8).reshape(count, -1)
            for row, signal in enumerate(wanted):
                samples = _samples(raw[:, signal.start * header.width : (signal.start + signal.samples) * header.width], header.width)
                values = (((samples - signal.bottom) * signal.step + signal.low) * factors[row]).astype(np.float32)
                _place(slow.get(row, result[row]), values, starts[first : first + count] / header.seconds)
            if progress:
                progress((first + count) / len(starts))
    emptied = 0
    for row, signal in enumerate(wanted):
        emptied += _empty(slow.get(row, result[row]), signal, header, factors[row])
    for row, values in slow.items():
        result[row] = resampled(values, Fraction(fastest, wanted[row].samples), length)
    return result, emptied


def _empty(lead: np.ndarray, signal: _Signal, header: _Header, factor: float) -> bool:
    """Make gaps of the lowest storable value where it stands for a second or longer: converters store missing samples so."""
    lowest = -(2 ** (8 * header.width - 1))
    value = np.float32(((lowest - signal.bottom) * signal.step + signal.low) * factor)
    filler = lead == value
    edges = np.flatnonzero(np.diff(filler, prepend=False, append=False))  # of booleans: where they change
    runs = [(first, last) for first, last in edges.reshape(-1, 2).tolist() if last - first >= signal.samples / header.seconds]
    for first, last in runs:
        lead[first:last] = np.nan
    return bool(runs)


def _samples(raw: np.ndarray, width: int) -> np.ndarray:
    """Bytes (records, bytes) -> integers (records, samples)."""
    if width == 2:
        return np.ascontiguousarray(raw).view("<i2")
    low, middle, high = np.moveaxis(raw.reshape(len(raw), -1, 3), 2, 0)
    return low | middle.astype(np.int32) << 8 | high.astype(np.int8).astype(np.int32) << 16


def _place(target: np.ndarray, values: np.ndarray, starts: np.ndarray) -> None:
    """Write data records (records, samples), which begin at `starts` (in records), into `target`."""
    samples = values.shape[1]
    positions = np.rint(starts * samples).astype(int)
    if (np.diff(positions) == samples).all():
        target[positions[0] : positions[0] + values.size] = values.reshape(-1)[: len(target) - positions[0]]
        return
    for position, record in zip(positions, values, strict=True):
        target[position : position + samples] = record[: len(target) - position]
