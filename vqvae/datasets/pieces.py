"""Performances in folders of a data set, by pattern."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from vqvae.modalities.piano.uploads import SUFFIXES


def pieces(folder: Path, patterns: Sequence[str] | None = None) -> list[Path]:
    """The MIDI files below a folder whose paths in it match a pattern, "Haydn/*", in order; all of them when None.

    ValueError when the folder is missing, and for a pattern that none matches, naming what is there.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    there = {path.relative_to(folder).as_posix(): path for path in sorted(paths)}
    for pattern in ("*",) if patterns is None else patterns:
        if not any(fnmatchcase(name, pattern) for name in there):
            shown = ", ".join(sorted({name.split("/")[0] for name in there})[:20]) or "no MIDI file at all"
            raise ValueError(f"{folder} has no piece that matches {pattern!r}; it has {shown}")
    return [path for name, path in there.items() if patterns is None or any(fnmatchcase(name, pattern) for pattern in patterns)]


def piece_name(path: Path, folder: Path) -> str:
    """What results call a performance: its path in the folder, without the suffix."""
    return path.relative_to(folder).with_suffix("").as_posix()
