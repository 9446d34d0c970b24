"""The window of the Compare page on an electrocardiogram: signals below each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import cache, choices_ecg, contests, windows
from app.choices_compare import Choice, keys
from app.views.compare_scene import Pictures, Scene
from vqvae.contest.results import Result
from vqvae.modalities.ecg.contest_window import Row, difference, errors, multiples, whole, worst_stretches
from vqvae.modalities.ecg.paper import View
from vqvae.modalities.ecg.recording import Ecg

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

STRETCH = 2.0  # s, what is looked for


def scene(recording: Ecg, results: Sequence[Result], choice: Choice) -> Scene:
    """The lead that the reader chose."""
    choices_ecg.open_view(recording)
    lead = recording.leads.index(choices_ecg.usual_lead(recording))
    rebuilt = {result.codec: result.reconstruction for result in results}
    key = ("differences", choice, lead, tuple(rebuilt))
    differences = cache.shelf().get(key, lambda: difference(recording, rebuilt, lead, STRETCH))

    def view(start: float, seconds: float, dark: bool) -> View:
        return View(lead, start, speed=250.0 / seconds, dark=dark)

    def pictures(labels: dict[str, str], start: float, seconds: float, dark: bool) -> Pictures:
        given = contests.recording(choice, recording) if choice.noise else None
        rows, at = {name: Row(rebuilt[name], label) for name, label in labels.items()}, view(start, seconds, dark)
        return {"window.html": lambda: multiples(recording, rows, at, given=given), "errors.html": lambda: errors(recording, rows, at)}

    def choose(row: DeltaGenerator) -> None:
        if len(recording.leads) > 1:
            choices_ecg.choose_lead(row, recording)

    return Scene(
        time=choices_ecg.TIME,
        about=lead,
        length=recording.seconds,
        starts=worst_stretches(differences, STRETCH),
        stretch=STRETCH,
        whole=lambda start, seconds, dark: whole(recording, differences, view(start, seconds, dark)),
        pictures=pictures,
        caption="Grey below every reconstruction: the original. Drag to enlarge all rows together, double-click to return.",
        errors_help="Draw every reconstruction less the original, all in one scale.",
        choose=choose,
        address=choices_ecg.address,
        choose_start=lambda row: windows.choose_start(row, choices_ecg.TIME, recording.seconds, st.session_state[keys().seconds]),
    )
