"""Volumes to train on, as networks see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vqvae.modalities import modality
from vqvae.training.config import Source

Told = Callable[[str, float], None]


def read_volumes(kind: str, data: Path, sources: tuple[Source, ...], told: Told) -> list[np.ndarray]:
    """The values (X, Y, S) float16 of everybody in the splits that the sources name as their records."""
    from vqvae.datasets import digits, images

    listed: dict[str, Callable[[Path, str], Mapping[str, Any]]] = {"digits": digits.parts, "brain": images.people}
    people = [(f"{source.folder}/{name}", paths) for source in sources for split in source.records
              for name, paths in listed[kind](data / source.folder, split).items()]  # fmt: skip
    reader, found = modality(kind), []
    for done, (name, paths) in enumerate(people):
        told("reading the images", done / len(people))
        found.append(reader.to_tensors(reader.read(paths)).values[0, 0].astype(np.float16))
        _require_same_sides(people[0][0], found[0], name, found[-1])
    if not found:
        raise ValueError(f"there are no images below {data} in the splits that the configuration names")
    return found


def _require_same_sides(first: str, one: np.ndarray, name: str, other: np.ndarray) -> None:
    """ValueError when slices of two volumes (X, Y, S) are not of the same sides: what is learned of places is of one size."""
    if one.shape[:2] != other.shape[:2]:
        sides = [" × ".join(map(str, volume.shape[:2])) for volume in (one, other)]
        raise ValueError(f"slices of {first} are {sides[0]} pixels with their margins, of {name} {sides[1]}: train on images of one size")
