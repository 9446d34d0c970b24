"""What a piano roll shows: which seconds, which keys, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from vqvae.modalities.looks import DARK, LIGHT, Ink
from vqvae.modalities.piano.recording import Notes

Mode = Literal["fold", "overlay", "difference"]
Shade = Literal["velocity", "onset_error_ms", "duration_log_ratio", "velocity_error"]

BLACK_KEYS = (1, 3, 6, 8, 10)
FEWEST_KEYS = 24  # a roll never shows less than two octaves

SOFT_TO_LOUD = {  # plasma (van der Walt and Smith 2015) without the end that drowns in the background; even steps for colour-blind eyes too
    False: ("#e8a33c", "#dd5e66", "#b12a90", "#6a00a8", "#1b0a6b"),
    True: ("#7a38c8", "#c23f9e", "#ea6f6c", "#fda636", "#f3f05b"),
}
EARLY_TO_LATE = {  # blue to orange through a grey that both backgrounds leave visible
    False: ("#0b4fa8", "#5b8ed1", "#a6abb1", "#e08a3a", "#a84300"),
    True: ("#6fb2ff", "#3f74b8", "#70757b", "#d07a2a", "#ffb066"),
}


class Shading(NamedTuple):
    """What the colour of a note says."""

    title: str
    low: float
    high: float
    low_said: str
    high_said: str


SHADES: dict[Shade, Shading] = {
    "velocity": Shading("Velocity", 1, 127, "soft", "loud"),
    "onset_error_ms": Shading("Onset error (ms)", -50, 50, "early", "late"),
    "duration_log_ratio": Shading("Duration (octaves)", -1, 1, "half", "twice"),
    "velocity_error": Shading("Velocity error", -20, 20, "softer", "louder"),
}
"""Errors beyond the ends have the colour of the end."""


@dataclass(frozen=True)
class View:
    """Which part of a performance is drawn."""

    start: float = 0.0  # s
    seconds: float = 15.0
    shade: Shade = "velocity"
    sounding: bool = True  # show how long notes sound on in the pedal
    dark: bool = False

    @property
    def stop(self) -> float:
        """End of the window, s."""
        return self.start + self.seconds

    @property
    def ink(self) -> Ink:
        """The colours to draw with."""
        return DARK if self.dark else LIGHT

    @property
    def loudness(self) -> list[str]:
        """Colours from soft to loud."""
        return list(SOFT_TO_LOUD[self.dark])

    @property
    def scale(self) -> list[list[float | str]]:
        """The colours of notes, as plotly takes them."""
        colours = (SOFT_TO_LOUD if self.shade == "velocity" else EARLY_TO_LATE)[self.dark]
        return [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]


def keys_shown(*pitches: np.ndarray) -> tuple[int, int]:
    """The lowest and the highest key of a roll: those that are played, some air, and two octaves at least."""
    played = np.concatenate(pitches)
    low, high = (int(played.min()), int(played.max())) if len(played) else (60, 60)
    air = max(2, (FEWEST_KEYS - (high - low)) // 2)
    return max(0, low - air), min(127, high + air)


def seen(notes: Notes, ends: np.ndarray, view: View) -> np.ndarray:
    """Indices of the notes that sound inside the window."""
    last = int(np.searchsorted(notes.onset, view.stop, "right"))
    return np.flatnonzero(ends[:last] >= view.start)


def loudest(notes: Notes, ends: np.ndarray, keys: tuple[int, int], span: tuple[float, float], columns: int) -> np.ndarray:
    """A roll as a picture (keys, columns) uint8 between two times in s: the velocity of the loudest note of each key, 0 where none is."""
    picture = np.zeros((keys[1] - keys[0] + 1, columns), np.uint8)
    step = (span[1] - span[0]) / columns
    first = np.clip(((notes.onset - span[0]) / step).astype(np.int64), 0, columns)
    last = np.clip(np.ceil((ends - span[0]) / step).astype(np.int64), first + 1, None)
    inside = (first < columns) & (ends > span[0]) & (notes.pitch >= keys[0]) & (notes.pitch <= keys[1])
    rows = notes.pitch.astype(np.int64) - keys[0]
    for i in np.flatnonzero(inside)[np.argsort(notes.velocity[inside], kind="stable")].tolist():
        picture[rows[i], first[i] : last[i]] = notes.velocity[i]
    return picture
