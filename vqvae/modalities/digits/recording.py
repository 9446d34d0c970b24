"""Handwritten digits in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SIDE = 28  # pixels along both sides of a digit
MAX_IMAGES = 100_000  # of one recording
LONGEST_NAME = 100  # characters


@dataclass(frozen=True, eq=False)
class Digits:
    """Images of single digits: light ink on black, as in MNIST (LeCun et al. 1998, doi 10.1109/5.726791)."""

    name: str  # of the file without its suffix
    images: np.ndarray  # (N, 28, 28) uint8, 0 background to 255 ink; rows from top to bottom
    said: Sequence[str] = ()  # what reading changed, a sentence each

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or self.images.shape[1:] != (SIDE, SIDE) or self.images.dtype != np.uint8:
            raise ValueError(f"digits are (N, {SIDE}, {SIDE}) uint8, got {self.images.shape} {self.images.dtype}")

    @property
    def count(self) -> int:
        """Images, N."""
        return len(self.images)


def fingerprint(recording: Digits) -> str:
    """sha256 of the pixels; hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(recording.images).tobytes()).hexdigest()
