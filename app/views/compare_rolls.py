"""The window of the Compare page on a performance: piano rolls below each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import cache, inputs, windows
from app.choices_compare import Choice, keys
from app.views.compare_scene import Pictures, Scene
from vqvae.contest.results import Result
from vqvae.modalities.piano.contest_window import Row, difference, multiples, whole, worst_stretches
from vqvae.modalities.piano.recording import Piano
from vqvae.modalities.piano.roll import SHADES, Shade, View
from vqvae.modalities.piano.scores_passages import PASSAGE

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

ERRORS: tuple[Shade, ...] = tuple(shade for shade in SHADES if shade != "velocity")


def scene(recording: Piano, results: Sequence[Result], choice: Choice) -> Scene:
    """The whole keyboard."""
    state, at = st.session_state, keys()
    if at.time not in state and at.place not in state and (start := inputs.parse(inputs.asked().get("t"), -1)) >= 0:
        state[at.time] = start
    tables = {result.codec: result.truth.events["notes"] for result in results}
    rebuilt = {result.codec: result.reconstruction for result in results}
    key = ("differences", choice, tuple(rebuilt))
    differences = cache.shelf().get(key, lambda: difference(list(tables.values()), recording.seconds, PASSAGE))
    error: Shade = state.get(at.error) or ERRORS[0]

    def pictures(labels: dict[str, str], start: float, seconds: float, dark: bool) -> Pictures:
        rows = {name: Row(rebuilt[name], tables[name], label) for name, label in labels.items()}
        shades: dict[str, Shade] = {"window.html": "velocity", "errors.html": error}
        views = {name: View(start, seconds, shade, sounding=False, dark=dark) for name, shade in shades.items()}
        return {name: lambda view=view: multiples(recording, rows, view) for name, view in views.items()}  # type: ignore[misc]

    def choose(row: DeltaGenerator) -> None:
        if state.get(at.errors):
            row.selectbox(
                "Colour of the notes", ERRORS, key=at.error, format_func=lambda shade: f"Colour: {SHADES[shade].title}",
                label_visibility="collapsed", width=230, persist_state="session",
            )  # fmt: skip

    return Scene(
        time=at.time,
        about=None,
        length=recording.seconds,
        starts=worst_stretches(differences, PASSAGE),
        stretch=PASSAGE,
        whole=lambda start, seconds, dark: whole(recording, differences, PASSAGE, View(start, seconds, dark=dark)),
        pictures=pictures,
        caption="Wide and grey below every reconstruction: the original. Drag to enlarge all rolls together, double-click to return.",
        errors_help="Colour every note by its error instead of its velocity.",
        choose=choose,
        address=lambda: {"t": f"{state[at.time]:.10g}"},
        choose_start=lambda row: windows.choose_start(row, at.time, recording.seconds, state[at.seconds]),
    )
