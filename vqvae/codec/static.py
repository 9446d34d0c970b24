"""Codebook indices <-> bytes with tables that were counted once, over training codes.

The codes of a chunk, (N, Q, *S), are one sequence of frames of Q levels each.  It is cut into stretches of about a thousand codes, and as
many lanes read them side by side, so that numpy has long rows to work on although every code needs the one before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vqvae.codec.rans import Decoder, Order, encode
from vqvae.codec.static_tables import StaticTables

MAX_LANES = 4096
CODES_PER_LANE = 1024  # a lane costs 3 bytes


class StaticCoder:
    """codes (N, Q, *S) in [0, K) <-> bytes; Q may be fewer levels than there are tables for."""

    name = "static"

    def __init__(self, tables: StaticTables) -> None:
        self.tables = tables

    def encode(self, codes: np.ndarray) -> bytes:
        """codes -> bytes; ValueError for a code outside [0, K)."""
        self._check_levels(codes.shape[1])
        if codes.size and not 0 <= int(codes.min()) <= int(codes.max()) < self.tables.size:
            raise ValueError(f"codes {codes.min()} to {codes.max()} are not all in 0 to {self.tables.size - 1}, as the static tables need")
        if not codes.size:
            return b""
        levels = codes.shape[1]
        frames = codes.reshape(len(codes), levels, -1).swapaxes(0, 1).reshape(levels, -1).astype(np.int64)
        lanes = _Lanes.of(frames.shape[1], levels)
        symbols = frames[:, lanes.frames].swapaxes(0, 1)  # (steps, Q, lanes)
        before = np.zeros_like(symbols)
        before[1:] = symbols[:-1]
        below = np.zeros_like(symbols)
        below[:, 1:] = symbols[:, :-1]
        contexts = np.empty_like(symbols)
        for level, (first, second) in enumerate(self.tables.selectors[:levels]):
            contexts[:, level] = first[before[:, level]] + second[below[:, level]]
        flat = (lanes.steps * levels, lanes.width)
        order = Order(lanes.width, np.repeat(lanes.active, levels))
        return encode(self.tables.model, symbols.reshape(flat), contexts.reshape(flat), order)

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """bytes -> codes of this shape, int32; ValueError when they were damaged."""
        levels, count = shape[1], math.prod(shape)
        self._check_levels(levels)
        if not count:
            if data:
                raise ValueError(f"{len(data)} bytes are too many for no codes at all")
            return np.zeros(shape, np.int32)
        lanes = _Lanes.of(count // levels, levels)
        decoder = Decoder(self.tables.model, data, lanes.width)
        frames = np.empty((levels, count // levels), np.int32)
        before = [np.zeros(lanes.width, np.int64)] * levels
        nothing = np.zeros(lanes.width, np.int64)
        for step, active in enumerate(lanes.active):
            below, places = nothing, lanes.frames[step, :active]
            for level, (first, second) in enumerate(self.tables.selectors[:levels]):
                below = decoder.step(first.take(before[level][:active]) + second.take(below[:active]))
                before[level] = below
                frames[level, places] = below
        decoder.finish()
        return frames.reshape(levels, shape[0], -1).swapaxes(0, 1).reshape(shape)

    def _check_levels(self, levels: int) -> None:
        if levels > len(self.tables.plans):
            raise ValueError(f"codes of {levels} levels are more than the {len(self.tables.plans)} that the static tables are for")


class _Lanes(NamedTuple):
    """Stretches of frames, read side by side; the first ones may be a frame longer than the others."""

    frames: np.ndarray  # (steps, lanes): the frame that a lane is at; the last row counts for the active ones only
    active: np.ndarray  # (steps,)

    @property
    def steps(self) -> int:
        return len(self.active)

    @property
    def width(self) -> int:
        return int(self.frames.shape[1])

    @classmethod
    def of(cls, frames: int, levels: int) -> _Lanes:
        count = min(max(frames * levels // CODES_PER_LANE, 1), MAX_LANES, frames)
        steps = -(-frames // count)
        longer = frames - count * (steps - 1)
        starts = np.arange(count) * (steps - 1) + np.minimum(np.arange(count), longer)
        active = np.full(steps, count)
        active[-1] = longer
        return cls(np.minimum(starts + np.arange(steps)[:, None], frames - 1), active)
