"""Several codecs on one ECG: their signals below each other in one window, and where along the recording they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vqvae.modalities.contest_marks import label, marks
from vqvae.modalities.ecg.drawing import LEFT, RIGHT, line_trace, no_background, samples_in, say_gaps, value_range
from vqvae.modalities.ecg.paper import GRID, PIXELS_PER_MM, View
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.looks import clock

if TYPE_CHECKING:
    import plotly.graph_objects as go

POINTS = 3000  # per drawn signal
TOP, BOTTOM, BETWEEN = 12, 44, 8  # pixels
LOWEST, HIGHEST = 92, 170  # pixels of a row
BINS = 240  # bars of the picture of differences
WIDTHS = (0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)  # s between the times written below a window
STEPS = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10_800, 21_600)  # s between the times written below a recording


class Row(NamedTuple):
    """One codec's reconstruction, and what is written beside it."""

    recording: Ecg
    label: str  # "ecg-fine: PRDN 4.8 %"


def multiples(reference: Ecg, rows: Mapping[str, Row], view: View, *, title: str = "Original", given: Ecg | None = None) -> go.Figure:
    """The original, then every codec's reconstruction on top of it: rows in one time window and one mV scale, their axes linked.

    `rows` maps a codec's name to its reconstruction, from top to bottom; `given` is what was coded where that is not the original.
    """
    import plotly.graph_objects as go

    window = samples_in(reference, view)
    original, first = reference.signals[view.lead, window], window.start / reference.rate
    noisy = [] if given is None else [given.signals[view.lead, window]]
    signals = {name: row.recording.signals[view.lead, window] for name, row in rows.items()}
    low, high = value_range(original, *signals.values(), *noisy)
    picture = go.Figure(layout=_rows(1 + len(rows), (low - 2 / view.gain, high + 5 / view.gain), view, escape(reference.leads[view.lead])))
    for values in noisy:
        picture.add_scatter(**line_trace(values, reference.rate, first, POINTS), **_line(f"{title} with noise", view.ink.error, 0.9))
    picture.add_scatter(**line_trace(original, reference.rate, first, POINTS), **_line(title, view.ink.original, 1.3))
    label(picture, f"{title}, and what the codecs were given" if noisy else title, "y", view.ink.original, view.dark)
    for place, (name, mark) in enumerate(marks(rows).items(), 2):
        colour, axis = mark.colour(view.dark), f"y{place}"
        under = {"line": {"color": view.ink.under, "width": 3.0}, "hoverinfo": "skip", "name": title}
        picture.add_scatter(**line_trace(original, reference.rate, first, POINTS), yaxis=axis, **under)
        picture.add_scatter(**line_trace(signals[name], reference.rate, first, POINTS), yaxis=axis, **_line(name, colour, 1.2))
        label(picture, f"{mark.sign} {rows[name].label}", axis, colour, view.dark)
    say_gaps(picture, original, reference.rate, view, (low + high) / 2)
    return picture


def errors(reference: Ecg, rows: Mapping[str, Row], view: View) -> go.Figure:
    """Every codec's reconstruction less the original, row by row, in one time window and one mV scale."""
    import plotly.graph_objects as go

    window = samples_in(reference, view)
    original, first = reference.signals[view.lead, window], window.start / reference.rate
    signals = {name: row.recording.signals[view.lead, window] - original for name, row in rows.items()}
    high = max(0.01, *map(abs, value_range(*signals.values()))) if rows else 0.5
    picture = go.Figure(layout=_rows(max(1, len(rows)), (-high, 1.4 * high), view, f"{escape(reference.leads[view.lead])} error"))
    for place, (name, mark) in enumerate(marks(rows).items(), 1):
        colour, axis = mark.colour(view.dark), "y" if place == 1 else f"y{place}"
        picture.add_scatter(**line_trace(signals[name], reference.rate, first, POINTS), yaxis=axis, **_line(name, colour, 1.2))
        label(picture, f"{mark.sign} {rows[name].label}", axis, colour, view.dark)
    return picture


def _line(name: str, colour: str, width: float) -> dict[str, Any]:
    said = f"%{{y:.3f}} mV<extra>{escape(name)}</extra>"
    return {"name": name, "line": {"color": colour, "width": width}, "hovertemplate": said}


def _rows(rows: int, span: tuple[float, float], view: View, lead: str) -> dict[str, Any]:
    """Rows of equal height on one time axis; every mV axis is tied to the first, which spans `span`."""
    height = float(np.clip((span[1] - span[0]) * view.gain * PIXELS_PER_MM, LOWEST, HIGHEST))
    total = rows * height + (rows - 1) * BETWEEN
    stop = view.start + view.seconds
    step = next((width for width in WIDTHS if view.seconds / width <= 14), WIDTHS[-1])
    times = np.arange(math.ceil(view.start / step - 1e-9), math.floor(stop / step + 1e-9) + 1) * step
    named = {"tickvals": times, "ticktext": [clock(t) if step >= 1 else f"{t:.1f}" for t in times]}
    named["title"] = {"text": "Time (min:s)" if step >= 1 else "Time (s)"}
    grid = {"gridcolor": GRID, "showgrid": True, "zeroline": False}
    layout: dict[str, Any] = {
        "height": round(total + TOP + BOTTOM),
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "showlegend": False,
        "hovermode": "x",
        "xaxis": {"range": [view.start, stop], "anchor": f"y{rows}" if rows > 1 else "y", **named, **grid},
    }
    for row in range(rows):
        bottom = max(0.0, 1 - (row * (height + BETWEEN) + height) / total)
        axis = {"domain": [bottom, bottom + height / total], "automargin": False, "nticks": 5, **grid}
        axis |= {"title": {"text": f"{lead} (mV)"}, "range": list(span)} if row == 0 else {"matches": "y"}
        layout["yaxis" if row == 0 else f"yaxis{row + 1}"] = axis
    return layout | no_background()


