"""Parts of a recording: a stretch of it, or short pieces that stand for the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vqvae.modalities.piano.midi_file import TEXTS, Events, assemble
from vqvae.modalities.piano.recording import Notes, Piano

_PIECES = 6


def excerpt(recording: Piano, start: float = 0.0, stop: float | None = None) -> Piano:
    """The notes struck from `start` to `stop` (the end when None), s, each as long as it is, moved to the beginning.

    Tempo, pedals and all other controls begin as they stood at `start`.  ValueError when nothing is struck there.
    """
    end = np.inf if stop is None else stop
    ticks = np.floor(recording.tempo.ticks(np.clip([start, end], 0.0, recording.seconds))).astype(np.int64)
    begin, onset = float(recording.tempo.seconds(ticks[0])), recording.notes.onset
    inside = (onset >= start) & (onset < end)
    if not inside.any():
        asked = f"from {start:g} to {end:g} s" if np.isfinite(end) else f"from {start:g} s on"
        raise ValueError(f"no note of {recording.name} is struck {asked}: choose a part between {_range(onset)}")
    notes = recording.notes.where(inside)
    events = _stretch(recording.events, int(ticks[0]), int(ticks[1]))
    return replace(recording, notes=notes._replace(onset=notes.onset - begin), frame=assemble(recording.midi.division, events))


def _range(onset: np.ndarray) -> str:
    return f"{onset.min():.0f} and {onset.max():.0f} s" if len(onset) else "other notes, as there are none"


def _stretch(events: Events, start: int, stop: int) -> Events:
    """Events from `start` to `stop`, ticks, after the last of every kind of control from before."""
    inside = (events.tick >= start) & (events.tick <= stop)
    last: dict[int | bytes, int] = {}
    for place in np.flatnonzero(events.tick < start).tolist():
        code = int(events.code[place])
        kind = _kind(code) if code >= 0 else events.others[-1 - code][:2]
        last.pop(kind, None)  # so that the order stays that of the last ones
        last[kind] = place
    standing = [place for kind, place in last.items() if not isinstance(kind, bytes) or (kind[0] == 0xFF and kind[1] not in TEXTS)]
    order = np.concatenate([np.array(standing, np.int64), np.flatnonzero(inside)])
    tick = np.maximum(events.tick[order] - start, 0)
    return Events(tick, events.code[order], events.others, stop - start)


def _kind(code: int) -> int:
    """What a message sets: its status, with the controller or key where it names one."""
    return code >> 8 if code >> 20 in (0xA, 0xB) else code >> 16 << 8


def sampled(recording: Piano, seconds: float) -> Piano:
    """Six pieces spread over the recording, end to end, `seconds` in all; the recording itself when it is not longer.

    Enough to know about how many bytes a codec takes, without pedals.
    """
    length, onset = seconds / _PIECES, recording.notes.onset
    if seconds >= recording.seconds or not length > 0:
        return recording
    starts = np.linspace(0, recording.seconds - length, _PIECES)
    pieces = []
    for place, start in enumerate(starts):
        piece = recording.notes.where((onset >= start) & (onset < start + length))
        pieces.append(piece._replace(onset=piece.onset - start + place * length))
    notes = Notes(*map(np.concatenate, zip(*pieces, strict=True)))
    return replace(recording, notes=notes, frame=_empty(seconds)) if len(notes.onset) else recording


def _empty(seconds: float) -> bytes:
    """A frame of so many seconds with nothing in it, at 480 ticks a quarter note and 120 of those a minute."""
    return assemble(480, Events(np.zeros(0, np.int64), np.zeros(0, np.int64), [], round(seconds * 960)))
