"""Several codecs on one image: the same slice through each of them, and where along the volume they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vqvae.modalities.brain.figures import MOST_ERROR
from vqvae.modalities.brain.picture_drawing import Grid, Picture, colour_bar, draw, ink, layout, looks, say
from vqvae.modalities.brain.planes import plane
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.contest_marks import marks

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

COLUMNS = 3  # of pictures
WIDTH = 880  # pixels


class Row(NamedTuple):
    """One codec's reconstruction, and what is written above it."""

    recording: Volume
    label: str  # "brain-fine: SSIM of the brain 0.93"


def multiples(
    reference: Volume, rows: Mapping[str, Row], place: int, *, window: tuple[float, float] | None = None, dark: bool = False
) -> go.Figure:
    """One slice: the original, then every codec's reconstruction, all in one window of intensities; enlarged together."""
    look = looks(window or reference.window, 1.0)["intensity"]
    panels = [Picture(_slice(reference, place), look, "Original")]
    return _grid(reference, [*panels, *(Picture(_slice(row.recording, place), look, row.label) for row in _signed(rows))], place, dark)


def errors(reference: Volume, rows: Mapping[str, Row], place: int, *, dark: bool = False) -> go.Figure:
    """One slice: by how much every codec's reconstruction is brighter or darker than the original, all in one scale."""
    low, high = reference.window
    look, own = looks(reference.window, MOST_ERROR * (high - low))["error"], _slice(reference, place)
    panels = [Picture(_slice(row.recording, place) - own, look, row.label) for row in _signed(rows)]
    picture = _grid(reference, panels, place, dark, bars=1)
    colour_bar(picture, look, 0)
    return picture


def _signed(rows: Mapping[str, Row]) -> list[Row]:
    """Rows with their codec's sign before what is written above them."""
    return [rows[name]._replace(label=f"{mark.sign} {rows[name].label}") for name, mark in marks(rows).items()]


def _slice(volume: Volume, place: int) -> np.ndarray:
    """(rows from the bottom, columns)."""
    return plane(volume, 2, place).of(volume.voxels)


def _grid(reference: Volume, panels: Sequence[Picture], place: int, dark: bool, bars: int = 0) -> go.Figure:
    import plotly.graph_objects as go

    shown = plane(reference, 2, place)
    (dx, dy), (width, height, _) = shown.step(reference), reference.voxels.shape
    count = -(-max(1, len(panels)) // COLUMNS)
    picture = go.Figure(layout=layout(Grid([width * dx] * COLUMNS, [height * dy] * count, WIDTH), bars))
    for number, panel in enumerate(panels, 1):
        draw(picture, panel, shown, reference, number)
        say(picture, panel.title, number, ink(dark))
    return _tied(picture, len(panels), count * COLUMNS)


def _tied(picture: go.Figure, count: int, panels: int) -> go.Figure:
    """Enlarging one picture enlarges all; panels without one are not there."""
    for number in range(2, panels + 1):
        if number <= count:
            picture.update_layout({f"xaxis{number}": {"matches": "x"}, f"yaxis{number}": {"matches": "y"}})
        else:
            picture.update_layout({f"xaxis{number}": {"visible": False}, f"yaxis{number}": {"visible": False}})
    return picture


def difference(tables: Sequence[pd.DataFrame], score: str = "ssim_brain") -> np.ndarray:
    """By how much the best codec's score exceeds the worst one's in every slice, (S,); NaN in slices without brain.

    `tables` are the codecs' `events["slices"]`.  With one codec alone it is how far that one is from 1.
    """
    if not tables:
        return np.zeros(0)
    values = np.stack([table[score].to_numpy(np.float64) for table in tables])
    spread = values.max(axis=0) - values.min(axis=0) if len(tables) > 1 else 1 - values[0]
    return np.where(tables[0]["brain"].to_numpy() > 0, spread, np.nan)


def worst_slices(differences: np.ndarray) -> np.ndarray:
    """Where to look first: places of the slices of `difference`, the one with most to see first; those without brain are left out."""
    known = np.flatnonzero(np.isfinite(differences))
    return np.asarray(known[np.argsort(-differences[known], kind="stable")])


def whole(differences: np.ndarray, place: int, *, dark: bool = False) -> go.Figure:
    """How much the codecs differ in every slice, and which one is shown; its bars can be clicked, x is the slice's number from 1."""
    import plotly.graph_objects as go

    own = ink(dark)
    hidden = {"showgrid": False, "zeroline": False, "fixedrange": True}
    found: dict[str, Any] = {
        "height": 110,
        "margin": {"l": 10, "r": 10, "t": 2, "b": 44},
        "showlegend": False,
        "bargap": 0.1,
        "dragmode": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": hidden | {"title": {"text": "Slice", "standoff": 2}, "range": [0.5, len(differences) + 0.5]},
        "yaxis": hidden | {"showticklabels": False, "rangemode": "tozero"},
        "yaxis2": hidden | {"showticklabels": False, "overlaying": "y", "range": [0, 1]},
    }
    picture = go.Figure(layout=found)
    numbers = np.arange(1, len(differences) + 1)
    picture.add_bar(x=numbers, y=np.nan_to_num(differences), marker={"color": own.error}, hoverinfo="skip")
    values = [f"differ by {value:.3f}" if np.isfinite(value) else "no brain" for value in differences]
    said = [f"slice {number}<br>{words}" for number, words in zip(numbers, values, strict=True)]
    unseen: dict[str, Any] = {"marker": {"opacity": 0.0}, "hovertext": said, "hoverinfo": "text", "name": "jump"}
    picture.add_bar(x=numbers, y=np.ones(len(differences)), yaxis="y2", **unseen)
    band = {"fillcolor": own.band, "line": {"color": own.reconstruction, "width": 1}}
    return picture.add_vrect(x0=place + 0.5, x1=place + 1.5, **band)
