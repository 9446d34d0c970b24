"""How often each code is expected, by level and by what was decoded around it: learned by counting, kept as small integers.

A symbol is an index of a codebook, or a signed code by magnitude; what is said of codes here is meant of symbols.
A code's table is chosen by the class of the code before it in time (same level) and of the code below it (same frame, one level down).
Classes are ranges of indices that are about equally frequent, so they mean something where similar codes have similar indices; a code
more frequent than a class should be has one to itself.
How many classes a level looks at is chosen by what costs the fewest bits on training codes that were not counted.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from vqvae.codec.rans import PRECISION, TOTAL, Model, quantise

CLASSES = (1, 2, 4, 8, 16)
MAX_ENTRIES = 100_000  # of the tables of all levels together, one byte each before packing
MAX_UNPACKED = 1 << 21
PARENT = 32  # codes that a context is believed to have seen, distributed as in its whole level
STEPS = 8  # weights per factor of two


class Plan(NamedTuple):
    """What a level's table is chosen by."""

    before: tuple[int, ...]  # first codes of the classes after the first, of the code before
    below: tuple[int, ...]

    @property
    def contexts(self) -> int:
        return (len(self.before) + 1) * (len(self.below) + 1)


@dataclass(frozen=True, eq=False)
class StaticTables:
    """Tables of every level."""

    plans: tuple[Plan, ...]  # by level
    steps: np.ndarray  # (contexts of all levels, K) uint8: a code's weight is 0 at 0, else 2^(4 + (step - 1) / 8)
    signed: bool = False  # codes 0, 1, -1, 2, -2, … are symbols 0, 1, 2, 3, 4, …, and the last symbol stands for all from it on

    @property
    def size(self) -> int:
        """Symbols, K: the codes of a codebook."""
        return int(self.steps.shape[1])

    @cached_property
    def model(self) -> Model:
        """The weights as shares of 2^16."""
        return Model(quantise(_weights()[self.steps]))

    @cached_property
    def selectors(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """By level, two (K,) int64 that add up to the context: of the code before, and of the code below."""
        found, base = [], 0
        for plan in self.plans:
            indices = np.arange(self.size)
            before = np.searchsorted(plan.before, indices, side="right") * (len(plan.below) + 1) + base
            found.append((before, np.searchsorted(plan.below, indices, side="right")))
            base += plan.contexts
        return tuple(found)

    def pack(self) -> bytes:
        """The tables as bytes that say everything."""
        head = json.dumps({"size": self.size, "signed": self.signed, "plans": self.plans}, separators=(",", ":")).encode("ascii")
        return lzma.compress(head + b"\n" + self.steps.tobytes(), format=lzma.FORMAT_ALONE, preset=9)

    @cached_property
    def sha256(self) -> str:
        """Of what they say."""
        return hashlib.sha256(json.dumps([self.signed, self.plans]).encode("ascii") + self.steps.tobytes()).hexdigest()


def unpack_tables(data: bytes) -> StaticTables:
    """What `pack` wrote; ValueError for anything else."""
    unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_ALONE, memlimit=1 << 27)
    try:
        head, _, body = unpacker.decompress(data, max_length=MAX_UNPACKED).partition(b"\n")
        values = json.loads(head)
        plans = tuple(Plan(tuple(before), tuple(below)) for before, below in values["plans"])
        steps = np.frombuffer(body, np.uint8).reshape(sum(plan.contexts for plan in plans), values["size"])
        stated = type(values["signed"]) is bool and steps.shape[1] == values["size"]
        rising = all([*borders] == sorted({*borders} & {*range(1, values["size"])}) for plan in plans for borders in plan)
    except (lzma.LZMAError, EOFError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"these are no tables of the static coder ({error}): learn them again") from error
    if not (unpacker.eof and stated and rising and steps.size and steps.max() < len(_weights())):
        raise ValueError("these are no tables of the static coder (cut off or out of range): learn them again")
    return StaticTables(plans, steps, values["signed"])


def folded(codes: np.ndarray) -> np.ndarray:
    """Signed codes 0, 1, -1, 2, -2, … -> 0, 1, 2, 3, 4, … int64."""
    wide = codes.astype(np.int64)
    return np.where(wide > 0, 2 * wide - 1, -2 * wide)


