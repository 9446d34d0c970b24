"""How each codec is drawn: one colour, dash and symbol, the same in every picture and table."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Mark(NamedTuple):
    """The looks of one codec; colour is never the only difference."""

    light: str  # colour on white
    dark: str  # colour on near black
    dash: str  # plotly's name of the line
    symbol: str  # plotly's name of the marker
    sign: str  # the same as a character, for text

    def colour(self, dark: bool) -> str:
        """The colour for the page's theme."""
        return self.dark if dark else self.light


MARKS = (
    Mark("#0b6bcb", "#5aa9ff", "solid", "circle", "●"),
    Mark("#6a3fa0", "#c0a2ff", "solid", "diamond", "◆"),
    Mark("#c1440e", "#ff8a50", "solid", "square", "■"),
    Mark("#a56a00", "#ffc24d", "dash", "square-open", "□"),
    Mark("#00795a", "#2bc79b", "dashdot", "triangle-up", "▲"),
    Mark("#0e7c93", "#4fd0e6", "longdash", "cross", "✚"),
    Mark("#6b6400", "#e3d84f", "dot", "x", "✖"),
    Mark("#a8336e", "#f08bbd", "longdashdot", "triangle-down", "▼"),
    Mark("#84461f", "#dba47e", "dot", "star", "★"),
    Mark("#3f5f8a", "#a9c1e6", "dash", "circle-open", "○"),
    Mark("#9a2f2f", "#ff9d9d", "dash", "diamond-open", "◇"),
    Mark("#2f7a2f", "#8fdc7a", "longdash", "triangle-up-open", "△"),
    Mark("#7a4fa8", "#d6b3f5", "dot", "triangle-down-open", "▽"),
    Mark("#8a5a2f", "#e8bd8f", "dashdot", "star-open", "☆"),
)
_OWN = (  # what ships, by kind of data: codecs of two kinds never stand in one picture
    ("ecg-fine", "ecg", "wavelet-adaptive", "wavelet", "dct", "smoothing", "averaging", "autoencoder", "vae"),
    ("piano-fine", "piano", "grid-adaptive", "grid"),
    ("brain-fine", "brain", "plane-wavelet-adaptive", "plane-wavelet", "jpeg2000", "jpeg", "webp"),
)
_PLACES = {name: place for own in _OWN for place, name in enumerate(own)}


def marks(names: Iterable[str]) -> dict[str, Mark]:
    """The mark of every name, in their order; what ships always has its own, others take those that are left, by their names."""
    given = list(names)
    places = {name: _PLACES[name] for name in given if name in _PLACES}
    free = list(range(max(map(len, _OWN)), len(MARKS)))
    for name in sorted(set(given) - places.keys()):
        places[name] = free.pop(crc32(name.encode()) % len(free)) if free else crc32(name.encode()) % len(MARKS)
    return {name: MARKS[places[name]] for name in given}


def label(picture: go.Figure, text: str, axis: str, colour: str, dark: bool, *, above: bool = False) -> None:
    """Words in the upper left corner of a row, or above it; `axis` is its vertical one, as plotly names it: "y", "y2"."""
    veil = "rgba(15, 20, 27, 0.7)" if dark else "rgba(255, 255, 255, 0.75)"
    corner: dict[str, Any] = {"x": 0.004, "xref": "paper", "y": 1, "yref": f"{axis} domain", "xanchor": "left"}
    corner["yanchor"] = "bottom" if above else "top"
    font = {"color": colour, "size": 13}
    picture.add_annotation(text=f"<b>{escape(text)}</b>", **corner, showarrow=False, font=font, bgcolor=veil, borderpad=1)
