"""Stored arrays <-> voxels in the order of RAS, slices last."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LETTERS = ("LR", "PA", "IS")  # what lies at the start and at the end of every axis of space
_CLEARLY = 1.05  # times the spacing of the other axes, from which on an axis is the one between slices


class Placed(NamedTuple):
    """Voxels as they lie."""

    voxels: np.ndarray  # (X, Y, S)
    affine: np.ndarray  # (4, 4)
    axis: int  # of space that the slices lie along


def axes_of(affine: np.ndarray) -> str:
    """ "LAS": to where the axes of an array with this affine point."""
    from nibabel.orientations import aff2axcodes

    return "".join(aff2axcodes(affine))


def is_axes(axes: str) -> bool:
    """Whether these letters say where three axes point."""
    return len(axes) == 3 and {letters for letter in axes for letters in LETTERS if letter in letters} == set(LETTERS)


def slice_axis(affine: np.ndarray, shape: tuple[int, ...]) -> int:
    """The axis of space with clearly the largest spacing, or of a single slice the one across it; the axial one when none is."""
    axes, sizes = axes_of(affine), np.linalg.norm(affine[:3, :3], axis=0)
    if shape.count(1) == 1:
        return _space(axes[shape.index(1)])
    along = np.empty(3)
    for place, letter in enumerate(axes):
        along[_space(letter)] = sizes[place]
    largest = int(along.argmax())
    return largest if along[largest] > _CLEARLY * np.delete(along, largest).max() else 2


def place(stored: np.ndarray, affine: np.ndarray, axis: int | None = None) -> Placed:
    """A stored array (3-D) with its affine -> voxels with slices along `axis` of space, the one with the largest spacing when None."""
    axis = slice_axis(affine, stored.shape) if axis is None else axis
    order, flipped = _moves(axes_of(affine), axis)
    return _placed(stored, affine, order, flipped, axis)


def unplace(voxels: np.ndarray, affine: np.ndarray, axis: int, axes: str) -> tuple[np.ndarray, np.ndarray]:
    """Undo `place`: the array whose axes point to `axes`, and its affine."""
    order, flipped = _moves(axes, axis)
    turned = voxels[tuple(slice(None, None, -1 if flip else 1) for flip in flipped)]
    back = np.linalg.inv(_move(order, flipped, [voxels.shape[order.index(place)] for place in range(3)]))
    return turned.transpose([order.index(place) for place in range(3)]), affine @ back


def _space(letter: str) -> int:
    return next(axis for axis, letters in enumerate(LETTERS) if letter in letters)


def _moves(axes: str, axis: int) -> tuple[list[int], list[bool]]:
    """Which stored axis each of X, Y and S is, and whether it runs the other way."""
    wanted = [*(other for other in range(3) if other != axis), axis]
    spaces = [_space(letter) for letter in axes]
    order = [spaces.index(space) for space in wanted]
    return order, [axes[place] != LETTERS[spaces[place]][1] for place in order]


def _move(order: list[int], flipped: list[bool], shape: list[int]) -> np.ndarray:
    """(4, 4): places in the voxels as they lie -> places in the stored array of this shape."""
    move = np.zeros((4, 4))
    move[3, 3] = 1
    for target, (place, flip) in enumerate(zip(order, flipped, strict=True)):
        move[place, target] = -1 if flip else 1
        move[place, 3] = shape[place] - 1 if flip else 0
    return move


def _placed(stored: np.ndarray, affine: np.ndarray, order: list[int], flipped: list[bool], axis: int) -> Placed:
    turned = stored.transpose(order)[tuple(slice(None, None, -1 if flip else 1) for flip in flipped)]
    lying = affine @ _move(order, flipped, list(stored.shape))
    return Placed(turned, lying, axis)
