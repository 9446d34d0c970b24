"""What the Piano page is asked to show: which part of the piece, which window of it, and how the rolls are drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np
import streamlit as st

from app import cache, inputs, uploads
from app.inputs import SOURCE, asked, dark, parse
from app.player import WINDOW, Look
from app.words import count, plain
from vqvae.modalities.piano import excerpt
from vqvae.modalities.piano.bars import bars
from vqvae.modalities.piano.figures import TITLES
from vqvae.modalities.piano.parts import Part
from vqvae.modalities.piano.recording import Piano
from vqvae.modalities.piano.roll import SHADES, Mode, Shade, View

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

MODE, SHADE, SOUNDING, BOUNDARIES = "piano.mode", "piano.shade", "piano.sounding", "piano.boundaries"
START, SECONDS, PLACE, JUMP, CHOSEN = "piano.start", "piano.seconds", "piano.place", "piano.jump", "piano.chosen"
AT = "piano.at"  # s: the moment that the reader went to last, where the playhead stands at first
PARTS, FROM, TO, TRACKS, TRACK = "piano.parts", "piano.from", "piano.to", "piano.tracks", "piano.track"
FROM_BAR, TO_BAR = "piano.from_bar", "piano.to_bar"
WINDOW_SECONDS, BEFORE = 15.0, 2.0  # s: of the window at first, and that it shows before a passage
MOST_TRACKS = 200  # that a reader can choose from
MODES: dict[Mode, str] = {"fold": "Two rolls", "overlay": "Overlay", "difference": "Difference"}


class Portion(NamedTuple):
    """What of a piece everything on the page is about."""

    whole: Piano  # from its beginning to its end, of the track where one was chosen
    recording: Piano
    source: str  # what lies on the desk, and what was chosen of it
    track: str  # the label of a part of the file that is read alone; empty for all of them together
    span: tuple[float, float] | None  # s in the piece; None for all of it
    bars: np.ndarray | None  # s, (B + 1,): where bars of the piece begin, and the end of the last; None where they mean nothing


def portion(recording: Piano, source: str) -> Portion:
    """What was chosen of a recording."""
    label, chosen = st.session_state.setdefault(TRACKS, {}).get(source, ""), _parts().get(source)
    whole = uploads.track(source, label) if label else recording
    name = f"{source}#{label}" if label else source
    lines = cache.shelf().get(("bars", name), lambda: _lines(whole))
    if chosen is None or not _played(whole, *chosen):
        _parts().pop(source, None)
        return Portion(whole, whole, name, label, None, lines)
    name += f"@{chosen[0]:g}-{chosen[1]:g}"
    return Portion(whole, cache.shelf().get(("part", name), lambda: excerpt(whole, *chosen)), name, label, chosen, lines)


def _parts() -> dict[str, tuple[float, float]]:
    """The stretch that was chosen of each recording."""
    if PARTS not in st.session_state:
        link = _link()
        start, stop = parse(link.get("from"), -1), parse(link.get("to"), -1)
        st.session_state[PARTS] = {st.session_state[SOURCE]: (start, stop)} if 0 <= start < stop else {}
    found: dict[str, tuple[float, float]] = st.session_state[PARTS]
    return found


def _link() -> dict[str, str]:
    """What the address asked for, where it was about what is shown: a reader's own file is gone when they come again."""
    return asked() if asked().get("example") == st.session_state[SOURCE] else {}


def choose_part(place: DeltaGenerator, portion: Portion) -> None:
    """From where to where, in bars or seconds of the piece, and of several tracks which."""
    source, chosen, recording = st.session_state[SOURCE], portion.span, portion.whole
    label = f"{said(portion)}, {portion.track}" if portion.track else said(portion)
    with place.popover(label, help="Look at a part of the piece only: everything on the page is then about that part.", key="piano.part"):
        _choose_track(source, portion.track)
        _choose_bars(portion, source)
        last = _end(recording)
        state = st.session_state
        state[FROM], state[TO] = chosen or (0.0, last)
        left, right = st.columns(2)
        left.number_input("From (s)", 0.0, last, key=FROM, step=10.0, format="%.1f", on_change=_take_part, args=(recording, source))
        right.number_input("To (s)", 0.0, last, key=TO, step=10.0, format="%.1f", on_change=_take_part, args=(recording, source))
        st.button("Whole piece", disabled=chosen is None, on_click=_take_all, args=(source,), icon=":material/unfold_more:")


