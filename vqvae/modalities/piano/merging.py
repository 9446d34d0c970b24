"""The tracks of a file on one line of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np

from vqvae.modalities.piano.midi_file import TEMPO, Events, Midi, is_meta
from vqvae.modalities.piano.tempo import USUAL, TempoMap, tempo_of

MOST_ODDITIES = 20  # that are told one by one


@dataclass(frozen=True)
class Merged:
    """Events of all tracks in order of time; those of one moment in the order of their tracks."""

    division: int
    events: Events
    track: np.ndarray  # (E,) int64, where each event comes from
    end: np.ndarray  # (E,) int64, tick at which that track ends
    said: tuple[str, ...]  # what was mended, a sentence each

    @cached_property
    def part(self) -> np.ndarray:
        """(E,) track << 4 | channel of channel messages."""
        return self.track << 4 | self.events.code >> 16 & 0x0F

    @cached_property
    def tempo(self) -> TempoMap:
        """When the ticks are."""
        return TempoMap(self.division, self.events)

    @cached_property
    def is_note(self) -> np.ndarray:
        """(E,) note-ons and note-offs."""
        return np.isin(self.events.code >> 20, (0x8, 0x9))

    @cached_property
    def is_on(self) -> np.ndarray:
        """(E,) note-ons; one of velocity 0 is a note-off."""
        return (self.events.code >> 20 == 0x9) & (self.events.code & 0x7F > 0)


def merge(midi: Midi) -> Merged:
    """All tracks together; those of format 2 one after the other."""
    tracks, said = midi.tracks, list[str]()
    odd = [f"Track {number + 1} has {oddity}." for number, track in enumerate(tracks) for oddity in track.oddities]
    said += odd[:MOST_ODDITIES]
    if len(odd) > MOST_ODDITIES:
        said.append(f"Tracks have {len(odd) - MOST_ODDITIES} more faults of these kinds.")
    if midi.format == 2 and len(tracks) > 1:
        tracks = _in_sequence(tracks)
        said.append(f"The {len(tracks)} sequences of this format-2 file were put one after the other.")
    tracks = [_without_void_tempos(track, said) for track in tracks]
    counts = [len(track.tick) for track in tracks]
    shift = np.repeat([0, *accumulate(len(track.others) for track in tracks)][:-1], counts)
    tick, code = np.concatenate([track.tick for track in tracks]), np.concatenate([track.code for track in tracks])
    order = np.argsort(tick, kind="stable")
    code = np.where(code < 0, code - shift, code)[order]
    ends = [track.end for track in tracks]
    events = Events(tick[order], code, [other for track in tracks for other in track.others], max(ends))
    return Merged(midi.division, events, np.repeat(np.arange(len(tracks)), counts)[order], np.repeat(ends, counts)[order], tuple(said))


def _in_sequence(tracks: list[Events]) -> list[Events]:
    """Tracks moved behind one another, each beginning at the usual tempo."""
    found, start = [], 0
    usual = bytes((0xFF, TEMPO, 3)) + USUAL.to_bytes(3, "big")
    for track in tracks:
        tick, code = np.append(start, start + track.tick), np.append(-1 - len(track.others), track.code)
        found.append(Events(tick, code, [*track.others, usual], start + track.end))
        start += track.end
    return found


def _without_void_tempos(track: Events, said: list[str]) -> Events:
    """A track without tempos of 0, at which no time would pass."""
    there = np.flatnonzero(track.code < 0)
    messages = (track.others[-1 - code] for code in track.code[there].tolist())
    void = [place for place, message in zip(there.tolist(), messages, strict=True) if is_meta(message, TEMPO) and not tempo_of(message)]
    if not void:
        return track
    said.append(f"{len(void)} tempo events without a tempo were left out.")
    return track._replace(tick=np.delete(track.tick, void), code=np.delete(track.code, void))
