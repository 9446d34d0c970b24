"""Piano performances out of Standard MIDI files of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.containers import unwrap
from vqvae.modalities.piano.merging import Merged, merge
from vqvae.modalities.piano.midi_file import Events, assemble, parse
from vqvae.modalities.piano.pairing import pair
from vqvae.modalities.piano.parts import Part, chosen, find_parts
from vqvae.modalities.piano.recording import PEDALS, Notes, Piano
from vqvae.modalities.piano.tempo import TempoMap

KNOWN = "Standard MIDI (.mid, .midi, .kar, .rmi)"
MAX_BYTES = 16_000_000  # of one file
MAX_NOTES = 100_000
MAX_SECONDS = 4 * 3600.0  # differences of onsets are exact to 0.5 ms up to here, as they are kept in 32 bits
SHORTEST = 1e-3  # s, for notes that have no length


def read(path: Path, part: str | None = None) -> Piano:
    """The notes in `path` as one piano: all melodic parts put together, or the part with this label (`parts` lists them).

    Raises ValueError with one sentence that says what would work.
    """
    path = Path(path)
    merged = _merged(path)
    return _piano(merged, chosen(find_parts(merged), part, path.name), path)


def parts(path: Path) -> tuple[Part, ...]:
    """What `read` can be told to read alone: every channel of every track that has notes."""
    return find_parts(_merged(Path(path)))


def _merged(path: Path) -> Merged:
    if not path.is_file():
        raise ValueError(f"{path.name} does not exist: give a MIDI file.")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{path.name} has {size / 1e6:.0f} MB; MIDI files of up to {MAX_BYTES / 1e6:.0f} MB can be read.")
    return merge(parse(unwrap(path.read_bytes(), path.name), path.name))


def _piano(merged: Merged, kept: tuple[Part, ...], path: Path) -> Piano:
    mine = np.isin(merged.part, [part.key for part in kept])
    found = np.flatnonzero(merged.is_note & mine)
    code, tick = merged.events.code[found], merged.events.tick[found]
    pitch, velocity, on = code >> 8 & 0x7F, code & 0x7F, merged.is_on[found]
    if int(on.sum()) > MAX_NOTES:
        raise ValueError(f"{path.name} has {on.sum():,} notes; up to {MAX_NOTES:,} can be read: cut it into pieces.".replace(",", " "))
    strokes = pair(merged.part[found] << 7 | pitch, tick, on, merged.end[found])
    tempo = TempoMap(merged.division, merged.events)
    start, stop = tempo.seconds(tick[strokes.start]), tempo.seconds(strokes.end)
    length = float(tempo.seconds(merged.events.end))
    if length > MAX_SECONDS:
        lasts = f"{path.name} lasts {length / 3600:.1f} h"
        raise ValueError(f"{lasts}; up to {MAX_SECONDS / 3600:.0f} h can be read: cut out the part with music, or export it again.")
    empty = stop <= start
    duration = np.where(empty, SHORTEST, stop - start)
    notes = Notes(start, duration, pitch[strokes.start].astype(np.int16), velocity[strokes.start].astype(np.int16)).sorted()
    channel = max(kept, key=lambda part: part.notes).channel
    frame, moved = _frame(merged, {part.channel for part in kept}, channel)
    said = [*merged.oddities, *_about_parts(find_parts(merged), kept), *moved]
    if strokes.hanging:
        said.append(f"{strokes.hanging} notes have no end: each was ended where its key is struck next, or with its track.")
    if empty.any():
        said.append(f"{empty.sum()} notes have no length: each was given 1 ms.")
    return Piano(path.stem, notes, assemble(merged.division, frame), tuple(said), channel)


def _about_parts(there: tuple[Part, ...], kept: tuple[Part, ...]) -> list[str]:
    """What was put together and what was left out."""
    said = []
    if len(kept) > 1:
        said.append(f"{len(kept)} parts were put together as one piano; choose one to have it alone.")
    elif len(there) > 1:
        said.append(f"Of {len(there)} parts only {kept[0].label} was read.")
    drums = sum(part.notes for part in there if part.drums and part not in kept)
    if drums and all(part.drums for part in there if part not in kept):
        said.append(f"{drums} drum notes (channel 10) were left out.")
    return said


class _Framed(NamedTuple):
    events: Events
    said: list[str]


def _frame(merged: Merged, channels: set[int], piano: int) -> _Framed:
    """Everything but the notes: what belongs to no channel, and to these; pedals of another channel go to the piano's that has none."""
    events, said = merged.events, []
    code = events.code.copy()
    plain = code >= 0
    channel, status = code >> 16 & 0x0F, code >> 20
    for pedal in PEDALS:
        is_pedal = plain & (status == 0xB) & (code >> 8 & 0x7F == pedal) & np.isin(channel, list(channels))
        counts = np.bincount(channel[is_pedal], minlength=16)
        if counts.any() and not counts[piano]:
            giver = int(counts.argmax())
            code[is_pedal & (channel == giver)] += (piano - giver) << 16
            said.append(f"The pedal of controller {pedal} is that of channel {giver + 1}.")
    keep = ~merged.is_note & (~plain | np.isin(channel, list(channels)))
    return _Framed(Events(events.tick[keep], code[keep], events.others, events.end), said)
