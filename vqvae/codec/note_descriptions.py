"""Descriptions of the streams that notes are coded as: pitches, groups, times, velocities, durations."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from vqvae.codec.description import FIXED, Description, Feature, Magnitude, Selection, Side, Signed, Term, by_side
from vqvae.codec.features import Features

PITCH_BITS = 7
Contexts = tuple[tuple[int, ...], ...]
Index = tuple[int, ...]


class Stream:
    """Collects what a stream of indices looks at: values so many symbols back, values as far back as a column says, and columns."""

    def __init__(self, back: int, by_column: tuple[int, ...] = ()) -> None:
        self.features = Features()
        self._distances = [*range(1, back + 1), *[0] * len(by_column)]
        self._lags = [FIXED] * back + [by_side(column) for column in by_column]
        self._columns = {column: back + i for i, column in enumerate(by_column)}

    def back(self, by: int, cap: int = 65535, shift: int = 0) -> int:
        """The symbol `by` places back."""
        return self.features(Signed((Term(by - 1),), cap, shift))

    def at(self, column: int, cap: int = 65535, shift: int = 0) -> int:
        """The symbol as far back as a column says."""
        return self.features(Signed((Term(self._columns[column]),), cap, shift))

    def side(self, column: int) -> int:
        """A column."""
        return self.features(Side(column))

    def apart(self, first: int, second: int, cap: int) -> int:
        """The difference of two symbols so many places back."""
        return self.features(Signed((Term(first - 1), Term(second - 1, -1)), cap))

    def mean(self, weights: tuple[int, ...], shift: int, cap: int = 65535) -> int:
        """A weighted sum of the last symbols, shifted right."""
        return self.features(Signed(tuple(Term(i, weight) for i, weight in enumerate(weights)), cap, shift))

    def size(self, *back: int, scale: int = 3, cap: int = 63) -> int:
        """The sum of some symbols on a logarithmic scale, `scale` / 2 steps an octave."""
        return self.features(Magnitude(tuple(Term(by - 1) for by in back), cap, scale))

    def size_at(self, column: int, scale: int = 3, cap: int = 63) -> int:
        return self.features(Magnitude((Term(self._columns[column]),), cap, scale))

    def description(self, bits: int, contexts: Contexts, selection: Selection, sides: int, origin: int = -1, **options: Any) -> Description:
        """Of indices of `bits` bits, or, where 0, signed numbers."""
        nothing = np.zeros(1)
        return Description(
            distances=np.array([self._distances]), lags=np.array(self._lags), ids=np.zeros((1, 1)), bits=np.array([bits]),
            features=tuple(self.features.found), contexts=contexts, classes=nothing, selection=selection, activity=nothing,
            differences=nothing, origins=np.array([origin + 1]), sides=sides, **options,
        )  # fmt: skip


def pitches(hash_bits: int = 16) -> Description:
    """Pitches, as steps from the one before."""
    s = Stream(8)
    p = {k: s.back(k, 127) for k in range(1, 9)}
    i = {k: s.apart(k, k + 1, 127) for k in range(1, 7)}
    sign = [s.apart(k, k + 1, 1) for k in range(1, 6)]
    coarse = s.back(1, 127, 3)
    wide = {k: s.apart(1, k, 127) for k in range(3, 8)}
    contexts: Contexts = (
        (p[1],), (p[1], p[2]), (p[1], p[2], p[3]), (p[1], p[2], p[3], p[4]), (p[1], p[2], p[3], p[4], p[5], p[6]), (i[1],), (i[1], i[2]),
        (i[1], i[2], i[3]), (i[1], i[2], i[3], i[4], i[5]), (coarse, *sign), (i[1], wide[3], wide[4], sign[0]), (p[1], p[3]), (p[1], p[4]),
        (wide[3], wide[5]), (p[1], p[5], p[3]), (i[1], coarse, sign[1], sign[2]),
    )  # fmt: skip
    return s.description(PITCH_BITS, contexts, Selection(sign[0], 3, sign[1], 3), 0, p[1], hash_bits=hash_bits)


BEGIN_SIDES = 14


def begins(hash_bits: int = 16) -> Description:
    """Whether a note begins a group."""
    s = Stream(10, (8, 9, 10))
    pitch, up, next_, before, rise, ahead, length_before, same = (s.side(k) for k in range(8))
    known = [s.side(k) for k in (11, 12, 13)]
    again = [s.at(k, 1) for k in (8, 9, 10)]

    def last(count: int) -> int:
        return s.features(Signed(tuple(Term(k, 1 << k) for k in range(count)), 65535))

    contexts: Contexts = (
        (up, last(4)), (up, next_, last(2)), (rise, ahead, last(3)), (last(8),), (up, last(6)), (pitch, last(2), rise), (up, before, next_, last(1)),
        (rise, ahead, length_before, last(4)), (pitch, up, last(3)), (again[0], known[0], again[1], known[1], again[2], known[2], last(1)),
        (again[2], known[2], last(4)), (same, last(3), rise), (again[1], known[1], up), (last(10), rise), (again[0], known[0], last(3), ahead),
        (up, ahead, rise, last(2)),
    )  # fmt: skip
    return s.description(1, contexts, Selection(rise, 4, known[1], 2), BEGIN_SIDES, hash_bits=hash_bits)


SPREAD_SIDES = 8


def spreads(bits: int, hash_bits: int = 16) -> Description:
    """How far a note follows the one before within a group."""
    s = Stream(6, (5, 6))
    up, next_, height, place, size, _, _, known = (s.side(k) for k in range(8))
    b = {k: s.back(k) for k in range(1, 5)}
    again, pair, recent = s.at(5), s.at(6), s.mean((1, 1, 1, 1, 1, 1), 0)
    contexts: Contexts = (
        (up, place), (up, next_), (place, size), (b[1], b[2], place), (b[1], b[2], b[3]), (recent,), (again, place, size), (pair, known, up),
        (height, up), (recent, up), (recent, place, size), (b[1], up), (again, b[1]), (height, place),
    )  # fmt: skip
    return s.description(bits, contexts, Selection(place, 4, size, 4), SPREAD_SIDES, hash_bits=hash_bits)


INTERVAL_SIDES = 18


def intervals(bits: int, hash_bits: int = 16) -> Description:
    """How long after a group the next one begins."""
    s = Stream(8, (10, 11, 12))
    size, size1, size_next, size2, top, bass, top_next, bass_next, high, low = (s.side(k) for k in range(10))
    known = [s.side(k) for k in (13, 14, 15)]
    repeated, move = s.side(16), s.side(17)
    o = {k: s.back(k) for k in range(1, 9)}
    log = {k: s.size(k, scale=5) for k in range(1, 5)}
    rough = {k: s.size(k, scale=2) for k in range(1, 5)}
    again = [s.at(k) for k in (10, 11, 12)]
    again_log = [s.size_at(k, 4) for k in (10, 11, 12)]
    pair, four, eight = s.size(1, 2, scale=7), s.size(1, 2, 3, 4, scale=7), s.size(*range(1, 9), scale=7)
    contexts: Contexts = (
        (o[1],), (o[1], o[2]), (log[1], log[2], log[3]), (o[2], rough[1]), (four, size), (eight, size1, size), (log[1], size1, size, size2),
        (pair, size1, size), (bass, top, rough[1]), (again[1], known[1], rough[1]), (again[2], known[2], log[1]), (o[3], rough[1]),
        (rough[4], rough[3], rough[2], rough[1]), (again_log[0], known[0], log[1], repeated), (high, low, four),
        (rough[1], rough[2], top, top_next, size),
    )  # fmt: skip
    return s.description(bits, contexts, Selection(size, 3, rough[1], 8), INTERVAL_SIDES, hash_bits=hash_bits)


VELOCITY_SIDES = 18
_RUN = (20, 17, 14, 12, 10, 9, 8, 7, 6, 5, 5, 4)  # weights of the last values in a running mean: each 0.85 of the one before; sum 117
_SHORT = (26, 15, 9, 6, 4, 2, 2)  # 0.6; sum 64


class _Notes(NamedTuple):
    """What velocities and durations look at alike."""

    stream: Stream
    pitch: int
    place: int
    above: int
    size: int
    next: int
    before: int
    near: int
    since: int
    apart: int
    up: int
    down: int
    known: int
    again: int


def _notes() -> _Notes:
    s = Stream(12, (8, 9, 13, 14, 15))
    return _Notes(s, *(s.side(k) for k in range(8)), *(s.side(k) for k in (10, 11, 12, 16, 17)))


def velocities(bits: int, hash_bits: int = 16) -> Description:
    """How loud a note is."""
    n = _notes()
    s = n.stream
    v = {k: s.back(k) for k in range(1, 4)}
    near, same, group, place_before, motif = s.at(9), s.at(8), s.at(13), s.at(14), s.at(15)
    running, fine = s.mean(_RUN, 7), s.mean(_RUN, 6)
    short = s.mean(_SHORT, 6)
    chord = s.features(Signed((Term(0),), 65535))
    contexts: Contexts = (
        (fine,), (v[1], v[2], n.place), (v[1], n.place, n.above, n.up), (near, n.apart, v[1]), (same, running), (n.place, n.above, running),
        (n.pitch, running), (n.next, n.before, running), (v[1], v[2], v[3], n.place), (short, running, n.place), (n.size, n.above, running, n.up),
        (motif, n.known, running), (near, v[1], v[2]), (n.near, n.next, running), (same, v[1], near), (place_before, group, n.place),
    )  # fmt: skip
    return s.description(bits, contexts, Selection(n.place, 4, n.above, 3), VELOCITY_SIDES, hash_bits=hash_bits)


DURATION_SIDES = 20


def durations(bits: int, hash_bits: int = 16) -> Description:
    """How long a key is held."""
    n = _notes()
    s = n.stream
    loud, after = s.side(18), s.side(19)
    u = {k: s.back(k) for k in range(1, 4)}
    near, same, group, place_before, motif = s.at(9), s.at(8), s.at(13), s.at(14), s.at(15)
    short = s.mean((51, 41, 33, 26, 21, 17, 13, 11, 9, 7, 5, 4), 8)
    contexts: Contexts = (
        (n.near, n.next), (n.next, after), (u[1], u[2], n.place), (u[1], n.next, n.place), (n.again, n.next), (near, n.apart, n.next),
        (same, n.again), (n.pitch, n.near), (u[1], u[2], u[3]), (near, n.apart, u[1]), (n.size, n.place, n.next, n.up), (loud, short, n.next),
        (n.near, n.again, short), (u[1], n.near, short, n.place), (n.next, after, n.near), (motif, n.known, n.next),
    )  # fmt: skip
    return s.description(bits, contexts, Selection(n.next, 24, n.place, 2), DURATION_SIDES, hash_bits=hash_bits)


def longer(hash_bits: int = 8) -> Description:
    """By how much an interval or a duration exceeds what its stream can say."""
    s = Stream(1)
    before = s.size(1, scale=1)
    return s.description(0, ((before,),), Selection(before, 1, before, 1), 0, hash_bits=hash_bits)


def order_zero(bits: int) -> Description:
    """Indices with one adaptive probability per decision, no mixing: what a textbook's adaptive arithmetic coder does."""
    s = Stream(1)
    nothing = s.back(1, 0)
    selection = Selection(nothing, 1, nothing, 1)
    return s.description(bits, ((nothing,),), selection, 0, hash_bits=16, rate=0, limit=255, start_weight=65536)
