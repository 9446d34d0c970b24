"""What a listener would notice: chords that open or close, the course of tempo and loudness, what sounds and what does not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.matching import Pairs
from vqvae.modalities.piano.recording import Notes
from vqvae.modalities.protocol import Score

CHORD = 0.05  # s; what starts within this of the first note belongs to its chord
TEMPO_STEPS = 4  # inter-onset intervals that one point of the tempo curve is the mean of
DYNAMICS = 0.5  # s; one point of the dynamics curve is the mean velocity of the notes that start within this much before and after it


class Curves(NamedTuple):
    """One curve of the original and the same of the reconstruction, at the same moments; (K,) each."""

    time: np.ndarray  # s in the original
    original: np.ndarray
    rebuilt: np.ndarray


def listening_scores(reference: Notes, found: Notes, pairs: Pairs, ends: np.ndarray, other_ends: np.ndarray) -> list[Score]:
    """`ends` and `other_ends` (N,), (M,) in s: when each note stops sounding, pedal included."""
    tempo, dynamics, spread = (
        tempo_curves(reference, found, pairs),
        dynamics_curves(reference, found),
        chord_spreads(reference, found, pairs),
    )
    chord = f"a chord (notes that start within {1000 * CHORD:.0f} ms of its first)"
    tempo_said = f"the local tempo (chords and single notes per second, {TEMPO_STEPS} inter-onset intervals at a time, found in both)"
    loud_said = f"the course of loudness (mean velocity of all notes that start within {DYNAMICS:g} s of each onset of the original)"
    spread_said = f"Mean absolute change of the time between the first and the last onset of {chord}, over the notes found in both."
    overlap_said = (
        "Time in which a key sounds in both over the time in which it sounds in either, all keys together, sustain pedal included."
    )
    r, opened = correlation, 1000 * np.abs(spread.rebuilt - spread.original)
    faster, louder = 100 * np.abs(tempo.rebuilt / tempo.original - 1), np.abs(dynamics.rebuilt - dynamics.original)
    overlap = sounding_overlap(reference, found, ends, other_ends)
    return [
        Score("chord_spread_change_ms", _mean(opened), "ms", 0.0, spread_said),
        Score("tempo_curve_correlation", r(tempo.original, tempo.rebuilt), "", 1.0, f"Pearson's r of {tempo_said}."),
        Score("tempo_curve_change", _mean(faster), "%", 0.0, f"Mean absolute change of {tempo_said}."),
        Score("dynamics_curve_correlation", r(dynamics.original, dynamics.rebuilt), "", 1.0, f"Pearson's r of {loud_said}."),
        Score("dynamics_curve_change", _mean(louder), "velocity", 0.0, f"Mean absolute change of {loud_said}."),
        Score("sounding_overlap", overlap, "%", 100.0, overlap_said),
    ]


def chords(onsets: np.ndarray) -> np.ndarray:
    """The number of the chord that each note belongs to, (N,) from 0, by sorted onsets in s; single notes are chords of one."""
    numbers = np.zeros(len(onsets), np.int64)
    number, first = -1, -np.inf
    for i, onset in enumerate(onsets.tolist()):
        if onset - first > CHORD:
            number, first = number + 1, onset
        numbers[i] = number
    return numbers


def chord_spreads(reference: Notes, found: Notes, pairs: Pairs) -> Curves:
    """The time in s between first and last onset of every chord of at least two notes found in both."""
    numbers = chords(reference.onset)[pairs.reference]
    _, starts, sizes = np.unique(numbers, return_index=True, return_counts=True)
    if not len(starts):
        return Curves(np.zeros(0), np.zeros(0), np.zeros(0))
    onsets = (reference.onset[pairs.reference], found.onset[pairs.found])
    spread = [np.maximum.reduceat(onset, starts) - np.minimum.reduceat(onset, starts) for onset in onsets]
    several = sizes > 1
    return Curves(onsets[0][starts][several], spread[0][several], spread[1][several])


def tempo_curves(reference: Notes, found: Notes, pairs: Pairs) -> Curves:
    """Chords in 1/s: how many chords and single notes found in both follow each other in a second, over `TEMPO_STEPS` intervals."""
    numbers = chords(reference.onset)[pairs.reference]
    there, starts, sizes = np.unique(numbers, return_index=True, return_counts=True)
    if len(starts) <= TEMPO_STEPS:
        return Curves(np.zeros(0), np.zeros(0), np.zeros(0))
    time, other = (np.add.reduceat(onset, starts) / sizes for onset in (reference.onset[pairs.reference], found.onset[pairs.found]))
    tempo = [TEMPO_STEPS / np.maximum(onset[TEMPO_STEPS:] - onset[:-TEMPO_STEPS], 1e-3) for onset in (time, other)]
    whole = there[TEMPO_STEPS:] - there[:-TEMPO_STEPS] == TEMPO_STEPS  # nothing lost on the way
    return Curves(((time[:-TEMPO_STEPS] + time[TEMPO_STEPS:]) / 2)[whole], tempo[0][whole], tempo[1][whole])


def dynamics_curves(reference: Notes, found: Notes) -> Curves:
    """Mean velocity around every onset of the original; NaN in the reconstruction where nothing starts near."""
    times = np.unique(reference.onset)
    return Curves(times, _loudness(reference, times), _loudness(found, times))


def _loudness(notes: Notes, times: np.ndarray) -> np.ndarray:
    sums = np.concatenate([[0], np.cumsum(notes.velocity, dtype=np.int64)])
    low, high = np.searchsorted(notes.onset, times - DYNAMICS, "left"), np.searchsorted(notes.onset, times + DYNAMICS, "right")
    return np.where(high > low, (sums[high] - sums[low]) / np.maximum(high - low, 1), np.nan)


def sounding_overlap(reference: Notes, found: Notes, ends: np.ndarray, other_ends: np.ndarray) -> float:
    """In percent; NaN when nothing sounds in the original."""
    if not len(reference.onset):
        return float("nan")
    apart = max(ends.max(), other_ends.max() if len(other_ends) else 0.0) + 1.0
    spans = [(notes.onset + apart * notes.pitch, stops + apart * notes.pitch) for notes, stops in ((reference, ends), (found, other_ends))]
    own, other = (_covered(*span) for span in spans)
    either = _covered(*(np.concatenate(side) for side in zip(*spans, strict=True)))
    return 100 * (own + other - either) / either


def _covered(starts: np.ndarray, stops: np.ndarray) -> float:
    """Length of the union of the intervals."""
    order = np.argsort(starts)
    starts, stops = starts[order], np.maximum.accumulate(stops[order])
    return float((stops - starts).sum() - np.maximum(0, stops[:-1] - starts[1:]).sum())


def correlation(original: np.ndarray, rebuilt: np.ndarray) -> float:
    """Pearson's r where both are known; NaN when the original has no course to follow, 0 when only the reconstruction has none."""
    known = np.isfinite(original) & np.isfinite(rebuilt)
    a, b = original[known], rebuilt[known]
    if len(a) < 3 or np.ptp(a) <= 1e-9 * np.abs(a).max():
        return float("nan")
    if np.ptp(b) <= 1e-9 * np.abs(b).max():
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
