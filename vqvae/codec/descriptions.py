"""Descriptions of the kinds of data that are coded: wavelet frames, codebook indices, and the textbook's order 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vqvae.codec.description import (
    ENERGY_BEFORE,
    ENERGY_SO_FAR,
    LATENESS,
    PERIOD,
    PHASE,
    PLAIN,
    Description,
    Feature,
    Identity,
    Magnitude,
    Register,
    Selection,
    Signed,
    Term,
)

FRAME = 32


class Band(NamedTuple):
    """One wavelet band within a frame."""

    offset: int  # its first coefficient
    width: int


class Features:
    """Collects features, each once, and numbers them."""

    def __init__(self) -> None:
        self.found: list[Feature] = []

    def __call__(self, feature: Feature) -> int:
        """The feature's number."""
        if feature not in self.found:
            self.found.append(feature)
        return self.found.index(feature)

    def value(self, neighbour: int, cap: int, shift: int = 0) -> int:
        """A neighbour's value within ±cap."""
        return self(Signed((Term(neighbour),), cap, shift))

    def size(self, *terms: Term) -> int:
        """Magnitude of neighbours in eight classes."""
        return self(Magnitude(terms, 7, 0))


def bands(length: int = FRAME) -> tuple[Band, ...]:
    """Approximation, then details from coarse to fine: 1, 1, 2, 4, 8, … coefficients."""
    found = [Band(0, 1), Band(1, 1)]
    while found[-1].offset + found[-1].width < length:
        last = found[-1]
        found.append(Band(last.offset + last.width, 2 * last.width))
    return tuple(found)


# Neighbours of a wavelet coefficient.
LEFT, LEFT2, LEFT3, PARENT, AFTER_PARENT, BEFORE_PARENT, GRANDPARENT, FRAME_BEFORE, BEAT_BEFORE, AFTER_BEAT, BEFORE_BEAT = range(11)


