"""Several codecs on the same digits: a few of them through each codec, and which ones the codecs draw most differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vqvae.modalities.contest_marks import marks
from vqvae.modalities.digits.figures import ERROR, INK, heat
from vqvae.modalities.digits.recording import Digits

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

HEIGHT = 105  # pixels of a row of digits, with what is written above it


class Row(NamedTuple):
    """One codec's reconstruction, and what is written above it."""

    recording: Digits
    label: str  # "digits: MSE 0.002"


def multiples(reference: Digits, rows: Mapping[str, Row], first: int, count: int) -> go.Figure:
    """`count` digits from number `first`, counted from 0: the originals, and below them what every codec made of them."""
    found = {"Original": side_by_side(reference.images, first, count)}
    for label, row in _signed(rows).items():
        found[label] = side_by_side(row.recording.images, first, count)
    return _stacked(found, INK)


def errors(reference: Digits, rows: Mapping[str, Row], first: int, count: int) -> go.Figure:
    """The same digits: by how much every codec's are brighter (red) or darker (blue) than the originals, all in one scale."""
    own = side_by_side(reference.images, first, count).astype(np.int16)
    return _stacked({label: side_by_side(row.recording.images, first, count) - own for label, row in _signed(rows).items()}, ERROR)


def _signed(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {f"{mark.sign} {rows[name].label}": rows[name] for name, mark in marks(rows).items()}


def side_by_side(images: np.ndarray, first: int, count: int) -> np.ndarray:
    """(N, 28, 28) -> (28, 28 · count): some of them in a row."""
    return np.concatenate([*images[first : first + count]], axis=1)


def _stacked(pictures: Mapping[str, np.ndarray], look: dict[str, Any]) -> go.Figure:
    from plotly.subplots import make_subplots

    drawn = make_subplots(len(pictures), 1, subplot_titles=list(pictures), vertical_spacing=0.25 / max(1, len(pictures)))
    for place, picture in enumerate(pictures.values(), 1):
        drawn.add_trace(heat(picture, **look), place, 1)
    drawn.update_xaxes(visible=False, constrain="domain", matches="x")
    drawn.update_yaxes(visible=False, autorange="reversed", constrain="domain")
    drawn.for_each_yaxis(lambda axis: axis.update(scaleanchor=axis.anchor))
    return drawn.update_layout(height=HEIGHT * len(pictures) + 30, margin={"l": 8, "r": 8, "t": 30, "b": 8})


def difference(tables: Sequence[pd.DataFrame]) -> np.ndarray:
    """By how much the worst codec's mean squared error exceeds the best one's for every digit, (N,); of one codec alone, that error."""
    values = np.stack([table["mse"].to_numpy(np.float64) for table in tables])
    return np.asarray(values.max(axis=0) - (values.min(axis=0) if len(tables) > 1 else 0))


def whole(differences: np.ndarray, first: int, count: int) -> go.Figure:
    """How much the codecs differ in every digit, and which ones are shown; its bars can be clicked, x is the digit's number from 1."""
    import plotly.graph_objects as go

    numbers = np.arange(1, len(differences) + 1)
    drawn = go.Figure(go.Bar(x=numbers, y=differences, marker={"color": "#d55e00"}, hovertemplate="digit %{x}<extra></extra>", name="jump"))
    drawn.update_layout(height=110, margin={"l": 10, "r": 10, "t": 2, "b": 44}, showlegend=False, bargap=0.1, dragmode=False)
    drawn.update_xaxes(title={"text": "Digit", "standoff": 2}, range=[0.5, len(differences) + 0.5], showgrid=False, fixedrange=True)
    drawn.update_yaxes(visible=False, rangemode="tozero", fixedrange=True)
    shown = {"fillcolor": "rgba(11, 107, 203, 0.2)", "line": {"color": "#0b6bcb", "width": 1}}
    return drawn.add_vrect(x0=first + 0.5, x1=min(first + count, len(differences)) + 0.5, **shown)
