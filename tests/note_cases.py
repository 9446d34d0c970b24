"""Notes for the tests of their coders, and plain loops to check side information with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vqvae.codec.notes import Scale
from vqvae.modalities.piano import example, examples, write

SCALES = (Scale(70_000, 4, 4), Scale(20_000, 4, 5), Scale(5_000, 6, 6))
"""Simultaneous chords, chords spread over one step, and over seven."""


def played(rng: np.random.Generator, count: int, scale: Scale) -> np.ndarray:
    """Codes (1, 4, count) with chords, runs, silences, repeated notes and very long ones."""
    steps = rng.choice([0, 0, 1, 2, 3, 5, 9, 40], count)
    steps[rng.random(count) < 0.01] = 3_000
    onset = np.cumsum(steps) + int(rng.integers(0, 1000))
    pitch = np.clip(60 + np.cumsum(rng.integers(-5, 6, count)), 0, 127)
    pitch[rng.random(count) < 0.2] = 60
    velocity = rng.integers(0, 1 << scale.velocity_bits, count)
    duration = np.minimum(rng.geometric(0.3, count) - 1, (1 << scale.duration_bits) - 1)
    duration[rng.random(count) < 0.01] = 500
    order = np.lexsort((pitch, onset))
    return np.stack([pitch, onset, velocity, duration])[:, order].astype(np.int32)[None]


def places_since(keys: list[int]) -> list[int]:
    """How many places before each key the same one was; 0: never."""
    last: dict[int, int] = {}
    found = []
    for place, key in enumerate(keys):
        found.append(place - last[key] if key in last else 0)
        last[key] = place
    return found


def composed(folder: Path) -> Path:
    """`folder` with performances in it, Composer/Piece/Player.mid: one piece of Haydn's name, the others of Bach's, two players each."""
    for name in examples():
        for player in range(2):
            write(example(name, player), folder / ("Haydn" if name == examples()[0] else "Bach") / name / f"Player{player}")
    return folder
