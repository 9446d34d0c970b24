"""ECG paper: how a stretch of a recording is laid out on the screen, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

PIXELS_PER_MM = 4.2  # on a picture about 1100 pixels wide; the boxes stay square at any width
CALIBRATION_S = 0.2  # the calibration mark is 1 mV high and 0.2 s wide, as on paper
GRID = "rgba(214, 96, 96, 0.42)"  # legible on white and on near black
GRID_FINE = "rgba(214, 96, 96, 0.17)"

STATUS = {  # what happened to a beat -> (symbol, plotly marker, colour on light, colour on dark); Okabe-Ito, safe for colour-blind readers
    "kept": ("○", "circle-open", "#009e73", "#2bc79b"),
    "moved": ("△", "triangle-up", "#b0598a", "#e79fc7"),
    "lost": ("✕", "x", "#c1440e", "#ff8a50"),
    "added": ("+", "cross", "#7a5b00", "#f0e442"),
}


@dataclass(frozen=True)
class Ink:
    """Colours of one theme."""

    original: str
    under: str  # original, where the reconstruction lies on top of it
    reconstruction: str
    error: str
    band: str  # reconstruction, translucent
    shade: str  # original, translucent
    dark: bool


LIGHT = Ink("#16191d", "#8b9096", "#0b6bcb", "#c75d00", "rgba(11, 107, 203, 0.16)", "rgba(22, 25, 29, 0.12)", False)
DARK = Ink("#f1f4f8", "#8a9097", "#5aa9ff", "#ff9f40", "rgba(90, 169, 255, 0.22)", "rgba(241, 244, 248, 0.16)", True)


@dataclass(frozen=True)
class View:
    """Which part of a recording is drawn, and at what scale."""

    lead: int = 0
    start: float = 0.0  # s
    speed: float = 25.0  # mm/s
    gain: float = 10.0  # mm/mV
    width_mm: float = 250.0  # of paper
    dark: bool = False

    @property
    def seconds(self) -> float:
        """Length of the window in seconds."""
        return self.width_mm / self.speed

    @property
    def ink(self) -> Ink:
        """The colours to draw with."""
        return DARK if self.dark else LIGHT


def clock(seconds: float) -> str:
    """Time as a reader of Holter recordings writes it: 7.4 s, 12:07, 1:02:03."""
    whole = int(round(seconds, 2))  # beside 10.00 s stands 0:10, never 0:09
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def rule(figure: go.Figure, view: View, start: float, stop: float, *, x: str = "x", y: str = "y") -> None:
    """Rule the axes `x` and `y` like ECG paper from `start` to `stop` s: 1 mm and 5 mm boxes, square, whole seconds written.

    The many fine lines of time are one path, which a browser draws ten times faster than as many grid lines.
    """
    box_s, box_mv = 5.0 / view.speed, 5.0 / view.gain
    ticks = np.arange(np.ceil(start / box_s), np.floor(stop / box_s) + 1) * box_s
    names = [clock(tick) if abs(tick - round(tick)) < 1e-6 else "" for tick in ticks]
    fine = np.arange(np.ceil(5 * start / box_s), np.floor(5 * stop / box_s) + 1) * (box_s / 5)
    figure.add_shape(
        type="path",
        path=" ".join(f"M {time:.4f},0 V 1" for time in fine),
        xref=x,
        yref=f"{y} domain",
        line={"color": GRID_FINE, "width": 1},
        layer="below",
    )
    common = {"gridcolor": GRID, "gridwidth": 1, "zeroline": False, "showgrid": True}
    levels = {"dtick": box_mv, "tick0": 0, "ticklabelstep": 2, "scaleanchor": x, "scaleratio": view.gain / view.speed}
    minor = {"minor": {"dtick": box_mv / 5, "tick0": 0, "showgrid": True, "gridcolor": GRID_FINE}}
    times = {"tickmode": "array", "tickvals": ticks, "ticktext": names}
    figure.update_layout({f"{x[0]}axis{x[1:]}": common | times, f"{y[0]}axis{y[1:]}": common | levels | minor})


def calibration(view: View, bottom: float) -> dict[str, Any]:
    """The calibration mark as a line trace, left of the window: up 1 mV for 0.2 s."""
    left = view.start - 1.6 * CALIBRATION_S
    side = CALIBRATION_S / 5
    times = np.array([left - side, left, left, left + CALIBRATION_S, left + CALIBRATION_S, left + CALIBRATION_S + side])
    levels = bottom + np.array([0.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    return {
        "x": times,
        "y": levels,
        "mode": "lines",
        "line": {"width": 1.4, "color": view.ink.original},
        "hoverinfo": "skip",
        "showlegend": False,
    }
