"""ECG recordings to WFDB records, format 16, that any WFDB tool reads."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.channels import MAX_MAGNITUDE, tidy
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.ecg.wfdb_beats import encode_beats

_INVALID = -(2**15)  # the sample of format 16 that says nothing was recorded
_STEPS = 2**16 - 2  # what is left of 16 bits
_BLOCK = 2**19  # samples encoded at a time
_GAINS = (10_000.0, 1_000.0)  # steps per mV tried before one is made to measure: 0.1 µV, 1 µV
_WFDB_SUFFIXES = {".hea", ".dat", ".atr"}


class _Scale(NamedTuple):
    """How a lead is stored: sample = round(mV * gain) + baseline."""

    gain: float  # steps per mV
    baseline: int


def write(recording: Ecg, path: Path) -> list[Path]:
    """Write `recording` as a WFDB record; returns its files: `.hea`, `.dat` and, with beats, `.atr`.

    path: the record's name, with or without `.hea`; characters that WFDB does not know become `_`.  Gaps (NaN) become the
    format's invalid sample.  A step is 0.1 µV, 1 µV when a lead spans over 6.5 mV, and coarser only beyond 65 mV.
    Everything is written beside and then renamed, the header last.  A record of that name is replaced whole: without beats,
    its `.atr` is deleted, as its beats would be taken for this recording's.
    """
    name = record_name(path)
    if not recording.signals.size:
        raise ValueError(f"{name} has no samples: there is nothing to write.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".ecg-") as folder:
        beside = Path(folder) / name
        scales = [_scale(lead) for lead in recording.signals]
        sums = _write_samples(recording.signals, scales, beside.with_suffix(".dat"))
        if recording.beats is not None:
            beside.with_suffix(".atr").write_bytes(encode_beats(recording.beats, recording.rate))
        beside.with_suffix(".hea").write_text(_header(recording, name, scales, sums), encoding="utf-8")
        suffixes = [".dat", ".hea"] if recording.beats is None else [".dat", ".atr", ".hea"]
        if recording.beats is None:
            (path.parent / f"{name}.atr").unlink(missing_ok=True)
        written = [beside.with_suffix(suffix).replace(path.parent / f"{name}{suffix}") for suffix in suffixes]
    return written[::-1]


def record_name(path: Path) -> str:
    """What a record that is written to `path` is called."""
    name = path.stem if path.suffix.lower() in _WFDB_SUFFIXES else path.name
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name) or "ecg"


def targets(path: Path) -> tuple[Path, ...]:
    """Every file that `write` may make."""
    return tuple(path.parent / f"{record_name(path)}{suffix}" for suffix in (".hea", ".dat", ".atr"))


def _scale(lead: np.ndarray) -> _Scale:
    """The finest gain at which the lead's range fits into 16 bits."""
    finite = lead[np.isfinite(lead)]
    if not len(finite):
        return _Scale(_GAINS[0], 0)
    low, high = float(finite.min()), float(finite.max())
    if max(-low, high) > MAX_MAGNITUDE:
        raise ValueError(f"A lead goes from {low:g} to {high:g} mV, which is no ECG: nothing was written.")
    span, middle = high - low, (high + low) / 2
    farthest = max(abs(middle), 1e-30)
    gain = next((g for g in _GAINS if span * g <= _STEPS - 2 and farthest * g < 2**30), None)
    if gain is None:
        gain = min((_STEPS - 2) / max(span, 1e-30), 2**30 / farthest)
        gain = float(_plain(gain * (1 - 1e-9)))
    if max(abs(low), abs(high)) * gain < _STEPS / 2:
        return _Scale(gain, 0)
    return _Scale(gain, -round(middle * gain))


def _plain(value: float, digits: int = 12) -> str:
    """A number without exponent, which not every WFDB reader understands."""
    return np.format_float_positional(value, precision=digits, unique=False, fractional=False, trim="-")


def _write_samples(signals: np.ndarray, scales: list[_Scale], path: Path) -> np.ndarray:
    """Samples interleaved, block by block; returns (C, 2): first sample and checksum of every lead."""
    count, length = signals.shape
    sums = np.zeros((count, 2), np.int64)
    step = max(1, _BLOCK // count)
    with path.open("wb") as file:
        for first in range(0, length, step):
            block = np.empty((min(step, length - first), count), "<i2")
            for row, (lead, scale) in enumerate(zip(signals, scales, strict=True)):
                values = lead[first : first + step].astype(np.float64)
                values = np.where(np.isfinite(values), np.rint(values * scale.gain) + scale.baseline, _INVALID)
                block[:, row] = values
            file.write(block.tobytes())
            if first == 0:
                sums[:, 0] = block[0]
            sums[:, 1] += block.sum(axis=0, dtype=np.int64)
    sums[:, 1] = (sums[:, 1] + 2**15) % 2**16 - 2**15
    return sums


def _header(recording: Ecg, name: str, scales: list[_Scale], sums: np.ndarray) -> str:
    rate = np.format_float_positional(recording.rate, trim="-")
    lines = [f"{name} {len(recording.leads)} {rate} {recording.signals.shape[1]}"]
    for lead, scale, (first, total) in zip(recording.leads, scales, sums, strict=True):
        lines.append(f"{name}.dat 16 {_plain(scale.gain)}({scale.baseline})/mV 16 0 {first} {total} 0 {tidy(lead)}")
    return "\n".join(lines) + "\n"
