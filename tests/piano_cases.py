"""Pieces by chance, and what it means that notes are the same."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.piano.midi_file import Events, assemble
from vqvae.modalities.piano.recording import Notes, Piano

DIVISIONS = (480, 24, 384, 960, 0xE728, 32767, 1, 0xE204)

KINDS = ("pedal", "control", "bend", "program", "pressure", "key", "tempo", "text", "sysex")


def some_piece(seed: int) -> Piano:
    """Notes, tempos, pedals, words and all other kinds of events, at any division of time; no key overlaps itself."""
    random = np.random.default_rng(seed)
    division = DIVISIONS[seed % len(DIVISIONS)]
    channel = int(random.choice([0, 3, 15]))
    frame = assemble(division, _events(random, division, channel))
    count = int(random.integers(12, 300))
    onset = np.sort(random.uniform(0, 40, count))
    onset[1::5] = onset[:-1:5][: len(onset[1::5])]  # chords
    pitch = random.permutation(np.arange(count) % 88 + 21).astype(np.int16)
    duration = random.uniform(0.001, 2.0, count)
    notes = Notes(onset, duration, pitch, random.integers(1, 128, count).astype(np.int16)).sorted()
    for key in range(128):
        mine = np.flatnonzero(notes.pitch == key)
        notes.duration[mine[:-1]] = np.minimum(notes.duration[mine[:-1]], np.diff(notes.onset[mine]) - 0.002)
    return Piano(f"piece-{seed}", notes.where(notes.duration > 0), frame, channel=channel)


def _events(random: np.random.Generator, division: int, piano: int) -> Events:
    count = int(random.integers(0, 60))
    rate = division * 2 if division < 0x8000 else (256 - (division >> 8)) * (division & 0xFF)
    tick = np.sort(random.integers(0, 30 * rate + 1, count))
    tick[1::4] = tick[:-1:4][: len(tick[1::4])]
    code, others = np.zeros(count, np.int64), []
    for place, kind in enumerate(random.choice(KINDS, count)):
        channel, first, second = int(random.integers(16)), int(random.integers(64)), int(random.integers(128))
        status = {"pedal": 0xB0, "control": 0xB0, "bend": 0xE0, "program": 0xC0, "pressure": 0xD0, "key": 0xA0}.get(kind)
        if status is not None:
            second = 0 if status in (0xC0, 0xD0) else second
            channel, first = (piano, int(random.choice([64, 66, 67]))) if kind == "pedal" else (channel, first)
            code[place] = (status | channel) << 16 | first << 8 | second
            continue
        tempo = b"\xff\x51\x03" + int(random.integers(200_000, 1_500_000)).to_bytes(3, "big")
        code[place] = -1 - len(others)
        others.append({"tempo": tempo, "text": b"\xff\x01\x03abc", "sysex": b"\xf0\x03\x7e\x09\xf7"}[kind])
    return Events(tick, code, others, int(tick.max(initial=0)) + int(random.integers(0, 20 * rate)))


def same_notes(found: Notes, expected: Notes, tolerance: float, *columns: str) -> None:
    """Pitches and velocities are equal, times within `tolerance` s; of the columns named only where there are any."""
    assert len(found.onset) == len(expected.onset)
    order, wanted = (np.lexsort((notes.onset, notes.pitch)) for notes in (found, expected))
    for name in columns or ("pitch", "velocity"):
        assert (getattr(found, name)[order] == getattr(expected, name)[wanted]).all()
    assert np.abs(found.onset[order] - expected.onset[wanted]).max(initial=0) <= tolerance
    if not columns:
        assert np.abs(found.duration[order] - expected.duration[wanted]).max(initial=0) <= tolerance
