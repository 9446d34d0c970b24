"""The description of gestures' indices: what the adaptive coder looks at to guess them."""

from __future__ import annotations

import numpy as np

from vqvae.codec.description import FIXED, Description, Identity, Selection, Side, Signed, Term, by_side
from vqvae.codec.features import Features

PATTERN, FOLLOWING, CONTOUR, SIZE, HEIGHT, AGAIN, TURNED, KNOWN, KNOWN_TURNED, MOVE = range(10)  # columns known of every window
SIDES = 10
MOST_LEVELS = 16
# Neighbours of an index.
ABOVE, TWO_ABOVE, THREE_ABOVE, FIRST_LEVEL, BACK, TWO_BACK, FIRST_BACK, SAME_KEYS, SAME_STEPS = range(9)


def indices(levels: int, bits: int, hash_bits: int = 16) -> Description:
    """Indices of `bits` bits, `levels` a window; a state learned with more levels serves fewer."""
    if not 1 <= levels <= MOST_LEVELS:
        raise ValueError(f"{levels} levels of gestures cannot be described: 1…{MOST_LEVELS}")
    features = Features()
    level = features(Identity(0))
    pattern, following, contour, size, height = (features(Side(column)) for column in range(5))
    known, known_turned, move = (features(Side(column)) for column in (KNOWN, KNOWN_TURNED, MOVE))

    def value(neighbour: int) -> int:
        return features(Signed((Term(neighbour),), 65535))

    def top(neighbour: int) -> int:
        """The three highest bits."""
        return features(Signed((Term(neighbour),), 65535, max(0, bits - 3)))

    above, above2, above3, first, back, first_back = map(value, (ABOVE, TWO_ABOVE, THREE_ABOVE, FIRST_LEVEL, BACK, FIRST_BACK))
    same, turned = value(SAME_KEYS), value(SAME_STEPS)
    contexts = (
        (level, pattern),
        (level, pattern, first),
        (level, first),
        (level, above, pattern),
        (level, above, above2),
        (level, above2, pattern),
        (level, above3),
        (level, back, pattern),
        (level, pattern, following, top(FIRST_BACK)),
        (level, first_back, pattern),
        (level, top(BACK), top(TWO_BACK), pattern, top(ABOVE)),
        (level, same, known),
        (level, turned, known_turned, top(FIRST_LEVEL)),
        (level, contour, pattern),
        (level, contour, height, size),
        (level, move, pattern, top(BACK)),
    )
    return Description(
        distances=_distances(levels), lags=np.array([FIXED] * 7 + [by_side(AGAIN), by_side(TURNED)]), ids=np.arange(levels)[:, None],
        bits=np.full(levels, bits), features=tuple(features.found), contexts=contexts, classes=np.arange(levels),
        selection=Selection(level, MOST_LEVELS, known, 2), activity=np.zeros(levels), differences=np.zeros(levels), sides=SIDES,
        hash_bits=hash_bits,
    )  # fmt: skip


def _distances(levels: int) -> np.ndarray:
    """How far back the neighbours of each level's index lie, (levels, J)."""
    level = np.arange(levels)
    distances = np.zeros((levels, SAME_STEPS + 1), int)
    for neighbour in (ABOVE, TWO_ABOVE, THREE_ABOVE):
        distances[level > neighbour, neighbour] = neighbour + 1
    distances[:, FIRST_LEVEL] = level
    distances[:, BACK], distances[:, TWO_BACK], distances[:, FIRST_BACK] = levels, 2 * levels, levels + level
    return distances
