"""Noise of magnitude images, and what a reconstruction leaves of it, beside a Gaussian blur."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.brain.scores import analyse, compare
from vqvae.modalities.brain.scores_slices import BRAIN, shares
from vqvae.modalities.brain.tensors import stored_again
from vqvae.modalities.protocol import Progress, Report, within

WIDTHS = tuple(round(0.05 * step, 2) for step in range(41))
"""σ of blurs that are tried, pixels: 0 (none) to 2."""
_TRIED = 8  # slices that they are tried on


class Denoised(NamedTuple):
    """Scores against the clean image."""

    noisy: Report
    reconstruction: Report  # of the noisy image
    blurred: Report
    width: float  # σ of that blur, pixels


def with_noise(clean: Volume, percent: float, seed: int = 0) -> Volume:
    """An image with Rician noise whose σ is `percent` of the window, held as the file would hold it; the same for the same seed.

    Magnitudes of complex numbers with Gaussian noise in both parts (Gudbjartsson and Patz 1995, doi 10.1002/mrm.1910340618), counted from
    black.  Slices have noise of their own: any of them can be had alone.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"noise of {percent:g} % is not possible: give a share of the window from 0 to 100 %")
    low, high = clean.window
    sigma = percent / 100 * (high - low)
    voxels = np.empty_like(clean.voxels)
    for place in range(clean.slices):
        parts = np.random.default_rng([seed, place]).normal(0.0, sigma, (2, *clean.voxels.shape[:2]))
        voxels[:, :, place] = np.hypot(clean.voxels[:, :, place] - low + parts[0], parts[1]) + low
    return replace(clean, voxels=stored_again(voxels, clean.source), span=clean.window)


def best_blur(clean: Volume, noisy: Volume) -> float:
    """σ in pixels of the Gaussian blur within slices whose result is nearest to the clean image in its brain, of WIDTHS.

    It is chosen knowing the clean image, on up to 8 slices: better than anybody could choose it.
    """
    places = np.unique(np.linspace(0, clean.slices - 1, min(_TRIED, clean.slices)).round().astype(int))
    errors = np.zeros(len(WIDTHS))
    for place in places.tolist():
        x, y = (shares(volume, clean.window, place, place + 1) for volume in (clean, noisy))
        where = x > BRAIN if (x > BRAIN).any() else np.ones_like(x, bool)
        errors += [np.square(_blurred(y, width) - x)[where].sum() for width in WIDTHS]
    return WIDTHS[int(np.argmin(errors))]


def blurred(volume: Volume, width: float) -> Volume:
    """Every slice blurred with σ `width` pixels, held as the file would hold it."""
    voxels = np.moveaxis(_blurred(np.moveaxis(volume.voxels, 2, 0), width), 0, 2)
    return replace(volume, voxels=stored_again(voxels, volume.source), span=volume.window)


def denoised(clean: Volume, noisy: Volume, reconstruction: Volume, progress: Progress | None = None) -> Denoised:
    """The noisy image, its reconstruction and its best blur, each scored against the clean image."""
    width, analysis = best_blur(clean, noisy), analyse(clean)
    noise = compare(clean, noisy, analysis, within(progress, 0.0, 0.3))
    found = compare(clean, reconstruction, analysis, within(progress, 0.3, 0.6))
    return Denoised(noise, found, compare(clean, blurred(noisy, width), analysis, within(progress, 0.6, 1.0)), width)


def _blurred(slices: np.ndarray, width: float) -> np.ndarray:
    """(S, X, Y), every slice blurred."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(slices, width, axes=(1, 2))) if width else slices
