"""Dropped files: which of them is the performance."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from vqvae.modalities import archives

SUFFIXES = frozenset((".mid", ".midi", ".kar", ".rmi", ".smf"))
_MUSIC = SUFFIXES | {".midi2", ".wav", ".mp3", ".ogg", ".flac", ".m4a", ".musicxml", ".mxl"}
"""Of what musicians have: which of it can be read, `read` says."""


def recognises(name: str, file: BinaryIO) -> bool:
    """Whether a file of this name and with these contents is for `read`: by its suffix, its first bytes, or what is in an archive."""
    if Path(name).suffix.lower() in _MUSIC:
        return True
    start = file.read(12)
    if start[:4] in (b"MThd", b"RIFF"):
        return start[:4] == b"MThd" or start[8:12] == b"RMID"
    try:
        with zipfile.ZipFile(file) as archive:
            return any(_matters(inside) for inside in archive.namelist())
    except archives.DAMAGE:
        return False  # whoever opens it will say so


def receive(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put uploaded files, by name, into the empty `folder`, and say which path to hand to `read`.

    Names lose their folders; archives are unpacked.  Raises ValueError with one sentence when there is not exactly one MIDI file; what was
    put into `folder` by then is removed.
    """
    return archives.receive_into(folder, files, "a MIDI file", _matters, lambda source: main_file(folder, source))


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .zip into `folder`, without its folders; ValueError when it is damaged, too large or suspicious."""
    archives.unpack(archive, folder, _matters)


def main_file(folder: Path, source: str) -> Path:
    """The one file in `folder` to hand to `read`, also when it is no MIDI file but the only one; `source` names the upload in errors."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() != ".zip")
    found = [path for path in paths if _matters(path.name)] or paths
    if not found:
        raise ValueError(f"{source[:80]} holds no MIDI file: a .mid, .midi, .kar or .rmi file would work.")
    if len(found) > 1:
        named = ", ".join(path.name for path in found[:4]) + (" and more" if len(found) > 4 else "")
        raise ValueError(f"These are {len(found)} files, {named}: drop one piece at a time.")
    return found[0]


def _matters(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES
