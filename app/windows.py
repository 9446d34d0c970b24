"""A window of so many seconds on a recording of so many: where it starts, as a number to type and to step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def move(key: str, length: float, start: float, seconds: float) -> None:
    """Let a window of `seconds` start at `start` s, inside a recording of `length` s."""
    last = max(0.0, length - seconds)
    st.session_state[key] = round(min(max(start, 0.0), last), 2)


def choose_start(place: DeltaGenerator, key: str, length: float, seconds: float) -> None:
    """Where the window starts."""
    move(key, length, st.session_state[key], seconds)
    place.number_input(
        "Start of the window in seconds",
        0.0,
        max(0.01, length - seconds),
        step=seconds / 2,
        format="%.2f",
        key=key,
        icon=":material/schedule:",
        label_visibility="collapsed",
        width=200,
        persist_state="session",
    )
