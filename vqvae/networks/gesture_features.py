"""What a network sees of notes that are known so far: keys, chords, and the times around each note as the first level has them."""

from __future__ import annotations

import numpy as np

from vqvae.networks.gesture_notes import BEND, LONG, LOUD, PERIOD, Chained

COUNT = 22
NEAR = 4  # semitones that voices move
AHEAD = 14  # notes that are looked at for the next near one
LATEST = 4.0  # s
MOST_CHORD = 6


def features(pitch: np.ndarray, begins: np.ndarray, chained: Chained) -> np.ndarray:
    """pitch, begins (T, W) and the first level -> (COUNT, T W) float32, each about -2…2."""
    key, first, time = np.maximum(pitch.ravel(), 0), begins.ravel(), chained.known.group.ravel()
    number = np.cumsum(first) - 1
    heard = np.repeat(chained.heard, pitch.shape[1], axis=0)
    length, loud = chained.known.length.ravel(), chained.known.velocity.ravel()
    chord = _chords(key, first, number)
    around = [_tolerances(column) for column in _times(key, number, time, np.flatnonzero(first))]
    rows = [
        *chord, *around, length / 5 - 1, length / 5 - around[1], length / 5 - around[3], (length - heard[:, LONG]) / 5,
        (loud - 65) / 20, (loud - heard[:, LOUD]) / 20, np.log2(heard[:, PERIOD] / 0.15), (pitch.ravel() >= 0).astype(float),
    ]  # fmt: skip
    return np.stack(rows).astype(np.float32)


def _tolerances(seconds: np.ndarray) -> np.ndarray:
    return BEND.bent(np.clip(seconds, 0.0, LATEST)) / 5 - 1


def _chords(key: np.ndarray, first: np.ndarray, number: np.ndarray) -> list[np.ndarray]:
    """Where keys (N,) stand, and where in their chords."""
    starts = np.flatnonzero(np.append(True, first[1:])) if len(key) else np.zeros(0, np.int64)
    size = np.diff(starts, append=len(key))
    own = np.searchsorted(starts, np.arange(len(key)), side="right") - 1
    place = np.arange(len(key)) - starts[own]
    low, high = np.minimum.reduceat(key, starts), np.maximum.reduceat(key, starts)
    return [
        (key - 64) / 12, np.clip(np.diff(key, prepend=key[:1]) / 12, -2, 2), np.clip(np.diff(key, append=key[-1:]) / 12, -2, 2),
        first.astype(float), np.append(first[1:], True).astype(float), np.minimum(place, MOST_CHORD) / 3,
        np.minimum(size[own] - 1 - place, MOST_CHORD) / 3, (high[own] - key) / 12, (key - low[own]) / 12,
    ]  # fmt: skip


def _times(key: np.ndarray, number: np.ndarray, time: np.ndarray, starts: np.ndarray) -> list[np.ndarray]:
    """s since the chord before, to the next, to a near key, to the same key, and since the same key; (N,) each."""
    struck = np.concatenate([[-np.inf], time[starts], [np.inf]])
    count = len(key)
    index = np.arange(count)
    near = np.full(count, np.inf)
    for k in range(AHEAD, 0, -1):
        later = np.minimum(index + k, count - 1)
        found = (number[later] > number) & (np.abs(key[later] - key) <= NEAR)
        near[found] = (time[later] - time)[found]
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    again, since = np.full(count, np.inf), np.full(count, np.inf)
    again[order[same]] = since[order[same + 1]] = time[order[same + 1]] - time[order[same]]
    return [time - struck[number], struck[np.minimum(number + 2, len(struck) - 1)] - time, near, again, since]
