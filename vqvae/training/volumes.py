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
    files = [paths for source in sources for split in source.records for paths in listed[kind](data / source.folder, split).values()]
    reader, found = modality(kind), []
    for done, paths in enumerate(files):
        told("reading the images", done / len(files))
        found.append(reader.to_tensors(reader.read(paths)).values[0, 0].astype(np.float16))
    if not found:
        raise ValueError(f"there are no images below {data} in the splits that the configuration names")
    return found
