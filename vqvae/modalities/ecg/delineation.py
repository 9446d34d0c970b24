"""Where waves begin and end: the windows a scorer sees of each beat, and the boundaries its scores amount to.

The scorer (a network, handed over as a function) believes something about every sample around an R-peak; `delineate` turns that belief into
P onset < P end <= QRS onset < R-peak < QRS end < T end.  Beats are taken one by one, so a long lead in blocks gives what it gives whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Boundaries(NamedTuple):
    """Wave boundaries of B beats in s from the start of the recording; NaN where there is no answer."""

    p_on: np.ndarray  # (B,) float64
    p_off: np.ndarray
    qrs_on: np.ndarray
    qrs_off: np.ndarray
    t_off: np.ndarray


Delineator = Callable[[np.ndarray, float, np.ndarray], Boundaries]
"""(lead (T,) mV, rate Hz, R-peaks (B,) sample indices) -> Boundaries."""

RATE = 500.0
"""Hz at which a scorer sees the lead, whatever its own rate."""

BEFORE = 224
"""Samples of a window before the R-peak (448 ms; the longest P onset of LUDB lies 418 ms before)."""

LENGTH = 576
"""Samples of a window; 702 ms follow the R-peak (T ends at most 528 ms after it in 99.9 % of LUDB)."""

TOLERANCE = (0.0102, 0.0127, 0.0065, 0.0116, 0.0306)
"""Accepted error of each boundary in s: twice the spread of human referees (CSE working party, Eur Heart J 1985 6:815)."""

SHORTEST = (0.020, 0.0, 0.004, 0.004, 0.040)
"""Least distance in s of each boundary from the next one inwards: P on to P off, P off to QRS on, QRS on and off to R, T off to QRS off."""


class WaveScores(NamedTuple):
    """What a scorer says of B windows."""

    boundaries: np.ndarray  # (B, 5, LENGTH) logits in the order of `Boundaries`: a softmax over the samples is the belief in each
    presence: np.ndarray  # (B, 2) logits: is there a P wave, is there a T wave


Scorer = Callable[[np.ndarray], WaveScores]
"""Windows (B, LENGTH) float32 -> WaveScores."""


class Windows(NamedTuple):
    """The surroundings of B beats at `RATE`, the R-peak at sample `BEFORE`."""

    values: np.ndarray  # (B, LENGTH) float32, unitless: centred and scaled by the size of the QRS complex; gaps bridged by straight lines
    missing: np.ndarray  # (B, LENGTH) bool: nothing was recorded there
    usable: np.ndarray  # (B,) bool: something was recorded at the R-peak, and it is not a flat line


def beat_windows(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Windows:
    """lead (T,) mV with NaN gaps, rate Hz, R-peaks (B,) -> what a scorer sees of each beat."""
    offsets = (np.arange(LENGTH) - BEFORE) * (rate / RATE)
    copies = max(1, round(rate / RATE))  # a faster lead is averaged over one sample of ours, so that noise above does not fold down
    values = np.zeros((len(peaks), LENGTH))
    for copy in range(copies):
        at = offsets + copy - (copies - 1) / 2
        whole = np.floor(at).astype(np.int64)
        share = at - whole
        left = _samples(lead, peaks[:, None] + whole)
        right = _samples(lead, peaks[:, None] + whole + 1)
        values += np.where(share == 0, left, left * (1 - share) + right * share) / copies
    missing = np.isnan(values)
    for row in np.flatnonzero(missing.any(axis=1) & ~missing.all(axis=1)):
        known = np.flatnonzero(~missing[row])
        values[row] = np.interp(np.arange(LENGTH), known, values[row, known])
    values[missing.all(axis=1)] = 0.0
    values, size = normalise(values)
    return Windows(values, missing, ~missing[:, BEFORE] & (size > 0))


def normalise(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B, LENGTH) -> (float32 windows, sizes (B,)): median removed, divided by the largest excursion within 100 ms of the R-peak."""
    centred = windows - np.median(windows, axis=1, keepdims=True)
    reach = round(0.1 * RATE)
    size = np.abs(centred[:, BEFORE - reach : BEFORE + reach]).max(axis=1)
    return np.clip(centred / np.where(size > 0, size, 1.0)[:, None], -8.0, 8.0).astype(np.float32), size


