"""A brain image in memory: one slice or a volume of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

PLANES = ("sagittal", "coronal", "axial")

_HIGH, _LOW = 99.9, 0.5  # percentiles
_NEGATIVE, _RAISED = 0.01, 0.5  # of the upper end: how far from 0 the least intensities lie when they matter
_SAMPLES = 1 << 21  # voxels that percentiles are taken of


@dataclass(frozen=True)
class Source:
    """How the file held the voxels, so that it can be written again."""

    format: str = "png"  # "nii", "nii.gz", "hdr", "mgh", "mgz", "png", "tif", "npy": what it is written as
    dtype: str = "|u1"  # numpy's word, byte order included
    axes: str = ""  # "LAS": to where the axes of the stored array point; empty for images of two dimensions
    dims: int = 3  # of the stored array
    slope: float = 1.0  # value = slope × stored number + intercept
    intercept: float = 0.0
    version: int = 1  # of NIfTI
    units: int = 2  # NIfTI's code: 2 for mm
    sform: int = 1  # NIfTI's code of what the affine leads to
    qform: int = 1
    colour: bool = False  # turned to grey

    @property
    def whole(self) -> bool:
        """Whether what is stored are whole numbers."""
        return np.dtype(self.dtype).kind in "iub"

    @property
    def picture(self) -> bool:
        """Whether it is a picture, that says nothing of places in mm."""
        return not self.axes


@dataclass(frozen=True, eq=False)
class Volume:
    """Voxels (X, Y, S): S slices of X × Y pixels, in the order of RAS (towards right, anterior, superior)."""

    name: str  # of the file without its suffix
    voxels: np.ndarray  # (X, Y, S) float32
    axis: int = 2  # that the slices lie along: 0 for sagittal, 1 for coronal, 2 for axial slices
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)  # mm along X, Y and S
    affine: np.ndarray = field(default_factory=lambda: np.eye(4))  # (4, 4): places in the voxels as they lie -> RAS, in the source's units
    source: Source = Source()
    said: Sequence[str] = ()  # what reading changed or left out, a sentence each
    span: tuple[float, float] | None = None  # the window, where it is known already
    series: int = 1  # volumes in the file that this is one of

    def __post_init__(self) -> None:
        if self.voxels.ndim != 3 or not self.voxels.size:
            raise ValueError(f"an image has pixels along three axes, not the shape {self.voxels.shape}")

    @cached_property
    def window(self) -> tuple[float, float]:
        """The intensities that are black and white: 0 and 255 of an 8-bit picture; else 0, or the 0.5th percentile where intensities below
        0 matter, and the 99.9th percentile of those that are not 0; of large volumes by a sample out of all of their slices."""
        return self.span or _window(self.voxels, self.source)

    @property
    def slices(self) -> int:
        """S."""
        return self.voxels.shape[2]

    @property
    def axes(self) -> tuple[int, int, int]:
        """Which axis of space (0 left to right, 1 posterior to anterior, 2 inferior to superior) X, Y and S lie along."""
        first, second = (axis for axis in range(3) if axis != self.axis)
        return first, second, self.axis

    @property
    def positions(self) -> np.ndarray:
        """(S,) where every slice lies along its axis, mm; NaN for pictures, that do not say."""
        if self.source.picture:
            return np.full(self.slices, np.nan)
        along = self.affine[self.axis, 3] + self.affine[self.axis, 2] * np.arange(self.slices)
        return along * millimetres(self.source.units)


def _window(voxels: np.ndarray, source: Source) -> tuple[float, float]:
    if source.picture and np.dtype(source.dtype).itemsize == 1:
        return 0.0, 255.0
    stride = max(1, voxels.size // _SAMPLES)
    while math.gcd(stride, voxels.size) > 1:  # else it would step over the same slices again and again
        stride += 1
    flat = voxels.ravel()[::stride]
    lit = flat[flat != 0]
    if not lit.size:  # of few voxels that are not 0, none may be among the samples
        lit = voxels[voxels != 0]
    if not lit.size:
        return 0.0, 1.0
    high, least = float(np.percentile(lit, _HIGH)), float(np.percentile(flat, _LOW))
    low = 0.0 if -_NEGATIVE * abs(high) <= least <= _RAISED * high else least
    if not low < high:
        return low, low + max(1.0, abs(low))
    digits = 3 - math.floor(math.log10(high - low))  # that matter: they are written into every file
    return round(low, digits), round(high, digits)


def spacing_of(affine: np.ndarray, units: int = 2) -> tuple[float, float, float]:
    """mm along the three axes; units: NIfTI's code."""
    x, y, s = np.linalg.norm(affine[:3, :3], axis=0) * millimetres(units)
    return float(np.float32(x)), float(np.float32(y)), float(np.float32(s))


def millimetres(units: int) -> float:
    """mm of what an affine counts in; units: NIfTI's code, whose last three bits are 1 for m, 2 for mm and 3 for µm."""
    return {1: 1e3, 3: 1e-3}.get(units & 7, 1.0)


def fingerprint(recording: Volume) -> str:
    """sha256 of voxels, where they lie, and their window; hexadecimal."""
    found = hashlib.sha256(repr((recording.voxels.shape, recording.axis, recording.window)).encode())
    found.update(np.ascontiguousarray(recording.affine, "<f8").tobytes())
    found.update(np.ascontiguousarray(recording.voxels, "<f4").tobytes())
    return found.hexdigest()
