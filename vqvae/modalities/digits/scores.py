"""What of digits survived: every score in one report, and a row for every digit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vqvae.modalities.digits.recording import Digits, fingerprint
from vqvae.modalities.digits.tensors import WHITE
from vqvae.modalities.protocol import Progress, Report, Score

SIGMA = 1.5  # pixels, of the Gaussian window of SSIM
SPOT = 3  # pixels along both sides of a spot: as wide as a stroke
_TOLD = 64  # digits between two words about progress


@dataclass(frozen=True, eq=False)
class Analysis:
    """What comparing needs to know of the original alone."""

    fingerprint: str


def analyse(reference: Digits) -> Analysis:
    """To be made once where digits are compared with several reconstructions."""
    return Analysis(fingerprint(reference))


def compare(reference: Digits, reconstruction: Digits, analysis: Analysis | None = None, progress: Progress | None = None) -> Report:
    """Score a reconstruction; `events["images"]` has a row for every digit: image, mse, mae, psnr, ssim, and stroke, by
    how much the ink of a spot of 3 × 3 pixels differs at most, from 0 to 1: more than half where a piece of a stroke is missing or added.

    `progress` gets the share done and may raise to stop.  ValueError when `analysis` is that of other digits, or numbers differ.
    """
    if analysis is not None and analysis.fingerprint != fingerprint(reference):
        raise ValueError(f"the analysis is not that of {reference.name}; analyse these digits first")
    if reference.count != reconstruction.count:
        raise ValueError(f"{reference.name} has {reference.count} digits, their reconstruction {reconstruction.count}")
    import pandas as pd

    errors = (reconstruction.images.astype(np.float64) - reference.images) / WHITE
    squared, absolute = np.square(errors).mean(axis=(1, 2)), np.abs(errors).mean(axis=(1, 2))
    found = _looked_at(reference.images, reconstruction.images, progress)
    rows = {"image": np.arange(reference.count), "mse": squared, "mae": absolute, "psnr": [_decibels(each) for each in squared]}
    return Report(_scores(squared, absolute, found.alike), {"images": pd.DataFrame(rows | {"ssim": found.alike, "stroke": found.strokes})})


def _scores(squared: np.ndarray, absolute: np.ndarray, alike: np.ndarray) -> tuple[Score, ...]:
    mean = float(squared.mean()) if len(squared) else math.nan
    similar, off = (float(each.mean()) if len(each) else math.nan for each in (alike, absolute))
    return (
        Score("mse", mean, "", 0.0, "Mean squared difference of all pixels of all digits, ink counted from 0 to 1."),
        Score("psnr", _decibels(mean), "dB", math.inf, "Peak signal-to-noise ratio: 10 log10(1 / mse), of all digits together."),
        Score(
            "ssim", similar, "", 1.0,
            "Structural similarity (Wang et al. 2004), Gaussian window of σ 1.5 pixels, mean over digits; 1 is identical.",
        ),
        Score("mae", off, "", 0.0, "Mean absolute difference of all pixels of all digits, ink counted from 0 to 1."),
    )  # fmt: skip


def _decibels(squared: float) -> float:
    if math.isnan(squared):
        return math.nan
    return math.inf if squared == 0 else -10 * math.log10(squared)


class _Looked(NamedTuple):
    """What is found by looking at one digit after the other."""

    alike: np.ndarray  # (N,) SSIM
    strokes: np.ndarray  # (N,) the largest change of ink in a spot


def _looked_at(reference: np.ndarray, found: np.ndarray, progress: Progress | None) -> _Looked:
    from scipy.ndimage import uniform_filter
    from skimage.metrics import structural_similarity

    alike, strokes = np.empty(len(reference)), np.empty(len(reference))
    for place, (one, other) in enumerate(zip(reference, found, strict=True)):
        if progress and place % _TOLD == 0:
            progress(place / len(reference))
        alike[place] = structural_similarity(one, other, data_range=WHITE, gaussian_weights=True, sigma=SIGMA, use_sample_covariance=False)
        strokes[place] = np.abs(uniform_filter((other.astype(np.float64) - one) / WHITE, SPOT, mode="constant")).max()
    return _Looked(alike, strokes)