def said(portion: Portion) -> str:
    """Which part it is: in bars where it is some of them, else in seconds."""
    if portion.span is None:
        return "Whole piece"
    if portion.bars is not None:
        first, last = _bars_of(portion, portion.bars)
        if _stretch(portion, portion.bars, first, last) == portion.span:
            return f"Bars {first} to {last}" if first < last else f"Bar {first}"
    return f"{portion.span[0]:.4g} to {portion.span[1]:.4g}\u202fs"


def file_name(recording: Piano, source: str) -> str:
    """What files about a portion, known by its `source`, are called: fugue-track-1-channel-2-30-90s"""
    chosen = [re.sub(r"[^\w.]+", "-", part) for part in re.split("[#@]", source)[1:]]
    return "-".join((recording.name, *chosen)) + ("s" if "@" in source else "")


def _lines(whole: Piano) -> np.ndarray | None:
    """Where bars begin, s, to the ms, so that a link can say it."""
    found = bars(whole)
    return None if found is None else np.floor(1000 * found) / 1000


def _bars_of(portion: Portion, lines: np.ndarray) -> tuple[int, int]:
    """The first and the last bar that begin in the part."""
    start, stop = portion.span or (0.0, np.inf)
    first = min(int(np.searchsorted(lines[:-1], start)) + 1, len(lines) - 1)
    return first, max(first, int(np.searchsorted(lines[:-1], stop)))


def _stretch(portion: Portion, lines: np.ndarray, first: int, last: int) -> tuple[float, float]:
    """From the beginning of one bar to the end of another, s; after the last bar, to the end of what sounds on."""
    end = _end(portion.whole)
    return float(lines[first - 1]), end if last == len(lines) - 1 else min(float(lines[last]), end)


def _choose_bars(portion: Portion, source: str) -> None:
    lines, state = portion.bars, st.session_state
    if lines is None:
        st.caption(cache.text("piano_no_bars"))
        return
    state[FROM_BAR], state[TO_BAR] = _bars_of(portion, lines)
    for place, label, key in zip(st.columns(2), ("From bar", "To bar"), (FROM_BAR, TO_BAR), strict=True):
        about = cache.text("piano_bars")
        place.number_input(label, 1, len(lines) - 1, key=key, on_change=_take_bars, args=(portion, lines, source), help=about)


def _take_bars(portion: Portion, lines: np.ndarray, source: str) -> None:
    """The two bars and those between them as a part, where anything is played in it; all of the piece where they say so."""
    first, last = sorted((int(st.session_state[FROM_BAR]), int(st.session_state[TO_BAR])))
    found = _stretch(portion, lines, first, last)
    if (first, last) == (1, len(lines) - 1):
        _parts().pop(source, None)
    elif _played(portion.whole, *found):
        _parts()[source] = found


def _choose_track(source: str, chosen: str) -> None:
    """One part of the file, or its melodic parts together."""
    there = uploads.tracks(source)
    if not there:
        return
    names = {"": "All but drums, as one piano"} | {part.label: _named(part) for part in listed(there)}
    st.session_state[TRACK] = chosen
    left_out = f" Here are the {MOST_TRACKS} with the most notes." if len(there) > MOST_TRACKS else ""
    words = f"A file can hold several tracks and channels; each can be read alone. Type to search.{left_out}"
    st.selectbox("Track", list(names), format_func=names.__getitem__, key=TRACK, on_change=_take_track, args=(source,), help=words)


def listed(there: Sequence[Part]) -> list[Part]:
    """Those parts of a file that can be chosen alone, in its order: of very many the largest."""
    largest = sorted(range(len(there)), key=lambda i: -there[i].notes)[:MOST_TRACKS]
    return [there[i] for i in sorted(largest)]


def _named(part: Part) -> str:
    """Melody (track 2, channel 1): 312 notes"""
    name = f"{plain(part.title)} ({part.label})" if part.title else part.label
    return f"{name}: {count(part.notes, 'note')}{', drums' if part.drums else ''}"


def _take_track(source: str) -> None:
    st.session_state[TRACKS][source] = st.session_state[TRACK]
    _parts().pop(source, None)


def _end(recording: Piano) -> float:
    """Tenths of a second after which there is nothing."""
    return math.ceil(10 * recording.seconds) / 10


