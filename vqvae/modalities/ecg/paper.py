"""ECG paper: how a stretch of a recording is laid out on the screen, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vqvae.modalities.looks import DARK, LIGHT, Ink, clock

if TYPE_CHECKING:
    import plotly.graph_objects as go

PIXELS_PER_MM = 4.2  # on a picture about 1100 pixels wide; the boxes stay square at any width
CALIBRATION_S = 0.2  # the calibration mark is 1 mV high and 0.2 s wide, as on paper
GRID = "rgba(214, 96, 96, 0.42)"  # legible on white and on near black
GRID_FINE = "rgba(214, 96, 96, 0.17)"


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
