"""The course of a performance: the whole piece on one line, and what its notes say one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vqvae.modalities.looks import STATUS, clock
from vqvae.modalities.piano.pedal import sounding_ends
from vqvae.modalities.piano.recording import Notes, Piano
from vqvae.modalities.piano.roll import View, keys_shown, loudest
from vqvae.modalities.piano.roll_drawing import BOTTOM, GRID, LEFT, RIGHT, SPACE, TOP, draw_boundaries, draw_many, no_background, time_axis
from vqvae.modalities.piano.scores_passages import severity

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

COLUMNS, BINS = 720, 240  # of the overview: its picture, its bars
CURVE_HEIGHT = 130  # pixels
MOST_POINTS = 5000  # of a curve

PANELS = (("Since last (s)", "log"), ("Duration (s)", "log"), ("Velocity", "linear"))
WRITTEN = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)  # s, on logarithmic axes
SHORTEST = 1e-3  # s; nothing shorter is told apart on a logarithmic axis


def overview(reference: Piano, reconstruction: Piano, view: View | None = None, *, notes: pd.DataFrame) -> go.Figure:
    """The whole piece on one line, the damage along it (`severity` per second), and where the window stands.

    `notes` is `events["notes"]` of the comparison.  The unseen bars of the trace "jump" can be clicked: their x is a time in s.
    """

    view = view or View()
    ends = sounding_ends(reference)
    whole = max(float(ends.max(initial=0.0)), float(reconstruction.notes.end.max(initial=0.0)), 1.0)
    edges = np.linspace(0, whole, BINS + 1)
    damage = np.histogram(notes["time"], edges, weights=severity(notes))[0] / np.diff(edges)
    said = [f"{clock(time)}<br>damage {value:.2g} lost notes per second" for time, value in zip(edges[:-1], damage, strict=True)]
    picture = strip(reference.notes, ends, Bars(edges, damage, said), view)
    picture.update_layout(yaxis2={"range": [0, max(1.0, float(damage.max(initial=0.0)))]})
    _mark_lost(picture, notes, edges, view)
    return picture


class Bars(NamedTuple):
    """Something along a whole piece, (B,) values."""

    edges: np.ndarray  # (B + 1,) s, from 0 to the end
    heights: np.ndarray
    said: list[str]  # what the pointer reads of each


def strip(notes: Notes, ends: np.ndarray, bars: Bars, view: View) -> go.Figure:
    """The whole piece on one line, bars along it, and where the window stands; `ends` (N,) in s say when notes stop sounding.

    The unseen bars of the trace "jump" can be clicked: their x is a time in s.
    """
    import plotly.graph_objects as go

    whole, keys = float(bars.edges[-1]), keys_shown(notes.pitch)
    picture = go.Figure(layout=_strip_layout(whole, keys))
    louds = loudest(notes, ends, keys, (0.0, whole), COLUMNS)
    draw_many(picture, louds, keys[0], [view.ink.shade, view.ink.original], View(0.0, whole), "y")
    where = {"x": (bars.edges[:-1] + bars.edges[1:]) / 2, "width": np.diff(bars.edges)}
    colour = {"color": view.ink.error, "line": {"width": 0}}
    picture.add_bar(**where, y=bars.heights, yaxis="y2", marker=colour, name="damage", hoverinfo="skip")
    unseen = {"marker": {"opacity": 0.0}, "hovertext": bars.said, "hoverinfo": "text", "name": "jump"}
    picture.add_bar(**where, y=np.ones(len(bars.heights)), yaxis="y3", **unseen)
    line = {"color": view.ink.reconstruction, "width": 1}
    return picture.add_vrect(x0=view.start, x1=min(view.stop, whole), fillcolor=view.ink.band, line=line)


def _strip_layout(whole: float, keys: tuple[int, int]) -> dict[str, Any]:
    hidden = {"automargin": False, "showgrid": False, "zeroline": False, "showticklabels": False, "fixedrange": True}
    return no_background() | {
        "height": 104,
        "margin": {"l": LEFT, "r": RIGHT, "t": 2, "b": 20},
        "showlegend": False,
        "bargap": 0,
        "barmode": "overlay",
        "dragmode": False,
        "xaxis": time_axis(0.0, whole) | {"anchor": "y2", "showgrid": False, "fixedrange": True},
        "yaxis": hidden | {"domain": [0.38, 1.0], "range": [keys[0] - 0.5, keys[1] + 0.5]},
        "yaxis2": hidden | {"domain": [0.0, 0.34], "rangemode": "tozero"},
        "yaxis3": hidden | {"overlaying": "y", "domain": [0.0, 1.0], "range": [0, 1.06]},
    }


def _mark_lost(picture: go.Figure, notes: pd.DataFrame, edges: np.ndarray, view: View) -> None:
    """One mark in every stretch between `edges` where notes were lost or added."""
    for status in ("lost", "added"):
        hit = np.flatnonzero(np.histogram(notes.loc[notes["status"] == status, "time"], edges)[0])
        symbol, colour = STATUS[status][1], STATUS[status][2 + view.dark]
        where = {"x": (edges[hit] + edges[hit + 1]) / 2, "y": np.full(len(hit), 0.97), "yaxis": "y3"}
        picture.add_scatter(**where, mode="markers", hoverinfo="skip", name=status, marker={"symbol": symbol, "size": 6, "color": colour})


def curves(reference: Piano, reconstruction: Piano, view: View | None = None, *, boundaries: np.ndarray | None = None) -> go.Figure:
    """What a codec sees of every note, at its onset: time since the note before, duration, velocity; original and reconstruction."""
    import plotly.graph_objects as go

    view = view or View()
    count = len(PANELS)
    total = count * CURVE_HEIGHT + (count - 1) * SPACE
    picture = go.Figure()
    layout: dict[str, object] = {
        "height": total + TOP + BOTTOM,
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left"},
        "hovermode": "closest",
        "xaxis": time_axis(view.start, view.stop) | {"anchor": f"y{count}"},
    }
    for i, (title, kind) in enumerate(PANELS):
        top = total - i * (CURVE_HEIGHT + SPACE)
        domain = [(top - CURVE_HEIGHT) / total, top / total]
        marks = {"tickvals": WRITTEN} if kind == "log" else {"range": [0, 128], "tickvals": [0, 32, 64, 96, 127]}
        layout[f"yaxis{i + 1}" if i else "yaxis"] = {
            "type": kind,
            "title": {"text": title},
            "domain": domain,
            "gridcolor": GRID,
            "automargin": False,
        } | marks
    picture.update_layout(layout | no_background())
    for recording, name, colour, symbol, size in (
        (reference, "Original", view.ink.under, "circle", 8),
        (reconstruction, "Reconstruction", view.ink.reconstruction, "circle", 4),
    ):
        _draw_curves(picture, recording.notes, view, {"name": name, "legendgroup": name}, {"color": colour, "symbol": symbol, "size": size})
    if boundaries is not None:
        draw_boundaries(picture, boundaries, view)
    return picture


def _draw_curves(picture: go.Figure, notes: Notes, view: View, named: dict[str, object], marker: dict[str, object]) -> None:
    first, last = np.searchsorted(notes.onset, [view.start, view.stop])
    which = np.arange(first, last)[:: max(1, -(-(last - first) // MOST_POINTS))]
    since = np.diff(notes.onset, prepend=0.0)
    for i, values in enumerate((np.maximum(since, SHORTEST), notes.duration, notes.velocity)):
        picture.add_scatter(
            x=notes.onset[which],
            y=values[which].astype(np.float32),
            yaxis=f"y{i + 1}" if i else "y",
            mode="markers",
            marker=marker,
            showlegend=i == 0,
            hovertemplate="%{y:.3g} at %{x:.3f} s",
            **named,
        )
