"""The wavelet codec, twice: with the textbook's entropy coder, and with the adaptive one of our own checkpoints."""

from __future__ import annotations

import numpy as np

from vqvae.baselines.coders import textbook
from vqvae.baselines.scalar import ONE, THRESHOLD, dequantise, quantise, require_shape, step_of
from vqvae.codec.protocol import Coder
from vqvae.codec.state import State

WAVELET, MODE = "bior4.4", "periodization"


class Wavelet:
    """PyWavelets' bior4.4 (Cohen, Daubechies and Feauveau 1992, doi 10.1002/cpa.3160450502) with a dead zone.

    A column of codes is a frame of 2 ** levels coefficients.  Root mean square over the whole signal, the error is at most 0.9 steps:
    0.7 in every coefficient, which the synthesis amplifies 1.26 times at most.
    """

    modality = "ecg"
    name = "wavelet"
    title = "Wavelet, order-0 coder"
    about = (
        "bior4.4 wavelet, 6 levels; coefficients below 0.7 steps are dropped, the others rounded with one step; order-0 adaptive "
        "arithmetic coder, one set of probabilities per band: what a textbook does."
    )
    qualities = (-3.0, 9.0)
    levels = 6  # what the order-0 coder does best with

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (N, 1, T) float32 -> codes (N, 2 ** levels, T / 2 ** levels rounded up) int32, a frame's bands from coarse to fine."""
        padded = np.pad(values[:, 0], ((0, 0), (0, -values.shape[2] % 2**self.levels)), mode="edge")
        return np.stack([quantise(analysis(row, self.levels).T, step_of(quality), THRESHOLD) for row in padded])

    def shape(self, quality: float, length: int) -> tuple[int, int]:
        """Codes per column, and columns, of a signal of so many samples."""
        return 2**self.levels, -(-length // 2**self.levels)

    def decode(self, codes: np.ndarray, quality: float, length: int) -> np.ndarray:
        """codes (N, 2 ** levels, T / 2 ** levels rounded up) -> values (N, 1, length) float32; ValueError when they do not fit."""
        require_shape(codes, self.shape(quality, length))
        rows = [synthesis(dequantise(row.T, step_of(quality), ONE)) for row in codes]
        return np.stack(rows)[:, None, :length]

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes of `rows` rows."""
        return textbook(np.repeat(np.arange(self.levels + 1), widths(self.levels)).tolist(), rows)


class AdaptiveWavelet(Wavelet):
    """The same filters and dead zone (5 levels), written by the context-mixing coder of our own checkpoints: the hardest opponent."""

    name = "wavelet-adaptive"
    title = "Wavelet, our adaptive coder"
    levels = 5

    def __init__(self, start: State | None = None) -> None:
        """start: what the coder learned beforehand, of `wavelet_frames`; None: nothing."""
        self._start = start
        self.sha256 = start.digest() if start else None  # of what decodes its files, where that is not code alone
        self.about = (
            "The wavelet's transform and dead zone (bior4.4, here 5 levels, as the coder's contexts expect frames of 32 coefficients), "
            "written by the adaptive context-mixing coder that our own checkpoints use, "
            + ("which begins with what it learned on their training recordings." if start else "which begins with nothing learned.")
        )

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes of `rows` rows."""
        from vqvae.codec.adaptive import AdaptiveCoder
        from vqvae.codec.descriptions import wavelet_frames

        return AdaptiveCoder(wavelet_frames(rows), self._start)


def widths(levels: int) -> list[int]:
    """Coefficients of each band in a frame: approximation, then 1, 1, 2, 4, … details, coarse to fine."""
    return [1, *(2**level for level in range(levels))]


def analysis(signal: np.ndarray, levels: int) -> np.ndarray:
    """Signal (T,), T a multiple of 2 ** levels -> coefficients (T / 2 ** levels, 2 ** levels)."""
    import pywt

    frames = len(signal) >> levels
    bands = []
    for _ in range(levels):
        signal, detail = pywt.dwt(signal, WAVELET, MODE)
        bands.append(detail)
    return np.concatenate([band.reshape(frames, -1) for band in (signal, *reversed(bands))], axis=1)


def synthesis(coefficients: np.ndarray) -> np.ndarray:
    """Undo `analysis`: coefficients (T / 2 ** levels, 2 ** levels) -> signal (T,)."""
    import pywt

    edges = np.cumsum(widths(coefficients.shape[1].bit_length() - 1))[:-1]
    signal, *details = (np.ascontiguousarray(band).reshape(-1) for band in np.split(coefficients, edges, axis=1))
    for detail in details:
        signal = pywt.idwt(signal, detail, WAVELET, MODE)
    return signal
