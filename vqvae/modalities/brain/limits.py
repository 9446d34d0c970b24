"""How large images may be; what is larger is refused before it is read."""

from __future__ import annotations

import math
from collections.abc import Sequence

MAX_SIDE = 1024  # voxels along any axis
MAX_VOXELS = 1 << 26  # 256 MB as 32-bit floats
LONGEST_NAME = 200


def require_size(file: str, shape: Sequence[int]) -> None:
    """ValueError for an image that is too large, or has nothing in it; shape: (X, Y) or (X, Y, S), in any order."""
    words = " × ".join(str(side) for side in shape)
    if not shape or min(shape) < 1:
        raise ValueError(f"{file} is an image of {words or 'no'} pixels: there is nothing in it, get another copy of it.")
    if max(shape) > MAX_SIDE or math.prod(shape) > MAX_VOXELS:
        limit = f"{MAX_SIDE} along a side and {MAX_VOXELS / 1e6:.0f} million in all"
        raise ValueError(f"{file} is an image of {words} pixels, more than can be read ({limit}): cut or shrink it first.")
    if max(shape) < 2:
        raise ValueError(f"{file} is an image of a single pixel: there is nothing to see in it, give a larger one.")
