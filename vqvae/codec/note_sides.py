"""What the coder of notes knows of every symbol from streams before: integers by numpy, the same on every machine.

Notes are sorted by quantised onset, then pitch.  A note begins a group unless it follows the one before within the spread of a chord.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

NEVER = 1 << 30  # µs: longer than anything
MOST_CHORD = 6  # notes of a chord that are told apart
NEAR = 4  # semitones that voices move
LOOK_AHEAD, LOOK_BACK = 14, 10  # notes
_OCTAVE_PARTS = 3


class Groups(NamedTuple):
    """Chords and single notes of a chunk of N notes in G groups."""

    number: np.ndarray  # (N,) the group of every note
    first: np.ndarray  # (G,) its first note
    size: np.ndarray  # (G,)

    @classmethod
    def of(cls, begins: np.ndarray) -> Groups:
        """begins (N,): 1 where a note begins a group."""
        first = np.flatnonzero(begins)
        return cls(np.cumsum(begins) - 1, first, np.diff(first, append=len(begins)))

    @property
    def place(self) -> np.ndarray:
        """The place of every note in its group, (N,)."""
        return np.arange(len(self.number)) - self.first[self.number]


@lru_cache(maxsize=1)
def _edges() -> np.ndarray:
    """Times in µs between classes: from 10 ms on, three in an octave, rounded down."""
    return np.array([_cube_root((10_000**3) << k) for k in range(_OCTAVE_PARTS * 10)], np.int64)


def _cube_root(number: int) -> int:
    root = round(number ** (1 / 3))
    while root**3 > number:
        root -= 1
    while (root + 1) ** 3 <= number:
        root += 1
    return root


def class_of_time(time: np.ndarray) -> np.ndarray:
    """Times in µs -> classes from 0, three in an octave from 10 ms to 10 s."""
    return np.searchsorted(_edges(), time, side="right")


def shifted(values: np.ndarray, by: int, fill: int = 0) -> np.ndarray:
    """values (n,): each replaced by the one `by` places before it, or after it where `by` is negative."""
    moved = np.full(len(values), fill, np.int64)
    if by >= 0:
        moved[by:] = values[: max(0, len(values) - by)]
    else:
        moved[:by] = values[-by:]
    return moved


def step(values: np.ndarray, by: int, most: int) -> np.ndarray:
    """values (n,) less those `by` places before, within ±most, plus most; `most` itself at the ends."""
    known = shifted(np.ones(len(values), np.int64), by)
    return np.where(known > 0, np.clip(values - shifted(values, by), -most, most), 0) + most


def since_same(keys: np.ndarray) -> np.ndarray:
    """How many places before each of keys (n,) the same key was; 0: never."""
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    found = np.zeros(len(keys), np.int64)
    found[order[same + 1]] = order[same + 1] - order[same]
    return found


def mixed(*columns: np.ndarray) -> np.ndarray:
    """Columns (n,) of numbers below 2^20 -> one number for every combination, of 62 bits; different ones hardly ever give the same."""
    found = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        found = (found + column.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        found ^= found >> np.uint64(29)
    return (found >> np.uint64(2)).astype(np.int64)


def ascents(pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Notes since pitch last fell, and notes until it next falls, (N,) each, at most 7."""
    index = np.arange(len(pitch))
    falls = np.flatnonzero(np.append(True, np.diff(pitch) <= 0)) if len(pitch) else index
    run = np.searchsorted(falls, index, side="right") - 1
    ends = np.append(falls[1:], len(pitch))
    return np.minimum(index - falls[run], 7), np.minimum(ends[run] - 1 - index, 7)


def for_begins(pitch: np.ndarray) -> np.ndarray:
    """Columns for whether notes (N,) begin a group."""
    up, ahead = ascents(pitch)
    length = up + ahead
    run_start = np.arange(len(pitch)) - up
    length_before = np.where(run_start > 0, length[np.maximum(run_start - 1, 0)], 0)
    pair, triple = mixed(shifted(pitch, 1), pitch), mixed(shifted(pitch, 1), pitch, shifted(pitch, -1))
    wide = mixed(shifted(pitch, 2), shifted(pitch, 1), pitch, shifted(pitch, -1), shifted(pitch, -2))
    again = [since_same(keys) for keys in (pair, triple, wide)]
    known = [np.minimum(distance, 1) for distance in again]
    same = np.minimum(since_same(pitch), 15)
    return np.stack(
        [pitch, step(pitch, 1, 24), step(pitch, -1, 13), shifted(step(pitch, 1, 13), 1, 13), up, ahead, length_before, same, *again, *known],
        axis=1,
    )


