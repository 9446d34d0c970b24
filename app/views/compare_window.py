"""The window of the Compare page: where codecs differ, and what each made of that stretch, below each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import inputs, windows
from app.choices_compare import Choice, address, keys, own
from app.views import compare_digits, compare_rolls, compare_signals, compare_slices
from app.views.compare_scene import Scene
from app.views.compare_words import value
from app.words import number, score_title
from vqvae.contest.results import Result

if TYPE_CHECKING:
    import plotly.graph_objects as go

SCENES: dict[str, Callable[[Any, Sequence[Result], Choice], Scene]] = {
    "ecg": compare_signals.scene,
    "piano": compare_rolls.scene,
    "brain": compare_slices.scene,
    "digits": compare_digits.scene,
}


@st.fragment
def explore(recording: Any, results: Sequence[Result], choice: Choice, ranking: str) -> None:
    """Pictures in one shared zoom; moving the window draws nothing else of the page again."""
    state, at = st.session_state, keys()
    scene = SCENES[choice.kind](recording, results, choice)
    st.subheader(scene.heading, anchor=False)
    _open_at_worst(scene, len(results))
    _controls(scene)
    start, seconds = state[scene.time], state[at.seconds]
    if scene.divided:
        _overview(scene, start, seconds)
    drawn = scene.pictures(_labels(results, ranking), start, seconds, inputs.dark())
    st.plotly_chart(
        drawn["errors.html" if state.get(at.errors) else "window.html"](),
        theme=scene.theme,
        key="compare.window",
        config={"displaylogo": False},
        alt=f"Original and every codec's reconstruction {scene.said(start)}",
    )
    st.caption(scene.caption)
    inputs.write_address(address(choice) | scene.address(), with_desk=False)


def _overview(scene: Scene, start: float, seconds: float) -> None:
    st.plotly_chart(
        scene.whole(start, seconds, inputs.dark()),
        key="compare.whole",
        selection_mode="points",
        on_select=lambda: _jump(scene),
        config={"displayModeBar": False},
        alt="The whole recording, and by how much the codecs differ along it",
    )


def _labels(results: Sequence[Result], ranking: str) -> dict[str, str]:
    """What stands beside every codec's picture: its name and its score."""
    return {result.codec: f"{result.codec}: {score_title(ranking)} {value(result, ranking)}" for result in results}


def pictures(recording: Any, results: Sequence[Result], choice: Choice, ranking: str) -> dict[str, Callable[[], go.Figure]]:
    """What draws the window for white paper, by the name of the picture's file."""
    scene = SCENES[choice.kind](recording, results, choice)
    return scene.pictures(_labels(results, ranking), st.session_state[scene.time], st.session_state[keys().seconds], False)


def _open_at_worst(scene: Scene, codecs: int) -> None:
    """The stretch where the codecs differ most, at first sight and when more codecs are there, until the reader moves the window."""
    state, at = st.session_state, keys()
    here = (state[inputs.SOURCE], scene.about)
    linked = "t" in st.query_params and scene.time in state
    before = state.get(at.place, (here if linked else (), 0))
    unmoved = state.get(at.shown) == state.get(scene.time)
    if here != before[0] or (unmoved and codecs != before[1]):
        state[at.rank] = 0
        _show(scene)
    state[at.place] = (here, codecs)


def _show(scene: Scene) -> None:
    state, at = st.session_state, keys()
    start = float(scene.starts[state[at.rank] % len(scene.starts)]) if len(scene.starts) else 0.0
    _move(scene, start + scene.stretch / 2 - state[at.seconds] / 2)
    state[at.shown] = state[scene.time]


def _move(scene: Scene, start: float) -> None:
    windows.move(scene.time, scene.length, start, st.session_state[keys().seconds])


def _controls(scene: Scene) -> None:
    at = keys()
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    scene.choose_start(row)
    if len(own().windows) > 1:
        row.selectbox(
            "Length of the window", own().windows, key=at.seconds, format_func=lambda length: number(int(length), "s"), width=110,
            label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
    first, following = "Go to where the codecs differ most.", "Go on to the next such place."
    if scene.divided:
        row.button("Differ most", on_click=_step, args=(scene, False), icon=":material/crisis_alert:", help=first)
        row.button("Next", on_click=_step, args=(scene, True), icon=":material/skip_next:", help=following)
    row.toggle("Errors", key=at.errors, help=scene.errors_help, persist_state="session")
    scene.choose(row)


def _step(scene: Scene, on: bool) -> None:
    state, at = st.session_state, keys()
    state[at.rank] = state[at.rank] + 1 if on else 0
    _show(scene)


def _jump(scene: Scene) -> None:
    points = st.session_state["compare.whole"]["selection"]["points"]
    if points:
        _move(scene, float(points[0]["x"]) - st.session_state[keys().seconds] / 2)