def _wavelet_distances(k: int, band: int, period: int) -> dict[int, int]:
    """How far back the neighbours of coefficient k, of this band, lie; `period` symbols make a frame."""
    layers = bands()
    offset, width = layers[band]
    i = k - offset
    found = {neighbour: back // width * period + k - (offset + (i - step) % width) for neighbour, step, back in _lefts(i, width)}
    if band > 0:
        parent = layers[band - 1]
        above = i * parent.width // width
        found[PARENT] = k - parent.offset - above
        if above + 1 < parent.width:
            found[AFTER_PARENT] = k - parent.offset - above - 1
        in_frame_before = above == 0
        found[BEFORE_PARENT] = k - parent.offset - (parent.width if in_frame_before else above) + 1 + in_frame_before * period
    if band > 1:
        grandparent = layers[band - 2]
        found[GRANDPARENT] = k - grandparent.offset - i * grandparent.width // width
    return found | {FRAME_BEFORE: period}


def _lefts(i: int, width: int) -> list[tuple[int, int, int]]:
    """The three coefficients before i in its band: neighbour, steps back, and `width` for every frame gone back."""
    return [(neighbour, step, -((i - step) // width) * width) for neighbour, step in ((LEFT, 1), (LEFT2, 2), (LEFT3, 3))]


def wavelet_frames(rows: int = 1, hash_bits: int = 16) -> Description:
    """Frames of 32 wavelet coefficients, coarse to fine, of `rows` leads; the first is coded as a difference in time."""
    period = rows * FRAME
    band = np.repeat(np.arange(len(bands())), [b.width for b in bands()])
    distances = np.zeros((FRAME, 11), int)
    for k in range(FRAME):
        for neighbour, distance in _wavelet_distances(k, int(band[k]), period).items():
            distances[k, neighbour] = distance
    distances[:, AFTER_BEAT], distances[:, BEFORE_BEAT] = -period, period
    lags = [0] * BEAT_BEFORE + [1] * 3
    features = Features()
    contexts, selection = _wavelet_contexts(features)
    first = np.arange(FRAME) == 0
    tiles = [np.tile(a, rows) for a in (np.arange(FRAME), band >= 2, first)]
    ids = np.tile(np.stack([np.arange(FRAME), band], 1), (rows, 1))
    return Description(
        distances=np.tile(distances, (rows, 1)), lags=np.array(lags), ids=ids, bits=np.zeros(period), features=tuple(features.found),
        contexts=contexts, classes=tiles[0], selection=selection, activity=tiles[1], differences=tiles[2], rows=rows, hash_bits=hash_bits,
    )  # fmt: skip


def _wavelet_contexts(features: Features) -> tuple[tuple[tuple[int, ...], ...], Selection]:
    value, size = features.value, features.size
    k, band = features(Identity(0)), features(Identity(1))
    near = (Term(LEFT, 2), Term(LEFT2), Term(PARENT, 2), Term(AFTER_PARENT), Term(BEFORE_PARENT))
    within = size(Term(LEFT), Term(LEFT2), Term(LEFT3), Term(FRAME_BEFORE))
    above = size(Term(PARENT), Term(AFTER_PARENT), Term(BEFORE_PARENT), Term(GRANDPARENT))
    around = features(Magnitude(near, 31, 4))
    before, so_far = features(Register(ENERGY_BEFORE, 31, 3)), features(Register(ENERGY_SO_FAR, 31, 3))
    before_coarse = features(Register(ENERGY_BEFORE, 31, 2))
    phase, rhythm = features(Register(PHASE, 25, PLAIN)), features(Register(PERIOD, 31, PLAIN))
    late = features(Register(LATENESS, 24, PLAIN))
    left, left2, parent = size(Term(LEFT)), size(Term(LEFT2)), size(Term(PARENT))
    contexts = (
        (k, value(LEFT, 3), value(LEFT2, 2)),
        (band, around, before),
        (k, value(PARENT, 3), value(LEFT, 2)),
        (band, within, above, parent),
        (k, before, so_far),
        (band, value(PARENT, 2), value(AFTER_PARENT, 2), value(BEFORE_PARENT, 2), left),
        (k, around),
        (band, value(LEFT, 2), value(LEFT2, 2), value(LEFT3, 2), above),
        (k, value(FRAME_BEFORE, 2), size(*near), value(GRANDPARENT, 1)),
        (k,),
        (band, parent, size(Term(AFTER_PARENT)), size(Term(BEFORE_PARENT)), left, left2),
        (k, before_coarse, parent, left),
        (k, phase, rhythm),
        (k, late, so_far),
        (k, value(BEAT_BEFORE, 2), size(Term(AFTER_BEAT)), size(Term(BEFORE_BEAT)), parent),
        (band, phase, around, parent),
    )
    return contexts, Selection(around, 12, band, len(bands()))


# Neighbours of a codebook index.
LEVEL_ABOVE, TWO_ABOVE, THREE_ABOVE, FIRST_LEVEL, ONE_BACK, TWO_BACK, FIRST_BACK, BEAT_BACK, FIRST_BEAT_BACK = range(9)


def indices(levels: int, bits: int, rows: int = 1, hash_bits: int = 16) -> Description:
    """Residual codebook indices of `bits` bits, `levels` in a frame, of `rows` leads."""
    period = rows * levels
    level = np.arange(levels)
    distances = np.zeros((levels, 9), int)
    for neighbour in (LEVEL_ABOVE, TWO_ABOVE, THREE_ABOVE):
        distances[level > neighbour, neighbour] = neighbour + 1
    distances[:, FIRST_LEVEL] = distances[:, FIRST_BEAT_BACK] = level
    distances[:, ONE_BACK], distances[:, TWO_BACK], distances[:, FIRST_BACK] = period, 2 * period, period + level
    features = Features()
    contexts, selection = _index_contexts(features, bits)
    return Description(
        distances=np.tile(distances, (rows, 1)), lags=np.array([0] * 7 + [1] * 2), ids=np.tile(level, rows)[:, None],
        bits=np.full(period, bits), features=tuple(features.found), contexts=contexts, classes=np.tile(level, rows), selection=selection,
        activity=np.tile(level == 0, rows), differences=np.zeros(period), rows=rows, hash_bits=hash_bits,
    )  # fmt: skip


def _index_contexts(features: Features, bits: int) -> tuple[tuple[tuple[int, ...], ...], Selection]:
    level = features(Identity(0))
    phase, rhythm = features(Register(PHASE, 25, PLAIN)), features(Register(PERIOD, 31, PLAIN))

    def whole(neighbour: int) -> int:
        return features.value(neighbour, 65535)

    def top(neighbour: int) -> int:
        return features.value(neighbour, 65535, max(0, bits - 3))

    contexts = (
        (level,),
        (level, whole(LEVEL_ABOVE)),
        (level, whole(LEVEL_ABOVE), whole(TWO_ABOVE)),
        (level, whole(FIRST_LEVEL)),
        (level, whole(ONE_BACK)),
        (level, whole(FIRST_LEVEL), whole(ONE_BACK)),
        (level, whole(ONE_BACK), whole(TWO_BACK)),
        (level, whole(FIRST_BACK), whole(FIRST_LEVEL)),
        (level, top(LEVEL_ABOVE), top(ONE_BACK), top(TWO_BACK)),
        (level, whole(BEAT_BACK)),
        (level, whole(BEAT_BACK), whole(FIRST_LEVEL)),
        (level, phase, rhythm),
        (level, top(FIRST_BEAT_BACK), top(FIRST_BACK), whole(FIRST_LEVEL)),
    )
    return contexts, Selection(top(ONE_BACK), 1, level, 1)


def order0(groups: Sequence[int], rows: int = 1) -> Description:
    """One adaptive probability per decision and group of channels, no mixing: what a textbook's adaptive arithmetic coder does.

    groups: for each channel of a row the table of probabilities that it shares.  Signed integers.
    """
    period = rows * len(groups)
    features = Features()
    group = features(Identity(0))
    nothing = np.zeros(period)
    return Description(
        distances=np.zeros((period, 1)), lags=np.zeros(1), ids=np.tile(groups, rows)[:, None], bits=nothing, features=tuple(features.found),
        contexts=((group,),), classes=nothing, selection=Selection(group, 1, group, 1), activity=nothing, differences=nothing, rows=rows,
        hash_bits=18, rate=0, limit=255, start_weight=65536,
    )  # fmt: skip
