"""What the windows of the Compare page share where a recording is numbered places in a row: slices, digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import inputs
from app.choices_compare import keys

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def open_asked(count: int) -> None:
    """Go to the place that the link names, unless something was chosen already or it names none of them."""
    state, at = st.session_state, keys()
    asked = int(inputs.parse(inputs.asked().get("t"), 0))
    if at.time not in state and at.place not in state and 1 <= asked <= count:
        state[at.time] = float(asked - 1)


def address() -> dict[str, str]:
    """What a link says of the place that is shown."""
    return {"t": str(int(st.session_state[keys().time]) + 1)}


def choose(place: DeltaGenerator, label: str, key: str, count: int) -> None:
    """Which place is shown, or is the first one shown; nothing where there is one."""
    state, time = st.session_state, keys().time
    state[key] = int(state[time]) + 1

    def take() -> None:
        st.session_state[time] = float(st.session_state[key] - 1)

    if count > 1:
        place.number_input(label, 1, count, key=key, on_change=take, width=120, label_visibility="collapsed")