def for_spreads(pitch: np.ndarray, groups: Groups) -> np.ndarray:
    """Columns for the notes within groups, one row each."""
    inner = np.flatnonzero(groups.place > 0)
    number, place = groups.number[inner], groups.place[inner]
    size = np.minimum(groups.size, MOST_CHORD)
    again = since_same(mixed(size[number], np.minimum(place, MOST_CHORD)))
    pair = since_same(mixed(shifted(pitch, 1)[inner], pitch[inner]))
    columns = [step(pitch, 1, 24), step(pitch, -1, 13), pitch // 6]
    return np.stack(
        [*(column[inner] for column in columns), np.minimum(place, MOST_CHORD), size[number], again, pair, np.minimum(pair, 1)], axis=1
    )


def for_intervals(pitch: np.ndarray, groups: Groups) -> np.ndarray:
    """Columns for the time from each group to the next, one row for every group but the first."""
    first, last = groups.first, np.append(groups.first[1:], len(pitch)) - 1
    low, high = np.minimum.reduceat(pitch, first), np.maximum.reduceat(pitch, first)
    size = np.minimum(groups.size, MOST_CHORD)
    content = np.zeros(len(first), np.int64)
    for k in range(MOST_CHORD):
        content = mixed(content & ((1 << 20) - 1), np.where(k < groups.size, pitch[np.minimum(first + k, last)], 128))
    short = content & ((1 << 20) - 1)
    again = [
        since_same(mixed(short)),
        since_same(mixed(shifted(short, 1), short)),
        since_same(mixed(shifted(short, 1), short, shifted(short, -1))),
    ]
    columns = [
        size, shifted(size, 1), shifted(size, -1), shifted(size, 2), step(high, 1, 13), step(low, 1, 13), step(high, -1, 7), step(low, -1, 7),
        high // 6, low // 6, *again, *(np.minimum(distance, 1) for distance in again),
        np.minimum(again[0], 9), step(pitch[first], 1, 24),
    ]  # fmt: skip
    return np.stack(columns, axis=1)[1:]


class Around(NamedTuple):
    """Where notes stand among others, (N,) each; times in µs."""

    chord_place: np.ndarray
    above: np.ndarray  # notes of the chord that follow
    before: np.ndarray  # time since the group before
    next: np.ndarray  # time to the next group
    after: np.ndarray  # and to the one after that
    near: np.ndarray  # time to the next note within NEAR semitones, in another group
    same: np.ndarray  # time to the same key again
    since: np.ndarray  # time since the same key before
    same_back: np.ndarray  # notes since the same key, 0: none
    near_back: np.ndarray  # notes since the one that is nearest in pitch, not long ago
    near_apart: np.ndarray  # how far that one is: semitones and notes, in 8 classes


def around(pitch: np.ndarray, onset: np.ndarray, groups: Groups) -> Around:
    """Where notes with these pitches, onsets in µs and groups stand."""
    count, group_onset = len(pitch), onset[groups.first]
    after = np.append(group_onset, [group_onset[-1] + NEVER] * 2)
    number = groups.number
    back = since_same(pitch)
    index = np.arange(count)
    same = np.full(count, NEVER)
    again = np.flatnonzero(back)
    same[again - back[again]] = onset[again] - onset[again - back[again]]
    near = np.full(count, NEVER)
    for k in range(LOOK_AHEAD, 0, -1):
        later = np.minimum(index + k, count - 1)
        found = (number[later] > number) & (np.abs(pitch[later] - pitch) <= NEAR)
        near[found] = (onset[later] - onset)[found]
    least, near_back = np.full(count, 1 << 20), np.zeros(count, np.int64)
    for k in range(1, LOOK_BACK + 1):
        apart = np.where(index >= k, 2 * np.abs(pitch - shifted(pitch, k)) + k, 1 << 20)
        better = apart < least
        least[better], near_back[better] = apart[better], k
    place = groups.place
    return Around(
        np.minimum(place, MOST_CHORD), np.minimum(groups.size[number] - 1 - place, MOST_CHORD),
        onset - np.where(number > 0, group_onset[np.maximum(number - 1, 0)], onset - NEVER), after[number + 1] - onset,
        after[number + 2] - onset, near, same, np.where(back > 0, onset - onset[index - back], NEVER), back, near_back,
        np.minimum(least // 4, 7),
    )  # fmt: skip


def for_velocities(pitch: np.ndarray, groups: Groups, near: Around) -> np.ndarray:
    """Columns for velocities, one row a note."""
    size = np.minimum(groups.size[groups.number], MOST_CHORD)
    group_back = np.where(groups.number > 0, groups.place + 1, 0)
    same_place = np.where(groups.number > 0, groups.size[np.maximum(groups.number - 1, 0)], 0)  # the note at this place of the group before
    pair = since_same(mixed(shifted(pitch, 1), pitch, shifted(pitch, -1)))
    return np.stack(
        [
            pitch, near.chord_place, near.above, size, class_of_time(near.next), class_of_time(near.before), class_of_time(near.near),
            class_of_time(near.since), near.same_back, near.near_back, near.near_apart, step(pitch, 1, 12), step(pitch, -1, 12),
            group_back, same_place, pair, np.minimum(pair, 1), class_of_time(near.same),
        ],
        axis=1,
    )  # fmt: skip


def for_durations(pitch: np.ndarray, velocity: np.ndarray, groups: Groups, near: Around) -> np.ndarray:
    """Columns for durations, one row a note."""
    return np.concatenate([for_velocities(pitch, groups, near), velocity[:, None], class_of_time(near.after)[:, None]], axis=1)
