"""Where the heart beats: one list of R-peaks for a recording, from all of its leads.

Each lead is turned into the envelope of its QRS energy (the magnitude of a short complex wavelet at 12 Hz: polarity does not matter, T
waves and baseline are weak there), divided by its own local QRS height, and averaged over the leads with weights that fall with a lead's
noise.  Peaks of that one curve are accepted against a share of the local median height, with a refractory time and a rule against T waves
(after Pan and Tompkins 1985, doi 10.1109/TBME.1985.325532, but looking both ways in time).

An R-peak is reported where that curve, smoothed over the length of a wide QRS complex, is highest: the middle of the complex rather than
its tallest wave, because small errors turn the tallest wave from R to S (a jump of up to 50 ms) but hardly move the middle.

Cost is linear in length, memory is bounded: everything before the last step looks at most `_MARGIN` segments away, so a long recording is
worked through in blocks and gives exactly the candidates that it would give in one piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

LOWEST_RATE = 40.0
"""Hz; below it a QRS complex is not resolved and no beat is reported."""

_WORKING_RATE = 180.0  # Hz, at least, of the envelope
_FREQUENCY, _WIDTH = 12.0, 0.04  # Hz, s: centre and Gaussian width of the wavelet
_SEGMENT = 3.0  # s; a lead's QRS height and noise are judged per segment
_NEAR, _WIDE = 5, 21  # segments over which a lead's height is the median; the wide one bounds it from below in pauses
_WIDE_SHARE = 0.2
_CLEAREST = 25.0  # QRS height over rest from which on leads count alike
_MARGIN = _NEAR // 2 + _WIDE // 2 + 2  # segments of overlap that make blocks equal the whole
_BLOCK = 200  # segments per block: ten minutes
_SPACING = 0.1  # s, between candidates
_SMOOTHING = 0.05  # s, Gaussian width of the curve whose top is the R-peak
_REACH = 0.06  # s, a candidate may move by per round (two rounds) on its way to that top
_SHORTEST = 0.3  # s; a shorter recording holds no QRS complex with its surroundings
_SHORT_GAP = 0.2  # s; longer gaps are not interpolated
_HALF_QRS = 0.06  # s; nearer to an end of what was recorded an R-peak is half a complex (training records: annotated ones from 78 ms on)


class Candidates(NamedTuple):
    """Peaks of the combined envelope."""

    times: np.ndarray  # (N,) float64, samples of the recording, ascending
    heights: np.ndarray  # (N,) 1 is the local height of a QRS complex


class Rules(NamedTuple):
    """How candidates become beats; tuned on the training records of MIT-BIH and LUDB."""

    threshold: float = 0.34  # share of the local median height
    refractory: float = 0.25  # s
    t_wave: float = 0.36  # s; until then a peak below `t_wave_share` of the one before is its T wave
    t_wave_share: float = 0.5
    neighbours: int = 15  # beats that make a local median
    rounds: int = 2  # of accepting against the median of what the round before accepted


def find_r_peaks(signals: np.ndarray, rate: float) -> np.ndarray:
    """(C, T) mV with NaN gaps at `rate` Hz -> (B,) int64 sample indices of the R-peaks, ascending.

    Does not depend on the gain, offset or polarity of any lead.  A flat or empty recording has no beats, and a QRS complex that is cut by
    the start or end of the recording, or by a gap on all leads, is none.
    """
    samples = signals.shape[1]
    if rate < LOWEST_RATE or samples < _SHORTEST * rate:
        return np.zeros(0, np.int64)
    blocks = [_candidates(signals, rate, start, stop) for start, stop in _blocks(samples, rate)]
    candidates = Candidates(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))
    chosen = _decide(candidates.times / rate, candidates.heights, Rules())
    return _whole(np.clip(np.rint(candidates.times[chosen]), 0, samples - 1).astype(np.int64), signals, rate)


def _whole(peaks: np.ndarray, signals: np.ndarray, rate: float) -> np.ndarray:
    """The peaks that lie half a QRS complex or more within what was recorded on at least one lead without a long gap."""
    missing = np.ones(signals.shape[1], bool)
    for lead in signals:
        missing &= np.isnan(lead)
    edges = np.flatnonzero(np.diff(missing, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts > _SHORT_GAP * rate
    firsts, lasts = np.concatenate([[0], ends[long]]), np.concatenate([starts[long], [signals.shape[1]]]) - 1
    stretch = np.searchsorted(firsts, peaks, "right") - 1
    inside = np.minimum(peaks - firsts[stretch], lasts[stretch] - peaks)
    return peaks[inside >= _HALF_QRS * rate]


def _step(rate: float) -> int:
    return max(1, int(rate // _WORKING_RATE))


def _blocks(samples: int, rate: float) -> Iterator[tuple[int, int]]:
    """Sample ranges of whole segments that cover the recording."""
    length = _BLOCK * _segment(rate) * _step(rate)
    for start in range(0, samples, length):
        yield start, min(start + length, samples)


def _segment(rate: float) -> int:
    """Envelope samples in one segment."""
    return max(1, round(_SEGMENT * rate / _step(rate)))


def _candidates(signals: np.ndarray, rate: float, start: int, stop: int) -> Candidates:
    """Peaks of the combined envelope in samples start…stop, judged with a margin on both sides."""
    from scipy.ndimage import maximum_filter1d

    step = _step(rate)
    margin = _MARGIN * _segment(rate) * step
    first, last = max(0, start - margin), min(signals.shape[1], stop + margin)
    combined = _combine(signals[:, first:last], rate)
    highest = maximum_filter1d(combined, 2 * int(_SPACING * rate / step) + 1, mode="nearest")
    peaks = np.flatnonzero((combined == highest) & (combined > 0.05))
    peaks = peaks[(peaks * step + first >= start) & (peaks * step + first < stop)]
    times, once = np.unique(_middle(combined, peaks, rate / step) * step + first, return_index=True)  # a plateau is one
    return Candidates(times, combined[peaks[once]].astype(np.float64))


def _middle(combined: np.ndarray, peaks: np.ndarray, rate: float) -> np.ndarray:
    """(N,) float64 positions of the tops of the smoothed curve nearest to its peaks."""
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(combined, _SMOOTHING * rate, mode="nearest")
    reach = max(1, int(_REACH * rate))
    tops = peaks
    for _ in range(2):
        around = np.clip(tops[:, None] + np.arange(-reach, reach + 1), 0, len(smooth) - 1)
        tops = around[np.arange(len(tops)), np.argmax(smooth[around], axis=1)]
    return tops + _vertex(smooth, tops)


def _vertex(curve: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """Offset in samples of the parabola's top through each peak and its two neighbours."""
    before, after = curve[np.maximum(peaks - 1, 0)], curve[np.minimum(peaks + 1, len(curve) - 1)]
    bend = before + after - 2 * curve[peaks]
    return np.clip(np.divide(before - after, 2 * bend, out=np.zeros(len(peaks)), where=bend < 0), -0.5, 0.5)


