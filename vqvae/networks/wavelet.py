"""A biorthogonal wavelet transform as a strided convolution: one frame of coefficients per 2^levels samples, coarse to fine."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class WaveletBases(NamedTuple):
    """Filters of the analysis and of the synthesis."""

    analysis: Tensor  # (frame, 1, taps)
    synthesis: Tensor  # (frame, 1, taps)
    lead: int  # samples that a frame's filters begin before the frame


def wavelet_bases(levels: int, name: str = "bior4.4") -> WaveletBases:
    """The filters of `levels` levels of PyWavelets' `name`: Cohen, Daubechies and Feauveau 1992 (doi 10.1002/cpa.3160450502).

    A frame holds 1 approximation, 1 coarsest detail, 2, 4, … 2^(levels - 1) details.  On a periodic signal of whole frames the
    transform is exactly PyWavelets' own in mode "periodization", and the synthesis undoes the analysis.
    """
    frame, frames = 2**levels, 64
    middle = frames // 2
    analysis, synthesis = np.zeros((frame, frames * frame)), np.zeros((frame, frames * frame))
    for place in range(frame):  # all samples of one frame tell all taps, since filters of neighbouring frames are the same, shifted
        impulse = np.zeros(frames * frame)
        impulse[middle * frame + place] = 1
        coefficients = to_frames(impulse, levels, name)
        for row in range(frames):
            analysis[:, (2 * middle - row) * frame % (frames * frame) + place] = coefficients[row]
        single = np.zeros((frames, frame))
        single[middle, place] = 1
        synthesis[place] = from_frames(single, levels, name)
    used = np.flatnonzero((np.abs(analysis) > 1e-12).any(axis=0) | (np.abs(synthesis) > 1e-12).any(axis=0))
    first, last = used[0] // frame, used[-1] // frame + 1
    cut = slice(first * frame, last * frame)
    analysing, synthesising = (torch.from_numpy(np.ascontiguousarray(bank[:, None, cut])).float() for bank in (analysis, synthesis))
    return WaveletBases(analysing, synthesising, (middle - int(first)) * frame)


def to_frames(signal: np.ndarray, levels: int, name: str = "bior4.4") -> np.ndarray:
    """A periodic signal (T,) of whole frames -> coefficients (T / 2^levels, 2^levels)."""
    import pywt

    bands = pywt.wavedec(signal, name, "periodization", levels)
    return np.concatenate([band.reshape(len(signal) >> levels, -1) for band in bands], axis=1)


def from_frames(frames: np.ndarray, levels: int, name: str = "bior4.4") -> np.ndarray:
    """Coefficients (T / 2^levels, 2^levels) -> the periodic signal (T,)."""
    import pywt

    edges = np.cumsum([0, 1, *(2**level for level in range(levels))])
    bands = [np.ascontiguousarray(frames[:, start:stop]).reshape(-1) for start, stop in pairwise(edges)]
    return np.asarray(pywt.waverec(bands, name, "periodization"))
