"""What the context-mixing coder has learned: adaptive probabilities and mixer weights; packing them as a start state."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from vqvae.codec.description import Description
from vqvae.codec.tables import checksum

PROBABILITY_BITS = 22
ONE = 1 << PROBABILITY_BITS
LEAST = ONE // 2048  # a counter's probability stays in LEAST … ONE - LEAST


class State(NamedTuple):
    """Counters and weights, int32.  A counter is a 22-bit probability of 1 and, in its low 8 bits, how often it was updated."""

    counters: np.ndarray  # (C, 2 ** hash_bits)
    first: np.ndarray  # (classes * BINS, 1 + 2 C) weights of the first mixer, 65536 is 1
    second: np.ndarray  # (selections * BINS, 1 + 2 C)

    def copy(self) -> State:
        return State(*(array.copy() for array in self))

    def capped(self, most: int) -> State:
        """The same with counts of at most `most`, so that what comes next counts for more."""
        return self._replace(counters=(self.counters & ~255) | np.minimum(self.counters & 255, most))

    def digest(self) -> str:
        """SHA-256 of state and tables: coding and decoding must start from the same."""
        found = hashlib.sha256(checksum().to_bytes(4, "little"))
        for array in self:
            found.update(array.astype("<i4", copy=False).tobytes())
        return found.hexdigest()


def cold(description: Description) -> State:
    """Nothing learned yet."""
    counters = np.full((len(description.contexts), 1 << description.hash_bits), (ONE // 2) << 8, np.int32)
    return State(counters, *_start_weights(description))


def _start_weights(description: Description) -> tuple[np.ndarray, np.ndarray]:
    one_set = np.zeros(description.inputs, np.int32)
    one_set[1::2] = description.start_weight
    first, second = (np.tile(one_set, (count, 1)) for count in description.mixer_sets)
    return first, second
