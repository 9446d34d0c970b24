"""A piano performance in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.midi_file import Events, Midi, parse
from vqvae.modalities.piano.tempo import TempoMap

PEDAL_DOWN = 64  # controller value from which on a pedal holds
SHORTEST = 1e-3  # s, of a note that has no length
SUSTAIN, SOSTENUTO, SOFT = PEDALS = (64, 66, 67)  # controllers
PEDAL_NAMES = {SUSTAIN: "sustain", SOSTENUTO: "sostenuto", SOFT: "soft"}


class Notes(NamedTuple):
    """Notes by column, (N,) each, sorted by onset, then pitch."""

    onset: np.ndarray  # float64, s from the start of the file
    duration: np.ndarray  # float64, s that the key is held, > 0
    pitch: np.ndarray  # int16, MIDI number 0…127 (60 is middle C)
    velocity: np.ndarray  # int16, 1…127

    @property
    def end(self) -> np.ndarray:
        """When the key is let go, s from the start of the file."""
        return self.onset + self.duration

    def sorted(self) -> Notes:
        """The same notes in order."""
        order = np.lexsort((self.velocity, self.duration, self.pitch, self.onset))
        return self.where(order)

    def where(self, which: np.ndarray | slice) -> Notes:
        """Some of the notes: a mask, indices or a slice."""
        return Notes(*(column[which] for column in self))


NOTHING = Notes(np.zeros(0), np.zeros(0), np.zeros(0, np.int16), np.zeros(0, np.int16))


class Pedal(NamedTuple):
    """What one pedal did, (P,) each, in order of time."""

    time: np.ndarray  # float64, s from the start of the file
    value: np.ndarray  # int16, 0…127


@dataclass(frozen=True, eq=False)
class Piano:
    """One performance: the notes of one piano, and the file around them."""

    name: str  # of the file without its suffix
    notes: Notes
    frame: bytes  # a format-0 MIDI file with everything but the notes: tempo map, pedals, texts, end of track
    said: Sequence[str] = ()  # what reading left out or put together, a sentence each
    channel: int = 0  # 0…15, of the notes and their pedals in `frame`

    def __post_init__(self) -> None:
        notes = self.notes
        if len({len(column) for column in notes}) != 1:
            raise ValueError("columns of notes have different lengths")
        if len(notes.onset) and not (np.isfinite(notes.onset).all() and np.isfinite(notes.duration).all()):
            raise ValueError("a note has no finite time")

    @cached_property
    def midi(self) -> Midi:
        """The frame, parsed."""
        return parse(self.frame, self.name)

    @property
    def events(self) -> Events:
        """What the frame holds."""
        return self.midi.tracks[0]

    @cached_property
    def tempo(self) -> TempoMap:
        """When the ticks of the frame are."""
        return TempoMap(self.midi.division, self.events)

    @property
    def seconds(self) -> float:
        """Length: to the end of the track, or of the last note where that is later."""
        return max(float(self.tempo.seconds(self.events.end)), float(self.notes.end.max(initial=0.0)))

    @property
    def count(self) -> int:
        """Notes, N."""
        return len(self.notes.onset)


def fingerprint(recording: Piano) -> str:
    """sha256 of notes, frame and channel; hexadecimal."""
    found = hashlib.sha256(recording.frame + bytes((recording.channel,)))
    for column, kind in zip(recording.notes, ("<f8", "<f8", "<i2", "<i2"), strict=True):
        found.update(np.ascontiguousarray(column, kind).tobytes())
    return found.hexdigest()
