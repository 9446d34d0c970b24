"""The description of gestures' indices: what the adaptive coder looks at to guess them."""

from __future__ import annotations

import numpy as np

from vqvae.codec.description import FIXED, Description, Identity, Selection, Side, Signed, Term, by_side
from vqvae.codec.features import Features

PATTERN, FOLLOWING, CONTOUR, HEIGHT, AGAIN, TURNED, KNOWN, KNOWN_TURNED = range(8)  # columns known of every window
SIDES = 8
MOST_LEVELS = 16
# Neighbours of an index.
ABOVE, FIRST_LEVEL, BACK, SAME_KEYS, SAME_STEPS = range(5)


def indices(levels: int, bits: int, hash_bits: int = 18) -> Description:
    """Indices of `bits` bits, `levels` a window; a state learned with more levels serves fewer."""
    if not 1 <= levels <= MOST_LEVELS:
        raise ValueError(f"{levels} levels of gestures cannot be described: 1…{MOST_LEVELS}")
    features = Features()
    level = features(Identity(0))
    pattern, following, contour, height, _, _, known, known_turned = (features(Side(column)) for column in range(SIDES))

    def value(neighbour: int) -> int:
        return features(Signed((Term(neighbour),), 65535))

    def top(neighbour: int) -> int:
        """The three highest bits."""
        return features(Signed((Term(neighbour),), 65535, max(0, bits - 3)))

    above, first, same, turned = map(value, (ABOVE, FIRST_LEVEL, SAME_KEYS, SAME_STEPS))
    contexts = (
        (level,),
        (level, pattern),
        (level, pattern, following),
        (level, first, pattern),
        (level, top(ABOVE), pattern),
        (level, top(FIRST_LEVEL), pattern),
        (level, top(BACK), pattern),
        (level, same, known),
        (level, contour, pattern),
        (level, turned, known_turned),
        (level, above, pattern),
        (level, height, pattern),
    )
    return Description(
        distances=_distances(levels), lags=np.array([FIXED] * 3 + [by_side(AGAIN), by_side(TURNED)]), ids=np.arange(levels)[:, None],
        bits=np.full(levels, bits), features=tuple(features.found), contexts=contexts, classes=np.arange(levels),
        selection=Selection(level, MOST_LEVELS, known, 2), activity=np.zeros(levels), differences=np.zeros(levels), sides=SIDES,
        hash_bits=hash_bits,
    )  # fmt: skip


def _distances(levels: int) -> np.ndarray:
    """How far back the neighbours of each level's index lie, (levels, J)."""
    level = np.arange(levels)
    distances = np.zeros((levels, SAME_STEPS + 1), int)
    distances[1:, ABOVE] = 1
    distances[:, FIRST_LEVEL], distances[:, BACK] = level, levels
    return distances