def _combine(signals: np.ndarray, rate: float) -> np.ndarray:
    """(C, T) mV -> the envelope at `rate` / step, all leads in one, 1 at a typical QRS complex."""
    energy, total = np.zeros(0), np.zeros(0)
    for lead in signals:
        envelope = _envelope(lead, rate)
        height, weight = _judge(envelope, lead, rate)
        envelope = np.divide(envelope, height, out=np.zeros_like(envelope), where=height > 0)
        energy, total = (energy if energy.size else 0) + weight * envelope**2, (total if total.size else 0) + weight
    return np.sqrt(np.divide(energy, total, out=np.zeros_like(energy), where=total > 0))


def _envelope(lead: np.ndarray, rate: float) -> np.ndarray:
    """(T,) mV -> (ceil(T / step),) magnitude of the wavelet transform, zero in gaps."""
    from scipy.signal import upfirdn

    step = _step(rate)
    half = int(np.ceil(3 * _WIDTH * rate))
    t = np.arange(-half, half + 1) / rate
    gauss = np.exp(-0.5 * (t / _WIDTH) ** 2)
    wavelet = gauss * np.exp(2j * np.pi * _FREQUENCY * t)
    wavelet -= gauss * (wavelet.sum() / gauss.sum())  # blind to a constant
    wavelet /= np.abs(wavelet).sum()
    filled = _fill(lead, rate)
    ahead = (-2 * half) % step  # so that output samples fall on multiples of `step`
    padded = np.concatenate([np.full(ahead, filled[0], np.float32), np.pad(filled, half, mode="reflect")])
    first, count = (2 * half + ahead) // step, -(-len(lead) // step)
    parts = [upfirdn(part.astype(np.float32), padded, 1, step)[first : first + count] for part in (wavelet.real, wavelet.imag)]
    return np.where(np.isfinite(lead[::step]), np.hypot(*parts), 0).astype(np.float32)


