"""Score against bits: one line per codec on one recording."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from vqvae.modalities.contest_marks import Mark, marks
from vqvae.modalities.looks import DARK, LIGHT, Ink

if TYPE_CHECKING:
    import plotly.graph_objects as go

LEFT, RIGHT, TOP, BOTTOM = 68, 12, 34, 50  # margins in pixels
GRID = "rgba(128, 134, 142, 0.28)"
_ROUND = [base * 10.0**power for power in range(-4, 6) for base in (1, 2, 3, 5, 7)]  # numbers that are easy to say
_CLOSE = [base * 10.0**power for power in range(-4, 6) for base in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)]  # where those are too far apart
_FEW = 4  # numbers on an axis
_WIDE = 6.0  # the largest value over the smallest, from which on the axis is logarithmic


class CurvePoint(NamedTuple):
    """One codec at one size."""

    codec: str
    rate: float  # of the real file, in the unit of the axis
    value: float  # of the score; NaN where there is none


class Axis(NamedTuple):
    """The score that is drawn, and what sizes are said in."""

    title: str
    unit: str
    better: Literal["lower", "higher"]
    size: str  # "bit/s per lead"


def curve(points: Sequence[CurvePoint], axis: Axis, *, chosen: Sequence[CurvePoint] = (), dark: bool = False) -> go.Figure:
    """One line per codec, from the smallest file to the largest; `chosen`, the points that a table shows, stand in rings.

    The codecs stand in the order of `chosen`, then of `points`.
    """
    import plotly.graph_objects as go

    known = [point for point in (*chosen, *points) if math.isfinite(point.value)]
    picture = go.Figure(layout=_layout(known, axis))
    for name, mark in marks(dict.fromkeys(point.codec for point in known)).items():
        _draw(picture, name, mark, [point for point in known if point.codec == name], axis, dark)
    ringed = [point for point in chosen if math.isfinite(point.value)]
    looks = marks(point.codec for point in ringed)
    for point in ringed:
        ring = {"symbol": "circle-open", "size": 17, "color": looks[point.codec].colour(dark), "line": {"width": 2.4}}
        picture.add_scatter(x=[point.rate], y=[point.value], mode="markers", marker=ring, showlegend=False, hoverinfo="skip")
    if ringed:
        _point_at(picture, float(np.median([point.rate for point in ringed])), axis, DARK if dark else LIGHT)
    return picture


def _draw(picture: go.Figure, name: str, mark: Mark, points: list[CurvePoint], axis: Axis, dark: bool) -> None:
    at = {point.rate: point.value for point in points}
    rates, colour = sorted(at), mark.colour(dark)
    picture.add_scatter(
        x=rates,
        y=[at[rate] for rate in rates],
        mode="lines+markers",
        name=escape(name),
        line={"color": colour, "width": 2, "dash": mark.dash},
        marker={"symbol": mark.symbol, "size": 7, "color": colour, "line": {"color": colour, "width": 1.4}},
        hovertemplate=f"%{{x:.3~r}} {escape(axis.size)}: %{{y:.3g}} {escape(axis.unit)}<extra>{escape(name)}</extra>",
    )


def _point_at(picture: go.Figure, rate: float, axis: Axis, ink: Ink) -> None:
    """A line at the size of the chosen points; on a logarithmic axis the words beside it are placed by the logarithm."""
    picture.add_vline(x=rate, line={"color": ink.under, "width": 1.2, "dash": "dot"})
    where: dict[str, Any] = {"x": math.log10(rate), "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False}
    digits = 0 if rate >= 100 else 1
    picture.add_annotation(text=f"size of the table: {rate:.{digits}f} {escape(axis.size)}", font={"color": ink.original}, **where)


def _layout(points: Sequence[CurvePoint], axis: Axis) -> dict[str, Any]:
    values, rates = [point.value for point in points], [point.rate for point in points]
    unit = f" ({escape(axis.unit)})" if axis.unit else ""
    score = {"title": {"text": f"{escape(axis.title)}{unit}, {axis.better} is better"}, "gridcolor": GRID, "zeroline": False}
    if axis.better == "lower" and values and min(values) > 0 and max(values) > _WIDE * min(values):
        score |= {"type": "log"} | _ticks(values)
    size = {"title": {"text": f"Size of the file ({escape(axis.size)})"}, "type": "log", "gridcolor": GRID} | _ticks(rates)
    return {
        "height": 430,
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "legend": {"title": {"text": "Codec"}, "traceorder": "normal"},
        "xaxis": size,
        "yaxis": score,
    }


def _ticks(values: Sequence[float]) -> dict[str, Any]:
    """Round numbers around `values` on a logarithmic axis, and a range that has room for them."""
    if not values:
        return {}
    low, high = min(values) / 1.25, max(values) * 1.25
    ticks, close = ([tick for tick in numbers if low <= tick <= high] for numbers in (_ROUND, _CLOSE))
    ticks = ticks if len(ticks) >= _FEW else close
    words = [f"{tick:,.10g}".replace(",", "\u2009") for tick in ticks]
    return {"tickvals": ticks, "ticktext": words, "range": [math.log10(low), math.log10(high)]}
