"""What every opponent offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vqvae.codec.protocol import Coder


class Baseline(Protocol):
    """Values <-> codes with one quality parameter; knows no modality.  Values have mean 0 and variance 1 in every row."""

    name: str  # "dct", "wavelet", "wavelet-adaptive", "smoothing", "averaging", "autoencoder", "vae"
    title: str
    about: str  # one sentence: what it does, and with which entropy coder
    qualities: tuple[float, float]  # least and most; more quality, more bytes, continuous

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (N, 1, T) float32 -> codes (N, Q, T') int32; the T' columns describe equal stretches of time."""

    def shape(self, quality: float, length: int) -> tuple[int, int]:
        """(Q, T'): codes that a signal of so many samples has at a quality."""

    def decode(self, codes: np.ndarray, quality: float, length: int) -> np.ndarray:
        """codes (N, Q, T') -> values (N, 1, length) float32, from no more than these; ValueError when they do not fit together."""

    def coder(self, rows: int) -> Coder:
        """What writes the codes of `rows` rows."""
