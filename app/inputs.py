"""Widgets that make choices, and the choices they make, on every page; what is in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from app import cache
from app.decoded import Decoded
from app.words import plain
from vqvae.modalities.ecg.intervals import clearest_lead
from vqvae.modalities.ecg.recording import Ecg

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

SOURCE, CHECKPOINT, LEVEL, NEXT = "desk.source", "desk.checkpoint", "desk.level", "desk.next"
OPENED, UPLOADS, RATE, REFUSED, LAST = "desk.opened", "desk.uploads", "desk.rate", "desk.refused", "desk.last"
STOPPED, NOTICE, FILES, DECODED = "desk.stopped", "desk.notice", "desk.files", "desk.decoded"
LEAD, ASKED, TIME, CHOSEN, PLACE, SPEED, GAIN = "ecg.lead", "ecg.asked", "ecg.time", "ecg.chosen", "ecg.place", "ecg.speed", "ecg.gain"

DEFAULT_LEVEL = 3


@dataclass(frozen=True)
class Desk:
    """What lies on the desk: the same on every page."""

    source: str  # an example's name, or "upload:" and the digest of the files
    checkpoint: str
    level: int  # of the checkpoint's bit rates, from 1 for the least


class Notice(NamedTuple):
    """Why a link does not show what it was made from."""

    sentence: str
    source: str  # what is shown instead


def desk() -> Desk:
    """The choices of the side bar."""
    return Desk(st.session_state[SOURCE], st.session_state[CHECKPOINT], st.session_state[LEVEL])


def recording() -> Ecg:
    """The recording that is open."""
    source = st.session_state[SOURCE]
    opened: dict[str, Ecg] = st.session_state[OPENED]
    return opened[source] if source in opened else cache.example(source)


def open_address() -> None:
    """Fill the session from the address, once; whatever the address holds that does not exist is passed over."""
    if NEXT in st.session_state:
        st.session_state[SOURCE] = st.session_state.pop(NEXT)
    if OPENED in st.session_state:
        return
    asked = st.query_params
    examples, checkpoints = list(cache.examples()), cache.checkpoint_names()
    st.session_state[OPENED], st.session_state[UPLOADS] = {}, 0
    st.session_state[SOURCE] = asked["example"] if asked.get("example") in examples else examples[0]
    _note_stranger(asked.to_dict(), cache.examples()[st.session_state[SOURCE]].title)
    st.session_state[CHECKPOINT] = asked["checkpoint"] if asked.get("checkpoint") in checkpoints else checkpoints[0]
    st.session_state[LEVEL] = max(1, int(parse(asked.get("level"), DEFAULT_LEVEL)))
    st.session_state[SPEED], st.session_state[GAIN] = 25.0, 10.0
    if "lead" in asked:
        st.session_state[ASKED] = asked["lead"]
    start = parse(asked.get("t"), -1)
    if start >= 0:
        st.session_state[TIME], st.session_state[CHOSEN] = start, None
        st.session_state[PLACE] = (st.session_state[SOURCE], usual_lead(recording()))


def _note_stranger(asked: dict[str, str], title: str) -> None:
    """A link to what is not here says so, instead of passing an example off as it."""
    example = asked.get("example")
    if example is not None and example not in cache.examples():
        sentence = f"The link asks for the example “{plain(example[:40])}”, which does not exist; this is the example “{title}”."
    elif example is None and asked.keys() & {"level", "lead", "t"}:
        sentence = f"The link was to a file that was opened then: drop it again to see it. Until then this is the example “{title}”."
    else:
        return
    st.session_state[NOTICE] = Notice(sentence, st.session_state[SOURCE])


def decoded() -> Decoded | None:
    """What is on the desk when it came out of a `.vqz` file."""
    found: Decoded | None = st.session_state.get(DECODED, {}).get(st.session_state[SOURCE])
    return found


def notice() -> None:
    """What there is to know of what is on the desk: that it was decoded from a file, or stands in for what a link asked for."""
    if found := decoded():
        box, icon = (st.warning, ":material/broken_image:") if found.damaged else (st.info, ":material/folder_zip:")
        box(plain(found.told), icon=icon)
    said: Notice | None = st.session_state.get(NOTICE)
    if said and said.source == st.session_state[SOURCE]:
        st.info(said.sentence, icon=":material/link_off:")
    else:
        st.session_state.pop(NOTICE, None)


def write_address(choices: dict[str, str] | None = None) -> None:
    """Put the view into the address, so that the link reopens it; a reader's own files cannot be in a link.

    `choices` are a page's own, in place of those that the desk makes for the others.
    """
    desired = choices or {"checkpoint": st.session_state[CHECKPOINT], "level": str(st.session_state[LEVEL])}
    if st.session_state[SOURCE] not in st.session_state[OPENED]:
        desired = {"example": st.session_state[SOURCE]} | desired
    if LEAD in st.session_state:
        desired["lead"] = st.session_state[LEAD]
    if TIME in st.session_state:
        desired["t"] = f"{st.session_state[TIME]:.10g}"
    if st.query_params.to_dict() != desired:
        st.query_params.from_dict(desired)


def parse(text: str | None, otherwise: float) -> float:
    """A plain number out of the address."""
    return float(text) if text and re.fullmatch(r"\d{1,7}(\.\d{1,6})?", text) else otherwise


def open_next(source: str) -> None:
    """Put an example on the desk at the next run."""
    st.session_state[NEXT] = source


def remember(desk: Desk) -> None:
    """This desk has been computed: what a stopped one falls back to."""
    st.session_state[LAST] = desk


def stop() -> None:
    """Leave the computation: back to the desk before it, or to nothing when there was none."""
    last: Desk | None = st.session_state.get(LAST)
    if last is None:
        st.session_state[STOPPED] = desk()
    else:
        st.session_state[SOURCE], st.session_state[CHECKPOINT], st.session_state[LEVEL] = last.source, last.checkpoint, last.level


def stopped(desk: Desk) -> bool:
    """Whether the reader stopped the computation of this desk."""
    return bool(st.session_state.get(STOPPED) == desk)


def start_again() -> None:
    """Forget that it was stopped."""
    st.session_state.pop(STOPPED, None)


def desk_choices(recording_only: bool = False) -> None:
    """Which recording, which checkpoint, which bit rate; `recording_only` where a page compares all checkpoints at sizes of its own."""
    opened: dict[str, Ecg] = st.session_state[OPENED]
    unpacked = st.session_state.get(DECODED, {})
    own = {key: f"{ecg.name} ({'decoded from .vqz' if key in unpacked else 'your file'})" for key, ecg in reversed(opened.items())}
    names = own | {k: v.title for k, v in cache.examples().items()}
    _choose("Recording", SOURCE, list(names), names.__getitem__, help="Your own recordings, then synthetic examples whose beats are known.")
    if recording_only:
        return
    _choose("Checkpoint", CHECKPOINT, list(cache.checkpoint_names()), str, help=cache.text("checkpoints"))
    rates = cache.nominal_rates(st.session_state[CHECKPOINT])
    st.session_state[LEVEL] = min(st.session_state[LEVEL], len(rates))
    st.select_slider(
        "Bit rate",
        list(range(1, len(rates) + 1)),
        format_func=lambda level: f"≈ {rates[level - 1]:.0f} bit/s",
        key=LEVEL,
        persist_state="session",
        help=cache.text("bit_rate"),
    )
    st.caption(cache.level_words(st.session_state[CHECKPOINT], st.session_state[LEVEL]))


def _choose(label: str, key: str, options: list[str], words: Callable[[str], str], help: str) -> None:
    if st.session_state[key] not in options:
        st.session_state[key] = options[0]
    st.selectbox(label, options, format_func=words, key=key, help=help, persist_state="session")


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


def move(recording: Ecg, start: float, seconds: float) -> None:
    """Let a window of so many seconds start at `start` s, inside the recording."""
    last = max(0.0, recording.seconds - seconds)
    st.session_state[TIME] = round(min(max(start, 0.0), last), 2)


def choose_time(place: DeltaGenerator, recording: Ecg, seconds: float) -> None:
    """Where a window of so many seconds starts."""
    move(recording, st.session_state[TIME], seconds)
    place.number_input(
        "Start of the window in seconds",
        0.0,
        max(0.01, recording.seconds - seconds),
        step=seconds / 2,
        format="%.2f",
        key=TIME,
        icon=":material/schedule:",
        label_visibility="collapsed",
        width=200,
        persist_state="session",
    )


def dark() -> bool:
    """Whether the reader looks at dark pages."""
    return bool(st.context.theme.type == "dark")
