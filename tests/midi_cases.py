"""MIDI files made byte by byte, to read and to refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from odd_files import one_sentence

from vqvae.modalities.piano import Piano, read


def number(value: int) -> bytes:
    """A number of variable length."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.insert(0, value & 0x7F | 0x80)
    return bytes(found)


def track(*events: tuple[int, str], end: int = 0) -> bytes:
    """Events as (ticks since the one before, hexadecimal bytes), and the end of the track after `end` ticks."""
    body = b"".join(number(delta) + bytes.fromhex(message) for delta, message in (*events, (end, "ff2f00")))
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def midi(*tracks: bytes, kind: int = 1, division: int = 100) -> bytes:
    """A file: 100 ticks a quarter note and no tempo unless told otherwise, so that a tick is 5 ms."""
    head = b"".join(value.to_bytes(size, "big") for value, size in ((6, 4), (kind, 2), (len(tracks), 2), (division, 2)))
    return b"MThd" + head + b"".join(tracks)


def put(folder: Path, data: bytes, name: str = "a.mid") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def opened(folder: Path, data: bytes, part: str | None = None) -> Piano:
    return read(put(folder, data), part)


def listed(recording: Piano) -> list[tuple[float, float, int, int]]:
    """Notes as (onset in s, duration in s, pitch, velocity), to the microsecond."""
    return [(round(float(a), 6), round(float(b), 6), int(c), int(d)) for a, b, c, d in zip(*recording.notes, strict=True)]


def refusal(path: Path, part: str | None = None) -> str:
    """The sentence with which `path` is refused."""
    with pytest.raises(ValueError) as caught:
        read(path, part)
    return one_sentence(str(caught.value), path.parent)


NOTE = track((0, "903c40"), (100, "803c00"))  # half a second of middle C
