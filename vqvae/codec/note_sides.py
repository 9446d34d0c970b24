"""What the coder of notes knows of every symbol from streams before: integers by numpy, the same on every machine.

Notes are sorted by quantised onset, then pitch.  A note begins a group unless it follows the one before within the spread of a chord.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

NEVER = 1 << 30  # µs: longer than anything
MOST_CHORD = 6  # notes of a chord that are told apart
NEAR = 4  # semitones that voices move
LOOK_AHEAD, LOOK_BACK = 14, 10  # notes
_OCTAVE_PARTS = 3

# Columns: `…_back` are how many places before, 0 for never; `…_known` whether there is such a place; times are classes.
BEGINS = ("pitch", "up", "up_next", "up_before", "risen", "rising", "run_before", "same", "pair_back", "triple_back", "five_back",
          "pair_known", "triple_known", "five_known")  # fmt: skip
SPREADS = ("up", "up_next", "height", "place", "size", "chord_back", "pair_back", "pair_known")
INTERVALS = ("size", "size_before", "size_two_before", "top", "bass", "top_next", "high", "low", "one_back", "two_back", "three_back",
             "one_known", "two_known", "three_known", "repeated")  # fmt: skip
NOTES = ("pitch", "place", "above", "size", "next", "before", "near", "again", "key_back", "near_back", "apart", "up", "group_back",
         "place_back", "motif_back", "motif_known")  # fmt: skip
LOUD_NOTES = (*NOTES, "velocity", "after", "coming")


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
    """`BEGINS` for whether notes (N,) begin a group."""
    risen, rising = ascents(pitch)
    run_start = np.arange(len(pitch)) - risen
    run_before = np.where(run_start > 0, (risen + rising)[np.maximum(run_start - 1, 0)], 0)
    back, ahead = [shifted(pitch, k) for k in (1, 2)], [shifted(pitch, -k) for k in (1, 2)]
    pair = since_same(mixed(back[0], pitch))
    triple = since_same(mixed(back[0], pitch, ahead[0]))
    five = since_same(mixed(back[1], back[0], pitch, ahead[0], ahead[1]))
    return _table(
        BEGINS, pitch=pitch, up=step(pitch, 1, 24), up_next=step(pitch, -1, 13), up_before=shifted(step(pitch, 1, 13), 1, 13), risen=risen,
        rising=rising, run_before=run_before, same=np.minimum(since_same(pitch), 15), pair_back=pair, triple_back=triple, five_back=five,
        pair_known=np.minimum(pair, 1), triple_known=np.minimum(triple, 1), five_known=np.minimum(five, 1),
    )  # fmt: skip


def for_spreads(pitch: np.ndarray, groups: Groups) -> np.ndarray:
    """`SPREADS` for the notes within groups, one row each."""
    inner = np.flatnonzero(groups.place > 0)
    place = np.minimum(groups.place[inner], MOST_CHORD)
    size = np.minimum(groups.size, MOST_CHORD)[groups.number[inner]]
    pair = since_same(mixed(shifted(pitch, 1)[inner], pitch[inner]))
    return _table(
        SPREADS, up=step(pitch, 1, 24)[inner], up_next=step(pitch, -1, 13)[inner], height=pitch[inner] // 6, place=place, size=size,
        chord_back=since_same(mixed(size, place)), pair_back=pair, pair_known=np.minimum(pair, 1),
    )  # fmt: skip


def for_intervals(pitch: np.ndarray, groups: Groups) -> np.ndarray:
    """`INTERVALS` for the time from each group to the next, one row for every group but the first."""
    low, high = np.minimum.reduceat(pitch, groups.first), np.maximum.reduceat(pitch, groups.first)
    size, content = np.minimum(groups.size, MOST_CHORD), _content(pitch, groups)
    before, after = shifted(content, 1), shifted(content, -1)
    one, two, three = since_same(content), since_same(mixed(before, content)), since_same(mixed(before, content, after))
    return _table(
        INTERVALS, size=size, size_before=shifted(size, 1), size_two_before=shifted(size, 2), top=step(high, 1, 13), bass=step(low, 1, 13),
        top_next=step(high, -1, 7), high=high // 6, low=low // 6, one_back=one, two_back=two, three_back=three,
        one_known=np.minimum(one, 1), two_known=np.minimum(two, 1), three_known=np.minimum(three, 1), repeated=np.minimum(one, 9),
    )[1:]  # fmt: skip


def _content(pitch: np.ndarray, groups: Groups) -> np.ndarray:
    """A number (G,) for the keys of every group, of 20 bits."""
    content = np.zeros(len(groups.first), np.int64)
    for k in range(MOST_CHORD):
        key = np.where(k < groups.size, pitch[np.minimum(groups.first + k, len(pitch) - 1)], 128)
        content = mixed(content, key) & ((1 << 20) - 1)
    return content


def _table(names: Sequence[str], **columns: np.ndarray) -> np.ndarray:
    """Columns (n,) in the order of their names -> (n, E)."""
    return np.stack([columns[name] for name in names], axis=1)


class Around(NamedTuple):
    """Where notes stand among others, (N,) each; times in µs."""

    chord_place: np.ndarray
    above: np.ndarray  # notes of the chord that follow
    before: np.ndarray  # time since the group before
    next: np.ndarray  # time to the next group
    after: np.ndarray  # and to the one after that
    near: np.ndarray  # time to the next note within NEAR semitones, in another group
    same: np.ndarray  # time to the same key again
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
        after[number + 2] - onset, near, same, back, near_back,
        np.minimum(least // 4, 7),
    )  # fmt: skip


def for_velocities(pitch: np.ndarray, groups: Groups, near: Around) -> np.ndarray:
    """`NOTES` for velocities, one row a note."""
    later = groups.number > 0
    pair = since_same(mixed(shifted(pitch, 1), pitch, shifted(pitch, -1)))
    return _table(
        NOTES, pitch=pitch, place=near.chord_place, above=near.above, size=np.minimum(groups.size[groups.number], MOST_CHORD),
        next=class_of_time(near.next), before=class_of_time(near.before), near=class_of_time(near.near),
        again=class_of_time(near.same), key_back=near.same_back, near_back=near.near_back, apart=near.near_apart, up=step(pitch, 1, 12),
        group_back=np.where(later, groups.place + 1, 0), place_back=np.where(later, groups.size[groups.number - 1], 0), motif_back=pair,
        motif_known=np.minimum(pair, 1),
    )  # fmt: skip


def for_durations(pitch: np.ndarray, velocity: np.ndarray, groups: Groups, near: Around) -> np.ndarray:
    """`LOUD_NOTES` for durations, one row a note."""
    following = class_of_time(near.next)
    more = [velocity, class_of_time(near.after), following // _OCTAVE_PARTS]
    return np.concatenate([for_velocities(pitch, groups, near), np.stack(more, axis=1)], axis=1)
