"""Volume -> what a network sees, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from vqvae.modalities.brain.layouts import brief, full, pack_source, unpack_source
from vqvae.modalities.brain.recording import Source, Volume, spacing_of
from vqvae.modalities.protocol import Apart, Chunking, Tensors

BLOCK = 32  # pixels that both sides are padded to a multiple of
FURTHEST = 256.0  # windows that values lie outside of theirs at most: one that lies anywhere would spoil all that is coded with it


def to_tensors(recording: Volume) -> Tensors:
    """Volume (X, Y, S) -> (1, 1, X', Y', S): its window from 0 to 1, sides padded to multiples of 32 with the values at the edge.

    What lies outside of the window lies outside of 0 to 1; `outside` counts it.  What lies more than `FURTHEST` windows away is
    put that far.
    """
    low, high = recording.window
    with np.errstate(over="ignore"):
        values = (recording.voxels - np.float32(low)) / np.float32(high - low)
    np.clip(values, -FURTHEST, 1 + FURTHEST, out=values)
    layout = {
        "modality": "brain",
        "name": recording.name,
        "shape": [int(side) for side in recording.voxels.shape],
        "window": [low, high],
        "source": pack_source(recording),
    }
    return Tensors(padded(values[None, None], layout), brief(layout))


def restore(tensors: Tensors) -> Volume:
    """Undo `to_tensors`: margins off, back to the recording's own intensities, which are whole numbers where they were; gaps are black.

    ValueError for values that no image has.
    """
    layout = full(tensors.layout)
    values = bare(tensors.values, layout)[0, 0]
    if not np.isfinite(values).all():
        raise ValueError("a pixel came back without a finite intensity")
    low, high = map(float, layout["window"])
    held = unpack_source(layout["source"])
    voxels = stored_again(values * np.float32(high - low) + np.float32(low), held.source)
    for first, stop in layout["gaps"]:
        voxels[:, :, first:stop] = low
    said = [f"Slices {first + 1} to {stop} were lost: they are black." for first, stop in layout["gaps"]]
    spacing = spacing_of(held.affine, held.source.units)
    return Volume(layout["name"], voxels, held.axis, spacing, held.affine, held.source, said, (low, high))


def padded(values: np.ndarray, layout: dict[str, Any]) -> np.ndarray:
    """(1, 1, X, Y, S) -> (1, 1, X', Y', S): with margins like the edge."""
    margins = [_margins(side) for side in layout["shape"][:2]]
    return np.pad(values, ((0, 0), (0, 0), *margins, (0, 0)), mode="edge")


def bare(values: np.ndarray, layout: dict[str, Any]) -> np.ndarray:
    """Undo `padded`; slices that there are too many of are left out."""
    width, height, slices = layout["shape"]
    (left, _), (front, _) = _margins(width), _margins(height)
    return values[:, :, left : left + width, front : front + height, :slices]


def stored_again(voxels: np.ndarray, source: Source) -> np.ndarray:
    """Intensities as the file can hold them: steps of its slope within its range where it holds whole numbers."""
    if not source.whole:
        return np.asarray(voxels, np.float32)
    steps = np.rint((voxels.astype(np.float64) - source.intercept) / source.slope)
    kind = np.dtype(source.dtype)
    least, most = (0, 1) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
    return (np.clip(steps, least, most) * source.slope + source.intercept).astype(np.float32)


def outside(recording: Volume) -> int:
    """Voxels outside of the window."""
    low, high = recording.window
    return int(np.count_nonzero((recording.voxels < low) | (recording.voxels > high)))


def too_far(recording: Volume) -> int:
    """Voxels that lie further outside of the window than `FURTHEST` of its breadths."""
    low, high = recording.window
    reach, largest = FURTHEST * (high - low), float(np.finfo(np.float32).max)
    return int(np.count_nonzero((recording.voxels < max(low - reach, -largest)) | (recording.voxels > min(high + reach, largest))))


def sides(layout: dict[str, Any]) -> tuple[int, int, int]:
    """(X', Y', S): sides of the tensors that a layout belongs to."""
    width, height, slices = layout["shape"]
    return width + sum(_margins(width)), height + sum(_margins(height)), slices


def extents(layout: dict[str, Any]) -> tuple[int, int, int]:
    """(X, Y, S): sides without what was padded."""
    width, height, slices = layout["shape"]
    return width, height, slices


def length(layout: dict[str, Any]) -> int:
    """S, the slices that a layout belongs to."""
    return int(layout["shape"][2])


def rows(layout: dict[str, Any]) -> int:
    """Rows of values: there is one image."""
    return 1


def with_gaps(layout: dict[str, Any], spans: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """The layout with stretches of slices left out, each from its first slice to the one behind its last."""
    count = length(layout)
    more = [[max(0, int(first)), min(count, int(stop))] for first, stop in spans]
    return {**layout, "gaps": [*full(layout)["gaps"], *(gap for gap in more if gap[0] < gap[1])]}


def lost(layout: dict[str, Any], first: float, stop: float) -> tuple[int, int]:
    """The slices that are lost with the values [first, stop)."""
    return round(first), min(length(layout), round(stop))


def describe_preprocessing() -> dict[str, Any]:
    """What `to_tensors` does, for a checkpoint's configuration and its card."""
    window = "0 to 255 of 8-bit pictures; else 0, or the 0.5th percentile where it matters, to the 99.9th of what is not 0"
    return {"orientation": "RAS, slices last", "window": window, "sides": f"multiples of {BLOCK}, padded with the edge"}


CHUNKS = Chunking(64.0, "slices", 1.0)
APART = Apart()


class Extent(NamedTuple):
    """How much image there is, to turn bytes into a rate."""

    amount: float  # pixels, or voxels, of the image itself
    unit: str
    raw_bytes: float  # as stored
    raw: str  # the same in words


def extent(layout: dict[str, Any]) -> Extent:
    """The amount of image that a layout describes."""
    pixels = float(np.prod(layout["shape"], dtype=np.int64))
    size = np.dtype(unpack_source(full(layout)["source"]).source.dtype).itemsize
    return Extent(pixels, "bit/pixel", pixels * size, f"{8 * size} bit per pixel as stored")


def _margins(side: int) -> tuple[int, int]:
    """Pixels that a side is padded with at its start and its end."""
    missing = -side % BLOCK
    return missing // 2, missing - missing // 2
