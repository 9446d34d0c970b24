"""What similar beats look like: a second opinion on a noisy or quantised lead, made of nothing but the lead itself.

Non-local means (Buades, Coll and Morel 2005, doi 10.1109/CVPR.2005.38) with beats for patches: every beat's stretch of signal is
replaced by the mean of the most similar beats around it.  Needs no side information, so a decoder can make it from what it has decoded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.detection import find_r_peaks

HALF = 36  # samples to either side of an R-peak that are compared: 100 ms at 360 Hz
AROUND = 60  # beats to either side that are looked at
SHIFT = 4  # samples that a beat may be moved to fit better
MOST = 16  # beats that are averaged
LEAST = 0.5  # similarity that a beat must have: 1 means equal, 0 unrelated
FEWEST = 5  # beats below which there is nothing to learn from others


class _Similar(NamedTuple):
    """For every beat the most similar ones, best first."""

    likeness: np.ndarray  # (beats, MOST), -1 where there is none
    offset: np.ndarray  # (beats, MOST) samples from this beat to the other
    rise: np.ndarray  # (beats, MOST) what to add to the other for the same mean


def template(signals: np.ndarray, rate: float = 360.0) -> np.ndarray:
    """signals (C, T) at 360 Hz -> (C, T) float32: beats as means of similar ones; the signal itself where there are none."""
    signals = signals.astype(np.float32, copy=False)
    length = signals.shape[1]
    peaks = find_r_peaks(signals, rate)
    peaks = peaks[(peaks >= HALF + SHIFT) & (peaks < length - HALF - SHIFT)]
    if len(peaks) < FEWEST:
        return signals
    borders = (4 * peaks[:-1] + 6 * peaks[1:]) // 10  # nearer the next beat, whose P wave lies before its R-peak
    owner = np.repeat(np.arange(len(peaks)), np.diff([0, *borders, length]))
    return np.stack([_averaged(signal, owner, _similar(signal, peaks)) for signal in signals])


def _averaged(signal: np.ndarray, owner: np.ndarray, similar: _Similar) -> np.ndarray:
    """The mean of what lies at the same place of similar beats; `owner` (T,) is the beat that a sample belongs to."""
    places = np.arange(len(signal))
    total, count = np.zeros(len(signal), np.float32), np.zeros(len(signal), np.float32)
    for rank in range(MOST):
        source = places + similar.offset[owner, rank]
        usable = (similar.likeness[owner, rank] >= LEAST) & (source >= 0) & (source < len(signal))
        total[usable] += signal[source[usable]] + similar.rise[owner[usable], rank]
        count += usable
    return np.where(count > 0, total / np.maximum(count, 1), signal).astype(np.float32)


def _similar(signal: np.ndarray, peaks: np.ndarray) -> _Similar:
    """Compare every beat with its neighbours at every shift; likeness 2 a·b / (a·a + b·b), which a different size lowers too."""
    shifts = np.arange(-SHIFT, SHIFT + 1)
    windows = signal[peaks[:, None, None] + shifts[:, None] + np.arange(-HALF, HALF)]  # (beats, shifts, 2 HALF)
    means = windows.mean(axis=2)
    windows = windows - means[:, :, None]
    energy = np.square(windows).sum(axis=2) + 1e-9
    beats = len(peaks)
    distances = [d for d in range(-AROUND, AROUND + 1) if d]
    likeness = np.full((beats, len(distances)), -1.0, np.float32)
    moved = np.zeros((beats, len(distances)), np.int64)
    for column, d in enumerate(distances):
        own = slice(max(0, -d), beats - max(0, d))
        other = slice(max(0, d), beats + min(0, d))
        if own.start >= own.stop:
            continue
        product = np.einsum("bt,bst->bs", windows[own, SHIFT], windows[other])
        found = 2 * product / (energy[own, SHIFT, None] + energy[other])
        moved[own, column] = found.argmax(axis=1)
        likeness[own, column] = found.max(axis=1)
    best = np.argsort(-likeness, axis=1, kind="stable")[:, :MOST]
    rows = np.arange(beats)[:, None]
    shift, other = moved[rows, best], np.clip(rows + np.array(distances)[best], 0, beats - 1)
    offset = peaks[other] - peaks[:, None] + shifts[shift]
    return _Similar(likeness[rows, best], offset, means[:, SHIFT, None] - means[other, shift])
