"""The adaptive coder on planes: codes keep the places they have in an image, and are written in an order of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vqvae.codec.adaptive import AdaptiveCoder
from vqvae.codec.description import Description
from vqvae.codec.state import State


class PlaneCoder:
    """Codes (1, A, X, Y, T): A layers of a plane, T slices or groups of slices."""

    name = "adaptive"

    def __init__(self, description: Description, order: np.ndarray, start: State | None) -> None:
        """order: (channels,) place in (A, X, Y), flattened, of every channel of the description."""
        self.inner, self._order = AdaptiveCoder(description, start), order

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (1, A, X, Y, T) integers -> payload; ValueError for a code that cannot be written."""
        return self.inner.encode(self.arranged(codes))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (1, A, X, Y, T) int32 of this shape; ValueError when the payload cannot be one of them."""
        description, frames = self.inner.description, shape[-1]
        return self.placed(self.inner.decode(data, (description.rows, description.span, frames)), tuple(shape))

    def arranged(self, planes: np.ndarray) -> np.ndarray:
        """(1, A, X, Y, T) -> (rows, channels of a row, T), in coding order."""
        description = self.inner.description
        if planes[..., :1].size != len(self._order):
            raise ValueError(f"codes of shape {planes.shape} do not fit: this coder writes {len(self._order)} at a time")
        return planes.reshape(-1, planes.shape[-1])[self._order].reshape(description.rows, description.span, -1)

    def placed(self, symbols: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Undo `arranged`."""
        planes = np.empty((len(self._order), shape[-1]), symbols.dtype)
        planes[self._order] = symbols.reshape(len(self._order), -1)
        return planes.reshape(shape)
