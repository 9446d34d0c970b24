"""The pieces that the pictures of an ECG are put together from."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vqvae.modalities.ecg.caliper import Caliper
from vqvae.modalities.ecg.decimation import keepers
from vqvae.modalities.ecg.paper import GRID, PIXELS_PER_MM, View
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.looks import STATUS

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

POINTS = 4000  # per drawn signal
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 34, 26  # margins in pixels, the same in every figure so that their times stand above each other
ERROR_HEIGHT, ROW_HEIGHT, SPACE = 84, 13, 12

SHADES = ((126, 131, 140), (70, 120, 200), (60, 185, 165), (250, 215, 60))  # from nothing to the most, on white and on near black
MOST_SHADES = 1 << 12
SHORTEST_GAP = 0.02  # of the window: room for a line of text on its side; five times as much is room for one that lies
SELECTED: dict[str, Any] = {"line_width": 0, "layer": "below", "name": "selected beat", "showlegend": True}


class CodeStrip(NamedTuple):
    """The codes of one lead, ready to be drawn under its signal."""

    codes: np.ndarray  # (Q, F) int, one row per level or band
    colours: np.ndarray  # (Q, K, 3) uint8: the colour of every code
    frame: float  # s, length of one frame
    offset: float = 0.0  # s, where the first frame starts
    rows: tuple[str, ...] = ()  # written beside the rows; their numbers when empty
    title: str = "Codes"
    said: str = "level %{y}: code %{customdata}"


def magnitude_strip(magnitudes: np.ndarray, edges: Sequence[tuple[float, float]], frame: float, offset: float) -> CodeStrip:
    """Magnitudes (bands, F) of wavelet codes, whose bands have these edges in Hz, ready to be drawn: the larger, the brighter."""
    most = min(int(magnitudes.max(initial=0)), MOST_SHADES - 1)
    share = np.log1p(np.arange(most + 1)) / np.log1p(max(most, 1))
    shades = np.stack([np.interp(share, np.linspace(0, 1, len(SHADES)), channel) for channel in zip(*SHADES, strict=True)], axis=1)
    rows = tuple(f"{low:.0f}–{high:.0f}" for low, high in edges)
    said = "band %{y} of " + str(len(rows)) + ", coarse to fine: largest code %{customdata}"
    colours = np.broadcast_to(shades.astype(np.uint8), (len(rows), most + 1, 3))
    return CodeStrip(np.minimum(magnitudes, most), colours, frame, offset, rows, "Codes, Hz", said)


def samples_in(reference: Ecg, view: View) -> slice:
    """The samples to draw."""
    first = int(np.clip(np.floor(view.start * reference.rate), 0, reference.signals.shape[1]))
    last = int(np.clip(np.ceil((view.start + view.seconds) * reference.rate) + 1, first, reference.signals.shape[1]))
    return slice(first, last)


def value_range(*signals: np.ndarray) -> tuple[float, float]:
    """Smallest and largest recorded value, mV."""
    values = np.concatenate(signals)
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (-0.5, 0.5)


def signal_height(span: float, view: View) -> float:
    """Pixels for a signal that spans `span` mV, its beat marks and some air."""
    return float(np.clip((span * view.gain + 14) * PIXELS_PER_MM, 190, 460))


def line_trace(values: np.ndarray, rate: float, start: float, budget: int = POINTS) -> dict[str, Any]:
    """A signal as a line trace: evenly spaced where all samples are kept, else its extremes at their own times."""
    kept = keepers(values, budget)
    if len(kept) == len(values):
        return {"x0": start, "dx": 1 / rate, "y": values.astype(np.float32), "mode": "lines"}
    return {"x": start + kept / rate, "y": values[kept].astype(np.float32), "mode": "lines"}


def no_background() -> dict[str, Any]:
    return {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}


def stacked(heights: list[float], view: View, left: float, right: float) -> dict[str, Any]:
    """Panels of the given heights in pixels, one above the other on one time axis."""
    total = sum(heights) + SPACE * (len(heights) - 1)
    tops = total - np.cumsum([0.0, *[height + SPACE for height in heights[:-1]]])
    domains = [[max(0.0, (top - height) / total), min(1.0, top / total)] for top, height in zip(tops, heights, strict=True)]
    layout: dict[str, Any] = {
        "height": round(total + TOP + BOTTOM),
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left", "traceorder": "normal"},
        "hovermode": "x unified",
        "xaxis": {
            "range": [left, right],
            "anchor": f"y{len(heights)}" if len(heights) > 1 else "y",
            "hoverformat": ".3f",
            "unifiedhovertitle": {"text": "%{x:.3f} s"},
        },
        "yaxis": {"domain": domains[0], "automargin": False},
    }
    plain = {"automargin": False, "fixedrange": True}
    if len(heights) > 1:
        error = {"title": {"text": "Error (mV)"}, "gridcolor": GRID, "zerolinecolor": GRID, "nticks": 4}
        layout["yaxis2"] = plain | error | {"domain": domains[1]}
    if len(heights) > 2:
        layout["yaxis3"] = plain | {"domain": domains[2], "showgrid": False, "zeroline": False}
    return layout | no_background()


def mark_beats(picture: go.Figure, beats: pd.DataFrame, view: View, high: float) -> None:
    """One mark per beat in a row above the signal; colour and symbol say what happened to it."""
    row = high + 4.5 / view.gain
    picture.update_layout(yaxis={"autorangeoptions": {"include": [row + 4 / view.gain]}})
    seen = beats[(beats["time"] >= view.start) & (beats["time"] <= view.start + view.seconds)]
    for status, (_, marker, *colours) in STATUS.items():
        some = seen[seen["status"] == status]
        if some.empty:
            continue
        colour = colours[view.dark]
        notes = [
            f"beat {escape(str(c))}, {status}" + (f" by {round(s):+d} ms" if np.isfinite(s) else "")
            for c, s in zip(some["class"], some["shift"], strict=True)
        ]
        picture.add_scatter(
            x=some["time"].to_numpy(),
            y=np.full(len(some), row),
            mode="markers+text",
            name=status,
            showlegend=True,
            customdata=notes,
            text=[str(c) for c in some["class"]],
            textposition="top center",
            textfont={"size": 10, "color": colour},
            hovertemplate="%{customdata}<extra></extra>",
            marker={"symbol": marker, "size": 8 if status == "kept" else 11, "color": colour, "line": {"width": 1.6, "color": colour}},
        )


def say_gaps(picture: go.Figure, values: np.ndarray, rate: float, view: View, level: float) -> None:
    """Write "not recorded" at `level` mV across every gap of `values`, a window's signal, that has room for it."""
    edges = np.flatnonzero(np.diff(np.isnan(values).astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    first = np.floor(view.start * rate)
    for start, stop in edges[np.diff(edges)[:, 0] >= rate * view.seconds * SHORTEST_GAP]:
        tall = stop - start < rate * view.seconds * 5 * SHORTEST_GAP
        where = {"x": (first + (start + stop) / 2) / rate, "y": level, "textangle": -90 if tall else 0}
        picture.add_annotation(**where, text="not recorded", showarrow=False, font={"color": view.ink.original})


def draw_strip(picture: go.Figure, strip: CodeStrip, view: View) -> None:
    """One row of coloured cells per level; a code has the same colour wherever it occurs."""
    first = max(0, int((view.start - strip.offset) // strip.frame))
    codes = strip.codes[:, first : first + int(np.ceil(view.seconds / strip.frame)) + 1]
    if not codes.size:
        return
    levels = np.arange(len(codes))
    colours = strip.colours[levels[:, None], codes].reshape(-1, 3)
    shades, cells = np.unique(colours, axis=0, return_inverse=True)
    scale = [[i / max(1, len(shades) - 1), f"rgb({r},{g},{b})"] for i, (r, g, b) in enumerate(shades.tolist())]
    picture.add_heatmap(
        z=cells.reshape(codes.shape).astype(np.int16),
        customdata=codes.astype(np.int16),
        x0=strip.offset + (first + 0.5) * strip.frame,
        dx=strip.frame,
        y=levels + 1,
        colorscale=scale if len(scale) > 1 else [[0, scale[0][1]], [1, scale[0][1]]],
        zmin=0,
        zmax=max(1, len(shades) - 1),
        showscale=False,
        yaxis="y3",
        ygap=1,
        xgap=0.5,
        hovertemplate=f"{strip.said}<extra></extra>",
    )
    rows = {"ticktext": strip.rows, "tickfont": {"size": 9}} if strip.rows else {}
    title = {"text": strip.title} | ({"font": {"size": 10}} if strip.rows else {})  # beside the longest of the rows' names
    picture.update_layout(yaxis3={"range": [len(codes) + 0.5, 0.5], "tickvals": levels + 1, "title": title} | rows)


def point_at(picture: go.Figure, view: View, chosen: float | None, caliper: Caliper | None) -> None:
    if chosen is not None and view.start <= chosen <= view.start + view.seconds:
        picture.add_vrect(x0=chosen - 0.3, x1=chosen + 0.4, fillcolor=view.ink.error, opacity=0.13, **SELECTED)
    if caliper is not None:
        for time in caliper:
            picture.add_vline(x=time, line={"color": view.ink.error, "width": 1.2, "dash": "dash"})
        apart = f"{1000 * abs(caliper.stop - caliper.start):.0f} ms"
        middle = (caliper.start + caliper.stop) / 2
        picture.add_annotation(
            text=apart, x=middle, y=1, yref="y domain", yanchor="top", showarrow=False, font={"color": view.ink.error, "size": 13}
        )
