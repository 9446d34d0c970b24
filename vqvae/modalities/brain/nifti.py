"""NIfTI, MGH and the other formats of volumes that nibabel reads."""

from __future__ import annotations

import logging
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqvae.modalities.brain.limits import require_size
from vqvae.modalities.brain.orientation import axes_of, place
from vqvae.modalities.brain.recording import Source, Volume

if TYPE_CHECKING:
    from nibabel.spatialimages import SpatialImage

_DAMAGE = (ValueError, OSError, EOFError, zlib.error, MemoryError, OverflowError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError)


def read_volume(path: Path, name: str, volume: int | None = None) -> Volume:
    """The volume called `volume` (from 1) of a file, the first one when None; ValueError in one sentence when there is none to be read."""
    image = _opened(path)
    shape = tuple(int(side) for side in image.shape)
    spatial = (*shape[:3], *(1,) * (3 - len(shape)))
    require_size(path.name, spatial)
    count, said = math.prod(shape[3:]), []
    chosen = _chosen(path, count, volume)
    if count > 1:
        said.append(f"{path.name} holds {count} volumes ({' × '.join(map(str, shape))}): this is volume {chosen + 1}.")
    try:
        index = (*(slice(None) for _ in shape[:3]), *np.unravel_index(chosen, shape[3:], order="F")) if shape[3:] else ...
        values = np.asarray(image.dataobj[index])
    except _DAMAGE:
        raise ValueError(f"{path.name} is truncated or damaged: fewer voxels can be read than its header promises.") from None
    affine = np.asarray(image.affine, np.float64)
    values = values.reshape(spatial).astype(np.float32)
    lying = place(values, affine)
    source = _source(image, affine, len(shape))
    return Volume(name, np.ascontiguousarray(lying.voxels), lying.axis, lying.spacing, lying.affine, source, tuple(said))


def _opened(path: Path) -> SpatialImage:
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    logging.getLogger("nibabel.global").disabled = True
    try:
        return nibabel.load(path)
    except (ImageFileError, HeaderDataError, *_DAMAGE):
        raise ValueError(f"{path.name} is no volume that can be read, or damaged: NIfTI (.nii, .nii.gz, .hdr with .img) and MGH work.") from None


def _chosen(path: Path, count: int, volume: int | None) -> int:
    chosen = 1 if volume is None else volume
    if not 1 <= chosen <= count:
        raise ValueError(f"{path.name} has no volume {chosen}: it holds {count}.")
    return chosen - 1


def _source(image: Any, affine: np.ndarray, dims: int) -> Source:
    header = image.header
    return Source("nii.gz", np.dtype(header.get_data_dtype()).str, axes_of(affine), dims if math.prod(image.shape[3:]) == 1 else 3)
