"""Where the bars of a file begin, if it was played or written to a beat."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.piano.midi_file import is_meta
from vqvae.modalities.piano.recording import Piano

_SIGNATURE = 0x58  # type of meta event
_SHORTEST = 64  # of notes that a time signature counts: a 64th
_PLACES = np.array([0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1])  # of a quarter note, where notes of a score mostly begin
_NEAR = 0.03  # of a quarter note, to either side: 15 ms at 120 a minute
_CHANCE = 6 * 2 * _NEAR  # the share of notes that are there by chance
_LEAST = 0.5  # the share of notes that are there at the least where notes follow the beat
_SURE = 3.0  # standard deviations above chance
_MOST = 100_000  # bars
_EARLY = 1 / 16  # of a quarter note before the beat: what is struck there belongs to it


def bars(recording: Piano) -> np.ndarray | None:
    """Times in s at which bars begin, and the end of the last, (B + 1,): from just before the beat, as players are early at times.

    None where they would mean nothing: no time signature, or notes that do not follow the beat, as in performances that were recorded
    freely at a tempo that nobody played.
    """
    division = recording.midi.division
    if division & 0x8000 or not (found := _signatures(recording)) or not _on_the_beat(recording):
        return None
    last = float(recording.tempo.ticks(recording.notes.onset.max())) + _EARLY * division + 1
    starts = [start for start in found if start < last]
    lengths = [4 * division * found[start] for start in starts]
    counts = [int(np.ceil((stop - start) / length)) for start, stop, length in zip(starts, [*starts[1:], last], lengths, strict=True)]
    if sum(counts) > _MOST:
        return None
    lines = [start + length * np.arange(count) for start, count, length in zip(starts, counts, lengths, strict=True)]
    ticks = np.concatenate([*lines, lines[-1][-1:] + lengths[-1]])
    return recording.tempo.seconds(np.maximum(0.0, ticks - _EARLY * division))


def _signatures(recording: Piano) -> dict[int, float]:
    """Tick -> length of a bar in whole notes from there; the first counts from the beginning."""
    events, found = recording.events, dict[int, float]()
    for place in np.flatnonzero(events.code < 0):
        message = events.others[-1 - int(events.code[place])]
        if is_meta(message, _SIGNATURE) and len(message) >= 5 and message[3] and 2 ** message[4] <= _SHORTEST:
            found[int(events.tick[place]) if found else 0] = message[3] / 2 ** message[4]
    return found


def _on_the_beat(recording: Piano) -> bool:
    """Whether far more notes than by chance begin where notes of a score do."""
    place = recording.tempo.ticks(recording.notes.onset) / recording.midi.division % 1
    near, count = (np.abs(place[:, None] - _PLACES) < _NEAR).any(axis=1), recording.count
    surely = _CHANCE * count + _SURE * np.sqrt(_CHANCE * (1 - _CHANCE) * count)
    return bool(count and near.sum() > max(surely, _LEAST * count))
