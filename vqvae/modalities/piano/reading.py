"""Piano performances out of Standard MIDI files of every kind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.containers import BEGINNING, require_midi, unwrap
from vqvae.modalities.piano.frames import MAX_TICK
from vqvae.modalities.piano.merging import Merged, merge
from vqvae.modalities.piano.midi_file import Events, assemble, parse
from vqvae.modalities.piano.pairing import Strokes, pair
from vqvae.modalities.piano.parts import Part, chosen, find_parts
from vqvae.modalities.piano.recording import PEDAL_NAMES, PEDALS, SHORTEST, Notes, Piano
from vqvae.modalities.piano.uploads import main_file, unpack
from vqvae.modalities.wording import count

KNOWN = "Standard MIDI (.mid, .midi, .kar, .rmi)"
MAX_BYTES = 8_000_000  # of one file
MAX_NOTES = 100_000
LONGEST_NAME = 100  # characters
MAX_SECONDS = 4 * 3600.0  # differences of onsets are exact to 0.5 ms up to here, as they are kept in 32 bits


def read(path: Path, part: str | None = None) -> Piano:
    """The notes in `path`, a MIDI file or a .zip with one, as one piano: its melodic parts together, or only what `part` names.

    That is the label of a part, as `parts` lists them, or the number or title of a track.  What was put together, left out or mended is
    said in the recording.  Raises ValueError with one sentence for every fault.
    """
    with _unzipped(Path(path)) as found:
        return from_bytes(_content(found), found.name, part)


def from_bytes(data: bytes, name: str, part: str | None = None) -> Piano:
    """What `read` makes of a file of this name with these bytes."""
    merged = _merged(data, name)
    there = find_parts(merged)
    return _piano(merged, there, chosen(there, part, name), name)


def parts(path: Path) -> tuple[Part, ...]:
    """What `read` can be told to read alone: every channel of every track that has notes."""
    with _unzipped(Path(path)) as found:
        return find_parts(_merged(_content(found), found.name))


@contextmanager
def _unzipped(path: Path) -> Iterator[Path]:
    """The MIDI file in a .zip, as long as it is needed; any other file itself."""
    if path.suffix.lower() != ".zip" or not path.is_file():
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        unpack(path, Path(folder))
        yield main_file(Path(folder), path.name)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError(f"{path.name} does not exist: give a MIDI file.")
    size = path.stat().st_size
    if size > MAX_BYTES:
        with path.open("rb") as file:
            require_midi(file.read(BEGINNING), path.name, size)  # a large recording is told what it is before how large it may be
        most = f"{MAX_BYTES / 1e6:.0f} MB, far more than {MAX_NOTES} notes take"
        raise ValueError(f"{path.name} has {size / 1e6:.0f} MB; MIDI files of up to {most}, can be read: cut it into pieces.")
    return path.read_bytes()


def _merged(data: bytes, name: str) -> Merged:
    merged = merge(parse(unwrap(data, name), name))
    hours = float(merged.tempo.seconds(merged.events.end)) / 3600
    if hours * 3600 > MAX_SECONDS or merged.events.end >= MAX_TICK:
        lasts = f"{name} lasts {hours:.3g} h by the times between its events"
        raise ValueError(f"{lasts}; up to {MAX_SECONDS / 3600:.0f} h can be read: cut out the part with music, or export it again.")
    return merged


def _piano(merged: Merged, there: tuple[Part, ...], kept: tuple[Part, ...], name: str) -> Piano:
    mine = np.flatnonzero(merged.is_note & np.isin(merged.part, [part.key for part in kept]))
    code, tick, on = merged.events.code[mine], merged.events.tick[mine], merged.is_on[mine]
    pitch, velocity = code >> 8 & 0x7F, code & 0x7F
    if int(on.sum()) > MAX_NOTES:
        raise ValueError(f"{name} has {on.sum()} notes; up to {MAX_NOTES} can be read: cut it into pieces.")
    strokes = pair(merged.part[mine] << 7 | pitch, tick, on, merged.end[mine])
    start, stop = merged.tempo.seconds(tick[strokes.start]), merged.tempo.seconds(strokes.end)
    duration = np.where(stop > start, stop - start, SHORTEST)
    notes = Notes(start, duration, pitch[strokes.start].astype(np.int16), velocity[strokes.start].astype(np.int16)).sorted()
    channel = max(kept, key=lambda part: part.notes).channel
    silenced = {part.channel for part in there} - {part.channel for part in kept}
    frame, moved = _frame(merged, silenced, channel)
    said = [*merged.said, *_about_parts(there, kept), *moved, *_about_notes(strokes, int((stop <= start).sum()))]
    return Piano(_called(name), notes, assemble(merged.division, frame), tuple(said), channel)


def _called(name: str) -> str:
    """What a recording out of a file of this name is called: without suffix, and fit to be a file's name again on any system."""
    stem = Path(name).stem.replace("\\", "_")[:LONGEST_NAME]
    return stem if stem.strip(".") else "unnamed"


def _about_parts(there: tuple[Part, ...], kept: tuple[Part, ...]) -> list[str]:
    """What was put together and what was left out."""
    said = []
    drums = [part for part in there if part.drums and part not in kept]
    if len(kept) > 1:
        said.append(f"{len(kept)} parts were put together as one piano; each can be read alone.")
    if len(kept) + len(drums) < len(there):
        read = f"{kept[0].label}, was" if len(kept) == 1 else f"{len(kept)} were"
        said.append(f"Of {len(there)} parts only {read} read.")
    if drums and len(kept) + len(drums) == len(there):
        said.append(f"{count(sum(part.notes for part in drums), 'drum note')} (channel 10) left out.")
    return said


def _about_notes(strokes: Strokes, empty: int) -> list[str]:
    """How notes got their ends."""
    said = []
    if strokes.overlapping:
        struck = count(strokes.overlapping, "note")
        said.append(f"{struck} struck while the same key was down: its first release was taken to end its first note.")
    if strokes.hanging:
        said.append(f"{count(strokes.hanging, 'note')} without an end: ended where the key is struck next, or with the track.")
    if empty:
        said.append(f"{count(empty, 'note')} without length: given 1 ms.")
    return said


class _Framed(NamedTuple):
    events: Events
    said: list[str]


def _frame(merged: Merged, silenced: set[int], piano: int) -> _Framed:
    """Everything but the notes, and but what belongs to silenced channels; a pedal that the piano's channel lacks comes from another."""
    events, said = merged.events, []
    code = events.code.copy()
    plain, channel = code >= 0, code >> 16 & 0x0F
    kept = ~merged.is_note & ~(plain & np.isin(channel, list(silenced)))
    for pedal in PEDALS:
        is_pedal = kept & (code >> 20 == 0xB) & (code >> 8 & 0x7F == pedal)
        counts = np.bincount(channel[is_pedal], minlength=16)
        if counts.any() and not counts[piano]:
            giver = int(counts.argmax())
            code[is_pedal & (channel == giver)] += (piano - giver) << 16
            said.append(f"The {PEDAL_NAMES[pedal]} pedal of channel {giver + 1} was taken for the piano's, on channel {piano + 1}.")
    return _Framed(Events(events.tick[kept], code[kept], events.others, events.end), said)
