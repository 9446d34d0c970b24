"""The parts of a file: every channel of every track that has notes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.merging import Merged
from vqvae.modalities.piano.midi_file import is_meta

DRUMS = 9  # channel 10 of General MIDI
_TRACK_NAME = 0x03


class Part(NamedTuple):
    """One channel of one track."""

    key: int  # track << 4 | channel
    label: str  # what `read` is told: "track 2, channel 1"
    title: str  # the track's own name; empty when it has none
    channel: int  # 0…15
    notes: int
    drums: bool

    @property
    def names(self) -> frozenset[str]:
        """What chooses it, in small letters: its label, its track's number, its track's title."""
        return frozenset((self.label, str((self.key >> 4) + 1), self.title.lower())) - {""}


def find_parts(merged: Merged) -> tuple[Part, ...]:
    """The parts in the order of the file."""
    titles = _titles(merged)
    found = []
    for key, notes in zip(*np.unique(merged.part[merged.is_on], return_counts=True), strict=True):
        track, channel = int(key) >> 4, int(key) & 0x0F
        label = f"track {track + 1}, channel {channel + 1}"
        found.append(Part(int(key), label, titles.get(track, ""), channel, int(notes), channel == DRUMS))
    return tuple(found)


def chosen(there: tuple[Part, ...], wanted: str | None, name: str) -> tuple[Part, ...]:
    """The part with this label, or all parts of the track with this number or title; when None all that are no drums.

    ValueError when there are none.
    """
    if not there:
        raise ValueError(f"{name} holds no notes: give a MIDI file in which something is played.")
    if wanted is not None:
        found = tuple(part for part in there if wanted.strip().lower() in part.names)
        if not found:
            shown = "; ".join(f"{part.label} ({part.title})" if part.title else part.label for part in there[:20])
            raise ValueError(f"{name} has no track {wanted!r}; it has {shown}.")
        return found
    melodic = tuple(part for part in there if not part.drums)
    if not melodic:
        raise ValueError(f"{name} holds only drums (channel 10): give a MIDI file in which notes of an instrument with pitches are played.")
    return melodic


def _titles(merged: Merged) -> dict[int, str]:
    """Names of tracks, by number."""
    found: dict[int, str] = {}
    for place in np.flatnonzero(merged.events.code < 0):
        message = merged.events.others[-1 - int(merged.events.code[place])]
        if is_meta(message, _TRACK_NAME):
            text = _words(message[3:])
            found.setdefault(int(merged.track[place]), "".join(c for c in text if c.isprintable()).strip()[:60])
    return found


def _words(text: bytes) -> str:
    """Text of a meta event, which may be in any alphabet."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
