"""WFDB sample formats: bytes of a signal file to integers (https://physionet.org/physiotools/wag/signal-5.htm)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from vqvae.modalities.ecg.wfdb_header import Signal

ALIGNMENT = 6
"""Blocks that begin at a multiple of this many samples begin at a byte in every format."""


class Format(NamedTuple):
    """How a format stores a sample."""

    size: Fraction  # bytes per sample
    bits: int
    invalid: int | None  # the sample that stands for "nothing recorded"


FORMATS = {
    "8": Format(Fraction(1), 8, None),
    "16": Format(Fraction(2), 16, -(2**15)),
    "24": Format(Fraction(3), 24, -(2**23)),
    "32": Format(Fraction(4), 32, -(2**31)),
    "61": Format(Fraction(2), 16, -(2**15)),
    "80": Format(Fraction(1), 8, -(2**7)),
    "160": Format(Fraction(2), 16, -(2**15)),
    "212": Format(Fraction(3, 2), 12, -(2**11)),
    "310": Format(Fraction(4, 3), 10, -(2**9)),
    "311": Format(Fraction(4, 3), 10, -(2**9)),
    "508": Format(Fraction(0), 8, -(2**7)),  # FLAC: the size depends on the content
    "516": Format(Fraction(0), 16, -(2**15)),
    "524": Format(Fraction(0), 24, -(2**23)),
}


def frames_stored(path: Path, group: list[Signal]) -> int:
    """How many whole frames of the signals in `group` the file `path` holds."""
    per_frame = sum(signal.repeats for signal in group)
    size = FORMATS[group[0].format].size
    if size:
        return int((path.stat().st_size - group[0].offset) / size) // per_frame
    with _flac(path, group) as sound:
        return int(sound.frames - group[0].offset) // group[0].repeats


def decode(path: Path, group: list[Signal], first: int, count: int) -> np.ndarray:
    """Frames `first` to `first + count` of a file as integers (count, samples per frame); `first` a multiple of ALIGNMENT."""
    per_frame = sum(signal.repeats for signal in group)
    name, size = group[0].format, FORMATS[group[0].format].size
    if not size:
        return _decode_flac(path, group, first, count)
    samples = count * per_frame
    start = group[0].offset + int(first * per_frame * size)
    raw = np.fromfile(path, np.uint8, count=-int(-samples * size // 1), offset=start)
    return _integers(raw, name, samples).reshape(count, per_frame)


def _integers(raw: np.ndarray, name: str, count: int) -> np.ndarray:
    """Bytes (B,) of one format -> samples (count,) as signed integers, differences for format 8."""
    if name in ("8", "80"):
        return raw.view(np.int8) if name == "8" else raw.astype(np.int16) - 128
    if name in ("16", "32"):
        return raw.view(f"<i{2 if name == '16' else 4}")
    if name == "61":
        return raw.view(">i2")
    if name == "160":
        return raw.view("<u2").astype(np.int32) - 32768
    if name == "24":
        low, middle, high = raw.reshape(-1, 3).T
        return low | middle.astype(np.int32) << 8 | high.view(np.int8).astype(np.int32) << 16
    if name == "212":
        return _signed(_unpack_212(raw), 12)[:count]
    return _signed(_unpack_310(raw) if name == "310" else _unpack_311(raw), 10)[:count]


def _signed(values: np.ndarray, bits: int) -> np.ndarray:
    return values - (values >> (bits - 1) << bits)


def _blocks(raw: np.ndarray, size: int) -> np.ndarray:
    """Bytes as columns (size, blocks) of small integers, the last block filled up with zeros."""
    return np.pad(raw, (0, -len(raw) % size)).reshape(-1, size).T.astype(np.int16)


def _unpack_212(raw: np.ndarray) -> np.ndarray:
    a, b, c = _blocks(raw, 3)
    return np.stack([a | (b & 0x0F) << 8, c | (b & 0xF0) << 4], axis=1).reshape(-1)


def _unpack_310(raw: np.ndarray) -> np.ndarray:
    a, b, c, d = _blocks(raw, 4)
    return np.stack([a >> 1 | (b & 7) << 7, c >> 1 | (d & 7) << 7, b >> 3 | (d >> 3) << 5], axis=1).reshape(-1)


def _unpack_311(raw: np.ndarray) -> np.ndarray:
    a, b, c, d = _blocks(raw, 4)
    return np.stack([a | (b & 3) << 8, b >> 2 | (c & 15) << 6, c >> 4 | (d & 63) << 4], axis=1).reshape(-1)


def _flac(path: Path, group: list[Signal]):  # type: ignore[no-untyped-def]  # soundfile has no types
    """The opened FLAC file, checked against what the header says of it."""
    import soundfile

    try:
        sound = soundfile.SoundFile(path)
    except soundfile.LibsndfileError:
        raise ValueError(f"{path.name} is not the FLAC file that its header promises.") from None
    if sound.format != "FLAC" or sound.channels != len(group) or len({signal.repeats for signal in group}) > 1:
        sound.close()
        raise ValueError(f"{path.name} does not hold the {len(group)} channels at one rate that its header promises.")
    return sound


def _decode_flac(path: Path, group: list[Signal], first: int, count: int) -> np.ndarray:
    import soundfile

    repeats = group[0].repeats
    with _flac(path, group) as sound:
        bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}[sound.subtype]
        try:
            sound.seek(group[0].offset + first * repeats)
            values = sound.read(count * repeats, dtype="int32", always_2d=True)
        except soundfile.LibsndfileError:
            values = np.empty((0, len(group)), np.int32)
    if len(values) != count * repeats:
        raise ValueError(f"{path.name} is damaged: its compressed samples cannot be read to the end.")
    return (values >> (32 - bits)).reshape(count, repeats, len(group)).transpose(0, 2, 1).reshape(count, -1)
