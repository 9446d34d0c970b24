"""Performances in folders of a data set, by pattern."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

SUFFIXES = (".mid", ".midi")


def pieces(folder: Path, patterns: Sequence[str] | None = None) -> list[Path]:
    """The MIDI files below a folder whose paths in it match a pattern, "Haydn/*", in order; all of them when None.

    ValueError when the folder is missing or a pattern matches none.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    there = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES}
    for pattern in ("*",) if patterns is None else patterns:
        if not any(fnmatch(name, pattern) for name in there):
            raise ValueError(f"no MIDI file in {folder} matches {pattern!r}")
    return [path for name, path in there.items() if patterns is None or any(fnmatch(name, pattern) for pattern in patterns)]


def piece_name(path: Path, folder: Path) -> str:
    """What results call a performance: its path in the folder, without the suffix."""
    return path.relative_to(folder).with_suffix("").as_posix()