def _fill(lead: np.ndarray, rate: float) -> np.ndarray:
    """The lead with short gaps filled by a line and long ones by the nearest sample, so that no gap looks like a slope."""
    valid = np.flatnonzero(np.isfinite(lead))
    if len(valid) == len(lead):
        return lead.astype(np.float32, copy=False)
    if not len(valid):
        return np.zeros(len(lead), np.float32)
    missing = np.flatnonzero(~np.isfinite(lead))
    after = np.searchsorted(valid, missing)
    left, right = valid[np.maximum(after - 1, 0)], valid[np.minimum(after, len(valid) - 1)]
    long = (right - left > _SHORT_GAP * rate) | (after == 0) | (after == len(valid))
    nearest = np.where((missing - left <= right - missing) & (after > 0), left, right)
    filled = lead.astype(np.float32)
    filled[missing] = np.where(long, lead[nearest], np.interp(missing, valid, lead[valid]))
    return filled


def _judge(envelope: np.ndarray, lead: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """The lead's local QRS height and its weight, both at every sample of the envelope."""
    size, step = _segment(rate), _step(rate)
    segments = -(-len(envelope) // size)
    rows = np.zeros((segments, size), np.float32)
    rows.flat[: len(envelope)] = envelope
    valid = np.zeros((segments, size), bool)
    valid.flat[: len(envelope)] = np.isfinite(lead[::step])
    amplitude = np.zeros((segments, size), np.float32)
    amplitude.flat[: len(envelope)] = np.nan_to_num(np.abs(lead[::step]))
    judged = (valid.mean(axis=1) > 0.5) if segments > 1 else valid.any(axis=1)
    top = np.where(judged & (rows.max(axis=1) > 1e-5 * amplitude.max(axis=1)), rows.max(axis=1), np.nan)
    rest = np.where(np.isnan(top), np.nan, np.median(rows, axis=1))
    height, rest = _running_median(top, _NEAR), _running_median(rest, _NEAR)
    height = np.fmax(height, _WIDE_SHARE * _running_median(height, _WIDE))
    clear = np.divide(height, rest, out=np.full(segments, _CLEAREST), where=rest > 0)
    weight = np.where(height > 0, np.clip(clear - 1.5, 0.1, _CLEAREST) ** 2, 0)
    centres, at = (np.arange(segments) + 0.5) * size, np.arange(len(envelope))
    present = np.isfinite(lead[::step])
    height = np.interp(at, centres, np.nan_to_num(height)).astype(np.float32)
    return height, np.where(present, np.interp(at, centres, np.nan_to_num(weight)), 0).astype(np.float32)


def _running_median(values: np.ndarray, width: int) -> np.ndarray:
    """Median over `width` neighbours, NaN left out; NaN where there are only NaN."""
    padded = np.pad(values.astype(np.float64), width // 2, constant_values=np.nan)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)  # NaN last
    count = np.sum(~np.isnan(windows), axis=1)
    row = np.arange(len(values))
    return 0.5 * (windows[row, np.maximum(count - 1, 0) // 2] + windows[row, np.minimum(count // 2, width - 1)])


def _decide(times: np.ndarray, heights: np.ndarray, rules: Rules) -> np.ndarray:
    """Indices of the candidates (s, ascending; height 1 = typical) that are beats."""
    kept = np.flatnonzero(heights > rules.threshold)
    for _ in range(rules.rounds):
        if len(kept) < 3:
            break
        level = np.interp(times, times[kept], _running_median(np.minimum(heights[kept], 1.5), rules.neighbours))
        kept = _prune(times, heights, np.flatnonzero(heights > rules.threshold * level), rules)
    return kept


def _prune(times: np.ndarray, heights: np.ndarray, kept: np.ndarray, rules: Rules) -> np.ndarray:
    """Of two within the refractory time the higher stays; a low peak soon after a high one is its T wave."""
    chosen: list[int] = []
    for now in kept.tolist():
        while chosen and times[now] - times[chosen[-1]] < rules.refractory and heights[now] > heights[chosen[-1]]:
            chosen.pop()
        if chosen:
            since, before = times[now] - times[chosen[-1]], heights[chosen[-1]]
            if since < rules.refractory or (since < rules.t_wave and heights[now] < rules.t_wave_share * before):
                continue
        chosen.append(now)
    return np.array(chosen, np.int64)
