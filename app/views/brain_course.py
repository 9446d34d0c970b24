"""A score along the slices, and how often every intensity occurs."""

from __future__ import annotations

import streamlit as st

from app import cache, choices_brain, inputs
from app.choices_brain import CURSOR
from app.views.brain_slices import UNITS
from app.words import score_title
from vqvae.modalities.brain.figures import course as draw_course
from vqvae.modalities.brain.figures import histogram
from vqvae.modalities.brain.verdict import traces

SCORE = "brain.score"


def course(shown: cache.Shown) -> None:
    """The curve of a score; a click goes to that slice."""
    recording, table = shown.recording, shown.report.events["slices"]
    scores = [str(name) for name in table if name not in ("place", "position", "brain")]
    score = st.selectbox("Score", scores, key=SCORE, format_func=titled, width=280, persist_state="session")
    st.plotly_chart(
        draw_course(table, score, st.session_state[CURSOR][recording.axis], title=titled(score), dark=inputs.dark()),
        key="brain.course",
        selection_mode="points",
        on_select=lambda: _jump(shown),
        config={"displaylogo": False},
        alt=f"{score_title(score)} of every slice",
    )
    faint = " Faint: slices with only a trace of brain, which are never called the worst." if traces(table).any() else ""
    st.caption(f"Click a point and the views above move to that slice.{faint}")


def titled(score: str) -> str:
    """A score's name with its unit."""
    return score_title(score) + UNITS.get(score, "")


def _jump(shown: cache.Shown) -> None:
    points = st.session_state["brain.course"]["selection"]["points"]
    if points:
        choices_brain.jump_to(shown.recording, round(float(points[0]["x"])) - 1)


def intensities(shown: cache.Shown) -> None:
    """Histograms before and after."""
    st.plotly_chart(
        histogram(shown.recording, shown.reconstruction, dark=inputs.dark()),
        key="brain.histogram",
        config={"displaylogo": False},
        alt="How often every intensity occurs, in the original and in the reconstruction",
    )
    st.caption("The darkest intensities, most of which are background, are left out.")
