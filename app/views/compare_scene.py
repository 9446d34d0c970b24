"""What the window of the Compare page needs of a kind of data."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

Pictures = dict[str, Callable[[], "go.Figure"]]
"""What draws a picture, by the name of its file."""


@dataclass(frozen=True)
class Scene:
    """Codecs on one recording, ready to be looked at."""

    time: str  # where the start of the window, in s or slices, is kept
    about: Hashable  # what is looked at besides the recording: another one opens another window
    length: float  # s, or slices
    starts: np.ndarray  # starts of the stretches where codecs differ, the one with most to see first
    stretch: float  # the length of one
    whole: Callable[[float, float, bool], go.Figure]
    """The whole recording; takes the window's start and length in s, and whether pages are dark."""
    pictures: Callable[[dict[str, str], float, float, bool], Pictures]
    """window.html and errors.html; takes the words beside every codec, then the same."""
    caption: str
    errors_help: str
    choose: Callable[[DeltaGenerator], None]
    """Further choices in the row above the pictures."""
    address: Callable[[], dict[str, str]]
    """What a link must hold to show the same window."""
    choose_start: Callable[[DeltaGenerator], None]
    """Where the window starts."""
    said: Callable[[float], str] = "from {:.1f} s".format
    """Which window it is, by its start."""
    heading: str = "The same stretch through every codec"
    divided: bool = True
    """Whether there is more than one place to look at."""
    theme: Literal["streamlit"] | None = "streamlit"
    """What may change the layout of the pictures: None leaves them true to scale."""
