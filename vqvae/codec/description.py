"""What the context-mixing coder has to know of a kind of data, as tables of integers.

Symbols are coded in one flat order that repeats with a period of M channels (symbol n belongs to channel n mod M): a frame.  Channels are
grouped into rows (leads), M / rows each; energy and rhythm are followed row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from vqvae.codec.tables import BINS, LOG_ROWS

ENERGY_SO_FAR, ENERGY_BEFORE, PHASE, PERIOD, LATENESS = range(5)  # registers that features can look at
REGISTERS = LATENESS + 5  # the rest is the rhythm tracker's own
IDENTITY, SIGNED, MAGNITUDE, REGISTER, SIDE = range(5)
FIXED, RHYTHM = range(2)  # how far back a neighbour lies: as `distances` say; one period of the rhythm further; see `by_side`
PLAIN = -1  # a register taken as it is
MOST_SIDE = 2**31 - 1
MAX_UNARY, MAX_HASH_BITS, MAX_RATE, MAX_LIMIT = 48, 22, 1 << 16, 255


class Term(NamedTuple):
    """A neighbour and its weight in a sum."""

    neighbour: int
    weight: int = 1


class Identity(NamedTuple):
    """A number that is known of a channel: column of `ids`."""

    column: int


class Signed(NamedTuple):
    """Weighted sum of neighbours, shifted right, clipped to ±cap, plus cap."""

    terms: tuple[Term, ...]
    cap: int
    shift: int = 0


class Magnitude(NamedTuple):
    """Weighted sum of the neighbours' magnitudes on a logarithmic scale (row of `Tables.logs`), at most cap."""

    terms: tuple[Term, ...]
    cap: int
    scale: int


class Register(NamedTuple):
    """What is followed while coding, as it is (`PLAIN`) or on a logarithmic scale, at most cap."""

    register: int
    cap: int
    scale: int = PLAIN


class Side(NamedTuple):
    """A number that is known of each symbol beforehand: column of the side information."""

    column: int


Feature = Identity | Signed | Magnitude | Register | Side


def by_side(column: int) -> int:
    """The lag of a neighbour that lies as many symbols further back as a column of the side information says of each symbol."""
    return RHYTHM + 1 + column


class Selection(NamedTuple):
    """Two features, each clipped below its size, choose the second mixer's weights."""

    first: int
    first_size: int
    second: int
    second_size: int


class Layout(NamedTuple):
    """A description as the kernel reads it: arrays of int32 and plain integers."""

    distances: np.ndarray  # (M, J)
    lags: np.ndarray  # (J,)
    ids: np.ndarray  # (M, I)
    bits: np.ndarray  # (M,)
    classes: np.ndarray  # (M,)
    activity: np.ndarray  # (M,)
    differences: np.ndarray  # (M,)
    counts: np.ndarray  # (M,)
    origins: np.ndarray  # (M,)
    features: np.ndarray  # (F, 6) kind, argument, cap, scale or shift, first term, term after the last
    terms: np.ndarray  # (K, 2) neighbour, weight
    contexts: np.ndarray  # (C, L) features, -1 after the last
    selection: np.ndarray  # (4,)
    span: int  # channels in a row
    unary: int
    mask: int
    rate: int
    limit: int


