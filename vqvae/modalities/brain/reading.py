"""Files to volumes: what a file is, is told by what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vqvae.modalities.brain.names import name_of, person_of
from vqvae.modalities.brain.nifti import read_volume
from vqvae.modalities.brain.pictures import read_pictures
from vqvae.modalities.brain.recording import Volume

PICTURES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"))


def read(path: Path | Sequence[Path], volume: int | None = None) -> Volume:
    """The image in a file, or in several that are the slices of one volume, in order; volume: which one (from 1) of a series of volumes.

    ValueError in one sentence for what cannot be read.
    """
    paths = [path] if isinstance(path, Path) else list(path)
    if not paths:
        raise ValueError("there is no file to read an image from")
    name = name_of(paths[0]) if len(paths) == 1 else person_of(paths[0])
    for each in paths:
        if not each.is_file():
            raise ValueError(f"{each} is a folder: give a file." if each.is_dir() else f"there is no file {each}.")
    if paths[0].suffix.lower() in PICTURES:
        return read_pictures(paths, name)
    return read_volume(paths[0], name, volume)
