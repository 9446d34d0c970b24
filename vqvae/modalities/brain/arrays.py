"""Arrays that numpy saved: a plane of pixels as a picture, three axes as voxels in the order of RAS."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from vqvae.modalities.brain.layouts import storable
from vqvae.modalities.brain.limits import require_size
from vqvae.modalities.brain.orientation import place
from vqvae.modalities.brain.recording import Source, Volume, spacing_of
from vqvae.modalities.brain.values import TURNED_GREY, finite, grey, real

_COLOURS = (np.uint8, np.uint16)  # of a picture in colour; others have slices


def read_array(path: Path, name: str, volume: int | None = None) -> Volume:
    """Rows and columns of a picture (colour too), or X, Y and Z of a volume; of four axes one volume."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, TypeError, OverflowError, MemoryError):
        raise ValueError(f"{path.name} is no .npy file of numbers, or a damaged one: numpy.save writes such files.") from None
    if not isinstance(array, np.ndarray) or not 2 <= array.ndim <= 5:
        raise ValueError(f"{path.name} is no array of two or three axes: an image or a volume would work.")
    said: tuple[str, ...] = ()
    count = math.prod(array.shape[3:])
    coloured = array.ndim == 3 and array.shape[2] in (3, 4) and min(array.shape[:2]) > 16 and array.dtype.newbyteorder("=") in _COLOURS
    require_size(path.name, array.shape[:2] if coloured else array.shape[:3])
    if coloured:
        array, said = grey(np.asarray(array)), (f"The picture was {TURNED_GREY}.",)
    if array.ndim > 3:
        chosen = 1 if volume is None else volume
        if not 1 <= chosen <= count:
            raise ValueError(f"{path.name} has no volume {chosen}: choose one from 1 to {count}.")
        array = array[(slice(None),) * 3 + tuple(np.unravel_index(chosen - 1, array.shape[3:], order="F"))]
        said = (f"{path.name} holds {count} volumes: this is volume {chosen}.",) if count > 1 else ()
    try:
        found = real(np.asarray(array))
    except ValueError as error:
        raise ValueError(f"{path.name} is no image: {error}.") from None
    said, kind = (*said, *found.said), storable(found.values.dtype)
    if found.values.ndim == 2:
        voxels, missing = finite(found.values.T[:, ::-1, None], path.name)
        return Volume(name, voxels, source=Source("npy", kind, dims=2, colour=coloured), said=(*said, *missing))
    voxels, missing = finite(found.values, path.name)
    lying = place(voxels, np.eye(4))
    taken = "A .npy file says nothing of directions: its axes were taken as left to right, back to front, bottom to top, 1 mm each."
    lain = (lying.axis, spacing_of(lying.affine), lying.affine)
    return Volume(name, np.ascontiguousarray(lying.voxels), *lain, Source("npy", kind, "RAS"), (*said, *missing, taken), series=count)
