"""What the Brain MRI page is asked to show: which place, which picture of it, in which greys, and which codes over it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
import streamlit as st

from app import cache, inputs, slices, uploads
from app.inputs import asked
from app.slices import Place
from vqvae.modalities.brain.recording import Volume

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

CURSOR, PLACE, JUMP, TOWARD, SHADES = "brain.cursor", "brain.place", "brain.jump", "brain.toward", "brain.shades"
HELD, ANSWER = "brain.held", "brain.answer"
VOLUMES, VOLUME = "brain.volumes", "brain.volume"
MODE, SIDE, CODES, CELL, CHOSEN = "brain.mode", "brain.side", "brain.codes", "brain.cell", "brain.chosen"

Mode = Literal["swipe", "original", "reconstruction", "error", "ssim"]
Side = Literal["radiological", "neurological"]
MODES: dict[Mode, str] = {
    "swipe": "Swipe", "original": "Original", "reconstruction": "Reconstruction", "error": "Error", "ssim": "SSIM map",
}  # fmt: skip
SIDES: dict[Side, str] = {"radiological": "Radiological", "neurological": "Neurological"}
ALL = (0, 255)  # the whole window
MUCH = 0.25  # of the brain in the fullest slice
NONE = 0  # no codes over the slices


class One(NamedTuple):
    """What everything on the page is about."""

    recording: Volume
    source: str  # what lies on the desk, and which volume of it
    number: int  # of the volume in its file, from 1


class Cell(NamedTuple):
    """One place of the grid of codes."""

    column: int
    row: int


def one(recording: Volume, source: str) -> One:
    """The volume that was chosen of a series; the first one at first."""
    if VOLUMES not in st.session_state:
        st.session_state[VOLUMES] = {source: int(inputs.parse(asked().get("volume"), 1))}
    number = st.session_state[VOLUMES].get(source, 1)
    found = uploads.volume(source, number) if 1 < number <= recording.series else None
    return One(found, f"{source}#{number}", number) if found else One(recording, source, 1)


def choose_volume(place: DeltaGenerator, chosen: One) -> None:
    """Which volume of a series."""
    source = st.session_state[inputs.SOURCE]
    if chosen.recording.series > 1 and uploads.volume(source, chosen.number):
        st.session_state[VOLUME] = chosen.number
        words = f"The file holds {chosen.recording.series} volumes: everything on the page is about the one chosen here."
        place.number_input("Volume", 1, chosen.recording.series, key=VOLUME, on_change=_take_volume, args=(source,), width=120, help=words)


def _take_volume(source: str) -> None:
    st.session_state[VOLUMES][source] = int(st.session_state[VOLUME])


def open_view(source: str, recording: Volume, ranked: pd.DataFrame) -> None:
    """On first sight of a recording: the place of the link, else the middle of the worst slice."""
    state, link = st.session_state, {} if PLACE in st.session_state else asked()
    if MODE not in state:
        state[MODE] = link.get("view") if link.get("view") in get_args(Mode) else "swipe"
        state[SIDE] = link.get("side") if link.get("side") in get_args(Side) else "radiological"
        state[CODES] = int(inputs.parse(link.get("codes"), NONE))
        state[JUMP] = 0
    if state.get(PLACE) == source:
        return
    state[PLACE], state[TOWARD], state[CELL] = source, recording.axis, None
    state[SHADES] = _range(link.get("greys")) or ALL
    sizes = slices.sizes(recording)
    state[CURSOR] = _place(link.get("at"), sizes) or _at_slice(recording, tuple(size // 2 for size in sizes), _worst(ranked))  # type: ignore[arg-type]
    state[CHOSEN] = None


def _worst(ranked: pd.DataFrame) -> int:
    """The worst slice with much brain in it: a few pixels of it, as in the outermost slices, show little."""
    much = ranked[ranked["brain"] >= MUCH * ranked["brain"].max()]
    return int(much["place"].iloc[0])


def _numbers(text: str | None, count: int) -> tuple[int, ...] | None:
    return tuple(map(int, text.split(","))) if text and re.fullmatch(rf"-?\d{{1,4}}(,-?\d{{1,4}}){{{count - 1}}}", text) else None


def _place(text: str | None, sizes: Place) -> Place | None:
    """A place in the address, counted from 1; None where it is no place of this image."""
    found = _numbers(text, 3)
    if found is None or not all(1 <= at <= size for at, size in zip(found, sizes, strict=True)):
        return None
    return found[0] - 1, found[1] - 1, found[2] - 1


def _range(text: str | None) -> tuple[int, int] | None:
    found = _numbers(text, 2)
    return (found[0], found[1]) if found and found[0] < found[1] else None


def _at_slice(recording: Volume, cursor: Place, number: int) -> Place:
    """The same place in another slice of those that were recorded."""
    found = list(cursor)
    found[recording.axis] = min(max(number, 0), recording.slices - 1)
    return found[0], found[1], found[2]


def address() -> dict[str, str]:
    """What a link must hold to show the same place in the same way."""
    state = st.session_state
    found = {"at": ",".join(str(at + 1) for at in state[CURSOR]), "view": str(state[MODE]), "side": str(state[SIDE])}
    if state[CODES]:
        found["codes"] = str(state[CODES])
    return found | ({"greys": ",".join(map(str, state[SHADES]))} if state[SHADES] != ALL else {})


def take() -> None:
    """Where the reader has moved the cursor, which cell they chose, and in which greys they look."""
    state = st.session_state
    told = state[slices.KEY].get(slices.TOLD)
    if not told or told["source"] != state[PLACE]:
        return
    state[CURSOR], state[TOWARD] = tuple(int(at) for at in told["cursor"]), int(told["toward"])
    state[CELL] = Cell(*map(int, told["cell"])) if told["cell"] else None
    state[HELD], state[ANSWER] = told["held"], int(told["question"])
    low, high = sorted((min(max(int(told["low"]), -255), 509), min(max(int(told["high"]), -254), 510)))
    state[SHADES] = (low, high)


def jump_to(recording: Volume, number: int) -> None:
    """Show a slice of those that were recorded."""
    state = st.session_state
    state[CURSOR], state[CHOSEN], state[TOWARD] = _at_slice(recording, state[CURSOR], number), number, recording.axis
    state[JUMP] += 1


def step(recording: Volume, order: np.ndarray, by: int) -> None:
    """To the worst slice, or the next worst after the one shown; `order` holds slices, worst first."""
    found = np.flatnonzero(order == st.session_state[CHOSEN])
    rank = int(found[0]) + by if by and len(found) else 0
    jump_to(recording, int(order[rank % len(order)]))


def choose_look(place: DeltaGenerator, recording: Volume, levels: int) -> None:
    """Which picture, from which side, and which level of codes over it; `levels` there are to choose from, 0 for none."""
    state = st.session_state
    place.segmented_control(
        "Picture", list(MODES), key=MODE, format_func=_called, required=True, label_visibility="collapsed", persist_state="session"
    )
    if not recording.source.picture:
        place.selectbox(
            "View", list(SIDES), key=SIDE, format_func=SIDES.__getitem__, label_visibility="collapsed", width=150, persist_state="session",
            help=cache.text("brain_sides"),
        )  # fmt: skip
    state[CODES] = min(state[CODES], levels)
    if levels:
        names = {NONE: "No codes"} | {level: f"Codes, level {level}" for level in range(1, levels + 1)}
        place.selectbox(
            "Codes over the slice", list(names), key=CODES, format_func=names.__getitem__, label_visibility="collapsed", width=140,
            persist_state="session", help=cache.text("brain_grid"),
        )  # fmt: skip


def names() -> dict[str, str]:
    """What the pictures show, in words."""
    decoded = {"original": "Decoded", "reconstruction": "Coded once more"} if inputs.decoded() else {}
    return dict(MODES.items()) | decoded


def _called(mode: Mode) -> str:
    return names()[mode]


def flipped() -> bool:
    """Whether the reader looks from the feet: left is right."""
    return bool(st.session_state[SIDE] == "radiological")


def sight(shown: cache.Shown, key: str, grid: slices.Grid | None, course: dict[str, object]) -> slices.Sight:
    """How the reader looks at it."""
    state = st.session_state
    told = state.pop(HELD, None)  # true when it was told, and for this answer only: the viewer may be another one the next time
    held = frozenset(told["places"] if told and (told["key"], told["mode"]) == (key, state[MODE]) else ())
    where = state[CURSOR], state[TOWARD], state[JUMP], state[SHADES], state.get(ANSWER, 0), held
    return slices.Sight(key, state[PLACE], shown.recording.name, names(), state[MODE], flipped(), *where, grid, course)