def _take_all(source: str) -> None:
    _parts().pop(source, None)


def _take_part(recording: Piano, source: str) -> None:
    """The two numbers as a part, where anything is played in it; all of the piece where they say so."""
    start, stop = sorted((float(st.session_state[FROM]), float(st.session_state[TO])))
    if (start, stop) == (0.0, _end(recording)):
        _parts().pop(source, None)
    elif _played(recording, start, stop):
        _parts()[source] = (start, stop)


def _played(recording: Piano, start: float, stop: float) -> bool:
    """Whether any note is struck between two times in s."""
    onset = recording.notes.onset
    return bool(((onset >= start) & (onset < stop)).any())


def open_view(source: str, passages: pd.DataFrame) -> None:
    """On first sight of a recording: window and playhead of the link, else the worst passage and the beginning."""
    state = st.session_state
    if state.get(PLACE) == source:
        return
    link = _link() if PLACE not in state else {}
    start = parse(link.get("t"), -1)
    worst = round(max(0.0, float(passages["start"].iloc[0]) - BEFORE), 2) if len(passages) else 0.0
    state[PLACE], state[START], state[SECONDS] = source, start if start >= 0 else worst, WINDOW_SECONDS
    state[AT] = max(0.0, parse(link.get("at"), start))
    state[CHOSEN] = None


def address(source: str) -> dict[str, str]:
    """What a link must hold to show the same part, window and playhead."""
    span = _parts().get(source)
    part = {"from": f"{span[0]:.10g}", "to": f"{span[1]:.10g}"} if span else {}
    return part | {"t": f"{st.session_state[START]:.10g}", "at": f"{st.session_state[AT]:.10g}"}


def view(printed: bool = False) -> View:
    """The window, in colours for white paper where it is to be printed."""
    state = st.session_state
    return View(state[START], state[SECONDS], state[SHADE], bool(state[SOUNDING]), dark() and not printed)


def take_window() -> None:
    """Where the reader has moved the window."""
    told = st.session_state["piano.player"].get(WINDOW)
    if told:
        st.session_state[AT] = round(float(told["at"]), 2)
        st.session_state[START], st.session_state[SECONDS] = round(max(0.0, float(told["start"])), 2), float(told["seconds"])


def jump_to(at: float) -> None:
    """Go to a moment, s, and play from there."""
    state = st.session_state
    state[CHOSEN] = at
    state[AT] = round(before(at), 2)
    state[JUMP] = (state.get(JUMP, (0, 0.0))[0] + 1, at)


def before(passage: float) -> float:
    """From where a passage is played, s: a moment earlier."""
    return max(0.0, passage - BEFORE / 2)


def choose_look() -> Look:
    """How the rolls are drawn."""
    state = st.session_state
    for key, usual in ((MODE, "fold"), (SHADE, "velocity"), (SOUNDING, True), (BOUNDARIES, False)):
        state.setdefault(key, usual)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    row.segmented_control(
        "Rolls", list(MODES), key=MODE, format_func=MODES.__getitem__, required=True, label_visibility="collapsed", persist_state="session"
    )
    shades: list[Shade] = [shade for shade in get_args(Shade) if shade != "velocity" or state[MODE] != "difference"]
    if state[SHADE] not in shades:
        state[SHADE] = shades[0]
    row.selectbox(
        "Colour of the notes", shades, key=SHADE, format_func=lambda shade: f"Colour: {SHADES[shade].title}", label_visibility="collapsed",
        width=230, disabled=state[MODE] == "overlay", persist_state="session",
    )  # fmt: skip
    row.toggle("Sounding durations", key=SOUNDING, help=cache.text("piano_sounding"), persist_state="session")
    row.toggle("Code boundaries", key=BOUNDARIES, help=cache.text("piano_boundaries"), persist_state="session")
    names = dict(zip(("original", "reconstruction"), TITLES["fold"], strict=True))
    if inputs.decoded():
        names = {"original": "Decoded", "reconstruction": "Coded once more"}
    both = f"{names['original']} (wide) and {names['reconstruction'].lower()} (narrow)"
    titles = names | {"overlay": both, "difference": f"{names['reconstruction']}, coloured by its error"}
    return Look(state[MODE], state[SHADE], bool(state[SOUNDING]), bool(state[BOUNDARIES]), titles)
