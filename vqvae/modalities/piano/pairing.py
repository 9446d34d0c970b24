"""Which note-off ends which note-on."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np


class Strokes(NamedTuple):
    """Keys struck, (N,) each, in the order of their note-ons."""

    start: np.ndarray  # int64, index of the note-on among the events
    end: np.ndarray  # int64, tick at which the key is let go
    overlapping: int  # struck while the same key was down, and kept apart
    hanging: int  # note-ons without note-off: ended where the same key is struck next, or with the track


def pair(key: np.ndarray, tick: np.ndarray, on: np.ndarray, end: np.ndarray) -> Strokes:
    """Events (E,) in the order of the file -> notes: a note-off ends the note of its key that was struck first.

    key: one number for every key of every part; end: the tick at which an event's track ends.
    """
    _, key = np.unique(key, return_inverse=True)
    order = np.argsort(key, kind="stable")
    ons, offs = order[on[order]], order[~on[order]]
    count = int(key.max()) + 1 if len(key) else 0
    struck, released = np.bincount(key[ons], minlength=count), np.bincount(key[offs], minlength=count)
    even = struck == released
    regular_ons, regular_offs = ons[even[key[ons]]], offs[even[key[offs]]]
    np.logical_and.at(even, key[regular_ons], regular_ons < regular_offs)
    start, ends = [ons[even[key[ons]]]], [tick[offs[even[key[offs]]]]]
    hanging = 0
    starts = np.searchsorted(key[order], np.arange(count + 1))
    for odd in np.flatnonzero(~even):
        places = order[starts[odd] : starts[odd + 1]]
        found = _first_in_first_out(places, tick, on) or _struck_again(places, tick, on, end)
        start.append(np.array(list(found.ends), np.int64))
        ends.append(np.array(list(found.ends.values()), np.int64))
        hanging += found.hanging
    joined = np.concatenate(start)
    back = np.argsort(joined)
    begun, ended = joined[back], np.concatenate(ends)[back]
    return Strokes(begun, ended, _overlapping(key[begun], tick[begun], ended), hanging)


def _overlapping(key: np.ndarray, start: np.ndarray, end: np.ndarray) -> int:
    """How many notes begin before the note before them on their key ends."""
    order = np.argsort(key, kind="stable")
    return int(((key[order][1:] == key[order][:-1]) & (start[order][1:] < end[order][:-1])).sum())


class _Found(NamedTuple):
    ends: dict[int, int]  # note-on -> tick of its end
    hanging: int


def _first_in_first_out(places: np.ndarray, tick: np.ndarray, on: np.ndarray) -> _Found | None:
    """One key's notes, leaving out note-offs of nothing; None when a note is left without end."""
    ends: dict[int, int] = {}
    down: deque[int] = deque()
    for place in places.tolist():
        if on[place]:
            down.append(place)
        elif down:
            ends[down.popleft()] = int(tick[place])
    return None if down else _Found(ends, 0)


def _struck_again(places: np.ndarray, tick: np.ndarray, on: np.ndarray, end: np.ndarray) -> _Found:
    """One key's notes where note-offs are missing: each ends at the latest where the key is struck again."""
    ends: dict[int, int] = {}
    down, hanging = -1, 0
    for place in places.tolist():
        if down >= 0:
            ends[down] = int(tick[place])
            hanging += bool(on[place])
        down = place if on[place] else -1
    if down >= 0:
        ends[down] = int(end[down])
        hanging += 1
    return _Found(ends, hanging)
