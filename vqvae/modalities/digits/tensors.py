"""Digits -> what a network sees, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from vqvae.modalities.digits.recording import SIDE, Digits
from vqvae.modalities.protocol import Apart, Chunking, Tensors

WHITE = 255
CHUNKS = Chunking(1000.0, "digits", 1.0)
APART = Apart()


def to_tensors(recording: Digits) -> Tensors:
    """N digits -> (1, 1, 28, 28, N): ink from 0 to 1, the first side from top to bottom."""
    values = np.ascontiguousarray(np.moveaxis(recording.images, 0, 2), np.float32)[None, None] / np.float32(WHITE)
    return Tensors(values, {"modality": "digits", "name": recording.name, "images": recording.count, "gaps": []})


def restore(tensors: Tensors) -> Digits:
    """Undo `to_tensors`: to whole numbers in their range; digits in gaps are blank."""
    if not np.isfinite(tensors.values).all():
        raise ValueError("a digit came back with pixels that are no numbers: its file is damaged or forged")
    found = np.clip(np.rint(tensors.values[0, 0] * np.float32(WHITE)), 0, WHITE).astype(np.uint8)
    images = np.ascontiguousarray(np.moveaxis(found, 2, 0))
    for first, stop in tensors.layout["gaps"]:
        images[first:stop] = 0
    return Digits(tensors.layout["name"], images)


def sides(layout: dict[str, Any]) -> tuple[int, int, int]:
    """(28, 28, N) of the tensors that a layout belongs to."""
    return SIDE, SIDE, length(layout)


def length(layout: dict[str, Any]) -> int:
    """N, the digits that a layout belongs to."""
    return int(layout["images"])


def rows(layout: dict[str, Any]) -> int:
    """Rows of values: all digits are in one."""
    return 1


def lost(layout: dict[str, Any], first: float, stop: float) -> tuple[int, int]:
    """The digits that are lost with the values [first, stop)."""
    return round(first), round(stop)


def with_gaps(layout: dict[str, Any], spans: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """The layout with digits left blank, each span from its first digit to the one behind its last."""
    count = length(layout)
    more = [[max(0, int(first)), min(count, int(stop))] for first, stop in spans]
    return {**layout, "gaps": [*layout["gaps"], *(gap for gap in more if gap[0] < gap[1])]}


def describe_preprocessing() -> dict[str, Any]:
    """What `to_tensors` does, for a checkpoint's configuration and its card."""
    return {"side": SIDE, "range": [0, 1], "ink": "light on black, in a box of 20 pixels, centred by mass"}


class Extent(NamedTuple):
    """How many pixels there are, to turn bytes into a rate."""

    amount: float  # pixels
    unit: str
    raw_bytes: float
    raw: str  # the same in words


def extent(layout: dict[str, Any]) -> Extent:
    """The pixels that a layout describes."""
    pixels = SIDE * SIDE * length(layout)
    return Extent(pixels, "bit/pixel", pixels, "one byte a pixel")
