"""Pictures of a performance and of what became of it.  Every figure stays below 1 MB, however many notes there are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqvae.modalities.piano.matching import pair
from vqvae.modalities.piano.pedal import pedals, sounding_ends
from vqvae.modalities.piano.recording import SUSTAIN, Notes, Piano
from vqvae.modalities.piano.roll import SHADES, Mode, View, keys_shown, loudest, seen
from vqvae.modalities.piano.roll_drawing import (
    BOTTOM,
    COLUMNS,
    KEY_HEIGHT,
    LEFT,
    MOST_BARS,
    PEDAL_HEIGHT,
    RIGHT,
    ROLL_HEIGHTS,
    SPACE,
    TOP,
    describe,
    draw_boundaries,
    draw_keys,
    draw_many,
    draw_notes,
    draw_pedal,
    key_axis,
    mark_notes,
    no_background,
    plain_notes,
    time_axis,
)
from vqvae.modalities.piano.scores_notes import notes_table

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

TITLES = {"fold": ("Original", "Reconstruction"), "overlay": ("Both",), "difference": ("Difference",)}


class _Side(NamedTuple):
    """One of the two performances, ready to be drawn."""

    notes: Notes
    ends: np.ndarray  # (N,) s: when each note stops sounding
    rows: np.ndarray  # (N,) row of every note in the table of notes
    times: np.ndarray  # (R,) s: where every row of that table stands in this performance
    marks: tuple[str, ...]  # what is marked in its roll


def figure(
    reference: Piano,
    reconstruction: Piano,
    view: View | None = None,
    *,
    notes: pd.DataFrame | None = None,
    mode: Mode = "fold",
    boundaries: np.ndarray | None = None,
    chosen: tuple[float, float] | None = None,
) -> go.Figure:
    """Original and reconstruction as piano rolls on one time axis, the pedal below.

    `notes` is `events["notes"]` of a comparison (made here when None), `boundaries` (B,) are the times in s where codes end, `chosen` the
    passage in s to point at.
    """
    import plotly.graph_objects as go

    view = _shaded(view or View(), mode)
    table = notes if notes is not None else notes_table(reference.notes, reconstruction.notes, pair(reference.notes, reconstruction.notes))
    sides = _sides(reference, reconstruction, table)
    rolls = [*sides] if mode == "fold" else [sides[1]]
    keys = keys_shown(reference.notes.pitch, reconstruction.notes.pitch)
    height = float(np.clip((keys[1] - keys[0] + 1) * KEY_HEIGHT, *ROLL_HEIGHTS)) * (1.0 if len(rolls) == 2 else 1.5)
    picture = go.Figure(layout=_stacked([height] * len(rolls) + [PEDAL_HEIGHT], view, keys, TITLES[mode]))
    for i, side in enumerate(rolls):
        y = f"y{i + 1}" if i else "y"
        draw_keys(picture, keys, view, y)
        if mode == "overlay":
            _overlay(picture, sides, table, keys, view)
        else:
            _draw_roll(picture, side, table, keys, view, y)
        mark_notes(picture, table, side.times, side.marks if mode == "fold" else ("lost", "added"), view, y)
    draw_pedal(picture, pedals(reference)[SUSTAIN], view, f"y{len(rolls) + 1}")
    if boundaries is not None:
        draw_boundaries(picture, boundaries, view)
    if chosen is not None:
        picture.add_vrect(x0=chosen[0], x1=chosen[1], fillcolor=view.ink.error, opacity=0.13, line_width=0, layer="below")
    if mode != "overlay":
        say_colours(picture, view)
    return picture


def _shaded(view: View, mode: Mode) -> View:
    """A picture of differences shows no velocities."""
    return replace(view, shade="onset_error_ms") if mode == "difference" and view.shade == "velocity" else view


def _sides(reference: Piano, reconstruction: Piano, table: pd.DataFrame) -> tuple[_Side, _Side]:
    found, times = [], table["time"].to_numpy()
    late = table["onset_error_ms"].fillna(0).to_numpy() / 1000
    for recording, column, marks in ((reference, "reference", ("moved", "lost")), (reconstruction, "found", ("moved", "added"))):
        rows = rows_of(table[column].to_numpy(), recording.count)
        found.append(_Side(recording.notes, sounding_ends(recording), rows, times + late if column == "found" else times, marks))
    return found[0], found[1]


def rows_of(index: np.ndarray, count: int) -> np.ndarray:
    """(R,) the note that each row of a table is about, -1 for none -> (count,) the row that is about each note."""
    rows = np.zeros(count, np.int64)
    rows[index[index >= 0]] = np.flatnonzero(index >= 0)
    return rows


def _draw_roll(picture: go.Figure, side: _Side, table: pd.DataFrame, keys: tuple[int, int], view: View, y: str) -> None:
    which = seen(side.notes, side.ends if view.sounding else side.notes.end, view)
    if len(which) > MOST_BARS:
        louds = loudest(side.notes, side.ends if view.sounding else side.notes.end, keys, (view.start, view.stop), COLUMNS)
        draw_many(picture, louds, keys[0], view.loudness, view, y)
        return
    rows = table.iloc[side.rows[which]]
    values = side.notes.velocity[which] if view.shade == "velocity" else rows[view.shade].fillna(0).to_numpy()
    draw_notes(picture, side.notes, side.ends, which, values.astype(np.float32), describe(rows), view, y)


def _overlay(picture: go.Figure, sides: tuple[_Side, _Side], table: pd.DataFrame, keys: tuple[int, int], view: View) -> None:
    """The original in its neutral colour, the reconstruction as a narrower bar on top of it."""
    for side, name, colour, width in zip(sides, TITLES["fold"], (view.ink.under, view.ink.reconstruction), (0.94, 0.46), strict=True):
        which = seen(side.notes, side.notes.end, view)
        if len(which) > MOST_BARS:
            louds = loudest(side.notes, side.notes.end, keys, (view.start, view.stop), COLUMNS)
            draw_many(picture, louds, keys[0], [colour, colour], view, "y", name)
            continue
        plain_notes(picture, side.notes.where(which), describe(table.iloc[side.rows[which]]), name, colour, width)


def _stacked(heights: list[float], view: View, keys: tuple[int, int], titles: tuple[str, ...]) -> dict[str, object]:
    """Panels of the given heights in pixels, one above the other on one time axis; the last is the pedal's."""
    total = sum(heights) + SPACE * (len(heights) - 1)
    tops = total - np.cumsum([0.0, *[height + SPACE for height in heights[:-1]]])
    layout: dict[str, object] = {
        "height": round(total + TOP + BOTTOM),
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left"},
        "barmode": "overlay",
        "hovermode": "closest",
        "xaxis": time_axis(view.start, view.stop) | {"anchor": f"y{len(heights)}"},
    }
    for i, (top, height) in enumerate(zip(tops, heights, strict=True)):
        domain = {"domain": [max(0.0, (top - height) / total), min(1.0, top / total)]}
        last = i == len(heights) - 1
        pedal = {"range": [0, 127], "tickvals": [64], "ticktext": ["Pedal"], "gridcolor": "rgba(128, 134, 142, 0.5)", "fixedrange": True}
        title = {"title": {"text": titles[i], "standoff": 2}} if not last else {"zeroline": False, "automargin": False}
        layout[f"yaxis{i + 1}" if i else "yaxis"] = domain | (pedal if last else key_axis(keys)) | title
    return layout | no_background()


def say_colours(picture: go.Figure, view: View) -> None:
    """A colour bar at the right."""
    shading = SHADES[view.shade]
    middle = (shading.low + shading.high) / 2
    bar = {
        "title": {"text": shading.title, "side": "right"},
        "thickness": 10,
        "tickvals": [shading.low, middle, shading.high],
        "ticktext": [f"{shading.low:g} {shading.low_said}", f"{middle:g}", f"{shading.high:g} {shading.high_said}"],
        "x": 1.005,
        "xpad": 2,
    }
    colours = {"color": [shading.low], "colorscale": view.scale, "cmin": shading.low, "cmax": shading.high, "colorbar": bar}
    picture.add_scatter(x=[None], y=[None], mode="markers", marker=colours | {"showscale": True}, showlegend=False, hoverinfo="skip")
