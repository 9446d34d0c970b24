"""Images, maps of errors and of similarity as plotly draws them: true to scale, with letters, in 256 levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from vqvae.modalities.brain.planes import Plane
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.looks import DARK, LIGHT, Ink

if TYPE_CHECKING:
    import plotly.graph_objects as go

LEVELS = 255
MOST = 400  # pixels drawn along a side: beyond, every second or third one
LETTER = {"color": "#ffd24d", "size": 14}  # on black, in light and dark pages alike
GREY = ((0.0, "#000000"), (1.0, "#ffffff"))
ERROR = ((0.0, "#5aa9ff"), (0.5, "#000000"), (1.0, "#ff9f40"))  # too dark, equal, too bright
SIMILARITY = ((0.0, "#000004"), (0.3, "#721f81"), (0.6, "#f1605d"), (0.85, "#feca8d"), (1.0, "#fcfdbf"))
"""Magma (van der Walt and Smith 2015)."""

What = Literal["intensity", "error", "ssim"]


class Look(NamedTuple):
    """What the colours of a picture say."""

    colours: tuple[tuple[float, str], ...]
    low: float
    high: float
    title: str


class Picture(NamedTuple):
    """One picture: values (rows from the bottom, columns) and how they are shown."""

    values: np.ndarray
    look: Look
    title: str


def looks(window: tuple[float, float], most: float) -> Mapping[What, Look]:
    """How intensities, errors up to `most` either way and similarities are shown."""
    return {
        "intensity": Look(GREY, *window, "Intensity"),
        "error": Look(ERROR, -most, most, "Error"),
        "ssim": Look(SIMILARITY, 0.0, 1.0, "SSIM"),
    }


def draw(picture: go.Figure, panel: Picture, plane: Plane, volume: Volume, number: int) -> None:
    """One picture in panel `number` (from 1), whose axes are in mm, of pictures in pixels."""
    stride = max(1, -(-max(panel.values.shape) // MOST))
    low, high = panel.look.low, panel.look.high
    levels = np.clip(np.rint((panel.values[::stride, ::stride] - low) * (LEVELS / (high - low))), 0, LEVELS).astype(np.uint8)
    (x0, y0), (dx, dy) = plane.start(volume), plane.step(volume)
    axis = str(number) if number > 1 else ""
    where: dict[str, Any] = {"x0": x0, "dx": dx * stride, "y0": y0, "dy": dy * stride, "xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    unit = "pixels" if volume.source.picture else "mm"
    colours, said = [list(pair) for pair in panel.look.colours], f"%{{x:.1f}}, %{{y:.1f}} {unit}<extra>{escape(panel.title)}</extra>"
    picture.add_heatmap(
        z=np.ascontiguousarray(levels), **where, zmin=0, zmax=LEVELS, zsmooth=False, showscale=False, name=escape(panel.title),
        colorscale=colours, hovertemplate=said,
    )  # fmt: skip
    _letters(picture, plane, axis)


def _letters(picture: go.Figure, plane: Plane, axis: str) -> None:
    places = ((0.02, 0.5, "left", "middle"), (0.98, 0.5, "right", "middle"), (0.5, 0.02, "center", "bottom"), (0.5, 0.98, "center", "top"))
    for letter, (x, y, xanchor, yanchor) in zip(plane.letters, places, strict=True):
        if letter:
            where: dict[str, Any] = {"x": x, "y": y, "xref": f"x{axis} domain", "yref": f"y{axis} domain"}
            looks = {"showarrow": False, "font": LETTER, "bgcolor": "rgba(0, 0, 0, 0.45)", "borderpad": 1}
            picture.add_annotation(text=f"<b>{letter}</b>", **where, xanchor=xanchor, yanchor=yanchor, **looks)


def say(picture: go.Figure, title: str, number: int, ink: Ink) -> None:
    """Words above a panel."""
    axis = str(number) if number > 1 else ""
    where: dict[str, Any] = {"x": 0.0, "y": 1.0, "xref": f"x{axis} domain", "yref": f"y{axis} domain"}
    picture.add_annotation(
        text=escape(title), **where, xanchor="left", yanchor="bottom", showarrow=False, font={"color": ink.original, "size": 13}
    )


def colour_bar(picture: go.Figure, look: Look, place: int) -> None:
    """What the colours of a look mean, `place` bars (from 0) from the right end of the pictures."""
    bar = {"title": {"text": look.title, "side": "top"}, "thickness": 10, "len": 0.8, "x": 1.01 + 0.075 * place, "xpad": 2}
    colours = {"color": [look.low], "colorscale": [list(pair) for pair in look.colours], "cmin": look.low, "cmax": look.high}
    marker = colours | {"colorbar": bar, "showscale": True}
    picture.add_scatter(x=[None], y=[None], mode="markers", marker=marker, showlegend=False, hoverinfo="skip")


def ink(dark: bool) -> Ink:
    """The colours of a theme."""
    return DARK if dark else LIGHT


class Grid(NamedTuple):
    """Panels in rows and columns, all true to the same scale."""

    widths: Sequence[float]  # of the columns, mm
    heights: Sequence[float]  # of the rows, mm
    pixels: float  # the width of all of it

    @property
    def scale(self) -> float:
        """Pixels per mm."""
        return self.pixels / sum(self.widths)

    @property
    def height(self) -> float:
        """Pixels, with room for words above every row."""
        return sum(self.heights) * self.scale + len(self.heights) * WORDS


WORDS, GAP = 22, 0.012  # pixels above a row; share of the width between columns


def layout(grid: Grid, bars: int) -> dict[str, Any]:
    """Axes of a grid's panels, numbered row by row; every panel keeps its proportions."""
    found: dict[str, Any] = {
        "height": round(grid.height) + 8,
        "margin": {"l": 4, "r": 10 + 70 * bars, "t": 4, "b": 4},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "#000000",
    }
    plain = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    rights = np.cumsum(grid.widths) / sum(grid.widths)
    bottoms = 1 - np.cumsum([height * grid.scale + WORDS for height in grid.heights]) / grid.height
    for row, height in enumerate(grid.heights):
        for column, width in enumerate(grid.widths):
            number = row * len(grid.widths) + column + 1
            axis = str(number) if number > 1 else ""
            left, bottom = float(rights[column]) - width / sum(grid.widths), max(0.0, float(bottoms[row]))
            across: dict[str, Any] = {"domain": [max(0.0, left), float(rights[column]) - GAP], "anchor": f"y{axis}", "constrain": "domain"}
            up = {"domain": [bottom, min(1.0, bottom + height * grid.scale / grid.height)], "anchor": f"x{axis}", "constrain": "domain"}
            found |= {f"xaxis{axis}": across | plain, f"yaxis{axis}": up | plain | {"scaleanchor": f"x{axis}", "scaleratio": 1}}
    return found
