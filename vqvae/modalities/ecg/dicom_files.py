"""DICOM waveforms (PS3.3 C.10.9): 12-lead, ambulatory and general ECG."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vqvae.modalities.ecg.channels import MAX_MAGNITUDE, Channel, check_size, select
from vqvae.modalities.ecg.recording import Ecg

if TYPE_CHECKING:
    from pydicom import Dataset

_SAMPLES = {
    ("SB", 8): np.int8,
    ("UB", 8): np.uint8,
    ("SS", 16): np.int16,
    ("US", 16): np.uint16,
    ("SL", 32): np.int32,
    ("UL", 32): np.uint32,
}


def read_dicom(path: Path) -> Ecg:
    """The longest waveform group of `path` in mV; other groups (such as the average beat) are named in a note."""
    groups = _groups(path)
    try:
        longest = max(groups, key=lambda group: group.NumberOfWaveformSamples / group.SamplingFrequency)
        return _recording(path, longest, groups)
    except (AttributeError, KeyError, IndexError, TypeError, ZeroDivisionError, OverflowError, NotImplementedError) as error:
        raise ValueError(f"{path.name} is a DICOM file whose waveform is described incompletely ({_short(error)}).") from None


def _short(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error))[:80].strip(" .")


def _groups(path: Path) -> list[Dataset]:
    import pydicom
    from pydicom.errors import BytesLengthException, InvalidDicomError

    try:
        dataset = pydicom.dcmread(path)
        groups = list(dataset.get("WaveformSequence") or [])
    except InvalidDicomError:
        raise ValueError(f"{path.name} is no DICOM file.") from None
    except (ValueError, EOFError, OSError, KeyError, TypeError, AttributeError, NotImplementedError, BytesLengthException, RecursionError):
        raise ValueError(f"{path.name} is a damaged or truncated DICOM file.") from None
    if not groups:
        raise ValueError(f"{path.name} is a DICOM file without waveforms: an ECG has a waveform sequence.")
    return groups


def _recording(path: Path, group: Dataset, groups: list[Dataset]) -> Ecg:
    rate = float(group.SamplingFrequency)
    raw = _samples(path.name, group, rate)
    definitions = list(group.ChannelDefinitionSequence)
    if len(definitions) != raw.shape[1]:
        raise ValueError(f"{path.name} has {raw.shape[1]} channels and describes {len(definitions)}.")
    selection = select([_channel(definition) for definition in definitions], path.name)
    signals = np.empty((len(selection.indices), len(raw)), np.float32)
    padding = _padding(group, raw.dtype)
    for row, (index, factor) in enumerate(zip(selection.indices, selection.factors, strict=True)):
        scale, offset = _scale(definitions[index], path.name)
        signals[row] = (raw[:, index] * scale + offset) * factor
        if padding is not None:
            signals[row, raw[:, index] == padding] = np.nan
    notes = list(selection.notes)
    if len(groups) > 1:
        others = ", ".join(str(g.get("MultiplexGroupLabel") or "unnamed")[:30] for g in groups if g is not group)
        label = group.get("MultiplexGroupLabel") or "unnamed"
        notes.append(f"Read was the longest waveform group of {path.name}, {label}; left out: {others}.")
    bits = max(int(definitions[i].get("WaveformBitsStored") or group.WaveformBitsAllocated) for i in selection.indices)
    return Ecg(signals, rate, selection.leads, path.stem, bits, None, tuple(notes))


def _samples(file: str, group: Dataset, rate: float) -> np.ndarray:
    """Raw samples (T, channels), after checking that the bytes are there."""
    kind = (str(group.WaveformSampleInterpretation), int(group.WaveformBitsAllocated))
    if kind not in _SAMPLES:
        raise ValueError(f"{file} stores its samples as {kind[0]} with {kind[1]} bits: known are linear samples of 8, 16 or 32 bits.")
    dtype = np.dtype(_SAMPLES[kind]).newbyteorder("<" if group.is_little_endian is not False else ">")
    channels, samples = int(group.NumberOfWaveformChannels), int(group.NumberOfWaveformSamples)
    check_size(channels, samples, rate, file)
    data = group.WaveformData or b""
    if channels < 1 or samples < 1 or len(data) < channels * samples * dtype.itemsize:
        raise ValueError(f"{file} promises {samples} samples of {channels} channels and holds {len(data)} bytes: it is cut off.")
    return np.frombuffer(data, dtype, channels * samples).reshape(samples, channels)


def _padding(group: Dataset, dtype: np.dtype) -> int | None:
    value = group.get("WaveformPaddingValue")
    if isinstance(value, bytes):
        return int(np.frombuffer(value, dtype, 1)[0]) if len(value) >= dtype.itemsize else None
    return None if value is None else int(value)


def _channel(definition: Dataset) -> Channel:
    sources = definition.get("ChannelSourceSequence") or [{}]
    meaning = str(sources[0].get("CodeMeaning") or definition.get("ChannelLabel") or "")
    name = re.sub(r"^lead\s+|\s*\(einthoven\)$", "", meaning.strip(), flags=re.IGNORECASE)
    units = definition.get("ChannelSensitivityUnitsSequence") or [{}]
    return Channel(name, str(units[0].get("CodeValue") or ""))


def _scale(definition: Dataset, file: str) -> tuple[float, float]:
    """Units per step, correction included, and the value of step 0."""
    given = definition.get("ChannelSensitivity")
    correction = definition.get("ChannelSensitivityCorrectionFactor")
    scale = float(1 if given is None else given) * float(1 if correction is None else correction)
    offset = float(definition.get("ChannelBaseline") or 0)
    if not (0 < abs(scale) < MAX_MAGNITUDE and abs(offset) < MAX_MAGNITUDE):
        raise ValueError(f"{file} gives a channel the sensitivity {scale:g}: its values have no scale.")
    return scale, offset
