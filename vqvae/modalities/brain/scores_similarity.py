"""Structural similarity of slices, as scikit-image computes it, and at several scales.

Wang, Bovik, Sheikh and Simoncelli 2004 (doi 10.1109/TIP.2003.819861): means, variances and covariance in a Gaussian window of 11 × 11
pixels with σ 1.5, images mirrored at their borders, population (not sample) covariance.  Intensities are shares of the window, so that
the data range is 1.  Several scales: Wang, Simoncelli and Bovik 2003 (doi 10.1109/ACSSC.2003.1292216).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SIGMA = 1.5  # pixels
REACH = 5  # pixels from the middle of the window to its border: 3.5 σ, rounded
C1, C2 = 0.01**2, 0.03**2
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, from fine to coarse


class Maps(NamedTuple):
    """Similarity at every pixel of slices (S, X, Y)."""

    ssim: np.ndarray
    contrast: np.ndarray  # the same without its factor for luminance


class Similarity(NamedTuple):
    """Slices (S, X, Y) compared."""

    map: np.ndarray  # (S, X, Y) SSIM at every pixel
    mean: np.ndarray  # (S,) over all pixels but the 5 at each border; NaN for slices below 11 pixels
    several: np.ndarray  # (S,) at five scales; NaN for slices below 176 pixels


def similarity(reference: np.ndarray, other: np.ndarray) -> Similarity:
    """Two stacks of slices (S, X, Y), the window of intensities from 0 to 1."""
    found = maps(reference, other)
    mean, several = _inner_mean(found.ssim), np.full(len(reference), np.nan)
    if min(reference.shape[1:]) >= (2 * REACH + 1) << (len(WEIGHTS) - 1):
        contrasts = [_inner_mean(found.contrast)]
        for _ in WEIGHTS[1:]:
            reference, other = _halved(reference), _halved(other)
            scale = maps(reference, other)
            contrasts.append(_inner_mean(scale.contrast))
        factors = [*contrasts[:-1], _inner_mean(scale.ssim)]
        several = np.prod([np.maximum(factor, 0) ** weight for factor, weight in zip(factors, WEIGHTS, strict=True)], axis=0)
    return Similarity(found.ssim, mean, several)


def maps(reference: np.ndarray, other: np.ndarray) -> Maps:
    """SSIM at every pixel of slices (S, X, Y), the window of intensities from 0 to 1."""
    x, y = reference.astype(np.float64), other.astype(np.float64)
    mean_x, mean_y = _blurred(x), _blurred(y)
    both, own = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
    covariance = _blurred(x * y) - both
    variances = _blurred(x * x + y * y) - own
    contrast = (2 * covariance + C2) / (variances + C2)
    return Maps(contrast * (2 * both + C1) / (own + C1), contrast)


def _blurred(slices: np.ndarray) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(slices, SIGMA, radius=REACH, mode="reflect", axes=(1, 2)))


def _inner_mean(values: np.ndarray) -> np.ndarray:
    """(S, X, Y) -> (S,): means of pixels whose whole window lies within the image; NaN where there is none."""
    inner = values[:, REACH:-REACH, REACH:-REACH]
    return inner.mean(axis=(1, 2)) if inner.size else np.full(len(values), np.nan)


def _halved(slices: np.ndarray) -> np.ndarray:
    """Means of 2 × 2 pixels; an odd last row or column is left out."""
    count, width, height = slices.shape
    even = slices[:, : width // 2 * 2, : height // 2 * 2].astype(np.float64)
    return np.asarray(even.reshape(count, width // 2, 2, height // 2, 2).mean(axis=(2, 4)))
