"""When a synthetic heart beats, and what kind of beat it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

PR_INTERVAL = 0.160  # s, P onset to QRS onset, at 60 beats/min
QT_CORRECTED = 0.400  # s, at 60 beats/min

_COUPLING = 0.58  # of an RR interval: how early a ventricular beat comes
_SHORTEST = 0.30  # s, between two beats in fibrillation


class Schedule(NamedTuple):
    """B beats, ascending."""

    qrs_on: np.ndarray  # (B,) float64, s
    before: np.ndarray  # (B,) s since the beat before
    pace: np.ndarray  # (B,) s: the RR interval that QT and PR go by, slower than `before`
    ventricular: np.ndarray  # (B,) bool
    strength: np.ndarray  # (B,) factor on the amplitude: breathing turns and moves the heart


def sinus(seconds: float, heart_rate: float, rng: np.random.Generator) -> np.ndarray:
    """RR intervals in s that cover `seconds`: two slow rhythms, at 0.1 Hz and with the breath at 0.25 Hz, and a little chance."""
    mean = 60.0 / heart_rate
    count = int(seconds / mean * 1.1) + 8
    t = np.arange(count) * mean
    phases = rng.uniform(0, 2 * np.pi, 2)
    swing = 0.030 * np.sin(2 * np.pi * 0.1 * t + phases[0]) + 0.035 * np.sin(2 * np.pi * 0.25 * t + phases[1])
    return mean * (1 + swing + 0.006 * rng.standard_normal(count))


def fibrillation(seconds: float, heart_rate: float, rng: np.random.Generator) -> np.ndarray:
    """RR intervals in s that cover `seconds`, each independent of the last (log-normal, 22 % wide)."""
    mean = 60.0 / heart_rate
    width = 0.22
    count = int(seconds / mean * 1.2) + 16
    return np.maximum(_SHORTEST, mean * np.exp(width * rng.standard_normal(count) - width**2 / 2))


def schedule(intervals: np.ndarray, ectopic: np.ndarray, start: float, seconds: float, rng: np.random.Generator) -> Schedule:
    """Beats at the running sum of `intervals`; those in `ectopic` (bool) come early, and the pause after them makes up for it."""
    times = start + np.concatenate([[0.0], np.cumsum(intervals)])
    ventricular = np.append(ectopic, False)
    times[1:][ventricular[1:]] -= (1 - _COUPLING) * intervals[ventricular[1:]] * rng.uniform(0.94, 1.06, int(ventricular[1:].sum()))
    before = np.concatenate([[intervals[0]], np.diff(times)])
    pace = np.convolve(np.concatenate([np.full(4, before[0]), before]), np.full(5, 0.2), "valid")
    breath = 1 + 0.05 * np.sin(2 * np.pi * 0.25 * times + rng.uniform(0, 2 * np.pi)) + 0.015 * rng.standard_normal(len(times))
    inside = times < seconds - 0.2
    return Schedule(times[inside], before[inside], pace[inside], ventricular[inside], breath[inside])


def pick_ectopic(count: int, share: float, bigeminy: tuple[int, int] | None, rng: np.random.Generator) -> np.ndarray:
    """Which of `count` beats are ventricular: a `share` of single ones, never two in a row, and every second one in `bigeminy`."""
    chosen = rng.random(count) < share / (1 - share)
    chosen[:2] = False
    if bigeminy is not None:
        first, last = bigeminy
        chosen[max(0, first - 1) : last + 2] = False
        chosen[first:last:2] = True
    for i in np.flatnonzero(chosen):
        chosen[i] = not chosen[i - 1]
    return chosen
