"""Pictures of an image and of what became of it: true to scale, original and reconstruction in one window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vqvae.modalities.brain.picture_drawing import Grid, Picture, colour_bar, draw, ink, layout, looks, say
from vqvae.modalities.brain.planes import Plane, middle, planes
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.brain.scores_similarity import maps
from vqvae.modalities.brain.verdict import traces
from vqvae.modalities.looks import Ink

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

WIDTH = 880  # pixels
MOST_ERROR = 0.2  # of the window: an error that has the full colour
TITLES = ("Original", "Reconstruction", "Error", "SSIM")
GRID = "rgba(128, 134, 142, 0.28)"


@dataclass(frozen=True)
class View:
    """What of an image is drawn."""

    cursor: tuple[int, int, int] | None = None  # voxel (x, y, slice) that planes go through; the middle when None
    window: tuple[float, float] | None = None  # black and white; the image's own when None
    dark: bool = False


def figure(reference: Volume, reconstruction: Volume, view: View | None = None) -> go.Figure:
    """Planes through the cursor, one below the other: original, reconstruction, what one is more than the other, SSIM.

    A single slice has one plane.  Similarity is that of the plane's own two dimensions.
    """
    import plotly.graph_objects as go

    view = view or View()
    shown = planes(reference, view.cursor or middle(reference))
    low, high = reference.window
    known = looks(view.window or reference.window, MOST_ERROR * (high - low))
    widths = [max(_extent(plane, reference)[0] for plane in shown)] * len(TITLES)
    picture = go.Figure(layout=layout(Grid(widths, [_extent(plane, reference)[1] for plane in shown], WIDTH), 2))
    for row, plane in enumerate(shown):
        original, rebuilt = plane.of(reference.voxels), plane.of(reconstruction.voxels)
        similar = ssim_map(original, rebuilt, reference.window)
        values = ((original, "intensity"), (rebuilt, "intensity"), (rebuilt - original, "error"), (similar, "ssim"))
        for column, ((drawn, what), title) in enumerate(zip(values, TITLES, strict=True)):
            number = row * len(TITLES) + column + 1
            draw(picture, Picture(drawn, known[what], title), plane, reference, number)  # type: ignore[index]
            say(picture, f"{title}, {plane.name}" if len(shown) > 1 and not column else title, number, ink(view.dark))
    for place, what in enumerate(("error", "ssim")):
        colour_bar(picture, known[what], place)  # type: ignore[index]
    return picture


def ssim_map(original: np.ndarray, rebuilt: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    """SSIM at every pixel of two pictures of the same sides, float32."""
    low, high = window
    x, y = ((values.astype(np.float64)[None] - low) / (high - low) for values in (original, rebuilt))
    return maps(x, y).ssim[0].astype(np.float32)


def _extent(plane: Plane, volume: Volume) -> tuple[float, float]:
    """Width and height, mm."""
    (across, up), (dx, dy) = (volume.voxels.shape[plane.across], volume.voxels.shape[plane.up]), plane.step(volume)
    return across * dx, up * dy


def course(slices: pd.DataFrame, score: str = "ssim_brain", place: int | None = None, *, title: str = "", dark: bool = False) -> go.Figure:
    """A score along the volume (`events["slices"]`), the worst slice marked; its points can be clicked, x is the slice's number from 1.

    Slices with a trace of brain only, which are never the worst, are faint and no part of the line.
    """
    import plotly.graph_objects as go

    own = ink(dark)
    numbers, values = slices["place"].to_numpy() + 1, slices[score].to_numpy(np.float64)
    known, faint = (slices["brain"] > 0).to_numpy() & np.isfinite(values), traces(slices)
    counted = np.where(known & ~faint, values, np.nan)
    placed = zip(numbers, slices["position"], strict=True)
    said = [f"slice {number}" + (f", {position:.1f} mm" if np.isfinite(position) else "") for number, position in placed]
    picture = go.Figure(layout=_course_layout(title or score, own))
    picture.add_scatter(
        x=numbers, y=counted, mode="lines+markers", line={"color": own.reconstruction, "width": 2}, marker={"size": 6}, name="slices",
        hovertext=said, hovertemplate="%{hovertext}: %{y:.4g}<extra></extra>",
    )  # fmt: skip
    if (known & faint).any():
        picture.add_scatter(
            x=numbers, y=np.where(known & faint, values, np.nan), mode="markers", opacity=0.35, name="traces",
            marker={"size": 6, "color": own.reconstruction}, hovertext=said,
            hovertemplate="%{hovertext}, only a trace of brain: %{y:.4g}<extra></extra>",
        )  # fmt: skip
    if np.isfinite(counted).any():
        better = score in ("ssim", "ssim_brain", "ms_ssim", "psnr")
        worst = int(np.nanargmin(counted) if better else np.nanargmax(counted))
        ring = {"symbol": "circle-open", "size": 15, "color": own.error, "line": {"width": 2.4}}
        picture.add_scatter(x=[numbers[worst]], y=[counted[worst]], mode="markers", marker=ring, name="worst", hoverinfo="skip")
    if place is not None:
        picture.add_vline(x=place + 1, line={"color": own.under, "width": 1.2, "dash": "dot"})
    return picture


def _course_layout(title: str, own: Ink) -> dict[str, Any]:
    return {
        "height": 220,
        "margin": {"l": 60, "r": 10, "t": 8, "b": 44},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "xaxis": {"title": {"text": "Slice"}, "gridcolor": GRID, "zeroline": False},
        "yaxis": {"title": {"text": title}, "gridcolor": GRID, "zeroline": False},
        "font": {"color": own.original},
    }


def histogram(reference: Volume, reconstruction: Volume, *, bins: int = 128, dark: bool = False) -> go.Figure:
    """How often every intensity occurs, before and after, without the darkest bin, which is mostly background."""
    import plotly.graph_objects as go

    own, (low, high) = ink(dark), reference.window
    edges = np.linspace(low, high, bins + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    picture = go.Figure(layout=_course_layout("Voxels", own))
    for volume, name, colour in ((reference, "Original", own.under), (reconstruction, "Reconstruction", own.reconstruction)):
        counts = np.histogram(volume.voxels, edges)[0]
        line: dict[str, Any] = {"color": colour, "width": 3 if volume is reference else 1.6, "shape": "hvh"}
        picture.add_scatter(x=middles[1:], y=counts[1:], mode="lines", line=line, name=name)
    return picture.update_layout(showlegend=True, legend={"x": 1, "xanchor": "right", "y": 1}, xaxis_title_text="Intensity", height=240)
