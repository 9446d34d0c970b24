"""The viewer in the browser: planes through one place of an image and of its reconstruction; only slices that it shows are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from app.player import text
from vqvae.modalities.brain.figures import MOST_ERROR, ssim_map
from vqvae.modalities.brain.picture_drawing import ERROR, SIMILARITY
from vqvae.modalities.brain.planes import plane
from vqvae.modalities.brain.recording import Volume

FOLDER = Path(__file__).parent / "components" / "slices"
SCRIPTS = ("../common.js", "pictures.js", "held.js", "slices.js")  # in this order one script
KEY = "brain.viewer"
TOLD = "at"  # what the viewer tells: {"cursor", "toward", "cell", "low", "high", "source", "question", "held": {"key", "mode", "places"}}
ORDER = (2, 1, 0)  # axial, coronal, sagittal
AHEAD, ASIDE = 12, 3  # most slices beyond the one shown, to either side, that are sent ahead: where the reader moves, in the other views
ROOM = 1_200_000, 300_000  # bytes of such slices, likewise

Place = tuple[int, int, int]
"""From left to right, posterior to anterior, inferior to superior: as voxels count."""


class Grid(NamedTuple):
    """The codes of one level of an explicit codebook, over the slices that they stand for."""

    codes: np.ndarray  # (x, y, S)
    cell: int  # pixels along either side
    pad: tuple[int, int]  # pixels of the first cells that lie outside of the image
    chosen: tuple[int, int] | None  # column and row


class Sight(NamedTuple):
    """How an image is looked at."""

    key: str  # what it is known by: another reconstruction has another key
    source: str
    title: str
    names: dict[str, str]  # of what is seen: "original", "reconstruction", …
    mode: str
    flipped: bool  # whether left is at the right: the radiological view
    cursor: Place
    toward: int  # the axis that the reader moves along
    jump: int  # counts the times that the page moved the cursor
    shades: tuple[int, int]  # of 255: black and white
    answer: int  # the number of the viewer's question that this answers
    held: frozenset[str]  # slices that the viewer has said to have: "axis:number"
    grid: Grid | None
    course: dict[str, Any]  # of a score along the slices: {"title", "values", "worst", "faint"}


@st.cache_resource
def _component() -> Callable[..., Any]:
    read = {name: (FOLDER / name).read_text(encoding="utf-8") for name in (*SCRIPTS, "slices.html", "slices.css")}
    script = "\n".join(read[name] for name in SCRIPTS)
    return st.components.v2.component("vqvae.slices", html=read["slices.html"], css=read["slices.css"], js=script)


def show(original: Volume, reconstruction: Volume, sight: Sight, tell: Callable[[], None]) -> None:
    """The viewer; `tell` is called when the reader has moved the cursor, chosen a cell or another window."""
    _component()(data=described(original, reconstruction, sight), key=KEY, on_at_change=tell)


def described(original: Volume, reconstruction: Volume, sight: Sight) -> dict[str, Any]:
    """What the viewer is handed."""
    low, high = original.window
    grid = sight.grid
    return {
        "key": sight.key,
        "source": sight.source,
        "title": sight.title,
        "names": sight.names,
        "mode": sight.mode,
        "cursor": sight.cursor,
        "jump": sight.jump,
        "answer": sight.answer,
        "ahead": [ahead(original, sight, axis) for axis in range(3)],
        "shades": {"low": sight.shades[0], "high": sight.shades[1]},
        "window": {"low": low, "high": high},
        "scales": {"error": ERROR, "ssim": SIMILARITY, "most": MOST_ERROR},
        "sizes": sizes(original),
        "spacing": along(original, original.spacing),
        "axis": original.axis,
        "planes": [view(original, axis, sight.flipped) for axis in ORDER],
        "panels": _panels(original, sight.mode),
        "course": sight.course,
        "grid": grid
        and {
            "axis": original.axis, "cell": grid.cell, "pad": grid.pad, "columns": grid.codes.shape[0], "rows": grid.codes.shape[1],
            "chosen": grid.chosen,
        },
        "slices": {f"{axis}:{at}": sent(original, reconstruction, axis, at, sight) for axis, at in wanted(original, sight)},
    }  # fmt: skip


def sizes(volume: Volume) -> Place:
    """Voxels along the axes of space."""
    return along(volume, volume.voxels.shape)


def along(volume: Volume, values: tuple[Any, ...]) -> Any:
    """What is said of X, Y and S, in the order of the axes of space."""
    return tuple(values[volume.axes.index(axis)] for axis in range(3))


def view(volume: Volume, axis: int, flipped: bool) -> dict[str, Any]:
    """One of the three views: which axes of space run across and up, and what is written at its borders.

    The nose of a sagittal view is at the left.  Pictures say nothing of sides: they stay as they were.
    """
    shown = plane(volume, volume.axes.index(axis), 0)
    flip = not volume.source.picture and (axis == 0 or flipped)
    left, right, bottom, top = shown.letters
    letters = {"left": right if flip else left, "right": left if flip else right, "bottom": bottom, "top": top}
    sides = [volume.axes[side] for side in (shown.across, shown.up)]
    pixels = [sizes(volume)[side] for side in sides]
    return {"axis": axis, "title": shown.name.title(), "sides": sides, "pixels": pixels, "flip": flip} | letters


def _panels(volume: Volume, mode: str) -> list[dict[str, Any]]:
    """Three views of a volume; of a single slice, the original beside what was chosen."""
    if volume.slices > 1:
        return [{"plane": place} for place in range(3)]
    own = {"plane": ORDER.index(volume.axis)}
    return [own | {"mode": "original"}, own] if mode != "original" else [own]


def wanted(volume: Volume, sight: Sight) -> Iterator[tuple[int, int]]:
    """Axis and number of every slice to send that the viewer does not have: those at the cursor, then those beside them, nearest first."""
    axes = ORDER if volume.slices > 1 else (volume.axis,)
    for axis in sorted(axes, key=lambda axis: axis != sight.toward):
        at, count = sight.cursor[axis], sizes(volume)[axis]
        reach = ahead(volume, sight, axis)
        near = range(max(0, at - reach), min(count, at + reach + 1))
        yield from ((axis, other) for other in sorted(near, key=lambda other: abs(other - at)) if f"{axis}:{other}" not in sight.held)


def ahead(volume: Volume, sight: Sight, axis: int) -> int:
    """Slices to either side that are sent before the reader gets there: few where they are large, or take long to make."""
    moving = axis == sight.toward
    bytes_ = volume.voxels.size // sizes(volume)[axis] * (3 if sight.mode == "ssim" else 2)
    most, room = (AHEAD, ROOM[0]) if moving else (ASIDE, ROOM[1])
    return min(most, room // (2 * bytes_))


def sent(original: Volume, reconstruction: Volume, axis: int, at: int, sight: Sight) -> dict[str, Any]:
    """One slice, in 256 greys of the original's window."""
    both = {"original": original, "reconstruction": reconstruction}
    greys = {name: pixels(volume, axis, at, original.window) for name, volume in both.items()}
    height, width = greys["original"].shape
    found: dict[str, Any] = {"width": width, "height": height} | {name: text(image.tobytes()) for name, image in greys.items()}
    if sight.mode == "ssim":
        alike = ssim_map(cut(original, axis, at), cut(reconstruction, axis, at), original.window)
        found["ssim"] = text(np.rint(255 * np.clip(alike, 0, 1)).astype(np.uint8).tobytes())
    if sight.grid and axis == original.axis:
        found["codes"] = text(np.ascontiguousarray(sight.grid.codes[:, :, at], "<u2").tobytes())
    return found


def cut(volume: Volume, axis: int, at: int) -> np.ndarray:
    """(height, width) float32: a slice across an axis of space, from its upper left corner in the neurological view."""
    return np.ascontiguousarray(plane(volume, volume.axes.index(axis), at).of(volume.voxels)[::-1])


def pixels(volume: Volume, axis: int, at: int, window: tuple[float, float]) -> np.ndarray:
    """The same as uint8: the window from 0 to 255, what lies outside of it at its ends."""
    low, high = window
    return np.rint(np.clip((cut(volume, axis, at) - low) * (255 / (high - low)), 0, 255)).astype(np.uint8)
