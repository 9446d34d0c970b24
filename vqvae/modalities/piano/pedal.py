"""What the pedals did, and how long notes sound."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.piano.recording import PEDAL_DOWN, PEDALS, SUSTAIN, Pedal, Piano


def pedals(recording: Piano) -> dict[int, Pedal]:
    """What each pedal did, by controller: 64 sustain, 66 sostenuto, 67 soft."""
    events, tempo = recording.events, recording.tempo
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
    ups = np.append(pedal.time[~down], recording.seconds)
    until = np.maximum(ups[np.searchsorted(pedal.time[~down], end, side="right")], end)
    return np.where(held, np.maximum(end, np.minimum(until, _struck_again(recording))), end)


def _struck_again(recording: Piano) -> np.ndarray:
    """(N,) s: when the key of each note is next struck; infinite when never."""
    notes = recording.notes
    order = np.lexsort((notes.onset, notes.pitch))
    following = np.full(recording.count, np.inf)
    same = notes.pitch[order][1:] == notes.pitch[order][:-1]
    following[order[:-1][same]] = notes.onset[order[1:][same]]
    return following
