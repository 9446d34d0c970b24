"""Piano performances to Standard MIDI files that any sequencer opens."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from vqvae.modalities.piano.midi_file import MAX_DELTA, Events, assemble
from vqvae.modalities.piano.recording import Piano
from vqvae.modalities.piano.uploads import SUFFIXES
from vqvae.modalities.protocol import Report

LONGEST_TICK = 0.5e-3  # s; files with longer ones get more ticks a quarter note
_FINEST = 0x7FFF  # ticks a quarter note


def write(recording: Piano, path: Path) -> list[Path]:
    """Write a format-0 MIDI file: the notes among all else that was in the file, at the same times; returns its path.

    path: `.mid` is put behind it where it has no suffix of MIDI files.  It is written beside and then renamed.
    """
    data = to_bytes(recording)
    (target,) = targets(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".piano-") as folder:
        beside = Path(folder) / target.name
        beside.write_bytes(data)
        beside.replace(target)
    return [target]


def targets(path: Path) -> tuple[Path, ...]:
    """Every file that `write` may make."""
    return (path.parent / f"{path.stem if path.suffix.lower() in SUFFIXES else path.name}.mid",)


def to_bytes(recording: Piano) -> bytes:
    """The MIDI file of a recording: onsets within 0.5 ms of what they are, in most files within 0.25 ms.

    Of two notes on one key of which one lasts from before to after the other, the ends change places: a file does not say which of them a
    release ends, and readers take the first.
    """
    events, tempo, division = recording.events, recording.tempo, recording.midi.division
    times = _factor(division, tempo.longest_tick, events)
    notes = recording.notes.sorted()
    start = np.rint(tempo.ticks(notes.onset) * times).astype(np.int64)
    stop = np.maximum(np.rint(tempo.ticks(notes.end) * times).astype(np.int64), start + 1)
    pitch, velocity = notes.pitch.astype(np.int64) << 8, notes.velocity.astype(np.int64)
    ons, offs = (0x90 | recording.channel) << 16 | pitch | velocity, (0x90 | recording.channel) << 16 | pitch
    tick = np.concatenate([stop, events.tick * times, start])  # of one moment: what ends, what changes, what begins
    code = np.concatenate([offs, events.code, ons])
    order = np.argsort(tick, kind="stable")
    end = max(events.end * times, int(tick.max(initial=0)))
    finer = division & 0xFF00 | (division & 0xFF) * times if division & 0x8000 else division * times
    return assemble(finer, Events(tick[order], code[order], events.others, end))


def _factor(division: int, longest: float, events: Events) -> int:
    """How many ticks to make of one."""
    room = 0xFF // (division & 0xFF) if division & 0x8000 else _FINEST // division
    silence = int(np.diff(np.append(events.tick, events.end), prepend=0).max())
    return max(1, min(int(np.ceil(longest / LONGEST_TICK)), room, MAX_DELTA // max(1, silence)))


def marked(recording: Piano, report: Report) -> Piano:
    """The recording as it is: a MIDI file has no place for what a report says."""
    return recording
