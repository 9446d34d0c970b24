"""Pictures of an ECG and of what became of it.  Every figure stays below 1 MB, whatever the length of the recording."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from vqvae.modalities.ecg.caliper import AFTER, BEFORE, Caliper, average
from vqvae.modalities.ecg.decimation import worst_by_bin
from vqvae.modalities.ecg.drawing import (
    ERROR_HEIGHT,
    LEFT,
    POINTS,
    RIGHT,
    ROW_HEIGHT,
    CodeStrip,
    draw_strip,
    line_trace,
    mark_beats,
    no_background,
    point_at,
    samples_in,
    say_gaps,
    signal_height,
    stacked,
    value_range,
)
from vqvae.modalities.ecg.paper import CALIBRATION_S, PIXELS_PER_MM, View, calibration, rule
from vqvae.modalities.ecg.recording import BEAT_CLASSES, Ecg
from vqvae.modalities.looks import STATUS, clock

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

LEADS_POINTS = 26_000  # per signal kind, in a picture of all leads
BINS = 360  # bars of the overview
STEPS = (1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10_800, 21_600)  # s between written times in the overview
_AROUND = {
    "title": {"text": "s from the R-peak"},
    "tickvals": [-0.2, 0.0, 0.2, 0.4],
    "ticktext": ["−0.2", "0", "0.2", "0.4"],
    "tickangle": 0,
}


def figure(
    reference: Ecg,
    reconstruction: Ecg,
    view: View | None = None,
    *,
    beats: pd.DataFrame | None = None,
    strip: CodeStrip | None = None,
    chosen: float | None = None,
    caliper: Caliper | None = None,
) -> go.Figure:
    """Original and reconstruction on ECG paper, what happened to each beat, the error, and the codes below.

    `beats` is `events["beats"]` of a comparison, `chosen` the time in s of the beat to point at.
    """
    import plotly.graph_objects as go

    view = view or View()
    window = samples_in(reference, view)
    original, rebuilt = reference.signals[view.lead, window], reconstruction.signals[view.lead, window]
    low, high = value_range(original, rebuilt)
    rows = 0 if strip is None else len(strip.codes)
    heights = [signal_height(high - low, view), ERROR_HEIGHT] + ([rows * ROW_HEIGHT] if rows else [])
    picture = go.Figure(layout=stacked(heights, view, view.start - 2.4 * CALIBRATION_S, view.start + view.seconds))
    first = window.start / reference.rate
    for name, values, colour, width, axis in (
        ("Original", original, view.ink.under, 3.8, None),
        ("Reconstruction", rebuilt, view.ink.reconstruction, 1.1, None),
        ("Error", rebuilt - original, view.ink.error, 1.1, "y2"),
    ):
        line = line_trace(values, reference.rate, first) | {"line": {"color": colour, "width": width}, "yaxis": axis}
        picture.add_scatter(**line, name=name, hovertemplate="%{y:.3f} mV")
    say_gaps(picture, original, reference.rate, view, (low + high) / 2)
    picture.add_scatter(**calibration(view, (low + high) / 2 - 0.5))
    if beats is not None:
        mark_beats(picture, beats, view, high)
    if strip is not None:
        draw_strip(picture, strip, view)
    rule(picture, view, view.start - 2.4 * CALIBRATION_S, view.start + view.seconds)
    picture.update_layout(yaxis={"title": {"text": f"{escape(reference.leads[view.lead])} (mV)"}})
    point_at(picture, view, chosen, caliper)
    return picture


def all_leads(
    reference: Ecg,
    reconstruction: Ecg,
    view: View | None = None,
    *,
    beats: pd.DataFrame | None = None,
    chosen: float | None = None,
    caliper: Caliper | None = None,
) -> go.Figure:
    """Original and reconstruction of every lead below each other, in one scale on one sheet of ECG paper."""
    import plotly.graph_objects as go

    view = view or View()
    window = samples_in(reference, view)
    first, budget = window.start / reference.rate, LEADS_POINTS // len(reference.leads)
    ranges = [value_range(a[window], b[window]) for a, b in zip(reference.signals, reconstruction.signals, strict=True)]
    bases = -np.cumsum([high + 4 / view.gain - (ranges[i - 1][0] if i else 0.0) for i, (_, high) in enumerate(ranges)])
    height = (ranges[0][1] - ranges[-1][0] - bases[-1] + bases[0]) * view.gain * PIXELS_PER_MM + 60
    picture = go.Figure(layout=stacked([height], view, view.start - 2.4 * CALIBRATION_S, view.start + view.seconds))
    for i, (name, base) in enumerate(zip(reference.leads, bases.tolist(), strict=True)):
        for words, recording, colour, width in (
            ("Original", reference, view.ink.under, 3.2),
            ("Reconstruction", reconstruction, view.ink.reconstruction, 1.0),
        ):
            trace = line_trace(recording.signals[i, window] + np.float32(base), reference.rate, first, budget)
            picture.add_scatter(
                **trace, name=words, legendgroup=words, showlegend=not i, hoverinfo="skip", line={"color": colour, "width": width}
            )
        picture.add_annotation(
            text=f"<b>{escape(name)}</b>", x=view.start - 2.2 * CALIBRATION_S, y=base, xanchor="left", yanchor="bottom", showarrow=False
        )
        say_gaps(picture, reference.signals[i, window], reference.rate, view, base)
    picture.add_scatter(**calibration(view, float(bases[0])))
    if beats is not None:
        mark_beats(picture, beats, view, float(bases[0]) + ranges[0][1])
    rule(picture, view, view.start - 2.4 * CALIBRATION_S, view.start + view.seconds)
    picture.update_layout(yaxis={"showticklabels": False, "title": {"text": f"{len(reference.leads)} leads, {view.gain:g} mm/mV"}})
    point_at(picture, view, chosen, caliper)
    return picture


def overview(reference: Ecg, reconstruction: Ecg, view: View | None = None, *, beats: pd.DataFrame | None = None) -> go.Figure:
    """The whole recording on one line, the worst error along it, and where the window stands."""
    import plotly.graph_objects as go

    view = view or View()
    original = reference.signals[view.lead]
    worst = worst_by_bin(original, reconstruction.signals[view.lead], BINS)
    edges = np.linspace(0, reference.seconds, len(worst) + 1)
    picture = go.Figure()
    picture.add_scatter(
        **line_trace(original, reference.rate, 0.0, 2 * POINTS // 3), line={"color": view.ink.original, "width": 0.8}, hoverinfo="skip"
    )
    steps = {"x": np.repeat(edges, 2)[1:-1], "y": np.repeat(np.nan_to_num(worst), 2), "yaxis": "y2"}
    picture.add_scatter(**steps, mode="lines", line={"width": 0}, fill="tozeroy", fillcolor=view.ink.error, hoverinfo="skip")
    if beats is not None:
        _mark_damage(picture, beats, edges, view)
    _let_jump(picture, edges, worst)
    stop = min(view.start + view.seconds, reference.seconds)
    picture.add_vrect(x0=view.start, x1=stop, fillcolor=view.ink.band, line={"color": view.ink.reconstruction, "width": 1})
    picture.update_layout(_line(reference.seconds))
    return picture


def _line(seconds: float) -> dict[str, Any]:
    """The layout of a whole recording on one line: signal, error below, and an unseen axis over both."""
    ticks = np.arange(0, seconds, next((step for step in STEPS if seconds / step <= 9), 86_400))
    hidden = {"automargin": False, "showgrid": False, "zeroline": False, "showticklabels": False, "fixedrange": True}
    time = {"anchor": "y2", "range": [0, seconds], "tickvals": ticks, "ticktext": [clock(t) for t in ticks]}
    return {
        "height": 92,
        "margin": {"l": LEFT, "r": RIGHT, "t": 2, "b": 20},
        "showlegend": False,
        "bargap": 0,
        "barmode": "overlay",
        "dragmode": False,
        **no_background(),
        "xaxis": time | {"showgrid": False, "zeroline": False, "fixedrange": True},
        "yaxis": hidden | {"domain": [0.42, 1.0]},
        "yaxis2": hidden | {"domain": [0.0, 0.36], "rangemode": "tozero"},
        "yaxis3": hidden | {"overlaying": "y", "domain": [0.0, 1.0], "range": [0, 1.06]},
    }


def _let_jump(picture: go.Figure, edges: np.ndarray, worst: np.ndarray) -> None:
    """Unseen bars that tell the time and the worst error below the pointer, and can be clicked."""
    first = np.arange(0, len(worst), 3)
    starts, stops = edges[first], edges[np.minimum(first + 3, len(worst))]
    highest = [f"worst error {w:.2f} mV" if np.isfinite(w) else "nothing recorded" for w in np.fmax.reduceat(worst, first)]
    said = [f"{clock(start)}<br>{error}" for start, error in zip(starts, highest, strict=True)]
    where = {"x": (starts + stops) / 2, "width": stops - starts, "y": np.ones(len(first)), "yaxis": "y3"}
    picture.add_bar(**where, marker={"opacity": 0.0}, hovertext=said, hoverinfo="text", name="jump")


def _mark_damage(picture: go.Figure, beats: pd.DataFrame, edges: np.ndarray, view: View) -> None:
    """One mark in every stretch between `edges` where beats were lost or added."""
    for status in ("lost", "added"):
        times = beats.loc[beats["status"] == status, "time"].to_numpy()
        hit = np.unique(np.clip(np.searchsorted(edges, times, "right") - 1, 0, len(edges) - 2))
        symbol, colour = STATUS[status][1], STATUS[status][2 + view.dark]
        where = {"x": (edges[hit] + edges[hit + 1]) / 2, "y": np.ones(len(hit)), "yaxis": "y3"}
        picture.add_scatter(**where, mode="markers", hoverinfo="skip", name=status, marker={"symbol": symbol, "size": 7, "color": colour})


def average_beats(reference: Ecg, reconstruction: Ecg, beats: pd.DataFrame, *, lead: int = 0, dark: bool = False) -> go.Figure:
    """The mean beat of every class side by side on ECG paper, original and reconstruction, with one standard deviation.

    Beats count where the original has them; those without an annotated class stand together.
    """
    import plotly.graph_objects as go

    view = View(lead=lead, dark=dark)
    present = beats[beats["status"] != "added"]
    kinds = [kind for kind in (*BEAT_CLASSES, "") if (present["class"] == kind).any()]
    picture = go.Figure(
        layout={
            "height": 330,
            "margin": {"l": LEFT, "r": RIGHT, "t": 64, "b": 40},
            "legend": {"orientation": "h", "y": 1.12, "yanchor": "bottom"},
        }
        | no_background()
    )
    width = 1 / max(3, len(kinds))
    for i, kind in enumerate(kinds):
        axis = "" if i == 0 else str(i + 1)
        times = present.loc[present["class"] == kind, "time"].to_numpy()
        count = _draw_average(picture, reference, times, view, "Original", axis, i == 0)
        _draw_average(picture, reconstruction, times, view, "Reconstruction", axis, i == 0)
        rule(picture, view, -1, 1, x=f"x{axis}", y=f"y{axis}")
        time = {"domain": [i * width, (i + 0.9) * width], "anchor": f"y{axis}", "range": [-BEFORE, AFTER], **_AROUND}
        title = {"title": {"text": f"{escape(reference.leads[lead])} (mV)"}} if i == 0 else {}
        picture.update_layout({f"xaxis{axis}": time, f"yaxis{axis}": {"anchor": f"x{axis}", **title}})
        name = f"Class {kind}" if kind else "Not annotated"
        said = f"{name}: mean of {count} beat{'s' if count != 1 else ''}"
        place = {"x": (i + 0.45) * width, "y": 1.0, "xref": "paper", "yref": "paper", "yanchor": "bottom"}
        picture.add_annotation(text=said, **place, showarrow=False)
    return picture


def _draw_average(picture: go.Figure, recording: Ecg, times: np.ndarray, view: View, name: str, axis: str, legend: bool) -> int:
    """Mean and band of one signal; how many beats are in it."""
    mean = average(recording, view.lead, times)
    if mean is None:
        return 0
    rebuilt = name == "Reconstruction"
    colour, band = (view.ink.reconstruction, view.ink.band) if rebuilt else (view.ink.original, view.ink.shade)
    around = {
        "x": np.concatenate([mean.times, mean.times[::-1]]),
        "y": np.concatenate([mean.mean + mean.spread, (mean.mean - mean.spread)[::-1]]),
    }
    where = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "legendgroup": name}
    picture.add_scatter(
        **around, **where, fill="toself", fillcolor=band, line={"width": 0}, mode="lines", hoverinfo="skip", showlegend=False
    )
    picture.add_scatter(
        x=mean.times,
        y=mean.mean,
        **where,
        mode="lines",
        name=name,
        showlegend=legend,
        line={"color": colour, "width": 1.6},
        hovertemplate="%{y:.3f} mV at %{x:.3f} s",
    )
    return mean.beats
