"""Images in folders, by person."""

from __future__ import annotations

import csv
from pathlib import Path

_SLICES = "slices.csv"


def people(folder: Path, split: str = "") -> dict[str, tuple[Path, ...]]:
    """The files of every person in a folder, in order, by name: what `read` takes; split: those of this split only.

    ValueError when the folder is missing or holds no images.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    found: dict[str, list[tuple[int, Path]]] = {}
    with (folder / _SLICES).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not split or row["split"] == split:
                found.setdefault(row["subject"], []).append((int(row["slice"]), folder / row["file"]))
    return {name: tuple(path for _, path in sorted(rows)) for name, rows in found.items()}
