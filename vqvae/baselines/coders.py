"""How opponents' codes become bytes: the textbook's adaptive arithmetic coder, with one probability per decision and group of codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vqvae.codec.adaptive import AdaptiveCoder
from vqvae.codec.descriptions import order0
from vqvae.codec.protocol import Coder


def textbook(groups: Sequence[int], rows: int) -> Coder:
    """Codes (rows, Q, T) of which channel q shares probabilities with all others of group groups[q], of its own row only.

    No code's probability depends on another code: order 0.
    """
    own = np.array(groups) + np.arange(rows)[:, None] * (max(groups) + 1)
    return AdaptiveCoder(replace(order0(groups, rows), ids=own.reshape(-1, 1)))


class Successive:
    """Codes (rows, Q, T) that are samples in time, Q per column: coded as differences from one to the next, the first of a chunk whole."""

    name = "adaptive"

    def __init__(self, rows: int) -> None:
        description = order0((0,), rows)
        self._coder = AdaptiveCoder(replace(description, ids=np.arange(rows)[:, None], differences=np.ones(rows)))

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (N, Q, T) integers -> payload."""
        rows, channels, columns = codes.shape
        return self._coder.encode(codes.swapaxes(1, 2).reshape(rows, 1, columns * channels))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (N, Q, T) int32 of this shape; ValueError when the payload cannot be one of them."""
        rows, channels, columns = shape
        codes = self._coder.decode(data, (rows, 1, columns * channels))
        return np.ascontiguousarray(codes.reshape(rows, columns, channels).swapaxes(1, 2))
