"""The window of the Compare page: where codecs differ, and their signals below each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app import cache, choices_ecg, contests, inputs
from app.choices_compare import SECONDS, WINDOWS, Choice, address
from app.choices_ecg import TIME
from app.views.compare_words import value
from app.words import number, score_title
from vqvae.contest.results import Result
from vqvae.modalities.ecg.contest_window import Row, difference, errors, multiples, whole, worst_stretches
from vqvae.modalities.ecg.paper import View
from vqvae.modalities.ecg.recording import Ecg

if TYPE_CHECKING:
    import plotly.graph_objects as go

STRETCH = 2.0  # s, what is looked for
PLACE, RANK, SHOWN, ERRORS = "compare.place", "compare.rank", "compare.shown", "compare.errors"


@st.fragment
def explore(recording: Ecg, results: Sequence[Result], choice: Choice, ranking: str) -> None:
    """Pictures in one shared zoom; moving the window draws nothing else of the page again."""
    st.subheader("The same stretch through every codec", anchor=False)
    lead = recording.leads.index(choices_ecg.usual_lead(recording))
    rebuilt = {result.codec: result.reconstruction for result in results}
    key = ("differences", choice, lead, tuple(rebuilt))
    differences = cache.shelf().get(key, lambda: difference(recording, rebuilt, lead, STRETCH))
    starts = worst_stretches(differences, STRETCH)
    _open_at_worst(recording, starts, lead, len(results))
    _controls(recording, starts)
    view = _view(lead)
    st.plotly_chart(
        whole(recording, differences, view),
        key="compare.whole",
        selection_mode="points",
        on_select=lambda: _jump(recording),
        config={"displayModeBar": False},
        alt="The whole recording, and by how much the codecs' errors differ along it",
    )
    drawn = pictures(recording, results, choice, ranking, view)
    st.plotly_chart(
        drawn["errors.html" if st.session_state.get(ERRORS) else "window.html"](),
        key="compare.window",
        config={"displaylogo": False},
        alt=f"Original and every codec's reconstruction from {view.start:.1f} s, one below the other",
    )
    st.caption("Grey below every reconstruction: the original. Drag to enlarge all rows together, double-click to return.")
    inputs.write_address(address(choice) | choices_ecg.address(), with_desk=False)


def _view(lead: int, printed: bool = False) -> View:
    dark = inputs.dark() and not printed
    return View(lead, st.session_state[TIME], speed=250.0 / st.session_state[SECONDS], dark=dark)


def pictures(
    recording: Ecg, results: Sequence[Result], choice: Choice, ranking: str, view: View | None = None
) -> dict[str, Callable[[], go.Figure]]:
    """What draws the window, by the name of the picture's file; without a `view` as the reader sees it, for white paper."""
    view = view or _view(recording.leads.index(choices_ecg.usual_lead(recording)), printed=True)
    label = score_title(ranking)
    given = contests.recording(choice, recording) if choice.noise else None
    rows = {result.codec: Row(result.reconstruction, f"{result.codec}: {label} {value(result, ranking)}") for result in results}
    return {"window.html": lambda: multiples(recording, rows, view, given=given), "errors.html": lambda: errors(recording, rows, view)}


def _open_at_worst(recording: Ecg, starts: np.ndarray, lead: int, codecs: int) -> None:
    """The stretch where the codecs differ most, at first sight and when more codecs are there, until the reader moves the window."""
    here = (st.session_state[inputs.SOURCE], lead)
    before = st.session_state.get(PLACE, (here if "t" in st.query_params else (), 0))
    unmoved = st.session_state.get(SHOWN) == st.session_state.get(TIME)
    if here != before[0] or (unmoved and codecs != before[1]):
        st.session_state[RANK] = 0
        _show(recording, starts)
    st.session_state[PLACE] = (here, codecs)


def _show(recording: Ecg, starts: np.ndarray) -> None:
    rank = st.session_state[RANK]
    start = float(starts[rank % len(starts)]) if len(starts) else 0.0
    _move(recording, start + STRETCH / 2 - st.session_state[SECONDS] / 2)
    st.session_state[SHOWN] = st.session_state[TIME]


def _move(recording: Ecg, start: float) -> None:
    choices_ecg.move(recording, start, st.session_state[SECONDS])


def _controls(recording: Ecg, starts: np.ndarray) -> None:
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    choices_ecg.choose_time(row, recording, st.session_state[SECONDS])
    row.selectbox(
        "Length of the window", WINDOWS, key=SECONDS, format_func=lambda length: number(int(length), "s"), width=110,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    first, following = "Go to where the codecs' errors differ most.", "Go on to the next such place."
    row.button("Differ most", on_click=_step, args=(recording, starts, False), icon=":material/crisis_alert:", help=first)
    row.button("Next", on_click=_step, args=(recording, starts, True), icon=":material/skip_next:", help=following)
    row.toggle("Errors", key=ERRORS, help="Draw every reconstruction less the original, all in one scale.", persist_state="session")
    if len(recording.leads) > 1:
        choices_ecg.choose_lead(row, recording)


def _step(recording: Ecg, starts: np.ndarray, on: bool) -> None:
    st.session_state[RANK] = st.session_state[RANK] + 1 if on else 0
    _show(recording, starts)


def _jump(recording: Ecg) -> None:
    points = st.session_state["compare.whole"]["selection"]["points"]
    if points:
        _move(recording, float(points[0]["x"]) - st.session_state[SECONDS] / 2)
