"""Piecewise means: constant pieces, as long as the signal allows."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from vqvae.baselines.coders import Successive
from vqvae.baselines.scalar import dequantise, quantise, require_shape, step_of
from vqvae.codec.protocol import Coder

COLUMN = 32  # samples that a column of codes describes
LONGEST = 64  # samples of a piece; a longer one costs next to nothing more as two
PRICE = 8.0  # of a piece, in squared steps; chosen on training recordings at compression ratios 8 to 64

_jit: Callable[..., Any] = njit(nogil=True, cache=not os.environ.get("NUMBA_DISABLE_JIT"))


class Averaging:
    """The piecewise constant signal with the least squared error plus a price per piece; every piece becomes its mean, rounded.

    Adaptive piecewise constant approximation (Keogh et al. 2001, doi 10.1145/375663.375680), the pieces found exactly.  Root mean
    square, its error is at most 3.4 steps: √PRICE, as a piece per sample would cost that much, and half a step for rounding.
    """

    modality = "ecg"
    name = "averaging"
    title = "Piecewise mean"
    about = (
        "Means of pieces whose ends follow the signal (least squared error plus a price per piece), rounded with one step; an order-0 "
        "adaptive arithmetic coder writes for every sample by how much the level changes, mostly 0."
    )
    qualities = (-3.0, 9.0)

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (N, 1, T) float32 -> codes (N, 32, T / 32) int32: the level of every sample."""
        step = step_of(quality)
        rows = [quantise(piecewise_means(row[0], PRICE * step * step, LONGEST), step) for row in values]
        return np.stack([row.reshape(-1, COLUMN).T for row in rows])

    def shape(self, quality: float, length: int) -> tuple[int, int]:
        """Codes per column, and columns, of a signal of so many samples."""
        return COLUMN, length // COLUMN

    def decode(self, codes: np.ndarray, quality: float, length: int) -> np.ndarray:
        """codes (N, 32, T / 32) -> values (N, 1, length) float32; ValueError when they do not fit."""
        require_shape(codes, self.shape(quality, length))
        levels = dequantise(codes.swapaxes(1, 2), step_of(quality))
        return levels.reshape(len(codes), 1, -1)[:, :, :length]

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes of `rows` rows."""
        return Successive(rows)


@_jit
def piecewise_means(signal: np.ndarray, price: float, longest: int) -> np.ndarray:
    """The piecewise constant signal (T,) float64 of least squared error plus `price` per piece of at most `longest` samples.

    Dynamic programming over the piece that ends at each sample (Jackson et al. 2005, doi 10.1109/LSP.2001.838216).
    """
    count = len(signal)
    best, begins, level = np.zeros(count + 1), np.zeros(count + 1, np.int64), np.zeros(count + 1)
    for stop in range(1, count + 1):
        total, power, least = 0.0, 0.0, np.inf
        for start in range(stop - 1, max(stop - 1 - longest, -1), -1):
            sample = float(signal[start])
            total += sample
            power += sample * sample
            mean = total / (stop - start)
            cost = best[start] + power - total * mean
            if cost < least:
                least, begins[stop], level[stop] = cost, start, mean
        best[stop] = least + price
    means = np.empty(count)
    stop = count
    while stop > 0:
        means[begins[stop] : stop] = level[stop]
        stop = begins[stop]
    return means
