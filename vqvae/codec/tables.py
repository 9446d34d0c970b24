"""Integer tables of the context-mixing coder, from exact integer arithmetic: the same on every machine, to the last bit.

Logits ("stretched" probabilities) are in units of 1/256 nat and limited to ±LOGIT_LIMIT; probabilities are in 1/65536.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np

LOGIT_LIMIT = 3071
STRETCH_BITS = 12  # probabilities are looked up to this many bits
COUNTS = 256  # a counter counts to less than this
MAGNITUDES = 4096  # sums of magnitudes are looked up below this
LOG_ROWS = 8
BINS = 16  # weight sets of a mixer: one per depth in a symbol's decision tree
_GUARD = 32  # extra bits while the exponential series is summed


class Tables(NamedTuple):
    """Arrays of int32."""

    squash: np.ndarray  # [x + LOGIT_LIMIT] 65536 / (1 + exp(-x / 256))
    stretch: np.ndarray  # [p] the logit whose probability is nearest to (p + 1/2) / 4096
    reciprocal: np.ndarray  # [n] 65536 / (n + 1.6): how fast a counter moves after n decisions
    logit_trust: np.ndarray  # [n] weight in 1/256 of a counter's logit
    linear_trust: np.ndarray  # [n] weight in 1/256 of a counter's probability less one half
    cost: np.ndarray  # [p] -log2(p / 65536) in 1/65536 bit
    logs: np.ndarray  # [row, a] row 0: 0, 1, 2, then bit length of a - 1, plus one; row r: floor(r / 2 * log2(1 + a))
    bins: np.ndarray  # [node] weight set of a node in a signed symbol's decision tree


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables, made once."""
    arrays = (_squash(), _stretch(), _reciprocal(), _logit_trust(), _linear_trust(), _cost(), _logs(), _bins())
    for array in arrays:
        array.setflags(write=False)
    return Tables(*arrays)


def checksum() -> int:
    """CRC-32 of all tables as little-endian int32: files written with other tables cannot be read."""
    return zlib.crc32(b"".join(table.astype("<i4").tobytes() for table in tables()))


def _int32(values: object) -> np.ndarray:
    return np.array(values, np.int32)


def _exponentials() -> list[int]:
    """exp(i / 256) in 96-bit fixed point for i = 0 … LOGIT_LIMIT, by its Taylor series."""
    found = []
    for i in range(LOGIT_LIMIT + 1):
        term = total = 1 << (96 + _GUARD)
        order = 1
        while term:
            term = term * i // (256 * order)
            total += term
            order += 1
        found.append(total >> _GUARD)
    return found


def _logistic(scale: int) -> list[int]:
    """floor(scale / (1 + exp(-x / 256))) for x = -LOGIT_LIMIT … LOGIT_LIMIT."""
    one, powers = 1 << 96, _exponentials()
    falling = [scale * one // (one + power) for power in reversed(powers[1:])]
    return falling + [scale * power // (one + power) for power in powers]


def _squash() -> np.ndarray:
    return _int32([min(65535, max(1, p)) for p in _logistic(65536)])


def _stretch() -> np.ndarray:
    curve = _logistic(1 << 40)
    found, x = [], 0
    for i in range(1 << STRETCH_BITS):
        target = (2 * i + 1) << 27
        while x < 2 * LOGIT_LIMIT and abs(curve[x + 1] - target) <= abs(curve[x] - target):
            x += 1
        found.append(x - LOGIT_LIMIT)
    return _int32(found)


def _reciprocal() -> np.ndarray:
    return _int32([(1310720 + 10 * n + 16) // (2 * (10 * n + 16)) for n in range(COUNTS)])


def _logit_trust() -> np.ndarray:
    return _int32([min(256, 64 * n + 26) for n in range(COUNTS)])


def _linear_trust() -> np.ndarray:
    return _int32([min(256, 256 * n // 20) for n in range(COUNTS)])


def _cost() -> np.ndarray:
    """Binary logarithms digit by digit: squaring a number doubles its logarithm."""
    x = np.maximum(np.arange(65537, dtype=np.uint64), 1)
    log = np.zeros(65537, np.int64)
    for shift in range(17):
        log += x >> np.uint64(shift) > 1
    x = x << (31 - log).astype(np.uint64)
    for _ in range(16):
        x = x * x >> np.uint64(31)
        carry = x >> np.uint64(32) > 0
        x >>= carry.astype(np.uint64)
        log = 2 * log + carry
    return _int32((16 << 16) - log)


def _logs() -> np.ndarray:
    rows = [[a if a < 3 else (a - 1).bit_length() + 1 for a in range(MAGNITUDES)]]
    rows += [[(((1 + a) ** row).bit_length() - 1) // 2 for a in range(MAGNITUDES)] for row in range(1, LOG_ROWS)]
    return _int32(rows)


def _bins() -> np.ndarray:
    """Nodes 0 … 7 have their own set; then 8-9, 10-11, 12-15, 16-23 share one; 24, 25, 26; and the rest."""
    shared = [8] * 2 + [9] * 2 + [10] * 4 + [11] * 8
    return _int32([*range(8), *shared, 12, 13, 14, *[15] * 32])
