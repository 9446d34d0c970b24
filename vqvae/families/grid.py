"""Notes <-> integers on a grid of one quality: onsets on an absolute grid, durations from the decoded onset, velocities in equal cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.codec.notes import MOST, Scale
from vqvae.quantizers.companding import Bend

BEND = Bend(knee=0.25, unit=0.1, ratio=0.4)  # durations, s -> tolerances: 0.1 s, and above 0.25 s a ratio, as wide as `mir_eval` forgives
SHORTEST = 0.01  # s that a decoded key is held
LONGEST = 20.0  # s that an index of a duration can say
MOST_HELD = 1e6  # s: no key is held so long, whatever a forged file says
TABLE = (  # quality: onset step in µs, width of durations in tolerances, velocity step
    (200_000, 2.0, 32.0),
    (95_000, 1.0, 16.0),
    (70_000, 0.97, 13.0),
    (30_000, 0.9, 10.0),
    (20_000, 0.7, 8.0),
    (10_000, 0.5, 4.0),
    (5_000, 0.25, 2.0),
    (2_000, 0.1, 1.0),
    (1_000, 0.02, 1.0),
)
QUALITIES = (0.0, float(len(TABLE) - 1))


class Grid(NamedTuple):
    """Cells of onsets, durations and velocities."""

    unit: int  # µs between onsets
    width: float  # of a duration's cell, in tolerances
    velocity_step: float

    @classmethod
    def of(cls, quality: float) -> Grid:
        """The grid at a quality, straight between the rows of the table."""
        row = min(int(quality), len(TABLE) - 2)
        share = quality - row
        unit, width, velocity = (low + share * (high - low) for low, high in zip(TABLE[row], TABLE[row + 1], strict=True))
        return cls(round(unit), width, velocity)

    @property
    def scale(self) -> Scale:
        """What the coder has to know of it."""
        levels = int(127 / self.velocity_step) + 1
        return Scale(self.unit, (levels - 1).bit_length(), int(BEND.bent(np.array(LONGEST)) / self.width).bit_length())

    def encode(self, values: np.ndarray) -> np.ndarray:
        """values (1, 4, N): pitch, s since the note before, s held, velocity -> codes (1, 4, N) int32, sorted by onset, then pitch."""
        pitch, gap, held, velocity = values[0].astype(np.float64)
        onset = np.cumsum(gap)
        steps = np.rint(onset * (1e6 / self.unit)).astype(np.int64)
        duration = np.floor(BEND.bent(np.maximum(onset + held - steps * (self.unit / 1e6), 0)) / self.width).astype(np.int64)
        levels = np.floor(velocity / self.velocity_step).astype(np.int64)
        codes = np.stack([np.rint(pitch).astype(np.int64), steps, levels, np.minimum(duration, MOST)])
        return codes[:, np.lexsort((codes[0], codes[1]))].astype(np.int32)[None]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """codes (1, 4, N) -> values (1, 4, N) float32; lost notes, all zeros, begin with the one before, so that none is shifted."""
        pitch, steps, level, duration = codes[0].astype(np.float64)
        gap = np.diff(np.maximum.accumulate(steps), prepend=0.0) * (self.unit / 1e6)
        held = np.maximum(BEND.straight(np.minimum((duration + 0.5) * self.width, BEND.bent(np.array(MOST_HELD)))), SHORTEST)
        velocity = np.clip(np.rint(level * self.velocity_step + (self.velocity_step - 1) / 2), 1, 127)
        return np.stack([pitch, gap, held, velocity]).astype(np.float32)[None]