@dataclass(frozen=True, eq=False)
class Description:
    """One kind of data.  J neighbours, I identities, M channels, C contexts; arrays are copied to int32 and checked."""

    distances: np.ndarray  # (M, J) how many symbols back neighbour j of a channel lies; a place before the first symbol holds 0
    lags: np.ndarray  # (J,) FIXED, RHYTHM or `by_side`
    ids: np.ndarray  # (M, I) numbers known of a channel: itself, its band, its row
    bits: np.ndarray  # (M,) 0: signed integers; b: indices of b bits
    features: tuple[Feature, ...]
    contexts: tuple[tuple[int, ...], ...]  # features that are hashed together, one table of counters each
    classes: np.ndarray  # (M,) chooses the first mixer's weights
    selection: Selection
    activity: np.ndarray  # (M,) 1: this channel shows the rhythm; all 0: no rhythm is followed
    differences: np.ndarray  # (M,) 1: coded as differences in time
    counts: np.ndarray | None = None  # (M,) how many of the contexts, from the first on, a channel uses; None: all
    origins: np.ndarray | None = None  # (M,) 1 + the feature that the middle of an index's tree stands for; 0: indices as they are
    rows: int = 1
    unary: int = 24  # magnitudes below are coded one by one, larger ones by an exponential code
    hash_bits: int = 16  # 2 ** hash_bits counters in a table
    rate: int = 450  # of the mixers' learning
    limit: int = 120  # a counter counts so far: how slowly it forgets
    start_weight: int = 65536 // 7  # of every counter's logit before any learning; 65536 is 1
    sides: int = 0  # columns of the side information, E

    def __post_init__(self) -> None:
        counts = np.full(len(self.distances), len(self.contexts)) if self.counts is None else self.counts
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "origins", np.zeros(len(self.distances)) if self.origins is None else self.origins)
        for name in ("distances", "lags", "ids", "bits", "classes", "activity", "differences", "counts", "origins"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        _check_channels(self)
        _check_features(self)
        _check_numbers(self)

    @property
    def channels(self) -> int:
        """M: all rows' channels."""
        return len(self.distances)

    @property
    def span(self) -> int:
        """Channels of one row: Q."""
        return self.channels // self.rows

    @property
    def inputs(self) -> int:
        """Inputs of a mixer: a constant, and two from each context."""
        return 2 * len(self.contexts) + 1

    @property
    def mixer_sets(self) -> tuple[int, int]:
        """How many sets of weights the two mixers have."""
        return (int(self.classes.max()) + 1) * BINS, self.selection.first_size * self.selection.second_size * BINS

    @cached_property
    def layout(self) -> Layout:
        """The description as the kernel reads it."""
        rows, terms = _feature_rows(self.features)
        width = max(map(len, self.contexts))
        contexts = _frozen([[*context, *[-1] * (width - len(context))] for context in self.contexts])
        arrays = (self.distances, self.lags, self.ids, self.bits, self.classes, self.activity, self.differences, self.counts, self.origins)
        tail = (self.span, self.unary, (1 << self.hash_bits) - 1, self.rate, self.limit)
        return Layout(*arrays, rows, terms, contexts, _frozen(self.selection), *tail)  # type: ignore[arg-type]


def _frozen(values: object) -> np.ndarray:
    array = np.array(values, np.int32, order="C")
    array.setflags(write=False)
    return array


def _feature_rows(features: Sequence[Feature]) -> tuple[np.ndarray, np.ndarray]:
    """Features as rows of six numbers, and the terms of all sums one after the other."""
    rows: list[tuple[int, ...]] = []
    terms: list[Term] = []
    for feature in features:
        start = len(terms)
        match feature:
            case Identity(column):
                rows.append((IDENTITY, column, 0, 0, start, start))
            case Side(column):
                rows.append((SIDE, column, MOST_SIDE, PLAIN, start, start))
            case Register(register, cap, scale):
                rows.append((REGISTER, register, cap, scale, start, start))
            case Signed(own, cap, shift):
                terms += own
                rows.append((SIGNED, 0, cap, shift, start, len(terms)))
            case Magnitude(own, cap, scale):
                terms += own
                rows.append((MAGNITUDE, 0, cap, scale, start, len(terms)))
    return _frozen(rows), _frozen(terms or [Term(0, 0)])


def _check_channels(d: Description) -> None:
    channels = d.channels
    if d.rows < 1 or not channels or channels % d.rows:
        raise ValueError(f"{channels} channels do not divide into {d.rows} rows: a frame holds the same channels of every row")
    if d.distances.ndim != 2 or d.lags.shape != d.distances.shape[1:]:
        raise ValueError(f"distances {d.distances.shape} and lags {d.lags.shape} do not fit: one lag for each neighbour")
    if d.lags.min(initial=FIXED) < FIXED or d.lags.max(initial=FIXED) > RHYTHM + d.sides:
        raise ValueError(f"lags {d.lags.min()} to {d.lags.max()} are not all kinds of lags or one of {d.sides} columns of side information")
    for name in ("bits", "classes", "activity", "differences", "counts", "origins", "ids"):
        array = getattr(d, name)
        if len(array) != channels or array.ndim != (2 if name == "ids" else 1):
            raise ValueError(f"{name} of shape {array.shape} does not fit {channels} channels")
        if array.min(initial=0) < 0:
            raise ValueError(f"{name} holds {array.min()}: none may be negative")
    if d.bits.max() > BINS:
        raise ValueError(f"indices of {d.bits.max()} bits are too long: at most {BINS} bits")
    if d.origins is not None and d.origins.max() > len(d.features):
        raise ValueError(f"the middle of an index cannot be feature {d.origins.max() - 1}: there are {len(d.features)}")
    if d.counts is not None and (d.counts.min() < 1 or d.counts.max() > len(d.contexts)):
        raise ValueError(f"channels use {d.counts.min()} to {d.counts.max()} contexts, but there are {len(d.contexts)}")


def _check_features(d: Description) -> None:
    neighbours, columns = d.distances.shape[1], d.ids.shape[1]
    for feature in d.features:
        match feature:
            case Identity(column):
                fits = 0 <= column < columns
            case Side(column):
                fits = 0 <= column < d.sides
            case Register(register, cap, scale):
                fits = 0 <= register <= LATENESS and cap >= 0 and PLAIN <= scale < LOG_ROWS
            case Signed(terms, cap, shift):
                fits = cap >= 0 and 0 <= shift < 32 and all(0 <= t.neighbour < neighbours and abs(t.weight) < 1 << 16 for t in terms)
            case Magnitude(terms, cap, scale):
                fits = cap >= 0 and 0 <= scale < LOG_ROWS and all(0 <= t.neighbour < neighbours and 0 <= t.weight < 1 << 16 for t in terms)
        if not fits:
            raise ValueError(f"{feature} is out of range for {neighbours} neighbours and {columns} identities")
    known = range(len(d.features))
    if not d.contexts or not all(context and all(i in known for i in context) for context in d.contexts):
        raise ValueError(f"contexts must each name some of the {len(d.features)} features by their number")
    first, first_size, second, second_size = d.selection
    if first not in known or second not in known or min(first_size, second_size) < 1:
        raise ValueError(f"{d.selection} is out of range for {len(d.features)} features")


def _check_numbers(d: Description) -> None:
    limits = {"unary": (3, MAX_UNARY), "hash_bits": (4, MAX_HASH_BITS), "rate": (0, MAX_RATE), "limit": (1, MAX_LIMIT)}
    for name, (least, most) in limits.items():
        if not least <= getattr(d, name) <= most:
            raise ValueError(f"{name} {getattr(d, name)} is not in {least}…{most}")
