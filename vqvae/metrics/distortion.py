"""How far a reconstruction is from its reference, as numbers of no domain.  Arrays of any equal shape; NaN anywhere gives NaN."""

from __future__ import annotations

import math

import numpy as np


def mse(reference: np.ndarray, reconstruction: np.ndarray) -> float:
    """Mean squared difference, in the square of the arrays' unit; 0 when nothing was lost."""
    if reference.shape != reconstruction.shape:
        raise ValueError(f"reference {reference.shape} and reconstruction {reconstruction.shape} differ in shape")
    if not reference.size:
        raise ValueError("nothing to compare: the arrays are empty")
    return float(np.mean(np.square(np.subtract(reference, reconstruction, dtype=np.float64))))


def snr(reference: np.ndarray, reconstruction: np.ndarray) -> float:
    """Signal-to-noise ratio in dB: 10 log10(mean reference² / mean squared difference); infinite when nothing was lost."""
    return _decibels(float(np.mean(np.square(reference, dtype=np.float64))), mse(reference, reconstruction))


def psnr(reference: np.ndarray, reconstruction: np.ndarray, peak: float) -> float:
    """Peak signal-to-noise ratio in dB: 10 log10(peak² / mean squared difference); infinite when nothing was lost.

    `peak` is the range that values can take (255 for bytes, 1 for values in 0…1), not that of one array.
    """
    if not peak > 0:
        raise ValueError(f"peak {peak} must be above 0")
    return _decibels(peak**2, mse(reference, reconstruction))


def _decibels(power: float, noise: float) -> float:
    if math.isnan(power) or math.isnan(noise):
        return math.nan
    if noise == 0:
        return math.inf
    return 10 * math.log10(power / noise) if power > 0 else -math.inf
