"""What a performance's report looks like on the screen: verdict, numbers, tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import cache, choices_piano, inputs, panels
from app.choices_piano import Portion
from app.inputs import Desk
from app.views import piano_codes, summary
from app.words import count, number, plain, score_title, times_smaller
from vqvae.modalities.looks import clock
from vqvae.modalities.piano.figures_course import curves
from vqvae.modalities.piano.midi_file import BREAKS_OFF
from vqvae.modalities.piano.pedal import pedals
from vqvae.modalities.piano.recording import SUSTAIN, Piano
from vqvae.modalities.piano.verdict import verdict as judge

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

HEADLINE = {  # score -> words above the number
    name: score_title(name) for name in ("note_f1_onset_offset_velocity_10ms", "onset_error_ms", "velocity_error", "chord_spread_change_ms")
}
GROUPS = {  # words -> which scores, by name; the first that fits takes a score
    "What a listener would notice": "chord|tempo|dynamics|sounding",
    "Notes lost, added or out of time": "notes_",
    "Errors of the notes that were kept": "onset_error|duration|velocity",
    "Transcription scores": "",
}
BEYOND = 20.0  # steps of velocity that notes are off on average, from which on gestures do not reach their loudness
LARGE = 20_000  # notes from which on progress is shown from the first moment, and no second bit rate is computed for comparison


def title(recording: Piano, portion: Portion) -> None:
    """What is open, and which part of it is looked at."""
    row = st.container(horizontal=True, vertical_alignment="bottom", wrap=False)
    left, right = row.container(), row.container(width="content")
    source, known = st.session_state[inputs.SOURCE], cache.examples("piano")
    name = known[source].title if source in known else plain(recording.name)
    parts = [plain(portion.track)] if portion.track else []
    parts += [choices_piano.said(portion).lower()] if portion.span else []
    left.title(f"Piano: {', '.join((name, *parts))}{' (decoded)' if inputs.decoded() else ''}", anchor=False)
    shown = portion.recording
    pedal = "with sustain pedal" if len(pedals(shown)[SUSTAIN].time) else "no pedal"
    length = f"{shown.seconds:.3g} s" if shown.seconds < 60 else f"{clock(shown.seconds)} {'h' if shown.seconds >= 3600 else 'min'}"
    facts = f"{count(shown.count, 'note')}, {length}, {pedal}."
    if portion.span:
        facts += " Only this part of the piece is shown; its times count from its own start."
    elif source in known:
        facts += f" {known[source].description}"
    if recording.said:
        facts += f" {count(len(recording.said), 'remark')} on how the file was read: see the tab Details, below."
    left.caption(facts)
    if broken := [remark for remark in recording.said if BREAKS_OFF in remark]:
        st.warning(f"{plain(broken[0])} What was played after that is missing here.", icon=":material/content_cut:")
    choices_piano.choose_part(right, portion)


def compute(desk: Desk, recording: Piano) -> cache.Shown | None:
    """The result for the desk; what takes long says how far it is and can be stopped."""
    return summary.compute(desk, recording, "", at_once=recording.count > LARGE)


def verdict(shown: cache.Shown, desk: Desk) -> None:
    """One or two sentences to act on, and what stands behind them."""
    rate = shown.rate
    size = f"the whole file ({count(rate.bytes, 'byte')}) is {times_smaller(rate.compression_ratio)} than the .mid file"
    summary.verdict(judge(shown.report), f"{number(rate.value, rate.unit)}; {size}.", cache.text("piano_verdict"))
    if cache.checkpoint(desk.checkpoint).task == "gestures" and shown.report.value("velocity_error") > BEYOND:
        st.caption(f":material/info: {cache.text('piano_loudness')}")


def headline(place: DeltaGenerator, shown: cache.Shown, desk: Desk) -> None:
    """The scores that matter most and the bit rate."""
    summary.headline(place, shown, desk, _headline(shown))


def changes(place: DeltaGenerator, shown: cache.Shown, desk: Desk) -> None:
    """How they differ from one level less, once everything else is on the screen."""
    summary.changes(place, shown, desk, _headline(shown))


def _headline(shown: cache.Shown) -> summary.Headline:
    return summary.Headline(HEADLINE, shown.recording.count <= LARGE, piano_codes.parts(shown.rate))


@st.fragment
def tabs(shown: cache.Shown, desk: Desk) -> None:
    """Everything that stands behind the verdict; what is not looked at is not made."""
    contents = {
        "Scores": lambda: panels.grouped(shown.report.scores, GROUPS),
        "Note by note": lambda: _course(shown),
        "Codes": lambda: piano_codes.codes(shown, desk),
        "Details": lambda: summary.details(desk, shown.recording.said, "piano_details", "piano_details"),
    }
    summary.tabs("piano.tabs", contents)


def _course(shown: cache.Shown) -> None:
    """Time since the note before, duration and velocity of every note in the window."""
    view = choices_piano.view()
    st.caption(
        f"Every note from {clock(view.start)} to {clock(view.stop)}, the window of the rolls above: what a codec writes of it, before and "
        "after."
    )
    st.plotly_chart(
        curves(shown.recording, shown.reconstruction, view),
        key="piano.curves",
        config={"displaylogo": False},
        alt="Time since the note before, duration and velocity of every note, original and reconstruction",
    )
    st.button("Show the window as it is now", icon=":material/refresh:", key="piano.refresh", help="After the rolls were moved.")
