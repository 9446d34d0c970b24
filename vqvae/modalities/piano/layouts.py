"""Layouts out of files, which may say anything."""

from __future__ import annotations

from typing import Any

from vqvae.modalities.piano.frames import unpack_frame
from vqvae.modalities.piano.reading import LONGEST_NAME, MAX_BYTES, MAX_NOTES, MAX_SECONDS
from vqvae.modalities.piano.recording import NOTHING, Piano

FIELDS = {"modality", "name", "notes", "channel", "frame", "mid_bytes", "gaps"}
NO_NAMES = ("", ".", "..")  # that a file in a folder could have


def check_layout(layout: dict[str, Any]) -> None:
    """ValueError unless this can be what `to_tensors` made: every field there, of its kind, and in agreement with the others."""
    if set(layout) != FIELDS or layout["modality"] != "piano":
        raise ValueError("the file's description of the music is incomplete or of another kind: it was not written by this program")
    name, notes, gaps = layout["name"], layout["notes"], layout["gaps"]
    called = isinstance(name, str) and len(name) <= LONGEST_NAME and name not in NO_NAMES and not set(name) & set("/\\\0")
    counted = _is_whole(notes, 1, MAX_NOTES) and _is_whole(layout["mid_bytes"], 1, 4 * MAX_BYTES) and _is_whole(layout["channel"], 0, 15)
    if not (called and counted):
        raise ValueError("the file's description of the music names impossible names, numbers or channels: it is damaged or forged")
    if not isinstance(gaps, list) or len(gaps) > notes or not all(_is_gap(gap, notes) for gap in gaps):
        raise ValueError("the file's description of the music has gaps outside the piece: it is damaged or forged")
    if not isinstance(layout["frame"], str):
        raise ValueError("the file's description of the music has no frame around its notes: it is damaged or forged")
    around = Piano(name, NOTHING, unpack_frame(layout["frame"]))
    if around.seconds > MAX_SECONDS:
        raise ValueError(f"the file's description of the music says that it lasts {around.seconds:.0f} s: it is damaged or forged")


def _is_whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_gap(value: Any, notes: int) -> bool:
    return isinstance(value, list) and [*map(type, value)] == [int, int] and 0 <= value[0] <= value[1] <= notes