def unfolded(symbols: np.ndarray) -> np.ndarray:
    """What `folded` made -> signed codes."""
    return np.where(symbols & 1, symbols + 1, -symbols) // 2


def learn(codes: Sequence[np.ndarray], size: int, signed: bool = False) -> StaticTables:
    """Recordings' codes (N, Q, *S), in [0, size) unless signed -> tables; those at odd places judge what was counted in the others."""
    if len(codes) < 2:
        raise ValueError(f"tables are learned from two recordings or more, as one judges what another taught, not from {len(codes)}")
    symbols = [np.minimum(folded(recording), size - 1).astype(np.uint16) for recording in codes] if signed else codes
    counted, judging = _observed(symbols[::2]), _observed(symbols[1::2])
    most = max(1, MAX_ENTRIES // (size * len(counted)))
    plans, steps = [], []
    for level, (seen, unseen) in enumerate(zip(counted, judging, strict=True)):
        every = np.concatenate([seen, unseen], axis=1)
        pairs = product(CLASSES, CLASSES if level else CLASSES[:1])
        numbers = [pair for pair in pairs if math.prod(pair) <= most]
        choices = [Plan(_borders(every[0], size, before), _borders(every[1], size, below)) for before, below in numbers]
        best = min(choices, key=lambda plan: _cost(_count(plan, seen, size), plan, unseen))
        plans.append(best)
        steps.append(_count(best, every, size))
    return StaticTables(tuple(plans), np.concatenate(steps), signed)


def _observed(codes: Sequence[np.ndarray]) -> np.ndarray:
    """By level, what is looked at and what follows: (Q, 3, n) of the code before, the code below, and the code."""
    parts = []
    for recording in codes:
        frames = recording.swapaxes(0, 1).reshape(recording.shape[1], -1)
        before, below = np.zeros_like(frames), np.zeros_like(frames)
        before[:, 1:], below[1:] = frames[:, :-1], frames[:-1]
        parts.append(np.stack([before, below, frames], axis=1).astype(np.uint16))
    return np.concatenate(parts, axis=2)


def _borders(codes: np.ndarray, size: int, classes: int) -> tuple[int, ...]:
    """First codes of the classes after the first; each takes its equal share of what the classes before it left, one code at least."""
    until = np.cumsum(np.bincount(codes, minlength=size))
    firsts = [0]
    for left in range(classes, 1, -1):
        taken = until[firsts[-1] - 1] if firsts[-1] else 0
        first = max(firsts[-1] + 1, int(np.searchsorted(until, taken + (len(codes) - taken) // left, side="right")))
        if first >= size or until[first - 1] == len(codes):
            break
        firsts.append(first)
    return tuple(firsts[1:])


def _chosen(plan: Plan, observed: np.ndarray) -> np.ndarray:
    """observed (3, n) -> contexts (n,)."""
    before, below = (np.searchsorted(borders, codes, side="right") for borders, codes in zip(plan, observed, strict=False))
    return before * (len(plan.below) + 1) + below


def _count(plan: Plan, observed: np.ndarray, size: int) -> np.ndarray:
    """observed (3, n) -> steps (contexts, size) uint8."""
    counts = np.bincount(_chosen(plan, observed) * size + observed[2], minlength=plan.contexts * size).reshape(plan.contexts, size)
    parent = counts.sum(axis=0) + 0.5
    shares = counts + PARENT * parent / parent.sum()
    shares *= TOTAL / shares.sum(axis=1, keepdims=True)
    return np.clip(np.rint(STEPS * np.log2(shares)) + 1, 0, STEPS * PRECISION + 1).astype(np.uint8)


def _cost(steps: np.ndarray, plan: Plan, observed: np.ndarray) -> float:
    """Bits of codes under the tables."""
    return float(-np.log2(quantise(_weights()[steps])[_chosen(plan, observed), observed[2]] / TOTAL).sum())


@lru_cache(maxsize=1)
def _weights() -> np.ndarray:
    """The weight of every step: integer roots, as floats need not agree between machines."""
    roots = [math.isqrt(math.isqrt(math.isqrt(1 << 32 + step))) for step in range(STEPS * PRECISION + 1)]
    return np.array([0, *roots], np.int64)
