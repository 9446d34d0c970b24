"""The code vector that serves an aspect of a window best, errors and bits together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from vqvae.networks.gesture_notes import Wanted

STEEP = 1.0  # of the error's fourth power: what lies within a tolerance hardly counts
EVEN = 0.1  # of the squared error
FARTHEST = 40.0  # fourth power that counts at most

compiled: Callable[..., Any] = njit(nogil=True, cache=True, error_model="numpy")


def choose(wanted: Wanted, codebook: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """codebook (K, W), costs (P, K) float32 -> the code (T,) of least distortion and cost."""
    codes = np.zeros(len(wanted.errors), np.int64)
    _choose(wanted.errors, wanted.weights, wanted.pattern, np.ascontiguousarray(codebook), np.ascontiguousarray(costs), codes)
    return codes


def influence(errors: np.ndarray) -> np.ndarray:
    """Weights under which the mean is where the distortion of these errors is least."""
    return EVEN + 2 * STEEP * np.minimum(errors * errors, np.sqrt(FARTHEST))


@compiled
def _choose(errors, weights, pattern, codebook, costs, codes):  # type: ignore[no-untyped-def]
    size, width = codebook.shape
    for t in range(len(codes)):
        best, least = 0, np.inf
        for c in range(size):
            total = costs[pattern[t], c]
            for k in range(width):
                square = (errors[t, k] - codebook[c, k]) ** 2
                total += weights[t, k] * (EVEN * square + STEEP * min(square * square, FARTHEST))
            if total < least:
                best, least = c, total
        codes[t] = best
