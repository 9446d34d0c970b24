"""The window of the Compare page on an image: the same slice through every codec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import cache, inputs
from app.choices_compare import Choice, keys
from app.views.compare_scene import Pictures, Scene
from vqvae.contest.results import Result
from vqvae.modalities.brain.contest_window import Row, difference, errors, multiples, whole, worst_slices
from vqvae.modalities.brain.recording import Volume

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

NUMBER = "compare.brain.slice"


def scene(recording: Volume, results: Sequence[Result], choice: Choice) -> Scene:
    """The slices as they were recorded; a window is one of them."""
    state, at = st.session_state, keys()
    asked = int(inputs.parse(inputs.asked().get("t"), 0))
    if at.time not in state and at.place not in state and 1 <= asked <= recording.slices:
        state[at.time] = float(asked - 1)
    rebuilt = {result.codec: result.reconstruction for result in results}
    tables = [result.truth.events["slices"] for result in results]
    differences = cache.shelf().get(("differences", choice, tuple(rebuilt)), lambda: difference(tables))

    def pictures(labels: dict[str, str], start: float, seconds: float, dark: bool) -> Pictures:
        rows = {name: Row(rebuilt[name], label) for name, label in labels.items()}
        return {
            "window.html": lambda: multiples(recording, rows, int(start), dark=dark),
            "errors.html": lambda: errors(recording, rows, int(start), dark=dark),
        }

    return Scene(
        time=at.time,
        about=None,
        length=recording.slices,
        starts=worst_slices(differences),
        stretch=1.0,
        whole=lambda start, seconds, dark: whole(differences, int(start), dark=dark),
        pictures=pictures,
        caption="Drag to enlarge all pictures together, double-click to return.",
        errors_help="Draw by how much every reconstruction is brighter or darker than the original, all in one scale.",
        choose=lambda row: None,
        address=lambda: {"t": str(int(state[at.time]) + 1)},
        choose_start=lambda row: _choose_slice(row, recording.slices),
        said=lambda start: f"of slice {int(start) + 1}",
        heading="The same slice through every codec",
        divided=recording.slices > 1,
        theme=None,
    )


def _choose_slice(place: DeltaGenerator, slices: int) -> None:
    """Which slice is shown."""
    state = st.session_state
    state[NUMBER] = int(state[keys().time]) + 1
    if slices > 1:
        place.number_input("Slice", 1, slices, key=NUMBER, on_change=_take_slice, width=120, label_visibility="collapsed")


def _take_slice() -> None:
    st.session_state[keys().time] = float(st.session_state[NUMBER] - 1)
