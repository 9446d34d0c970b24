"""Pictures of an ECG and of what became of it.  Every figure stays below 1 MB, whatever the length of the recording."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vqvae.modalities.ecg.caliper import AFTER, BEFORE, Caliper, average
from vqvae.modalities.ecg.decimation import keepers, worst_by_bin
from vqvae.modalities.ecg.paper import GRID, PIXELS_PER_MM, STATUS, View, calibration, clock, rule
from vqvae.modalities.ecg.recording import BEAT_CLASSES, Ecg

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

POINTS = 4000  # per drawn signal
BINS = 360  # bars of the overview
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 34, 26  # margins in pixels, the same in every figure so that their times stand above each other
ERROR_HEIGHT, ROW_HEIGHT, SPACE = 84, 13, 12


class CodeStrip(NamedTuple):
    """The codes of one lead, ready to be drawn under its signal."""

    codes: np.ndarray  # (Q, F) int, one row per level
    colours: np.ndarray  # (Q, K, 3) uint8: the colour of every code
    frame: float  # s, length of one frame
    offset: float = 0.0  # s, where the first frame starts


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
    window = _window(reference, view)
    original, rebuilt = reference.signals[view.lead, window], reconstruction.signals[view.lead, window]
    low, high = _span(original, rebuilt)
    rows = 0 if strip is None else len(strip.codes)
    heights = [_signal_height(high - low, view), ERROR_HEIGHT] + ([rows * ROW_HEIGHT] if rows else [])
    picture = go.Figure(layout=_layout(heights, view, view.start - 2.4 * 0.2 * 25 / view.speed, view.start + view.seconds))
    first = window.start / reference.rate
    for name, values, colour, width in (
        ("Original", original, view.ink.original, 1.1),
        ("Reconstruction", rebuilt, view.ink.reconstruction, 1.3),
    ):
        picture.add_scatter(
            **_line(values, reference.rate, first), name=name, line={"color": colour, "width": width}, hovertemplate="%{y:.3f} mV"
        )
    picture.add_scatter(
        **_line(rebuilt - original, reference.rate, first),
        name="Error",
        line={"color": view.ink.error, "width": 1.1},
        yaxis="y2",
        hovertemplate="%{y:.3f} mV",
    )
    middle = (low + high) / 2
    picture.add_scatter(**calibration(view, middle - 0.5))
    if beats is not None:
        _mark_beats(picture, beats, view, high)
    if strip is not None:
        _draw_strip(picture, strip, view)
    rule(picture, view, view.start - view.seconds, view.start + 2 * view.seconds)
    picture.update_layout(yaxis={"range": [middle - 0.1, middle + 0.1], "title": {"text": f"{escape(reference.leads[view.lead])} (mV)"}})
    _point_at(picture, view, chosen, caliper)
    return picture


def overview(reference: Ecg, reconstruction: Ecg, view: View | None = None, *, beats: pd.DataFrame | None = None) -> go.Figure:
    """The whole recording on one line, the worst error along it, and where the window stands."""
    import plotly.graph_objects as go

    view = view or View()
    original = reference.signals[view.lead]
    worst = worst_by_bin(original, reconstruction.signals[view.lead], BINS)
    edges = np.linspace(0, reference.seconds, len(worst) + 1)
    centres, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    picture = go.Figure()
    picture.add_scatter(
        **_line(original, reference.rate, 0.0, 2 * POINTS // 3), line={"color": view.ink.original, "width": 0.8}, hoverinfo="skip"
    )
    picture.add_bar(
        x=centres, y=np.nan_to_num(worst), width=width, marker={"color": view.ink.error, "line": {"width": 0}}, yaxis="y2", hoverinfo="skip"
    )
    if beats is not None:
        gone = beats[beats["status"].isin(["lost", "added"])]
        picture.add_scatter(
            x=gone["time"].to_numpy(),
            y=np.ones(len(gone)),
            yaxis="y3",
            mode="markers",
            hoverinfo="skip",
            marker={
                "symbol": [STATUS[s][1] for s in gone["status"]],
                "size": 7,
                "color": [STATUS[s][2 + view.dark] for s in gone["status"]],
            },
        )
    said = [
        f"{clock(t)}<br>worst error {w:.2f} mV" if np.isfinite(w) else f"{clock(t)}<br>nothing recorded"
        for t, w in zip(centres, worst, strict=True)
    ]
    picture.add_bar(
        x=centres,
        y=np.ones(len(centres)),
        width=width,
        yaxis="y3",
        marker={"color": view.ink.shade, "opacity": 0.0},
        hovertext=said,
        hoverinfo="text",
        name="jump",
    )
    picture.add_vrect(
        x0=view.start,
        x1=min(view.start + view.seconds, reference.seconds),
        fillcolor=view.ink.band,
        line={"color": view.ink.reconstruction, "width": 1},
    )
    ticks = np.linspace(0, reference.seconds, 7)
    hidden = {"automargin": False, "showgrid": False, "zeroline": False, "showticklabels": False, "fixedrange": True}
    picture.update_layout(
        height=92,
        margin={"l": LEFT, "r": RIGHT, "t": 2, "b": 20},
        showlegend=False,
        bargap=0,
        barmode="overlay",
        dragmode=False,
        **_clear(),
        xaxis={
            "anchor": "y2",
            "range": [0, reference.seconds],
            "tickvals": ticks,
            "ticktext": [clock(t) for t in ticks],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
        yaxis=hidden | {"domain": [0.42, 1.0]},
        yaxis2=hidden | {"domain": [0.0, 0.36], "rangemode": "tozero"},
        yaxis3=hidden | {"overlaying": "y", "domain": [0.0, 1.0], "range": [0, 1.06]},
    )
    return picture


def average_beats(reference: Ecg, reconstruction: Ecg, beats: pd.DataFrame, *, lead: int = 0, dark: bool = False) -> go.Figure:
    """The mean beat of every class side by side on ECG paper, original and reconstruction, with one standard deviation.

    Beats count where the original has them; those without an annotated class stand together.
    """
    import plotly.graph_objects as go

    view = View(lead=lead, dark=dark)
    present = beats[beats["status"] != "added"]
    kinds = [kind for kind in (*BEAT_CLASSES, "") if (present["class"] == kind).any()]
    picture = go.Figure(
        layout={"height": 330, "margin": {"l": LEFT, "r": RIGHT, "t": 46, "b": 40}, "legend": {"orientation": "h", "y": 1.16}} | _clear()
    )
    width = 1 / max(3, len(kinds))
    for i, kind in enumerate(kinds):
        axis = "" if i == 0 else str(i + 1)
        times = present.loc[present["class"] == kind, "time"].to_numpy()
        count = _draw_average(picture, reference, times, view, "Original", axis, i == 0)
        _draw_average(picture, reconstruction, times, view, "Reconstruction", axis, i == 0)
        rule(picture, view, -1, 1, x=f"x{axis}", y=f"y{axis}")
        picture.update_layout(
            {
                f"xaxis{axis}": {
                    "domain": [i * width, (i + 0.9) * width],
                    "anchor": f"y{axis}",
                    "range": [-BEFORE, AFTER],
                    "title": {"text": "s from the R-peak"},
                }
                | {"tickvals": np.arange(-0.4, 0.61, 0.2), "ticktext": ["−0.4", "−0.2", "0", "0.2", "0.4", "0.6"]},
                f"yaxis{axis}": {"anchor": f"x{axis}"} | ({"title": {"text": f"{escape(reference.leads[lead])} (mV)"}} if i == 0 else {}),
            }
        )
        name = f"Class {kind}" if kind else "Not annotated"
        picture.add_annotation(
            text=f"{name}: {count} beats", x=(i + 0.45) * width, y=1.0, xref="paper", yref="paper", yanchor="bottom", showarrow=False
        )
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


def _window(reference: Ecg, view: View) -> slice:
    """The samples to draw."""
    first = int(np.clip(np.floor(view.start * reference.rate), 0, reference.signals.shape[1]))
    last = int(np.clip(np.ceil((view.start + view.seconds) * reference.rate) + 1, first, reference.signals.shape[1]))
    return slice(first, last)


def _span(*signals: np.ndarray) -> tuple[float, float]:
    """Smallest and largest recorded value, mV."""
    values = np.concatenate(signals)
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (-0.5, 0.5)


def _signal_height(span: float, view: View) -> float:
    """Pixels for a signal that spans `span` mV, its beat marks and some air."""
    return float(np.clip((span * view.gain + 11) * PIXELS_PER_MM, 190, 460))


def _line(values: np.ndarray, rate: float, start: float, budget: int = POINTS) -> dict[str, Any]:
    """A signal as a line trace: evenly spaced where all samples are kept, else its extremes at their own times."""
    kept = keepers(values, budget)
    if len(kept) == len(values):
        return {"x0": start, "dx": 1 / rate, "y": values.astype(np.float32), "mode": "lines"}
    return {"x": start + kept / rate, "y": values[kept].astype(np.float32), "mode": "lines"}


def _clear() -> dict[str, Any]:
    return {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}


def _layout(heights: list[float], view: View, left: float, right: float) -> dict[str, Any]:
    """Panels of the given heights in pixels, one above the other on one time axis."""
    total = sum(heights) + SPACE * (len(heights) - 1)
    tops = total - np.cumsum([0.0, *[height + SPACE for height in heights[:-1]]])
    domains = [[max(0.0, (top - height) / total), min(1.0, top / total)] for top, height in zip(tops, heights, strict=True)]
    layout: dict[str, Any] = {
        "height": round(total + TOP + BOTTOM),
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left", "traceorder": "normal"},
        "hovermode": "x unified",
        "xaxis": {"range": [left, right], "anchor": f"y{len(heights)}", "hoverformat": ".3f", "unifiedhovertitle": {"text": "%{x:.3f} s"}},
        "yaxis": {"domain": domains[0], "automargin": False},
        "yaxis2": {
            "domain": domains[1],
            "automargin": False,
            "title": {"text": "Error (mV)"},
            "gridcolor": GRID,
            "zerolinecolor": GRID,
            "nticks": 4,
            "fixedrange": True,
        },
    }
    if len(heights) > 2:
        layout["yaxis3"] = {
            "domain": domains[2],
            "automargin": False,
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "title": {"text": "Codes"},
        }
    return layout | _clear()


def _mark_beats(picture: go.Figure, beats: pd.DataFrame, view: View, high: float) -> None:
    """One mark per beat in a row above the signal; colour and symbol say what happened to it."""
    row = high + 4.5 / view.gain
    seen = beats[(beats["time"] >= view.start) & (beats["time"] <= view.start + view.seconds)]
    for status, (_, marker, *colours) in STATUS.items():
        some = seen[seen["status"] == status]
        if some.empty:
            continue
        colour = colours[view.dark]
        notes = [
            f"beat {escape(str(c))}, {status}" + (f" by {s:+.0f} ms" if np.isfinite(s) else "")
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


def _draw_strip(picture: go.Figure, strip: CodeStrip, view: View) -> None:
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
        hovertemplate="level %{y}: code %{customdata}<extra></extra>",
    )
    picture.update_layout(yaxis3={"range": [len(codes) + 0.5, 0.5], "tickvals": levels + 1})


def _point_at(picture: go.Figure, view: View, chosen: float | None, caliper: Caliper | None) -> None:
    if chosen is not None and view.start <= chosen <= view.start + view.seconds:
        picture.add_vrect(x0=chosen - 0.3, x1=chosen + 0.4, fillcolor=view.ink.error, opacity=0.13, line_width=0, layer="below")
    if caliper is not None:
        for time in caliper:
            picture.add_vline(x=time, line={"color": view.ink.error, "width": 1.2, "dash": "dash"})
