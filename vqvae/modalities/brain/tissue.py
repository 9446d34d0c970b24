"""How much of a brain is fluid, grey and white matter, told from intensities alone.

Three classes by exact one-dimensional k-means on the histogram of the brain's intensities, each image by itself, as a segmentation of
either would begin.  In T1 images fluid is dark and white matter bright; in T2 images it is the other way round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BINS = 256  # of the window: one for every grey value of an 8-bit image
CLASSES = ("fluid", "grey", "white")  # from dark to bright


class Tissues(NamedTuple):
    """Three classes of intensities."""

    counts: np.ndarray  # (3,) voxels, from dark to bright
    limits: tuple[int, int]  # first bin of the second class, and of the third


def counted(values: np.ndarray) -> np.ndarray:
    """Intensities, the window from 0 to 1 -> (BINS,) how many lie in each of equal bins; those outside count at its ends."""
    places = np.clip(np.floor(values * BINS), 0, BINS - 1).astype(np.int64)
    return np.bincount(places.ravel(), minlength=BINS)


def tissues(histogram: np.ndarray) -> Tissues | None:
    """The two limits that leave the least squared distance to the means of the classes; None for fewer than three different bins.

    All pairs of limits are tried: three-class k-means without its dependence on a start (the same as multi-level thresholding, Otsu 1979,
    doi 10.1109/TSMC.1979.4310076).
    """
    if np.count_nonzero(histogram) < len(CLASSES):
        return None
    counts = np.concatenate([[0], np.cumsum(histogram)]).astype(np.float64)
    sums = np.concatenate([[0], np.cumsum(histogram * np.arange(BINS))]).astype(np.float64)
    first, second = np.triu_indices(BINS, 1)
    first, second = first[first > 0], second[first > 0]
    total = np.zeros(len(first))
    with np.errstate(divide="ignore", invalid="ignore"):
        for start, stop in ((0, first), (first, second), (second, BINS)):
            total += np.square(sums[stop] - sums[start]) / (counts[stop] - counts[start])
    best = int(np.argmax(np.nan_to_num(total, nan=-1.0)))
    limits = int(first[best]), int(second[best])
    return Tissues(np.diff(counts[[0, *limits, BINS]]).astype(np.int64), limits)
