"""Music as written: what to play, before anybody plays it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Written(NamedTuple):
    """One note of a score."""

    beat: float  # quarter notes from the beginning
    length: float  # quarter notes
    pitch: int  # MIDI number
    melody: bool = False  # sung out above the rest
    roll: float = 0.0  # s after the beat, in a chord that is broken upwards


def line(text: str, beat: float = 0.0, melody: bool = False, up: int = 0) -> list[Written]:
    """One voice from `beat` on, `up` semitones higher than written.

    text: notes as F#4/1.5 (name, octave, quarter notes), chords as G3+B3+D4/2, rests as r/1.
    """
    found = []
    for token in text.replace("|", " ").split():
        names, _, length = token.partition("/")
        for name in () if names == "r" else names.split("+"):
            found.append(Written(beat, float(length), pitch(name) + up, melody))
        beat += float(length)
    return found


def pitch(name: str) -> int:
    """Name with octave -> MIDI number: C4, the middle one, is 60."""
    found = re.fullmatch(r"([A-G])(#|b)?(\d)", name)
    if found is None:
        raise ValueError(f"{name!r} is no note: write a letter, # or b, and an octave, as in F#4")
    return _STEPS[found[1]] + {"#": 1, "b": -1, None: 0}[found[2]] + 12 * (int(found[3]) + 1)


def rolled(notes: Iterable[Written], step: float) -> list[Written]:
    """A chord broken upwards, `step` s from note to note."""
    return [note._replace(roll=place * step) for place, note in enumerate(sorted(notes, key=lambda note: note.pitch))]


def ending(notes: Iterable[Written]) -> float:
    """Where the last note ends, in quarter notes."""
    return max(note.beat + note.length for note in notes)
