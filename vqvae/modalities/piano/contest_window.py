"""Several codecs on one performance: their rolls below each other in one window, and where along the piece they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vqvae.modalities.contest_marks import label, marks
from vqvae.modalities.looks import clock
from vqvae.modalities.piano.figures import rows_of, say_colours
from vqvae.modalities.piano.figures_course import Bars, strip
from vqvae.modalities.piano.pedal import pedals, sounding_ends
from vqvae.modalities.piano.recording import SUSTAIN, Notes, Piano
from vqvae.modalities.piano.roll import SHADES, View, keys_shown, loudest, seen
from vqvae.modalities.piano.roll_drawing import (
    BOTTOM,
    COLUMNS,
    LEFT,
    MOST_BARS,
    PEDAL_HEIGHT,
    RIGHT,
    TOP,
    describe,
    draw_keys,
    draw_many,
    draw_pedal,
    key_axis,
    mark_notes,
    no_background,
    plain_notes,
    time_axis,
)
from vqvae.modalities.piano.scores_notes import pitch_name
from vqvae.modalities.piano.scores_passages import severity

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

KEY_HEIGHT, LOWEST, HIGHEST, BETWEEN = 4.4, 118, 210, 24  # pixels; what a row is stands above it
WIDE, NARROW = 0.92, 0.5  # keys: the original's notes, and a codec's on top of them
UNDER = 0.5  # opacity of the original below a codec's notes
BINS = 240  # bars of the picture of differences
MARKED = ("moved", "lost", "added")


class Row(NamedTuple):
    """One codec's reconstruction, and what is written beside it."""

    recording: Piano
    notes: pd.DataFrame  # `events["notes"]` of its comparison
    label: str  # "piano-fine: F1 99.1 %"


def multiples(reference: Piano, rows: Mapping[str, Row], view: View, *, title: str = "Original") -> go.Figure:
    """The original, then every codec's reconstruction on top of it: rolls of one time window and the same keys, their axes linked.

    `rows` maps a codec's name to its reconstruction, from top to bottom; notes have the colour that `view.shade` says.
    """
    import plotly.graph_objects as go

    shown = {name: seen(row.recording.notes, row.recording.notes.end, view) for name, row in rows.items()}
    own = seen(reference.notes, reference.notes.end, view)
    keys = keys_shown(reference.notes.pitch[own], *(rows[name].recording.notes.pitch[which] for name, which in shown.items()))
    picture = go.Figure(layout=_rows(1 + len(rows), keys, view))
    loud = SHADES["velocity"]
    draw_keys(picture, keys, view, "y")
    if len(own) > MOST_BARS:
        _draw_picture(picture, reference.notes, keys, view, "y", title)
    elif view.shade == "velocity":
        colours = {"color": reference.notes.velocity[own], "colorscale": view.scale, "cmin": loud.low, "cmax": loud.high}
        _draw_bars(picture, reference.notes.where(own), _said(reference.notes.where(own)), title, colours, WIDE, "y")
    else:
        plain_notes(picture, reference.notes.where(own), _said(reference.notes.where(own)), title, view.ink.under, WIDE)
    label(picture, title, "y", view.ink.original, view.dark, above=True)
    for place, (name, mark) in enumerate(marks(rows).items(), 2):
        axis = f"y{place}"
        draw_keys(picture, keys, view, axis)
        _draw_row(picture, reference.notes.where(own), name, rows[name], shown[name], keys, view, axis)
        label(picture, f"{mark.sign} {rows[name].label}", axis, mark.colour(view.dark), view.dark, above=True)
    draw_pedal(picture, pedals(reference)[SUSTAIN], view, f"y{len(rows) + 2}")
    say_colours(picture, view)
    return picture


def _draw_row(
    picture: go.Figure, original: Notes, name: str, row: Row, which: np.ndarray, keys: tuple[int, int], view: View, axis: str
) -> None:
    """One codec's notes on top of the original's; a symbol where a note was moved, lost or added."""
    notes, table = row.recording.notes, row.notes
    times = table["time"].to_numpy() + np.where(table["found"] >= 0, table["onset_error_ms"].fillna(0) / 1000, 0)
    if len(which) > MOST_BARS:
        _draw_picture(picture, notes, keys, view, axis, name)
    else:
        plain_notes(picture, original, [], "under", view.ink.under, WIDE, axis)
        picture.update_traces(hoverinfo="skip", opacity=UNDER, selector={"name": "under"})
        own = table.iloc[rows_of(table["found"].to_numpy(), len(notes.onset))[which]]
        values = notes.velocity[which] if view.shade == "velocity" else own[view.shade].fillna(0).to_numpy()
        shading = SHADES[view.shade]
        colours = {"color": values.astype(np.float32), "colorscale": view.scale, "cmin": shading.low, "cmax": shading.high}
        _draw_bars(picture, notes.where(which), describe(own), name, colours, NARROW, axis)
    mark_notes(picture, table, times, MARKED, view, axis)


