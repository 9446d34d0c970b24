"""Pieces to open the page with, composed and performed by this module."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.piano.midi_file import Events, assemble
from vqvae.modalities.piano.recording import Notes, Piano


def examples() -> tuple[str, ...]:
    """Names of the examples, the plainest first."""
    return ("scales",)


def example(name: str = "", seed: int = 0) -> Piano:
    """The example called `name` (the first one by default)."""
    random = np.random.default_rng(seed)
    steps = [0, 2, 4, 5, 7, 9, 11]
    up = [48 + 12 * octave + step for octave in range(3) for step in steps] + [84]
    pitch = np.array(up + up[-2::-1])
    onset = 0.5 + 0.25 * np.arange(len(pitch)) + random.normal(0, 0.006, len(pitch))
    velocity = np.rint(60 + 30 * np.sin(np.pi * np.arange(len(pitch)) / len(pitch)) + random.normal(0, 3, len(pitch)))
    notes = Notes(onset, np.full(len(pitch), 0.22), pitch.astype(np.int16), velocity.astype(np.int16)).sorted()
    end = int(960 * (float(notes.end.max()) + 1) * 2 / 2)
    return Piano("scales", notes, assemble(480, Events(np.zeros(0, np.int64), np.zeros(0, np.int64), [], end)))
