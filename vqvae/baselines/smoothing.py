"""Low-pass, fewer samples, rounded: the simplest thing that makes a signal smaller."""

from __future__ import annotations

import numpy as np

from vqvae.baselines.coders import Successive
from vqvae.baselines.scalar import dequantise, quantise, require_shape, step_of
from vqvae.codec.protocol import Coder

COLUMN = 512  # samples of the signal that a column of codes describes


def kept(quality: float) -> int:
    """Samples kept of every COLUMN.

    Finer steps go with more samples, in the pairing that had the least error at equal rates on training recordings: an eighth at step 1,
    a quarter at 1/5, all at 1/138.
    """
    return int(np.clip(round(COLUMN / 8 * 2.0 ** (0.42 * quality)), 1, COLUMN))


class Smoothing:
    """A low-pass (linear-phase FIR, Kaiser window) below half the new sampling rate, and the same filter to come back.

    From quality 7.2 on nothing is filtered and no sample is off by more than half a step.
    """

    modality = "ecg"
    name = "smoothing"
    title = "Smoothing"
    about = (
        "Low-pass filter and fewer samples, rounded with one step that shrinks as the cut-off grows; differences of successive samples "
        "through an order-0 adaptive arithmetic coder."
    )
    qualities = (-3.0, 9.0)

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (N, 1, T) float32 -> codes (N, kept, T / COLUMN rounded up) int32."""
        step, count = step_of(quality), kept(quality)
        padded = np.pad(values[:, 0], ((0, 0), (0, -values.shape[2] % COLUMN)), mode="edge")
        return np.stack([quantise(_resampled(row, count, COLUMN), step).reshape(-1, count).T for row in padded])

    def shape(self, quality: float, length: int) -> tuple[int, int]:
        """Codes per column, and columns, of a signal of so many samples."""
        return kept(quality), -(-length // COLUMN)

    def decode(self, codes: np.ndarray, quality: float, length: int) -> np.ndarray:
        """codes (N, kept, T / COLUMN rounded up) -> values (N, 1, length) float32; ValueError when they do not fit."""
        step, count = step_of(quality), kept(quality)
        require_shape(codes, self.shape(quality, length))
        samples = dequantise(codes.swapaxes(1, 2), step).reshape(len(codes), -1)
        return np.stack([_resampled(row, COLUMN, count) for row in samples])[:, None, :length]

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes of `rows` rows."""
        return Successive(rows)


def _resampled(signal: np.ndarray, up: int, down: int) -> np.ndarray:
    """A signal (T,) at up / down times its rate; ends are held."""
    if up == down:
        return signal
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(signal, up, down, padtype="edge"), np.float32)
