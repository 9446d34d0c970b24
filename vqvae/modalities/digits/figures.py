"""Pictures of digits before and after, and of their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqvae.modalities.digits.recording import Digits

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST = 12  # digits in one figure
_BLUE_TO_RED = ((0.0, "#2166ac"), (0.5, "#f7f7f7"), (1.0, "#b2182b"))


def figure(reference: Digits, reconstruction: Digits, first: int = 0) -> go.Figure:
    """Original, reconstruction and error of up to 12 digits, one above the other; `first` counts from 0, titles from 1."""
    from plotly.subplots import make_subplots

    count = max(1, min(MOST, reference.count - first))
    titles = [str(first + place + 1) for place in range(count)]
    drawn = make_subplots(3, count, column_titles=titles, row_titles=["original", "reconstruction", "error"], **_TIGHT)
    for column, (one, other) in enumerate(zip(reference.images[first:], reconstruction.images[first:], strict=True), 1):
        if column > count:
            break
        error = other.astype(np.int16) - one
        for row, (image, look) in enumerate(((one, INK), (other, INK), (error, ERROR)), 1):
            drawn.add_trace(heat(image, **look), row, column)
    drawn.update_xaxes(visible=False, constrain="domain")
    drawn.update_yaxes(visible=False, autorange="reversed", constrain="domain")
    drawn.for_each_yaxis(lambda axis: axis.update(scaleanchor=axis.anchor))  # every digit is square, not the first alone
    drawn.update_layout(height=330, margin={"l": 8, "r": 30, "t": 30, "b": 8})
    return drawn


_TIGHT = {"horizontal_spacing": 0.01, "vertical_spacing": 0.02}
INK = {"colorscale": "gray", "zmin": 0, "zmax": 255}
ERROR = {"colorscale": _BLUE_TO_RED, "zmin": -255, "zmax": 255}


def heat(image: np.ndarray, **look: Any) -> go.Heatmap:
    """One image (rows, columns), without a scale of colours."""
    import plotly.graph_objects as go

    return go.Heatmap(z=image, showscale=False, hovertemplate="row %{y}, column %{x}: %{z}<extra></extra>", **look)
