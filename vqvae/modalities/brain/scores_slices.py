"""What became of every slice: similarity, errors and edges, and histograms of the brain, a few slices at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.brain.scores_similarity import similarity
from vqvae.modalities.brain.tissue import BINS, counted
from vqvae.modalities.protocol import Progress

if TYPE_CHECKING:
    import pandas as pd

BRAIN = 10 / 255  # of the window: what is brighter in the original is brain
AT_ONCE = 1 << 19  # pixels: bounds memory
MEASURES = ("ssim", "ssim_brain", "ms_ssim", "psnr", "mse", "mae", "gradient_error")


class Slices(NamedTuple):
    """Two volumes compared."""

    table: pd.DataFrame  # one row a slice: place (from 0), position (mm, NaN for pictures), brain (pixels), then MEASURES
    before: np.ndarray  # (BINS,) histogram of the original in its brain
    after: np.ndarray  # of the reconstruction in the same place


def compare_slices(reference: Volume, reconstruction: Volume, progress: Progress | None = None) -> Slices:
    """All that is known of every slice; `progress` gets the share done and may raise to stop."""
    import pandas as pd

    width, height, count = reference.voxels.shape
    step = max(1, AT_ONCE // (width * height))
    rows: list[np.ndarray] = []
    before, after = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    for start in range(0, count, step):
        x, y = (shares(volume, reference.window, start, start + step) for volume in (reference, reconstruction))
        brain = x > BRAIN
        rows.append(_measured(x, y, brain))
        before += counted(x[brain])
        after += counted(y[brain])
        if progress:
            progress(min(1.0, (start + step) / count))
    table = pd.DataFrame(np.concatenate(rows), columns=["brain", *MEASURES]).astype({"brain": np.int64})
    table.insert(0, "place", np.arange(count))
    table.insert(1, "position", reference.positions)
    return Slices(table, before, after)


def shares(volume: Volume, window: tuple[float, float], start: int, stop: int) -> np.ndarray:
    """Slices (S, X, Y) float64 from `start` to before `stop`, the window of intensities from 0 to 1."""
    low, high = window
    slices = np.ascontiguousarray(np.moveaxis(volume.voxels[:, :, start:stop], 2, 0), np.float64)
    return (slices - low) / (high - low)


def _measured(x: np.ndarray, y: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """Slices (S, X, Y) -> (S, 1 + MEASURES)."""
    found, error = similarity(x, y), y - x
    squares = np.square(error).mean(axis=(1, 2))
    with np.errstate(divide="ignore"):
        psnr = -10 * np.log10(squares)
    inside = brain.sum(axis=(1, 2))
    own = _mean(found.map, brain, inside)
    columns = (inside, found.mean, own, found.several, psnr, squares, np.abs(error).mean(axis=(1, 2)), _edges(x, error, brain))
    return np.stack(columns, axis=1)


def _mean(values: np.ndarray, where: np.ndarray, count: np.ndarray) -> np.ndarray:
    """(S, X, Y) -> (S,): means of some of the pixels; NaN for none."""
    total = (values * where).sum(axis=(1, 2))
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _edges(x: np.ndarray, error: np.ndarray, brain: np.ndarray) -> np.ndarray:
    """(S,): RMS of the error's gradient over that of the original's, in the brain, %; NaN where the original has no edges."""
    wrong, own = ((_squared_gradient(values) * brain).sum(axis=(1, 2)) for values in (error, x))
    share = np.divide(wrong, own, out=np.full(len(x), np.nan), where=own > 0)
    return 100 * np.sqrt(share)


def _squared_gradient(slices: np.ndarray) -> np.ndarray:
    """Squared length of the gradient within slices (S, X, Y): central differences, one-sided at borders; 0 along a side of one pixel."""
    total = np.zeros_like(slices)
    for axis in (1, 2):
        if slices.shape[axis] > 1:
            total += np.square(np.gradient(slices, axis=axis))
    return total
