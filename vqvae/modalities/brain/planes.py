"""Planes through a volume as one looks at them: which way is up, what lies left and right, how long a pixel is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.brain.orientation import LETTERS
from vqvae.modalities.brain.recording import PLANES, Volume, millimetres


class Plane(NamedTuple):
    """One plane of a volume.  Left of the picture is the patient's left, or posterior; up is superior, or anterior."""

    name: str  # "axial", "coronal", "sagittal"
    across: int  # which side of the voxels (0: X, 1: Y, 2: S) the columns are
    up: int  # which side the rows are, from the bottom
    through: int  # which side the plane is a place on
    place: int
    letters: tuple[str, str, str, str]  # what lies left, right, below and above; empty for pictures, that do not say

    def of(self, voxels: np.ndarray) -> np.ndarray:
        """(rows from the bottom, columns) of voxels (X, Y, S), or of anything that lies as they do."""
        image = np.take(voxels, self.place, axis=self.through)
        return image.T if self.across < self.up else image

    def start(self, volume: Volume) -> tuple[float, float]:
        """Where the first column and the first row lie, mm."""
        spaces, unit = volume.axes, millimetres(volume.source.units)
        return float(volume.affine[spaces[self.across], 3]) * unit, float(volume.affine[spaces[self.up], 3]) * unit

    def step(self, volume: Volume) -> tuple[float, float]:
        """mm from a column to the next, and from a row to the next."""
        return volume.spacing[self.across], volume.spacing[self.up]


def middle(volume: Volume) -> tuple[int, int, int]:
    """The voxel in the middle."""
    x, y, s = (side // 2 for side in volume.voxels.shape)
    return x, y, s


def planes(volume: Volume, cursor: tuple[int, int, int]) -> tuple[Plane, ...]:
    """The planes through a voxel: that of the slices first; of a single slice it is the only one."""
    sides = (2, 1, 0) if volume.slices > 1 else (2,)
    return tuple(plane(volume, side, cursor[side]) for side in sides)


def plane(volume: Volume, through: int, place: int) -> Plane:
    """The plane at a place on a side of the voxels (0: X, 1: Y, 2: S)."""
    first, second = (side for side in range(3) if side != through)
    spaces = volume.axes
    letters = ("",) * 4 if volume.source.picture else (*LETTERS[spaces[first]], *LETTERS[spaces[second]])
    if spaces[first] > spaces[second]:  # superior is up, and anterior is where nothing is superior
        first, second, letters = second, first, (*letters[2:], *letters[:2])
    left, right, below, above = letters
    return Plane(PLANES[spaces[through]], first, second, through, place, (left, right, below, above))
