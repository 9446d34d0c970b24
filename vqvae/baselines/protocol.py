"""What every opponent offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vqvae.codec.protocol import Coder


class Baseline(Protocol):
    """Values of a modality's recordings <-> codes with one quality parameter."""

    name: str  # "dct", "wavelet", "wavelet-adaptive", "smoothing", "averaging", "autoencoder", "vae", "grid", "grid-adaptive"
    modality: str
    title: str
    about: str  # one sentence: what it does, and with which entropy coder
    qualities: tuple[float, float]  # least and most; more quality, more bytes, continuous

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (N, C, T) float32 -> codes (N, Q, T') int32; the T' columns describe equally many values each."""

    def shape(self, quality: float, length: int) -> tuple[int, int]:
        """(Q, T'): codes that so many values (samples, notes) have at a quality."""

    def decode(self, codes: np.ndarray, quality: float, length: int) -> np.ndarray:
        """codes (N, Q, T') -> values (N, C, length) float32, from no more than these; ValueError when they do not fit together."""

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes of `rows` rows."""
