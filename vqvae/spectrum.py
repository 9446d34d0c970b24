"""What the codes of a fine checkpoint are: wavelet coefficients in steps, frame by frame, coarse to fine, in bands of an octave each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.codec.descriptions import bands
from vqvae.metrics.usage import CodeCounts


class BandUse(NamedTuple):
    """The codes of one band."""

    low: float  # Hz
    high: float  # Hz
    per_second: float  # codes of one lead
    zero: float  # % of them that are 0
    largest: int  # magnitude
    bits: float  # per code if coded by frequency: their entropy


def band_edges(length: int, seconds: float) -> tuple[tuple[float, float], ...]:
    """Lowest and highest frequency in Hz of every band of frames with `length` coefficients that are `seconds` long."""
    layers = bands(length)
    return tuple((layer.width / 2 / seconds if i else 0.0, layer.width / (1 if i else 2) / seconds) for i, layer in enumerate(layers))


def band_use(codes: np.ndarray, seconds: float) -> tuple[BandUse, ...]:
    """Codes (N, D, T), frames of `seconds` -> a row per band."""
    found = []
    for layer, (low, high) in zip(bands(codes.shape[1]), band_edges(codes.shape[1], seconds), strict=True):
        part = codes[:, layer.offset : layer.offset + layer.width].ravel()
        values = np.unique(part, return_inverse=True)[1]
        counts = CodeCounts(1, int(values.max(initial=0)) + 1)
        counts.add(values.reshape(1, 1, -1))
        zero = 100 * float(np.mean(part == 0)) if part.size else 100.0
        found.append(BandUse(low, high, layer.width / seconds, zero, int(np.abs(part).max(initial=0)), float(counts.entropy()[0])))
    return tuple(found)


def magnitudes(codes: np.ndarray) -> np.ndarray:
    """Codes (D, T) of one lead -> (bands, T): the largest magnitude in every band and frame."""
    return np.stack([np.abs(codes[layer.offset : layer.offset + layer.width]).max(axis=0) for layer in bands(len(codes))])
