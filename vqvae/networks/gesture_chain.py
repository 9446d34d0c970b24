"""The first level of gestures: one code vector a window, played from where the decoder is, at the tempo and loudness that it has heard.

The encoder plays every code vector just as the decoder will and takes the one that comes nearest, so errors of time do not add up: what one
window gets wrong, the next one starts from.  Chunks begin with an onset of their own and with nothing heard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from vqvae.networks.gesture_notes import (
    FAR,
    KNEE,
    LONG,
    LOUD,
    ONSET,
    PERIOD,
    RATIO,
    REST,
    SHORTEST,
    STEP,
    VELOCITY,
    Chained,
    Grouped,
    Performed,
)

FIRST = np.array([0.15, 3.0, 65.0])  # s, tolerances, velocity
LEAST, MOST = 0.04, 0.8  # s, of the mean time between chords
SWIFT = (0.15, 0.25, 0.25)  # how much of it a new chord, or a new window, changes
WORST = 25.0  # squared tolerances that an error counts at most
KNEE_AT = KNEE / ONSET

compiled: Callable[..., Any] = njit(nogil=True, cache=True, error_model="numpy")


def encode_chain(notes: Grouped, codebook: np.ndarray, costs: np.ndarray) -> Chained:
    """Notes of a chunk, the first of which begins a chord -> the first level.

    codebook (K, 3, W): times between chords in mean times, lengths and loudness less their means, in tolerances; costs (P, K): squared
    tolerances that a code costs besides, by which notes of the window begin chords (a binary number, the first note the lowest digit).
    """
    shape = notes.pitch.shape
    codes, gaps = np.zeros(shape[0], np.int64), np.zeros(shape, np.int64)
    known, heard = _empty(shape), np.zeros((shape[0], 3))
    there = notes.pitch >= 0
    _encode(there, notes.begins, notes.group, notes.end, notes.velocity, codebook, costs, codes, gaps, *known, heard)
    return Chained(codes, gaps, known, heard)


def decode_chain(pitch: np.ndarray, codes: np.ndarray, gaps: np.ndarray, codebook: np.ndarray) -> Chained:
    """Pitches (T, W), codes (T,), gaps (T, W) -> what they say."""
    known, heard = _empty(pitch.shape), np.zeros((len(pitch), 3))
    _decode(pitch >= 0, codes, gaps, codebook, *known, heard)
    return Chained(codes, gaps, known, heard)


def _empty(shape: tuple[int, ...]) -> Performed:
    return Performed(np.zeros(shape), np.zeros(shape), np.zeros(shape))


@compiled
def _bent(seconds):  # type: ignore[no-untyped-def]
    return seconds / ONSET if seconds < KNEE else KNEE_AT + np.log(seconds / KNEE) / RATIO


@compiled
def _capped(error):  # type: ignore[no-untyped-def]
    return min(error * error, WORST)


@compiled
def _play(there, gaps, vector, clock, heard, group, length, velocity):  # type: ignore[no-untyped-def]
    """One window from a code vector; returns when its last chord is struck."""
    for k in range(len(there)):
        gap = gaps[k]
        if gap < 0:
            clock = (-1 - gap) * STEP
        elif gap == 1:
            clock += heard[PERIOD] * vector[0, k]
        elif gap > 1:
            clock += (gap - 1) * STEP
        group[k] = clock
        length[k] = max(heard[LONG] + vector[1, k], SHORTEST / ONSET)
        velocity[k] = min(max(heard[LOUD] + VELOCITY * vector[2, k], 1.0), 127.0)
    return clock


@compiled
def _listen(there, gaps, vector, heard, length, velocity):  # type: ignore[no-untyped-def]
    """What has been heard after a window."""
    logs, chords, notes, long, loud = 0.0, 0, 0, 0.0, 0.0
    for k in range(len(there)):
        if there[k]:
            notes, long, loud = notes + 1, long + length[k], loud + velocity[k]
            if gaps[k] == 1:
                logs, chords = logs + np.log(max(vector[0, k], 0.05)), chords + 1
    if chords:
        heard[PERIOD] *= np.exp((1 - (1 - SWIFT[PERIOD]) ** chords) * logs / chords)
        heard[PERIOD] = min(max(heard[PERIOD], LEAST), MOST)
    if notes:
        heard[LONG] += SWIFT[LONG] * (long / notes - heard[LONG])
        heard[LOUD] += SWIFT[LOUD] * (loud / notes - heard[LOUD])


@compiled
def _decode(there, codes, gaps, codebook, group, length, velocity, log):  # type: ignore[no-untyped-def]
    heard, clock = FIRST.copy(), 0.0
    for t in range(len(codes)):
        log[t] = heard
        vector = codebook[codes[t]]
        clock = _play(there[t], gaps[t], vector, clock, heard, group[t], length[t], velocity[t])
        _listen(there[t], gaps[t], vector, heard, length[t], velocity[t])


@compiled
def _encode(there, begins, onset, end, loud, codebook, costs, codes, gaps, group, length, velocity, log):  # type: ignore[no-untyped-def]
    heard, clock, before = FIRST.copy(), 0.0, 0.0
    for t in range(len(codes)):
        log[t] = heard
        pattern, previous = 0, before
        for k in range(there.shape[1]):
            gaps[t, k] = 0
            if there[t, k] and begins[t, k]:
                pattern += 1 << k
                gaps[t, k] = 1 if onset[t, k] - previous < REST else 2
            if there[t, k]:
                previous = onset[t, k]
        if t == 0:
            gaps[t, 0] = -1 - int(np.rint(onset[t, 0] / STEP))
        while True:
            best, least = 0, np.inf
            for c in range(len(codebook)):
                cost = _cost(there[t], onset[t], end[t], loud[t], codebook[c], clock, heard, gaps[t], costs[pattern, c], least)
                if cost < least:
                    best, least = c, cost
            vector = codebook[best]
            late = _late(there[t], onset[t], vector, clock, heard, gaps[t])
            if late < 0:
                break
            gaps[t, late] = 2
        _rests(there[t], onset[t], vector, clock, heard, gaps[t])
        codes[t], before = best, previous
        clock = _play(there[t], gaps[t], vector, clock, heard, group[t], length[t], velocity[t])
        _listen(there[t], gaps[t], vector, heard, length[t], velocity[t])


@compiled
def _rest(onset, clock):  # type: ignore[no-untyped-def]
    """Steps of a rest that ends nearest to an onset."""
    return max(1.0, np.rint((onset - clock) / STEP))


@compiled
def _struck(gap, ratio, onset, clock, period):  # type: ignore[no-untyped-def]
    """When the chord of a note is struck, `clock` being when the one before was; rests end as near to the onset as steps allow."""
    if gap < 0:
        return (-1 - gap) * STEP
    if gap == 1:
        return clock + period * ratio
    return clock + _rest(onset, clock) * STEP if gap > 1 else clock


@compiled
def _late(there, onset, vector, clock, heard, gaps):  # type: ignore[no-untyped-def]
    """The first note whose chord would be struck far from where it is, -1 if none: its time has to be written down."""
    for k in range(len(there)):
        clock = _struck(gaps[k], vector[0, k], onset[k], clock, heard[PERIOD])
        if gaps[k] == 1 and abs(onset[k] - clock) > FAR:
            return k
    return -1


@compiled
def _rests(there, onset, vector, clock, heard, gaps):  # type: ignore[no-untyped-def]
    """Write down how long the rests of a window are, once its code is chosen."""
    for k in range(len(there)):
        if gaps[k] > 1:
            gaps[k] = 1 + int(_rest(onset[k], clock))
        clock = _struck(gaps[k], vector[0, k], onset[k], clock, heard[PERIOD])


@compiled
def _cost(there, onset, end, loud, vector, clock, heard, gaps, cost, least):  # type: ignore[no-untyped-def]
    """Squared error of a window played from a code vector, and what the code costs besides; given up when more than `least`."""
    for k in range(len(there)):
        if not there[k]:
            continue
        clock = _struck(gaps[k], vector[0, k], onset[k], clock, heard[PERIOD])
        cost += _capped((onset[k] - clock) / ONSET) + _capped((loud[k] - heard[LOUD]) / VELOCITY - vector[2, k])
        cost += _capped(_bent(end[k] - clock) - max(heard[LONG] + vector[1, k], SHORTEST / ONSET))
        if cost > least:
            break
    return cost
