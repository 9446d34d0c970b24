"""Performances made for tests: notes written down, a pedal, and what a codec might do to them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import mido
import numpy as np

from vqvae.modalities.piano.recording import Notes, Piano


def notes_of(rows: Sequence[tuple[float, float, int, int]]) -> Notes:
    """Rows of onset (s), duration (s), pitch, velocity."""
    onset, duration, pitch, velocity = np.array(rows, float).reshape(-1, 4).T
    return Notes(onset, duration, pitch.astype(np.int16), velocity.astype(np.int16)).sorted()


def performance(notes: Notes | Sequence[tuple[float, float, int, int]], pedal: Sequence[tuple[float, int]] = ()) -> Piano:
    """A piece with these notes and a sustain pedal moved at these times (s, to the ms) to these values."""
    track = mido.MidiTrack()
    last = 0
    for time, value in pedal:
        tick = round(1000 * time)
        track.append(mido.Message("control_change", control=64, value=value, time=tick - last))
        last = tick
    made = mido.MidiFile(type=0, ticks_per_beat=500)  # at the usual tempo, 1 tick is 1 ms
    made.tracks.append(track)
    frame = io.BytesIO()
    made.save(file=frame)
    return Piano("piece", notes if isinstance(notes, Notes) else notes_of(notes), frame.getvalue())


def chance(seed: int, count: int, keys: int = 12, seconds: float = 20.0) -> Notes:
    """Notes without sense, to the ms; few keys and little time make them dense."""
    rng = np.random.default_rng(seed)
    onset, duration = rng.uniform(0, seconds, count).round(3), rng.uniform(0.02, 1.0, count).round(3)
    pitch, velocity = rng.integers(60, 60 + keys, count), rng.integers(20, 110, count)
    return Notes(onset, duration, pitch.astype(np.int16), velocity.astype(np.int16)).sorted()


def disturbed(notes: Notes, seed: int, jitter: float = 0.02, lost: float = 0.05) -> Notes:
    """Onsets moved at random by `jitter` s, durations by up to a third, velocities by up to 12; some notes lost."""
    rng = np.random.default_rng(seed)
    kept = notes.where(rng.random(len(notes.onset)) >= lost)
    size = len(kept.onset)
    onset = np.maximum(kept.onset + rng.normal(0, jitter, size).round(3), 0)
    velocity = np.clip(kept.velocity * 0.8 + rng.integers(-12, 13, size), 1, 127)
    return Notes(onset, kept.duration * rng.uniform(0.7, 1.3, size), kept.pitch, velocity.astype(np.int16)).sorted()


def changed(recording: Piano, **columns: np.ndarray) -> Piano:
    """The same performance with other columns of notes."""
    return replace(recording, notes=recording.notes._replace(**columns).sorted())