def _draw_bars(picture: go.Figure, notes: Notes, said: list[str], name: str, colours: Mapping[str, Any], width: float, axis: str) -> None:
    """Notes as bars, `width` keys high."""
    marker = {**colours, "line": {"width": 0}}
    where = {"base": notes.onset, "x": notes.duration, "y": notes.pitch, "yaxis": axis}
    picture.add_bar(orientation="h", **where, width=width, marker=marker, name=escape(name), hovertext=said, hoverinfo="text")


def _draw_picture(picture: go.Figure, notes: Notes, keys: tuple[int, int], view: View, axis: str, name: str) -> None:
    """More notes than can be told apart."""
    draw_many(picture, loudest(notes, notes.end, keys, (view.start, view.stop), COLUMNS), keys[0], view.loudness, view, axis, escape(name))


def _said(notes: Notes) -> list[str]:
    """What the pointer reads of the original's notes."""
    return [
        f"<b>{pitch_name(pitch)}</b> at {onset:.3f} s<br>velocity {velocity}, {duration:.3f} s"
        for onset, duration, pitch, velocity in zip(*(column.tolist() for column in notes), strict=True)
    ]


def _rows(rows: int, keys: tuple[int, int], view: View) -> dict[str, Any]:
    """Rolls of equal height on one time axis, then the pedal; the keys of every roll are tied to those of the first."""
    height = float(np.clip((keys[1] - keys[0] + 1) * KEY_HEIGHT, LOWEST, HIGHEST))
    heights = [height] * rows + [PEDAL_HEIGHT]
    total = sum(heights) + rows * BETWEEN
    layout: dict[str, Any] = {
        "height": round(total + TOP + BOTTOM),
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "showlegend": False,
        "barmode": "overlay",
        "hovermode": "closest",
        "xaxis": time_axis(view.start, view.stop) | {"anchor": f"y{rows + 1}"},
    }
    for row, top in enumerate(total - np.cumsum([0.0, *(each + BETWEEN for each in heights[:-1])])):
        domain = {"domain": [max(0.0, float(top - heights[row]) / total), min(1.0, float(top) / total)]}
        tied = {} if row == 0 else {"matches": "y"}
        layout[f"yaxis{row + 1}" if row else "yaxis"] = domain | key_axis(keys) | tied
    pedal = {"range": [0, 127], "tickvals": [64], "ticktext": ["Pedal"], "fixedrange": True, "zeroline": False, "automargin": False}
    return layout | {f"yaxis{rows + 1}": {"domain": layout[f"yaxis{rows + 1}"]["domain"], **pedal}} | no_background()


def difference(tables: Sequence[pd.DataFrame], length: float, seconds: float) -> np.ndarray:
    """By how much the worst codec damages each stretch of `seconds` more than the best one, (bins,) in lost notes (`severity`).

    `tables` are the codecs' `events["notes"]`, `length` is the recording's in s.  With one codec alone it is that one's damage.
    """
    edges = np.arange(0, max(1, -(-length // seconds)) + 1) * seconds
    damage = [np.histogram(table["time"], edges, weights=severity(table))[0] for table in tables]
    if not damage:
        return np.zeros(len(edges) - 1)
    return np.asarray(np.max(damage, axis=0) - np.min(damage, axis=0) if len(damage) > 1 else damage[0])


def worst_stretches(differences: np.ndarray, seconds: float) -> np.ndarray:
    """Where to look first: starts in s of the stretches of `difference`, the one with most to see first."""
    return np.asarray(np.argsort(-differences, kind="stable") * seconds)


def whole(reference: Piano, differences: np.ndarray, seconds: float, view: View) -> go.Figure:
    """The whole piece on one line, how much the codecs differ along it, and where the window stands; its bars can be clicked."""
    step = max(1, -(-len(differences) // BINS))
    starts = np.arange(0, len(differences), step)
    heights = np.maximum.reduceat(differences, starts)
    ends = sounding_ends(reference)
    edges = np.append(starts, len(differences)) * seconds
    edges[-1] = max(reference.seconds, float(ends.max(initial=0.0)), float(edges[-2]) + 1.0)
    said = [f"{clock(start)}<br>damage differs by {value:.2g} lost notes" for start, value in zip(edges, heights, strict=False)]
    return strip(reference.notes, ends, Bars(edges, heights, said), view)
