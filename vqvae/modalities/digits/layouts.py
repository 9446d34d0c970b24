"""Layouts out of files, which may say anything."""

from __future__ import annotations

from typing import Any

from vqvae.modalities.digits.recording import LONGEST_NAME, MAX_IMAGES

FIELDS = {"modality", "name", "images", "gaps"}
NO_NAMES = ("", ".", "..")  # that a file in a folder could have


def check_layout(layout: dict[str, Any]) -> None:
    """ValueError unless this can be what `to_tensors` made: every field there, of its kind, and in agreement with the others."""
    if set(layout) != FIELDS or layout["modality"] != "digits":
        raise ValueError("the file's description of the digits is incomplete or of another kind: it was not written by this program")
    name, images, gaps = layout["name"], layout["images"], layout["gaps"]
    if not (isinstance(name, str) and len(name) <= LONGEST_NAME and name not in NO_NAMES and not set(name) & set("/\\\0")):
        raise ValueError("the file's description of the digits gives them an impossible name: it is damaged or forged")
    if type(images) is not int or not 1 <= images <= MAX_IMAGES:
        raise ValueError(f"the file's description of the digits states {images!r:.20} of them: it is damaged or forged")
    if not isinstance(gaps, list) or len(gaps) > images or not all(_is_gap(gap, images) for gap in gaps):
        raise ValueError("the file's description of the digits has gaps where there are none: it is damaged or forged")


def _is_gap(value: Any, images: int) -> bool:
    return isinstance(value, list) and [*map(type, value)] == [int, int] and 0 <= value[0] <= value[1] <= images
