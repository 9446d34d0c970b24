"""What a file is, told by its first bytes."""

from __future__ import annotations

_OTHERS = (
    (b"SMF2CLIP", "a MIDI 2.0 clip file"),
    (b"SMF2CON1", "a MIDI 2.0 container"),
    (b"OggS", "audio (Ogg)"),
    (b"fLaC", "audio (FLAC)"),
    (b"ID3", "audio (MP3)"),
    (b"\xff\xfb", "audio (MP3)"),
    (b"\xff\xf3", "audio (MP3)"),
    (b"FORM", "audio (AIFF)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<?xml", "an XML file, such as a score"),
)
BEGINNING = 16  # bytes that tell
_WAYS = {
    "audio": "it holds sound and no notes; record or export the performance as MIDI",
    "a MIDI": "save it as a Standard MIDI File (.mid, format 0 or 1)",
    "a gzip": "unpack it and give the MIDI file inside",
    "an XML": "export it as MIDI from the program that wrote it",
}


def unwrap(data: bytes, name: str) -> bytes:
    """The Standard MIDI File in `data`, out of its RIFF wrapper where it has one; ValueError that says what it is instead."""
    if not data:
        raise ValueError(f"{name} is empty (0 bytes): copy or export it again.")
    require_midi(data[:BEGINNING], name, len(data))
    return _out_of_riff(data, name) if data[:4] == b"RIFF" else data


def require_midi(data: bytes, name: str, size: int) -> None:
    """ValueError that says what a file of `size` bytes is, by its first ones, unless a Standard MIDI File or one in RIFF."""
    if data[:4] == b"MThd" or (data[:4] == b"RIFF" and data[8:12] == b"RMID"):
        return
    found = next((words for start, words in _OTHERS if data.startswith(start)), None)
    if data[:4] == b"RIFF":
        found = "audio (WAV)" if data[8:12] == b"WAVE" else None
    if data[4:8] == b"ftyp":
        found = "audio (MP4)"
    if found is None:
        raise ValueError(f"{name} is no MIDI file ({size} bytes that do not begin with MThd): give a Standard MIDI File (.mid).")
    way = next(way for start, way in _WAYS.items() if found.startswith(start))
    raise ValueError(f"{name} is {found}, no Standard MIDI File: {way}.")


def _out_of_riff(data: bytes, name: str) -> bytes:
    """The "data" chunk of a RIFF RMID file."""
    place = 12
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        if data[place : place + 4] == b"data" and data[place + 8 : place + 12] == b"MThd":
            return data[place + 8 : place + 8 + size]
        place += 8 + size + (size & 1)
    raise ValueError(f"{name} is a RIFF file without MIDI inside: export it as .mid.")
