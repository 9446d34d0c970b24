"""What every opponent offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from vqvae.codec.protocol import Coder


class Baseline(Protocol):
    """Values of a modality's recordings <-> codes with one quality parameter.

    One with an attribute `bare` that is true is handed values as they are, without what a modality pads them with.
    """

    name: str  # "dct", "wavelet", "smoothing", "grid", "jpeg", …
    modality: str
    title: str
    about: str  # one sentence: what it does, and with which entropy coder
    qualities: tuple[float, float]  # least and most; more quality, more bytes, continuous

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (N, C, *S) float32 -> codes (N, Q, *S') integers; the last side's columns describe equally many values each."""

    @property
    def shape(self) -> Callable[..., tuple[int, ...]]:
        """(quality, *sides) -> (Q, *S'): codes that values of these sides (samples; notes; X, Y and slices) have."""

    @property
    def decode(self) -> Callable[..., np.ndarray]:
        """(codes (N, Q, *S'), quality, *sides) -> values (N, C, *sides) float32; ValueError when they do not fit together."""

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes of `rows` rows."""
