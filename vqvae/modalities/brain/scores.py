"""What of an image survived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vqvae.modalities.brain.recording import Volume, fingerprint
from vqvae.modalities.protocol import Progress, Report, Score


@dataclass(frozen=True, eq=False)
class Analysis:
    """What comparing needs to know of the original alone."""

    fingerprint: str


def analyse(reference: Volume) -> Analysis:
    """To be made once where one image is compared with several reconstructions."""
    return Analysis(fingerprint(reference))


def compare(reference: Volume, reconstruction: Volume, analysis: Analysis | None = None, progress: Progress | None = None) -> Report:
    """Score a reconstruction."""
    import pandas as pd

    low, high = reference.window
    errors = ((reconstruction.voxels - reference.voxels) / (high - low)).astype(np.float64)
    squares = np.square(errors).mean(axis=(0, 1))
    with np.errstate(divide="ignore"):
        psnr = float(-10 * np.log10(squares.mean()))
    scores = (
        Score("psnr", psnr, "dB", np.inf, "Peak signal-to-noise ratio, the window being the peak."),
        Score("mse", float(squares.mean()), "window²", 0.0, "Mean squared error, the window being 1."),
    )
    return Report(scores, {"slices": pd.DataFrame({"place": np.arange(len(squares)), "position": reference.positions, "mse": squares})})