def _samples(lead: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Values at `index` (any shape), NaN outside the lead."""
    inside = (index >= 0) & (index < len(lead))
    return np.where(inside, lead[np.clip(index, 0, len(lead) - 1)], np.nan)


def delineate(lead: np.ndarray, rate: float, peaks: np.ndarray, scorer: Scorer, block: int = 128) -> Boundaries:
    """Boundaries of every beat of one lead.

    Args:
        lead: (T,) mV, NaN where nothing was recorded.
        rate: Hz.
        peaks: (B,) R-peaks as ascending sample indices inside the lead.
        scorer: what says where waves may begin and end.
        block: beats handed to the scorer at a time; the answers do not depend on it.

    Raises:
        ValueError: peaks out of order or outside the lead.
    """
    peaks = np.asarray(peaks, dtype=np.int64)
    if len(peaks) and (np.any(np.diff(peaks) <= 0) or peaks[0] < 0 or peaks[-1] >= len(lead)):
        raise ValueError(f"R-peaks must be ascending sample indices below {len(lead)}, got {peaks.min()} to {peaks.max()}")
    previous = np.concatenate([[-np.inf], peaks[:-1]])
    following = np.concatenate([peaks[1:], [np.inf]])
    earliest = (previous - peaks) * (RATE / rate) + BEFORE
    latest = (following - peaks) * (RATE / rate) + BEFORE
    found = np.full((5, len(peaks)), np.nan)
    for start in range(0, len(peaks), block):
        beats = slice(start, start + block)
        windows = beat_windows(lead, rate, peaks[beats])
        positions = decode(scorer(windows.values), earliest[beats], latest[beats])
        positions[:, ~windows.usable] = np.nan
        positions[_touches(windows.missing, positions)] = np.nan
        found[:, beats] = peaks[beats] / rate + (positions - BEFORE) / RATE
    return Boundaries(*found)


def _touches(missing: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """(5, B) bool: the position lies where nothing was recorded."""
    nearest = np.clip(np.nan_to_num(np.round(positions), nan=0.0).astype(np.int64), 0, LENGTH - 1)
    return missing[np.arange(missing.shape[0])[None, :], nearest]


def decode(scores: WaveScores, earliest: np.ndarray, latest: np.ndarray) -> np.ndarray:
    """Positions (5, B) in samples of the window, in the order of `Boundaries`; NaN for an absent wave.

    QRS onset and end are found first, then the T end after them and the P wave before them, so that the order always holds.

    Args:
        scores: what the scorer said.
        earliest: (B,) position of the R-peak before: no boundary lies before it.
        latest: (B,) position of the R-peak after.
    """
    apart = [seconds * RATE for seconds in SHORTEST]
    reach = [round(seconds * RATE) for seconds in TOLERANCE]
    logits = np.moveaxis(scores.boundaries, 1, 0)
    first, last, peak = earliest + 1, latest - 1, np.full(len(earliest), float(BEFORE))
    qrs_on = likeliest(logits[2], first, peak - apart[2], reach[2])
    qrs_off = likeliest(logits[3], peak + apart[3], last, reach[3])
    t_off = likeliest(logits[4], qrs_off + apart[4], last, reach[4])
    p_off = likeliest(logits[1], first + apart[0], qrs_on - apart[1], reach[1])
    p_on = likeliest(logits[0], first, p_off - apart[0], reach[0])
    no_p = (scores.presence[:, 0] <= 0) | np.isnan(p_on)
    t_off[scores.presence[:, 1] <= 0] = np.nan
    return np.stack([np.where(no_p, np.nan, p_on), np.where(no_p, np.nan, p_off), qrs_on, qrs_off, t_off])


def likeliest(logits: np.ndarray, lowest: np.ndarray, highest: np.ndarray, reach: int) -> np.ndarray:
    """The position whose neighbourhood of +-`reach` samples holds most of the belief, and therein the mean.

    That position is inside a tolerance of `reach` as often as the belief allows.

    Args:
        logits: (B, T) over the samples.
        lowest: (B,) first position allowed; NaN allows none.
        highest: (B,) last position allowed.
        reach: samples.

    Returns:
        (B,) positions, not whole numbers; NaN where none is allowed.
    """
    index = np.arange(logits.shape[1], dtype=np.float64)
    allowed = (index >= lowest[:, None]) & (index <= highest[:, None])
    answers = allowed.any(axis=1)
    masked = np.where(allowed, logits, -np.inf)
    belief = np.exp(masked - np.where(answers, masked.max(axis=1, initial=-np.inf), 0.0)[:, None])
    best = np.where(allowed, _around(belief, reach), -1.0).argmax(axis=1)
    near = belief * (np.abs(index - best[:, None]) <= reach)
    total = near.sum(axis=1)
    return np.where(answers, (near * index).sum(axis=1) / np.where(total > 0, total, 1.0), np.nan)


def _around(belief: np.ndarray, reach: int) -> np.ndarray:
    """Sum of `belief` (B, T) over +-`reach` samples, as a difference of running sums."""
    padded = np.pad(belief.astype(np.float64), ((0, 0), (reach + 1, reach)))
    running = padded.cumsum(axis=1)
    return running[:, 2 * reach + 1 :] - running[:, : -2 * reach - 1]