def difference(reference: Ecg, rebuilt: Mapping[str, Ecg], lead: int, seconds: float) -> np.ndarray:
    """By how much the worst codec errs more than the best one (RMS, mV) in each stretch of `seconds`, (bins,); NaN in gaps.

    With one codec alone it is that one's error.
    """
    original = reference.signals[lead]
    starts = np.arange(0, len(original), max(1, round(seconds * reference.rate)))
    errors = [_error(original, recording.signals[lead], starts) for recording in rebuilt.values()]
    if len(errors) > 1:
        return np.asarray(np.max(errors, axis=0) - np.min(errors, axis=0))
    return errors[0] if errors else np.full(len(starts), np.nan)


def _error(original: np.ndarray, rebuilt: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """RMS error from each of `starts` to the next; NaN where nothing was recorded."""
    squares = np.square(rebuilt - original)
    known = np.isfinite(squares)
    count = np.add.reduceat(known, starts, dtype=np.float64)
    total = np.add.reduceat(np.where(known, squares, 0), starts, dtype=np.float64)
    return np.sqrt(np.divide(total, count, out=np.full(len(starts), np.nan), where=count > 0))


def worst_stretches(differences: np.ndarray, seconds: float) -> np.ndarray:
    """Where to look first: starts in s of the stretches of `difference`, the one with most to see first; gaps are left out."""
    known = np.flatnonzero(np.isfinite(differences))
    return np.asarray(known[np.argsort(-differences[known], kind="stable")] * seconds)


def whole(reference: Ecg, differences: np.ndarray, view: View) -> go.Figure:
    """The whole recording on one line, how much the codecs differ along it, and where the window stands; its bars can be clicked."""
    import plotly.graph_objects as go

    bars = _coarser(differences, BINS)
    edges = np.linspace(0, reference.seconds, len(bars) + 1)
    picture = go.Figure(layout=_strip(reference))
    signal = line_trace(reference.signals[view.lead], reference.rate, 0.0, 2 * POINTS // 3)
    picture.add_scatter(**signal, line={"color": view.ink.original, "width": 0.8}, hoverinfo="skip")
    where: dict[str, Any] = {"x": (edges[1:] + edges[:-1]) / 2, "width": np.diff(edges)}
    picture.add_bar(**where, y=np.nan_to_num(bars), yaxis="y2", hoverinfo="skip", marker={"color": view.ink.error})
    found = [f"errors differ by {value:.3f} mV RMS" if np.isfinite(value) else "nothing recorded" for value in bars]
    said = [f"{clock(start)}<br>{words}" for start, words in zip(edges, found, strict=False)]
    unseen: dict[str, Any] = {"marker": {"opacity": 0.0}, "hovertext": said, "hoverinfo": "text", "name": "jump"}
    picture.add_bar(**where, y=np.ones(len(bars)), yaxis="y3", **unseen)
    band = {"fillcolor": view.ink.band, "line": {"color": view.ink.reconstruction, "width": 1}}
    return picture.add_vrect(x0=view.start, x1=min(view.start + view.seconds, reference.seconds), **band)


def _strip(reference: Ecg) -> dict[str, Any]:
    ticks = np.arange(0, reference.seconds, next((step for step in STEPS if reference.seconds / step <= 9), 86_400))
    hidden = {"automargin": False, "showgrid": False, "zeroline": False, "showticklabels": False, "fixedrange": True}
    times = {"range": [0, reference.seconds], "tickvals": ticks, "ticktext": [clock(tick) for tick in ticks]}
    times |= {"showgrid": False, "zeroline": False, "fixedrange": True, "title": {"text": "Time (min:s)", "standoff": 2}}
    return no_background() | {
        "height": 120,
        "margin": {"l": LEFT, "r": RIGHT, "t": 2, "b": 46},
        "showlegend": False,
        "bargap": 0,
        "barmode": "overlay",
        "dragmode": False,
        "xaxis": {"anchor": "y2", **times},
        "yaxis": hidden | {"domain": [0.42, 1.0]},
        "yaxis2": hidden | {"domain": [0.0, 0.36], "rangemode": "tozero"},
        "yaxis3": hidden | {"overlaying": "y", "domain": [0.0, 1.0], "range": [0, 1.06]},
    }


def _coarser(values: np.ndarray, bins: int) -> np.ndarray:
    """The largest of neighbours, so that at most `bins` values are left."""
    if len(values) <= bins:
        return values
    return np.asarray(np.fmax.reduceat(values, np.linspace(0, len(values), bins + 1).astype(int)[:-1]))
