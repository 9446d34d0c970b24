"""What the ECG page is asked to show: the window, its scale, the caliper, the beats of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from app import cache, windows
from app.inputs import SOURCE, asked, dark, decoded, parse
from vqvae.modalities.ecg.caliper import Caliper
from vqvae.modalities.ecg.intervals import clearest_lead
from vqvae.modalities.ecg.paper import View
from vqvae.modalities.ecg.recording import BEAT_CLASSES, Ecg
from vqvae.modalities.looks import STATUS

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

LEAD, ASKED, TIME, CHOSEN, PLACE, SPEED, GAIN = "ecg.lead", "ecg.asked", "ecg.time", "ecg.chosen", "ecg.place", "ecg.speed", "ecg.gain"
ALL, CALIPER, FROM, TO, HAPPENED, CLASSES = "ecg.all", "ecg.caliper", "ecg.from", "ecg.to", "ecg.happened", "ecg.classes"
SPEEDS, GAINS = (12.5, 25.0, 50.0, 100.0), (2.5, 5.0, 10.0, 20.0, 40.0)  # mm/s, mm/mV


def open_view(recording: Ecg) -> None:
    """The lead, the window and its scale of a first visit, from the address; whatever it holds that does not exist is passed over."""
    state, link = st.session_state, asked()
    if SPEED in state:
        return
    state[SPEED], state[GAIN] = 25.0, 10.0
    if "lead" in link:
        state[ASKED] = link["lead"]
    start = parse(link.get("t"), -1)
    if start >= 0:
        state[TIME], state[CHOSEN] = start, None
        state[PLACE] = (state[SOURCE], usual_lead(recording))


def address() -> dict[str, str]:
    """What a link must hold to show the same lead and window."""
    state = st.session_state
    found = {"lead": str(state[LEAD])} if LEAD in state else {}
    return found | ({"t": f"{state[TIME]:.10g}"} if TIME in state else {})


class Sight(NamedTuple):
    """What is looked at, and how."""

    view: View
    every_lead: bool
    chosen: float | None  # s, the beat pointed at
    caliper: Caliper | None  # None when nothing is measured
    decoded: bool = False  # the recording is itself a reconstruction, out of a file


def sight(recording: Ecg, lead: str) -> Sight:
    """The window, the scale and what is marked in it."""
    state = st.session_state
    view = View(recording.leads.index(lead), state[TIME], state[SPEED], state[GAIN], dark=dark())
    if state.get(CALIPER):
        start_caliper(view)
    legs = caliper() if state.get(CALIPER) else None
    return Sight(view, bool(state.get(ALL)) and len(recording.leads) > 1, state.get(CHOSEN), legs, decoded() is not None)


def usual_lead(recording: Ecg) -> str:
    """The lead that is looked at: the one the reader chose, else the clearest one, as on the command line."""
    if st.session_state.get(ASKED) in recording.leads:
        return str(st.session_state[ASKED])
    return cache.shelf().get(("lead", st.session_state[SOURCE]), lambda: recording.leads[clearest_lead(recording)])


def choose_lead(place: DeltaGenerator, recording: Ecg) -> None:
    """Which lead is drawn and measured."""
    st.session_state[LEAD] = usual_lead(recording)
    place.selectbox(
        "Lead",
        recording.leads,
        key=LEAD,
        on_change=_ask_lead,
        help="The lead that is drawn, and whose QRS width is measured; at first the one whose QRS complexes stand out most.",
        persist_state="session",
    )


def _ask_lead() -> None:
    st.session_state[ASKED] = st.session_state[LEAD]


def lead() -> str:
    """The lead chosen."""
    return str(st.session_state[LEAD])


def window_seconds() -> float:
    """Seconds of ECG in the window."""
    return View(speed=st.session_state[SPEED]).seconds


def move(recording: Ecg, start: float, seconds: float) -> None:
    """Let a window of so many seconds start at `start` s, inside the recording."""
    windows.move(TIME, recording.seconds, start, seconds)


def choose_time(place: DeltaGenerator, recording: Ecg, seconds: float) -> None:
    """Where a window of so many seconds starts."""
    windows.choose_start(place, TIME, recording.seconds, seconds)


def show_beat(recording: Ecg, time: float) -> None:
    """Bring the beat at `time` s into the middle of the window and mark it."""
    st.session_state[CHOSEN] = time
    move(recording, time - window_seconds() / 2, window_seconds())


def choose_scale(place: DeltaGenerator) -> None:
    """Paper speed and gain."""
    for label, key, options, unit in (("Paper speed", SPEED, SPEEDS, "mm/s"), ("Gain", GAIN, GAINS, "mm/mV")):
        names = {option: f"{option:g} {unit}" for option in options}
        words = names.__getitem__
        place.selectbox(label, list(options), format_func=words, key=key, label_visibility="collapsed", width=150, persist_state="session")


def start_caliper(view: View) -> None:
    """Put the legs into the window when they are not."""
    inside = [view.start <= st.session_state.get(leg, -1.0) <= view.start + view.seconds for leg in (FROM, TO)]
    if not all(inside):
        middle = st.session_state.get(CHOSEN)
        if middle is None or not view.start <= middle <= view.start + view.seconds:
            middle = view.start + view.seconds / 2
        st.session_state[FROM], st.session_state[TO] = round(middle - 0.05, 3), round(middle + 0.05, 3)


def caliper() -> Caliper:
    """The two points measured."""
    return Caliper(st.session_state[FROM], st.session_state[TO])


def take_box() -> None:
    """The left and right side of a box drawn with the mouse become the legs of the caliper."""
    boxes = st.session_state["ecg.picture.True"]["selection"]["box"]
    if boxes and "x" in boxes[-1]:
        ends = sorted(float(end) for end in boxes[-1]["x"])
        st.session_state[FROM], st.session_state[TO] = round(max(0.0, ends[0]), 3), round(max(0.0, ends[1]), 3)


def choose_caliper(recording: Ecg) -> Caliper:
    """The legs of the caliper as numbers."""
    left, right, _ = st.columns([1, 1, 3])
    for place, label, key in ((left, "First leg (s)", FROM), (right, "Second leg (s)", TO)):
        place.number_input(label, 0.0, recording.seconds, step=0.004, format="%.3f", key=key, persist_state="session")
    return caliper()


def filter_beats(beats: pd.DataFrame) -> pd.DataFrame:
    """Beats of the chosen kinds."""
    left, right = st.columns(2)
    kinds = [kind for kind in STATUS if (beats["status"] == kind).any()]
    happened = left.pills(
        "What happened", kinds, selection_mode="multi", format_func=lambda kind: f"{STATUS[kind][0]} {kind}", key=HAPPENED
    )
    labels = [label for label in BEAT_CLASSES if (beats["class"] == label).any()]
    classes = right.pills("Class", labels, selection_mode="multi", key=CLASSES, help=cache.text("ecg_classes")) if labels else []
    return beats[beats["status"].isin(happened or kinds) & (beats["class"].isin(classes) if classes else True)]
