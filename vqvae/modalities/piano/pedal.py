"""What the pedals did, and how long notes sound."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.piano.midi_file import parse
from vqvae.modalities.piano.recording import PEDAL_DOWN, PEDALS, SUSTAIN, Pedal, Piano
from vqvae.modalities.piano.tempo import TempoMap


def pedals(recording: Piano) -> dict[int, Pedal]:
    """What each pedal did, by controller: 64 sustain, 66 sostenuto, 67 soft."""
    midi = parse(recording.frame, recording.name)
    events = midi.tracks[0]
    tempo = TempoMap(midi.division, events)
    found = {}
    for pedal in PEDALS:
        mine = events.code >> 8 == (0xB0 | recording.channel) << 8 | pedal
        found[pedal] = Pedal(tempo.seconds(events.tick[mine]), (events.code[mine] & 0x7F).astype(np.int16))
    return found


def sounding_ends(recording: Piano) -> np.ndarray:
    """(N,) s: when each note falls silent.

    A note whose key is let go while the sustain pedal is down (64 or above) sounds until the pedal goes up, the same key is
    struck again, or the file ends.
    """
    notes, pedal = recording.notes, pedals(recording)[SUSTAIN]
    end = notes.end
    down = pedal.value >= PEDAL_DOWN
    if not down.any():
        return end
    place = np.searchsorted(pedal.time, end, side="right") - 1
    held = (place >= 0) & down[place]
    last = max(float(end.max()), length(recording))
    ups = np.append(pedal.time[~down], last)
    until = np.maximum(ups[np.searchsorted(pedal.time[~down], end, side="right")], end)
    return np.where(held, np.maximum(end, np.minimum(until, _struck_again(recording))), end)


def length(recording: Piano) -> float:
    """Length of the file, s: to its end of track, or to the last note where that is later."""
    midi = parse(recording.frame, recording.name)
    stated = float(TempoMap(midi.division, midi.tracks[0]).seconds(midi.tracks[0].end))
    return max(stated, float(recording.notes.end.max())) if recording.count else stated


def _struck_again(recording: Piano) -> np.ndarray:
    """(N,) s: when the key of each note is next struck; infinite when never."""
    notes = recording.notes
    order = np.lexsort((notes.onset, notes.pitch))
    following = np.full(recording.count, np.inf)
    same = notes.pitch[order][1:] == notes.pitch[order][:-1]
    following[order[:-1][same]] = notes.onset[order[1:][same]]
    return following
