"""Fewer points for the same picture: what a screen cannot show is left out, what an eye looks for is kept."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

BLOCK = 1 << 20  # samples looked at in one go, so that a day of ECG needs no second copy of itself


def keepers(values: np.ndarray, budget: int) -> np.ndarray:
    """Indices (K,) of the samples to draw, ascending: all when there are at most `budget`, else about `budget`.

    The signal `values` (T,) is cut into equal bins; each bin gives its smallest and its largest sample, so that every
    peak keeps its height and its place, and its first missing sample (NaN), so that a gap stays a gap.
    """
    if len(values) <= budget:
        return np.arange(len(values))
    width = -(-3 * len(values) // budget)
    step = max(1, BLOCK // width) * width
    return np.concatenate([start + _extremes(values[start : start + step], width) for start in range(0, len(values), step)])


def _extremes(block: np.ndarray, width: int) -> np.ndarray:
    bins = -(-len(block) // width)
    padded = np.full(bins * width, np.nan, dtype=block.dtype)
    padded[: len(block)] = block
    rows = padded.reshape(bins, width)
    missing = np.isnan(rows)
    lowest = np.where(missing, np.inf, rows).argmin(axis=1)
    highest = np.where(missing, -np.inf, rows).argmax(axis=1)
    indices = np.unique(np.stack([lowest, highest, missing.argmax(axis=1)]) + np.arange(bins) * width)
    return indices[indices < len(block)]


def worst_by_bin(reference: np.ndarray, reconstruction: np.ndarray, bins: int) -> np.ndarray:
    """Largest absolute difference of two signals (T,) in each of `bins` equal stretches, shape (bins,); NaN where nothing was recorded."""
    edges = np.linspace(0, len(reference), min(bins, len(reference)) + 1).astype(int)
    worst = np.full(len(edges) - 1, np.nan)
    for i, (start, stop) in enumerate(pairwise(edges)):
        error = np.abs(reference[start:stop] - reconstruction[start:stop])
        if np.isfinite(error).any():
            worst[i] = np.nanmax(error)
    return worst
