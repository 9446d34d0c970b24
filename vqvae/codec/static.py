"""Codebook indices, or signed codes, <-> bytes with tables that were counted once, over training codes.

The codes of a chunk, (N, Q, *S), are one sequence of frames of Q levels each.  It is cut into stretches of about a thousand codes, and as
many lanes read them side by side, so that numpy has long rows to work on although every code needs the one before it.  How far signed
codes lie beyond the last symbol follows the stream, 7 bits a byte, lowest first, the last byte below 128.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vqvae.codec.rans import Decoder, encode
from vqvae.codec.static_tables import StaticTables, folded, unfolded

MAX_LANES = 4096
CODES_PER_LANE = 1024  # a lane costs 3 bytes
FARTHEST = 1 << 30  # signed code that can be written
VARINT = 5  # bytes of a number at most


class StaticCoder:
    """codes (N, Q, *S) <-> bytes, in [0, K) unless the tables are for signed ones; Q may be fewer levels than there are tables for."""

    name = "static"

    def __init__(self, tables: StaticTables) -> None:
        self.tables = tables

    def encode(self, codes: np.ndarray) -> bytes:
        """codes -> bytes; ValueError for a code that the tables are not for."""
        levels, signed, last = codes.shape[1], self.tables.signed, self.tables.size - 1
        self._check_levels(levels)
        if not codes.size:
            return b""
        least, most = (-FARTHEST, FARTHEST) if signed else (0, last)
        if not least <= int(codes.min()) <= int(codes.max()) <= most:
            raise ValueError(f"codes {codes.min()} to {codes.max()} are not all in {least} to {most}, as the static tables need")
        folds = folded(codes) if signed else codes
        beyond = _write_varints(folds[folds >= last] - last) if signed else b""
        return self._encode(np.minimum(folds, last)) + beyond

    def _encode(self, codes: np.ndarray) -> bytes:
        """codes in [0, K), some -> bytes."""
        levels = codes.shape[1]
        frames = codes.reshape(len(codes), levels, -1).swapaxes(0, 1).reshape(levels, -1)
        lanes = Lanes.of(frames.shape[1], levels)
        symbols = frames[:, lanes.frames()].swapaxes(0, 1).astype(np.int64)  # (steps, Q, lanes)
        contexts = np.empty_like(symbols)
        for level, (before, below) in enumerate(self.tables.selectors[:levels]):
            contexts[0, level] = before[0]
            before.take(symbols[:-1, level], out=contexts[1:, level])
            contexts[:, level] += below.take(symbols[:, level - 1]) if level else below[0]
        flat = (-1, lanes.count)
        return encode(self.tables.model, symbols.reshape(flat), contexts.reshape(flat), np.repeat(lanes.active, levels))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """bytes -> codes of this shape, int32; ValueError when they were damaged."""
        levels, count = shape[1], math.prod(shape)
        self._check_levels(levels)
        if not count:
            if data:
                raise ValueError(f"{len(data)} bytes are too many for no codes at all")
            return np.zeros(shape, np.int32)
        lanes = Lanes.of(count // levels, levels)
        decoder = Decoder(self.tables.model, data, lanes.count)  # refuses early what is too short for so many codes
        frames = np.empty((levels, count // levels), np.int32)
        none = np.zeros(lanes.count, np.int64)
        before = [none] * levels
        for step, active in enumerate(lanes.active):
            below, places = none, lanes.starts[:active] + step
            for level, (first, second) in enumerate(self.tables.selectors[:levels]):
                below = decoder.step(first.take(before[level][:active]) + second.take(below[:active]))
                before[level] = below
                frames[level, places] = below
        codes = np.ascontiguousarray(frames.reshape(levels, shape[0], -1).swapaxes(0, 1)).reshape(shape)
        return self._with_rest(codes, decoder.finish())

    def _with_rest(self, symbols: np.ndarray, rest: bytes) -> np.ndarray:
        """Symbols and, for signed tables, how far each last one is beyond -> codes int32."""
        beyond = symbols == self.tables.size - 1 if self.tables.signed else np.zeros(0, bool)
        amounts = _read_varints(rest)
        if len(amounts) != np.count_nonzero(beyond):
            raise ValueError(f"{len(amounts)} numbers follow the stream where {np.count_nonzero(beyond)} should")
        if not self.tables.signed:
            return symbols
        folds = symbols.astype(np.int64)
        folds[beyond] += amounts
        if folds.max() > 2 * FARTHEST:
            raise ValueError(f"the stream holds a code beyond {FARTHEST}")
        return unfolded(folds).astype(np.int32)

    def _check_levels(self, levels: int) -> None:
        if levels > len(self.tables.plans):
            raise ValueError(f"codes of {levels} levels are more than the {len(self.tables.plans)} that the static tables are for")


def _write_varints(numbers: np.ndarray) -> bytes:
    """Numbers (n,) from 0 to 2^32 -> 1 to 5 bytes each."""
    rest = numbers[:, None] >> 7 * np.arange(VARINT)
    used = rest > 0
    used[:, 0] = True
    goes_on = np.append(used[:, 1:], np.zeros((len(rest), 1), bool), axis=1)
    return (rest & 127 | goes_on << 7)[used].astype(np.uint8).tobytes()


def _read_varints(data: bytes) -> np.ndarray:
    """What `_write_varints` made -> int64."""
    digits = np.frombuffer(data, np.uint8).astype(np.int64)
    stops = np.flatnonzero(digits < 128) + 1
    starts = np.append(0, stops)[: len(stops)]
    if len(digits) and (not len(stops) or stops[-1] < len(digits) or (stops - starts).max() > VARINT):
        raise ValueError("the numbers that follow the stream are damaged")
    places = np.arange(len(digits)) - np.repeat(starts, stops - starts)
    return np.add.reduceat((digits & 127) << 7 * places, starts) if len(starts) else digits


@dataclass(frozen=True, eq=False)
class Lanes:
    """Stretches of frames, read side by side; the first ones may be a frame longer than the others."""

    starts: np.ndarray  # (lanes,) the first frame of each
    active: np.ndarray  # (steps,) how many lanes have a frame in each step

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.starts)

    @classmethod
    def of(cls, frames: int, levels: int) -> Lanes:
        """For so many frames of so many codes each."""
        count = min(max(frames * levels // CODES_PER_LANE, 1), MAX_LANES, frames)
        steps = -(-frames // count)
        longer = frames - count * (steps - 1)
        active = np.full(steps, count)
        active[-1] = longer
        return cls(np.arange(count) * (steps - 1) + np.minimum(np.arange(count), longer), active)

    def frames(self) -> np.ndarray:
        """The frame of every step and lane, (steps, lanes); any frame where a lane has ended."""
        return np.minimum(self.starts + np.arange(len(self.active))[:, None], self.active.sum() - 1)
