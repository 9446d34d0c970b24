"""Scalar grids for notes, twice: with the textbook's entropy coder, and with the adaptive one, nothing learned beforehand."""

from __future__ import annotations

import numpy as np

from vqvae.baselines.note_coder import OrderZeroCoder
from vqvae.baselines.scalar import require_shape
from vqvae.codec.notes import NoteCoder
from vqvae.codec.protocol import Coder
from vqvae.families.grid import QUALITIES, Grid


class OrderZeroGrid:
    """Onsets on an absolute grid, durations in cells that are linear up to 0.25 s and logarithmic above, velocities in equal cells."""

    modality = "piano"
    name = "grid"
    title = "Grid, order-0 coder"
    about = (
        "Onsets on a grid, durations and velocities in cells as wide as listeners tolerate; order-0 adaptive arithmetic coder, one set of "
        "probabilities each for pitch, time since the note before, velocity and duration: what a textbook does."
    )
    qualities = QUALITIES

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (1, 4, N) float32 -> codes (1, 4, N) int32."""
        return Grid.of(quality).encode(values)

    def shape(self, quality: float, length: int) -> tuple[int, int]:
        """Codes per note, and notes."""
        return 4, length

    def decode(self, codes: np.ndarray, quality: float, length: int) -> np.ndarray:
        """codes (1, 4, N) -> values (1, 4, N) float32; ValueError when they do not fit."""
        require_shape(codes, self.shape(quality, length))
        return Grid.of(quality).decode(codes)

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes at a quality."""
        return OrderZeroCoder(Grid.of(quality).scale)


class AdaptiveGrid(OrderZeroGrid):
    """The same grid, written by the context-mixing coder of our own checkpoint, which begins with nothing learned."""

    name = "grid-adaptive"
    title = "Grid, our adaptive coder"
    about = (
        "The same cells, written by the adaptive context-mixing coder that our own checkpoint uses, which here begins with nothing learned."
    )

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes at a quality."""
        return NoteCoder(Grid.of(quality).scale)
