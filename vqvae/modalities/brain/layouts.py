"""What a file says of an image: the short text of how it was stored, and layouts out of files, which may say anything."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from vqvae.modalities.brain.limits import LONGEST_NAME, MAX_SIDE, MAX_VOXELS
from vqvae.modalities.brain.orientation import is_axes
from vqvae.modalities.brain.recording import Source, Volume

USUAL: dict[str, Any] = {"window": [0.0, 255.0], "source": "", "gaps": []}  # of a whole 8-bit picture; left out, as every byte counts
FIELDS = {"modality", "name", "shape", *USUAL}
FORMATS = ("png", "tif", "npy", "nii", "nii.gz", "hdr", "mgh", "mgz")
_DTYPES = {"|u1", "|i1", "|b1", *(f"{order}{kind}" for order in "<>" for kind in ("u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"))}
_NUMBERS = 12  # of an affine
_NO_NAMES = ("", ".", "..")
_PICTURE = Source()


class Held(NamedTuple):
    """How and where voxels were stored."""

    source: Source
    axis: int
    affine: np.ndarray  # (4, 4), of the voxels as they lie


def storable(kind: np.dtype) -> str:
    """numpy's word for a type of numbers that files keep: 32-bit floating-point numbers for one that few programs know."""
    return kind.str if kind.str in _DTYPES else "<f4"


def pack_source(volume: Volume) -> str:
    """How voxels were stored, in few letters: nothing at all for an 8-bit picture."""
    source = volume.source
    if source.picture:
        return "" if source.format == "png" and source.dtype == _PICTURE.dtype else f"{source.format} {source.dtype} {source.dims}"
    words = [source.format, source.dtype, source.dims, source.axes, volume.axis, _word(source.slope), _word(source.intercept)]
    words += [source.version, source.units, source.sform, source.qform]
    return " ".join(map(str, [*words, *map(_word, volume.affine[:3].ravel())]))


def unpack_source(text: str) -> Held:
    """What `pack_source` wrote; ValueError for any other text."""
    words = text.split(" ") if text else ["png", "|u1", "3"]
    damaged = ValueError("the file's description of the image says impossible things of how it was stored: it is damaged or forged")
    if len(words) not in (3, 11 + _NUMBERS) or words[0] not in FORMATS or words[1] not in _DTYPES or words[2] not in tuple("1234567"):
        raise damaged
    form, dtype, dims = words[0], words[1], int(words[2])
    if len(words) == 3:
        return Held(Source(form, dtype, dims=dims), 2, np.eye(4))
    try:
        slope, intercept, *numbers = (float(word) for word in (*words[5:7], *words[11:]))
        axis, version, units, sform, qform = (int(word) for word in (words[4], *words[7:11]))
    except ValueError:
        raise damaged from None
    affine = np.vstack([np.reshape(numbers, (3, 4)), [0, 0, 0, 1]])
    sound = all(map(math.isfinite, (slope, intercept, *numbers))) and slope != 0 and abs(np.linalg.det(affine)) > 0
    coded = axis in (0, 1, 2) and version in (1, 2) and 0 <= units < 256 and 0 <= sform < 16 and 0 <= qform < 16
    if not (sound and coded and is_axes(words[3])):
        raise damaged
    return Held(Source(form, dtype, words[3], dims, slope, intercept, version, units, sform, qform), axis, affine)


def brief(layout: dict[str, Any]) -> dict[str, Any]:
    """A layout without the fields that say what is usual."""
    return {name: value for name, value in layout.items() if name not in USUAL or value != USUAL[name]}


def full(layout: dict[str, Any]) -> dict[str, Any]:
    """Undo `brief`."""
    return {**USUAL, **layout}


def check_layout(layout: dict[str, Any]) -> None:
    """ValueError unless this can be what `to_tensors` made: every field there, of its kind, and in agreement with the others."""
    layout = full(layout)
    if set(layout) != FIELDS or layout["modality"] != "brain":
        raise ValueError("the file's description of the image is incomplete or of another kind: it was not written by this program")
    name, shape, window, gaps = layout["name"], layout["shape"], layout["window"], layout["gaps"]
    if not (isinstance(name, str) and len(name) <= LONGEST_NAME and name not in _NO_NAMES and not set(name) & set("/\\\0")):
        raise ValueError("the file's description of the image has an impossible name: it is damaged or forged")
    sized = isinstance(shape, list) and [*map(type, shape)] == [int] * 3 and all(side > 0 for side in shape)
    if not (sized and max(shape) <= MAX_SIDE and math.prod(shape) <= MAX_VOXELS):
        raise ValueError("the file's description of the image has impossible sizes: it is damaged or forged")
    if not (isinstance(window, list) and len(window) == 2 and all(_is_finite(end) for end in window) and window[0] < window[1]):
        raise ValueError("the file's description of the image has an impossible window of intensities: it is damaged or forged")
    if not isinstance(gaps, list) or len(gaps) > shape[2] or not all(_is_gap(gap, shape[2]) for gap in gaps):
        raise ValueError("the file's description of the image has gaps outside of it: it is damaged or forged")
    if not isinstance(layout["source"], str):
        raise ValueError("the file's description of the image does not say how it was stored: it is damaged or forged")
    unpack_source(layout["source"])


def _word(value: float) -> str:
    """A number in as few letters as tell it from all others of 32 bits, or in all letters where that is not enough."""
    short = str(np.float32(value))
    found = short if math.isclose(float(short), value, rel_tol=1e-6, abs_tol=1e-30) else repr(float(value))
    return found.removesuffix(".0")


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e300


def _is_gap(value: Any, slices: int) -> bool:
    return isinstance(value, list) and [*map(type, value)] == [int, int] and 0 <= value[0] <= value[1] <= slices
