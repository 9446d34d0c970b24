"""Piano -> what a network sees, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from vqvae.modalities.piano.frames import pack_frame, unpack_frame
from vqvae.modalities.piano.reading import MAX_SECONDS
from vqvae.modalities.piano.recording import SHORTEST, Notes, Piano
from vqvae.modalities.piano.writing import to_bytes
from vqvae.modalities.protocol import Apart, Chunking, Tensors

PITCH, DSTART, DURATION, VELOCITY = range(4)
LONGEST = 2 * MAX_SECONDS  # that coarse codes make of a note that is held as long as anything that is read


def to_tensors(recording: Piano) -> Tensors:
    """Piano of N notes -> (1, 4, N): pitch, s since the note before (the first: since 0), s that the key is held, velocity."""
    notes = recording.notes
    values = np.empty((1, 4, recording.count), np.float32)
    values[0, PITCH], values[0, VELOCITY] = notes.pitch, notes.velocity
    values[0, DSTART], values[0, DURATION] = np.diff(notes.onset, prepend=0.0), notes.duration
    layout = {
        "modality": "piano",
        "name": recording.name,
        "notes": recording.count,
        "channel": recording.channel,
        "frame": pack_frame(recording.midi),
        "mid_bytes": len(to_bytes(recording)),
        "gaps": [],
    }
    return Tensors(values, layout)


def restore(tensors: Tensors) -> Piano:
    """Undo `to_tensors`: onsets added up, pitches and velocities to whole numbers in their range, notes in gaps left out.

    ValueError for times that no performance has.
    """
    layout, rows = tensors.layout, tensors.values[0].astype(np.float64)
    if not np.isfinite(rows).all():
        raise ValueError("a note came back without a finite time, pitch or velocity")
    onset = np.cumsum(np.maximum(rows[DSTART], 0.0))
    pitch, velocity = np.clip(np.rint(rows[PITCH]), 0, 127), np.clip(np.rint(rows[VELOCITY]), 1, 127)
    notes = Notes(onset, np.where(rows[DURATION] > 0, rows[DURATION], SHORTEST), pitch.astype(np.int16), velocity.astype(np.int16))
    kept = np.ones(len(onset), bool)
    for first, stop in layout["gaps"]:
        kept[first : stop if stop < layout["notes"] else None] = False  # a last window that was lost does not know that it was not full
    notes = notes.where(kept)
    if (latest := float(notes.end.max(initial=0.0))) > LONGEST:
        raise ValueError(f"the notes last until {latest:.0f} s, longer than anything that can be read: their file is damaged or forged")
    return Piano(layout["name"], notes.sorted(), unpack_frame(layout["frame"]), channel=int(layout["channel"]))


def sides(layout: dict[str, Any]) -> tuple[int]:
    """(N,): notes in the tensors that a layout belongs to."""
    return (length(layout),)


def length(layout: dict[str, Any]) -> int:
    """N, the notes that a layout belongs to."""
    return int(layout["notes"])


def with_gaps(layout: dict[str, Any], spans: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """The layout with stretches of notes left out, each from its first note to the one behind its last."""
    count = int(layout["notes"])
    more = [[max(0, int(first)), min(count, int(stop))] for first, stop in spans]
    return {**layout, "gaps": [*layout["gaps"], *(gap for gap in more if gap[0] < gap[1])]}


def describe_preprocessing() -> dict[str, Any]:
    """What `to_tensors` does, for a checkpoint's configuration and its card."""
    return {"channels": ["pitch", "dstart_s", "duration_s", "velocity"], "order": "onset, then pitch", "durations": "of the key"}


CHUNKS = Chunking(4000.0, "notes", 1.0)
APART = Apart(("pitch",), ("frame",), "which keys are struck and what passes through untouched (tempo, pedals, texts)")


def lost(layout: dict[str, Any], first: float, stop: float) -> tuple[int, int]:
    """The notes that are lost with the values [first, stop)."""
    return round(first), round(stop)


def rows(layout: dict[str, Any]) -> int:
    """Rows of values: there is one performance."""
    return 1


class Extent(NamedTuple):
    """How much music there is, to turn bytes into a rate."""

    amount: float  # notes
    unit: str
    raw_bytes: float
    raw: str  # the same in words


def extent(layout: dict[str, Any]) -> Extent:
    """The amount of music that a layout describes."""
    return Extent(layout["notes"], "bit/note", layout["mid_bytes"], "the .mid file of the same notes and pedals")
