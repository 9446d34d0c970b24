"""The window of the Compare page on digits: the same few through every codec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app import cache, inputs
from app.choices_compare import Choice, keys
from app.views.compare_scene import Pictures, Scene
from vqvae.contest.results import Result
from vqvae.modalities.digits.contest_window import Row, difference, errors, multiples, whole
from vqvae.modalities.digits.recording import Digits

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

NUMBER = "compare.digits.first"


def scene(recording: Digits, results: Sequence[Result], choice: Choice) -> Scene:
    """The digits in their order; a window is a few of them."""
    state, at = st.session_state, keys()
    asked = int(inputs.parse(inputs.asked().get("t"), 0))
    if at.time not in state and at.place not in state and 1 <= asked <= recording.count:
        state[at.time] = float(asked - 1)
    rebuilt = {result.codec: result.reconstruction for result in results}
    tables = [result.truth.events["images"] for result in results]
    differences = cache.shelf().get(("differences", choice, tuple(rebuilt)), lambda: difference(tables))

    def pictures(labels: dict[str, str], start: float, count: float, dark: bool) -> Pictures:
        rows = {name: Row(rebuilt[name], label) for name, label in labels.items()}
        return {
            "window.html": lambda: multiples(recording, rows, int(start), int(count)),
            "errors.html": lambda: errors(recording, rows, int(start), int(count)),
        }

    return Scene(
        time=at.time,
        about=None,
        length=recording.count,
        starts=np.argsort(-differences, kind="stable"),
        stretch=1.0,
        whole=lambda start, count, dark: whole(differences, int(start), int(count)),
        pictures=pictures,
        caption="Drag to enlarge all rows together, double-click to return.",
        errors_help="Draw by how much every reconstruction is brighter (red) or darker (blue) than the original, all in one scale.",
        choose=lambda row: None,
        address=lambda: {"t": str(int(state[at.time]) + 1)},
        choose_start=lambda row: _choose_first(row, recording.count),
        said=lambda start: f"from digit {int(start) + 1}",
        divided=recording.count > 1,
        heading="The same digit through every codec" if recording.count == 1 else "The same digits through every codec",
    )


def _choose_first(place: DeltaGenerator, count: int) -> None:
    """Which digit is the first one shown."""
    state = st.session_state
    state[NUMBER] = int(state[keys().time]) + 1
    if count > 1:
        place.number_input("From digit", 1, count, key=NUMBER, on_change=_take_first, width=120, label_visibility="collapsed")


def _take_first() -> None:
    st.session_state[keys().time] = float(st.session_state[NUMBER] - 1)
