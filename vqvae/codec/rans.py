"""Interleaved rANS with integer tables: symbols <-> bytes, many lanes at once in numpy.

J. Duda, arXiv:1311.2540 (the range variant); F. Giesen, arXiv:1402.3392 (interleaving).  A lane's state x lies in [2^24, 2^40).  To write a
symbol of width f and start c out of 2^16: x -> (x // f) 2^16 + x mod f + c, after its lowest 16 bits went out where x >= 2^24 f.  Reading
does the reverse, so symbols are written last to first.  A stream is the final states, 5 bytes each, then the words in the order of reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

PRECISION = 16
TOTAL = 1 << PRECISION
STATE_BYTES = 5
LOW = np.uint64(1 << 24)
_WORD, _BITS = np.uint64(16), np.uint64(PRECISION)
_TOTAL, _MASK = np.uint64(TOTAL), np.uint64(TOTAL - 1)


def quantise(weights: np.ndarray) -> np.ndarray:
    """Integer weights (contexts, K) -> widths (contexts, K) uint32, each at least 1, that sum to 2^16 in every context."""
    weights = np.asarray(weights, np.int64)
    size = weights.shape[1]
    if not 1 <= size <= TOTAL:
        raise ValueError(f"{size} symbols do not fit a table of {TOTAL}: use 1 to {TOTAL}")
    sums = np.maximum(weights.sum(axis=1, keepdims=True), 1)
    widths = 1 + weights * (TOTAL - size) // sums
    widths[np.arange(len(widths)), weights.argmax(axis=1)] += TOTAL - widths.sum(axis=1)
    return widths.astype(np.uint32)


@dataclass(frozen=True, eq=False)
class Model:
    """What share of 2^16 each symbol has, by context."""

    widths: np.ndarray  # (contexts, K) uint32, each row sums to 2^16

    @cached_property
    def starts(self) -> np.ndarray:
        """Sum of the widths before a symbol's (contexts, K) uint32."""
        return (np.cumsum(self.widths, axis=1) - self.widths).astype(np.uint32)

    @cached_property
    def symbols(self) -> np.ndarray:
        """The symbol at each of the 2^16 places of a context, (contexts * 2^16,) uint16."""
        size = self.widths.shape[1]
        return np.repeat(np.tile(np.arange(size, dtype=np.uint16), len(self.widths)), self.widths.ravel())

    @cached_property
    def shares(self) -> np.ndarray:
        """Width << 16 | start, (contexts * K,) uint64."""
        return (self.widths.astype(np.uint64) << _BITS | self.starts).ravel()


def encode(model: Model, symbols: np.ndarray, contexts: np.ndarray, active: np.ndarray) -> bytes:
    """symbols and contexts (steps, lanes), of which the first active (steps,) of each step count -> bytes."""
    shares = model.shares.take(contexts * model.widths.shape[1] + symbols)
    states = np.full(symbols.shape[1], LOW, np.uint64)
    words = []
    for share, count in zip(shares[::-1], active[::-1].tolist(), strict=True):
        width, start, state = share[:count] >> _BITS, share[:count] & _MASK, states[:count]
        full = np.flatnonzero(state >= width * LOW)
        out = state[full]
        words.append(out.astype("<u2"))
        state[full] = out >> _WORD
        state += state // width * (_TOTAL - width) + start
    heads = states.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :STATE_BYTES]
    return heads.tobytes() + b"".join(word.tobytes() for word in reversed(words))


class Decoder:
    """Reads what `encode` wrote, one step of all active lanes at a time.

    A cut stream always ends in a ValueError, a changed one mostly: a symbol may have turned into one that is as wide.
    """

    def __init__(self, model: Model, data: bytes, lanes: int) -> None:
        body = len(data) - STATE_BYTES * lanes
        if body < 0:
            raise ValueError(f"a stream of {len(data)} bytes does not hold {lanes} states")
        heads = np.zeros((lanes, 8), np.uint8)
        heads[:, :STATE_BYTES] = np.frombuffer(data, np.uint8, STATE_BYTES * lanes).reshape(lanes, STATE_BYTES)
        self._states = heads.view("<u8").ravel().astype(np.uint64)
        self._words = np.frombuffer(data, "<u2", body // 2, STATE_BYTES * lanes).astype(np.uint64)
        self._data, self._read = data, 0
        self._symbols, self._shares, self._size = model.symbols, model.shares, model.widths.shape[1]

    def step(self, contexts: np.ndarray) -> np.ndarray:
        """contexts (active,) int64 -> symbols (active,) int64."""
        states = self._states[: len(contexts)]
        place = states & _MASK
        symbols = self._symbols.take((contexts << PRECISION) + place.view(np.int64)).astype(np.int64)
        share = self._shares.take(contexts * self._size + symbols)
        states[:] = (share >> _BITS) * (states >> _BITS) + place - (share & _MASK)
        empty = np.flatnonzero(states < LOW)
        stop = self._read + len(empty)
        if stop > len(self._words):
            raise ValueError("the stream ends before its last symbol")
        states[empty] = states[empty] << _WORD | self._words[self._read : stop]
        self._read = stop
        return symbols

    def finish(self) -> bytes:
        """To be called after the last step: what follows the stream, unless a lane is not where writing began."""
        if (self._states != LOW).any():
            raise ValueError("the stream does not end where writing began, so it is damaged or not for these tables")
        return self._data[STATE_BYTES * len(self._states) + 2 * self._read :]
