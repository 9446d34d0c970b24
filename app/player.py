"""The player in the browser: rolls and sounds of a performance and of its reconstruction, as it is handed them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st

from vqvae.modalities.looks import DARK, LIGHT, STATUS, Ink
from vqvae.modalities.piano.pedal import pedals, sounding_ends
from vqvae.modalities.piano.recording import SUSTAIN, Piano
from vqvae.modalities.piano.roll import EARLY_TO_LATE, SHADES, SOFT_TO_LOUD, Mode, Shade, View, keys_shown
from vqvae.modalities.piano.roll_drawing import GRID, ROWS
from vqvae.modalities.piano.scores_passages import severity

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parent / "components" / "player"
SCRIPTS = ("../common.js", "bytes.js", "deck.js", "roll.js", "pictures.js", "player.js")  # in this order one script
BINS = 240  # of the damage along the piece
ERRORS = ("onset_error_ms", "duration_log_ratio", "velocity_error")
WINDOW = "window"  # what the player tells: {"start", "seconds", "at"} in s

Packed = dict[str, dict[str, str]]


class Look(NamedTuple):
    """How the rolls are drawn."""

    mode: Mode
    shade: Shade
    sounding: bool
    boundaries: bool
    titles: dict[str, str]  # of the rolls


@st.cache_resource
def _components() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The player, and the unseen element that hands it something."""
    read = {name: (FOLDER / name).read_text(encoding="utf-8") for name in (*SCRIPTS, "feed.js", "player.html", "player.css")}
    script = "\n".join(read[name] for name in SCRIPTS)
    show = st.components.v2.component("vqvae.player", html=read["player.html"], css=read["player.css"], js=script)
    return show, st.components.v2.component("vqvae.feed", js=read["feed.js"])


def show(key: str, title: str, source: str, look: Look, view: View, at: float, tell: Callable[[], None]) -> None:
    """The player for what is fed under `key`; its playhead stands at `at`, s; `tell` is called when the reader has moved it or the window.

    A reader who changes how one recording is shown or coded (`source` stays) keeps their place.
    """
    data = {"key": key, "title": title, "source": source, "start": view.start, "seconds": view.seconds, "at": at}
    shades = {name: {**shading._asdict(), "column": name} for name, shading in SHADES.items()}
    looks = {"light": _colours(LIGHT), "dark": _colours(DARK)}
    _components()[0](data=data | {"look": look._asdict(), "shades": shades, "looks": looks}, key="piano.player", on_window_change=tell)


def feed(channel: str, **data: Any) -> None:
    """Hand something to the player: "notes", "sound" or "jump"."""
    _components()[1](data={"channel": channel, **data}, key=f"piano.feed.{channel}", height="content")


def notes(reference: Piano, reconstruction: Piano, table: pd.DataFrame, boundaries: np.ndarray) -> dict[str, Any]:
    """Both performances for the channel "notes"; `table` is `events["notes"]`, `boundaries` (B,) the times in s where codes begin."""
    ends = sounding_ends(reference), sounding_ends(reconstruction)
    seconds = max(1.0, reference.seconds, *(float(end.max(initial=0.0)) for end in ends))
    pedal = pedals(reference)[SUSTAIN]
    return {
        "seconds": seconds,
        "keys": keys_shown(reference.notes.pitch, reconstruction.notes.pitch),
        "original": _side(reference, ends[0], table, "reference"),
        "reconstruction": _side(reconstruction, ends[1], table, "found"),
        "pedal": packed({"time": pedal.time, "value": pedal.value.astype(np.uint8)}),
        "codes": packed({"boundaries": boundaries}),
        "damage": damage(table, seconds).round(4).tolist(),
    }


def damage(table: pd.DataFrame, seconds: float) -> np.ndarray:
    """What happened to the notes in each of `BINS` stretches, in lost notes per second."""
    found = np.histogram(table["time"], BINS, (0.0, seconds), weights=severity(table))[0]
    return np.asarray(found * BINS / seconds)


def _side(recording: Piano, ends: np.ndarray, table: pd.DataFrame, index: str) -> Packed:
    """The notes of one performance, and what happened to each."""
    own = table[table[index] >= 0].sort_values(index)
    notes = recording.notes
    columns = {"onset": notes.onset, "end": notes.end, "ring": ends, "latest": np.maximum.accumulate(ends)}
    codes = {"pitch": notes.pitch.astype(np.uint8), "velocity": notes.velocity.astype(np.uint8)}
    status = own["status"].map({name: i for i, name in enumerate(STATUS)}).to_numpy(np.uint8)
    return packed(columns | codes | {"status": status} | {name: own[name].to_numpy() for name in ERRORS})


def packed(columns: dict[str, np.ndarray]) -> Packed:
    """Columns as a browser unpacks them: bytes as they are, all else as float32, little-endian."""
    found = {}
    for name, values in columns.items():
        kind = "uint8" if values.dtype == np.uint8 else "float32"
        found[name] = {"kind": kind, "data": text(np.ascontiguousarray(values, "u1" if kind == "uint8" else "<f4").tobytes())}
    return found


def text(data: bytes) -> str:
    """Bytes in base64: raw ones do not survive the way."""
    return base64.b64encode(data).decode("ascii")


def texts(parts: Sequence[bytes]) -> list[str]:
    return [text(part) for part in parts]


def _colours(ink: Ink) -> dict[str, Any]:
    """The colours of one theme."""
    names = ("original", "under", "reconstruction", "error", "band", "shade")
    keys = {"ivory": "#d9d6cd", "ebony": "#15171a"} if ink.dark else {"ivory": "#f7f4ec", "ebony": "#26292e"}
    status = {name: {"symbol": found[0], "colour": found[2 + ink.dark]} for name, found in STATUS.items()}
    scales = {"velocity": SOFT_TO_LOUD[ink.dark], "errors": EARLY_TO_LATE[ink.dark]}
    return {name: getattr(ink, name) for name in names} | keys | scales | {"status": status, "grid": GRID, "rows": ROWS}
