"""Descriptions of the streams that notes are coded as: pitches, groups, times, velocities, durations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vqvae.codec.description import FIXED, Description, Magnitude, Selection, Side, Signed, Term, by_side
from vqvae.codec.features import Features
from vqvae.codec.note_sides import BEGINS, INTERVALS, LOUD_NOTES, NOTES, SPREADS

PITCH_BITS = 7
Contexts = tuple[tuple[int, ...], ...]


class Stream:
    """Collects what a stream looks at: the last symbols, those as far back as a column of the side information says, and columns."""

    def __init__(self, back: int, columns: Sequence[str] = (), by: Sequence[str] = ()) -> None:
        """back: how many of the last symbols; by: columns that say how far back a symbol lies."""
        self.features = Features()
        self._columns, self._by, self._back = columns, by, back

    def back(self, by: int, cap: int = 65535, shift: int = 0) -> int:
        """The symbol `by` places back."""
        return self.features(Signed((Term(by - 1),), cap, shift))

    def at(self, column: str, cap: int = 65535) -> int:
        """The symbol as far back as a column says."""
        return self.features(Signed((self._term(column),), cap))

    def side(self, column: str) -> int:
        """A column."""
        return self.features(Side(self._columns.index(column)))

    def apart(self, first: int, second: int, cap: int) -> int:
        """The difference of two symbols so many places back."""
        return self.features(Signed((Term(first - 1), Term(second - 1, -1)), cap))

    def mean(self, weights: Sequence[int], shift: int) -> int:
        """A weighted sum of the last symbols, shifted right."""
        return self.features(Signed(tuple(Term(i, weight) for i, weight in enumerate(weights)), 65535, shift))

    def size(self, *back: int, scale: int) -> int:
        """The sum of some symbols on a logarithmic scale, `scale` / 2 steps an octave."""
        return self.features(Magnitude(tuple(Term(by - 1) for by in back), 63, scale))

    def size_at(self, column: str, scale: int) -> int:
        """The symbol as far back as a column says, on a logarithmic scale."""
        return self.features(Magnitude((self._term(column),), 63, scale))

    def _term(self, column: str) -> Term:
        return Term(self._back + self._by.index(column))

    def description(self, bits: int, contexts: Contexts, selection: Selection, origin: int = -1, **options: Any) -> Description:
        """Of indices of `bits` bits, or, where 0, signed numbers."""
        nothing = np.zeros(1)
        distances = [*range(1, self._back + 1), *[0] * len(self._by)]
        lags = [FIXED] * self._back + [by_side(self._columns.index(column)) for column in self._by]
        return Description(
            distances=np.array([distances]), lags=np.array(lags), ids=np.zeros((1, 1)), bits=np.array([bits]),
            features=tuple(self.features.found), contexts=contexts, classes=nothing, selection=selection, activity=nothing,
            differences=nothing, origins=np.array([origin + 1]), sides=len(self._columns), **options,
        )  # fmt: skip


def pitches() -> Description:
    """Pitches, counted from the one before."""
    s = Stream(8)
    p = {k: s.back(k, 127) for k in range(1, 9)}
    i = {k: s.apart(k, k + 1, 127) for k in range(1, 7)}
    sign = [s.apart(k, k + 1, 1) for k in range(1, 6)]
    octave = s.back(1, 127, 3)
    far = {k: s.apart(1, k, 127) for k in range(3, 8)}
    contexts: Contexts = (
        (p[1],),
        (p[1], p[2]),
        (p[1], p[2], p[3]),
        (p[1], p[2], p[3], p[4]),
        (p[1], p[2], p[3], p[4], p[5], p[6]),
        (i[1],),
        (i[1], i[2]),
        (i[1], i[2], i[3]),
        (i[1], i[2], i[3], i[4], i[5]),
        (octave, *sign),
        (i[1], far[3], far[4], sign[0]),
        (p[1], p[3]),
        (p[1], p[4]),
        (far[3], far[5]),
        (p[1], p[5], p[3]),
        (i[1], octave, sign[1], sign[2]),
    )
    return s.description(PITCH_BITS, contexts, Selection(sign[0], 3, sign[1], 3), p[1])


def begins() -> Description:
    """Whether a note begins a group."""
    s = Stream(10, BEGINS, ("pair_back", "triple_back", "five_back"))
    pitch, up, up_next, up_before, risen, rising = (s.side(c) for c in ("pitch", "up", "up_next", "up_before", "risen", "rising"))
    pair, triple, five = ((s.at(f"{c}_back", 1), s.side(f"{c}_known")) for c in ("pair", "triple", "five"))
    run_before, same = s.side("run_before"), s.side("same")
    last = {count: s.features(Signed(tuple(Term(k, 1 << k) for k in range(count)), 65535)) for count in (1, 2, 3, 4, 6, 8, 10)}
    contexts: Contexts = (
        (up, last[4]),
        (up, up_next, last[2]),
        (risen, rising, last[3]),
        (last[8],),
        (up, last[6]),
        (pitch, last[2], risen),
        (up, up_before, up_next, last[1]),
        (risen, rising, run_before, last[4]),
        (pitch, up, last[3]),
        (*pair, *triple, *five, last[1]),
        (*five, last[4]),
        (same, last[3], risen),
        (*triple, up),
        (last[10], risen),
        (*pair, last[3], rising),
        (up, rising, risen, last[2]),
    )
    return s.description(1, contexts, Selection(risen, 4, triple[1], 2))


def spreads(bits: int) -> Description:
    """How far a note follows the one before within a group."""
    s = Stream(6, SPREADS, ("chord_back", "pair_back"))
    up, up_next, height, place, size = (s.side(column) for column in ("up", "up_next", "height", "place", "size"))
    b = {k: s.back(k) for k in range(1, 4)}
    chord, pair, known = s.at("chord_back"), s.at("pair_back"), s.side("pair_known")
    recent = s.mean((1, 1, 1, 1, 1, 1), 0)
    contexts: Contexts = (
        (up, place),
        (up, up_next),
        (place, size),
        (b[1], b[2], place),
        (b[1], b[2], b[3]),
        (recent,),
        (chord, place, size),
        (pair, known, up),
        (height, up),
        (recent, up),
        (recent, place, size),
        (b[1], up),
        (chord, b[1]),
        (height, place),
    )
    return s.description(bits, contexts, Selection(place, 4, size, 4))


def intervals(bits: int) -> Description:
    """How long after a group the next one begins."""
    s = Stream(8, INTERVALS, ("one_back", "two_back", "three_back"))
    size, size1, size2 = (s.side(column) for column in ("size", "size_before", "size_two_before"))
    top, bass, top_next, high, low = (s.side(column) for column in ("top", "bass", "top_next", "high", "low"))
    o = {k: s.back(k) for k in range(1, 4)}
    log = {k: s.size(k, scale=5) for k in range(1, 4)}
    rough = {k: s.size(k, scale=2) for k in range(1, 5)}
    pair, four, eight = (s.size(*range(1, count + 1), scale=7) for count in (2, 4, 8))
    contexts: Contexts = (
        (o[1],),
        (o[1], o[2]),
        (log[1], log[2], log[3]),
        (o[2], rough[1]),
        (four, size),
        (eight, size1, size),
        (log[1], size1, size, size2),
        (pair, size1, size),
        (bass, top, rough[1]),
        (s.at("two_back"), s.side("two_known"), rough[1]),
        (s.at("three_back"), s.side("three_known"), log[1]),
        (o[3], rough[1]),
        (rough[4], rough[3], rough[2], rough[1]),
        (s.size_at("one_back", 4), s.side("one_known"), log[1], s.side("repeated")),
        (high, low, four),
        (rough[1], rough[2], top, top_next, size),
    )
    return s.description(bits, contexts, Selection(size, 3, rough[1], 8))


FROM_BEFORE = ("near_back", "key_back", "group_back", "place_back", "motif_back")


def velocities(bits: int) -> Description:
    """How loud a note is."""
    s = Stream(12, NOTES, FROM_BEFORE)
    pitch, place, above, size, up = (s.side(column) for column in ("pitch", "place", "above", "size", "up"))
    following, before, voice, apart = (s.side(column) for column in ("next", "before", "near", "apart"))
    near, key, group, at_place, motif = (s.at(column) for column in FROM_BEFORE)
    v = {k: s.back(k) for k in range(1, 4)}
    slow = (20, 17, 14, 12, 10, 9, 8, 7, 6, 5, 5, 4)  # each 0.85 of the one before
    running, fine, quick = s.mean(slow, 7), s.mean(slow, 6), s.mean((26, 15, 9, 6, 4, 2, 2), 6)
    contexts: Contexts = (
        (fine,),
        (v[1], v[2], place),
        (v[1], place, above, up),
        (near, apart, v[1]),
        (key, running),
        (place, above, running),
        (pitch, running),
        (following, before, running),
        (v[1], v[2], v[3], place),
        (quick, running, place),
        (size, above, running, up),
        (motif, s.side("motif_known"), running),
        (near, v[1], v[2]),
        (voice, following, running),
        (key, v[1], near),
        (at_place, group, place),
    )
    return s.description(bits, contexts, Selection(place, 4, above, 3))


def durations(bits: int) -> Description:
    """How long a key is held."""
    s = Stream(12, LOUD_NOTES, FROM_BEFORE)
    pitch, place, size, up, velocity = (s.side(column) for column in ("pitch", "place", "size", "up", "velocity"))
    following, after, coming, voice, again, apart = (s.side(c) for c in ("next", "after", "coming", "near", "again", "apart"))
    near, key, motif = s.at("near_back"), s.at("key_back"), s.at("motif_back")
    u = {k: s.back(k) for k in range(1, 4)}
    running = s.mean((51, 41, 33, 26, 21, 17, 13, 11, 9, 7, 5, 4), 8)  # each 0.8 of the one before
    contexts: Contexts = (
        (voice, following),
        (following, after),
        (u[1], u[2], place),
        (u[1], following, place),
        (again, following),
        (near, apart, following),
        (key, again),
        (pitch, voice),
        (u[1], u[2], u[3]),
        (near, apart, u[1]),
        (size, place, following, up),
        (velocity, running, following),
        (voice, again, running),
        (u[1], voice, running, place),
        (following, after, voice),
        (motif, s.side("motif_known"), following),
    )
    return s.description(bits, contexts, Selection(coming, 9, place, 2))


def longer() -> Description:
    """By how much an interval or a duration exceeds what its stream can say."""
    s = Stream(1)
    before = s.size(1, scale=1)
    return s.description(0, ((before,),), Selection(before, 1, before, 1), hash_bits=8)


def order_zero(bits: int) -> Description:
    """Indices with one adaptive probability per decision, no mixing: what a textbook's adaptive arithmetic coder does."""
    s = Stream(1)
    nothing = s.back(1, 0)
    return s.description(bits, ((nothing,),), Selection(nothing, 1, nothing, 1), rate=0, limit=255, start_weight=65536)
