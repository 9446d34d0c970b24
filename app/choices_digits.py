"""Choices on the Digits page: which digit, which cell of its codes, what was changed there; drawings and images of the reader's own."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from app import canvas, inputs, uploads
from app.inputs import Desk, asked, parse
from app.words import count
from vqvae.modalities import digits
from vqvae.modalities.digits.normalising import normalised
from vqvae.modalities.digits.recording import SIDE, Digits
from vqvae.modalities.digits.writing import npz

DIGIT, ROW, COLUMN, CODE = "digits.digit", "digits.row", "digits.column", "digits.code"  # numbers as readers count, from 1; codes from 0
EDITS, PLACE, CANVAS, DROPPED, REFUSED = "digits.edits", "digits.place", "digits.canvas", "digits.dropped", "digits.refused"
DROPS, ARRIVED = "digits.drops", "digits.arrived"  # drops so far; what came with the link
DRAWN = "drawing"  # the name of what is drawn

Cells = dict[tuple[int, int], int]
"""Codes that were changed, by row and column."""


class Refused(NamedTuple):
    """Why something that was dropped was not opened."""

    sentence: str
    source: str  # what lies on the desk then


class Step(NamedTuple):
    """One change of a code."""

    row: int  # from 0
    column: int
    code: int


def open_digit(desk: Desk, count: int, cells: int, codes: int) -> None:
    """On first sight of a recording: the digit, cell and changed codes of the link, else the first digit and the middle cell.

    A digit has `cells` rows and columns of codes below `codes`; what a link holds beyond them is passed over.
    """
    state, link = st.session_state, dict[str, str]()
    if state.get(PLACE) != desk.source:
        link = asked() if PLACE not in state else {}
        state[PLACE] = desk.source
        state[DIGIT] = int(parse(link.get("digit"), 1))
        state[ROW], state[COLUMN] = (int(parse(link.get(name), (cells + 1) // 2)) for name in ("row", "column"))
    state[DIGIT] = min(max(1, state[DIGIT]), count)
    for key in (ROW, COLUMN):
        state[key] = min(max(1, state[key]), cells)
    came = state.get(ARRIVED) or link.get("example")
    if link and (came, link.get("checkpoint", desk.checkpoint)) == (desk.source, desk.checkpoint):
        linked = (step for step in _steps_of(link.get("codes", "")) if step.row < cells and step.column < cells and step.code < codes)
        _keep(desk, tuple(linked))


def _steps_of(text: str) -> list[Step]:
    """The changes in a link: row, column (from 1) and code of each, as in 4.4.500-4.5.27."""
    found = (re.fullmatch(r"([1-9]\d?)\.([1-9]\d?)\.(\d{1,5})", part) for part in text.split("-"))
    return [Step(int(each[1]) - 1, int(each[2]) - 1, int(each[3])) for each in found if each]


def chosen() -> int:
    """The digit that is looked at, from 0."""
    return int(st.session_state[DIGIT]) - 1


def cell() -> tuple[int, int]:
    """Row and column of the cell that is looked at, from 0."""
    return int(st.session_state[ROW]) - 1, int(st.session_state[COLUMN]) - 1


def choose_cell(row: int, column: int) -> None:
    """Look at a cell."""
    st.session_state[ROW], st.session_state[COLUMN] = row + 1, column + 1


def choose_digit(place: int) -> None:
    """Look at a digit."""
    st.session_state[DIGIT] = place + 1


def steps(desk: Desk) -> tuple[Step, ...]:
    """What was changed of the digit that is looked at, one change after the other."""
    every: dict[tuple[str, str, int], tuple[Step, ...]] = st.session_state.setdefault(EDITS, {})
    return every.get((desk.source, desk.checkpoint, chosen()), ())


def edits(desk: Desk) -> Cells:
    """The codes that all these changes leave in their cells."""
    return {(step.row, step.column): step.code for step in steps(desk)}


def edit(desk: Desk, code: int) -> None:
    """Change the code of the cell that is looked at."""
    _keep(desk, (*steps(desk), Step(*cell(), code)))


def undo(desk: Desk) -> None:
    """Take back the last change of the digit that is looked at."""
    _keep(desk, steps(desk)[:-1])


def reset(desk: Desk) -> None:
    """Forget what was changed of the digit that is looked at."""
    _keep(desk, ())


def _keep(desk: Desk, changes: tuple[Step, ...]) -> None:
    st.session_state[EDITS] = {**st.session_state.get(EDITS, {}), (desk.source, desk.checkpoint, chosen()): changes}


def address(changed: Cells, image: np.ndarray | None) -> dict[str, str]:
    """What a link must hold to show the same digit and cell, the same changed codes, and an `image` that is the reader's own."""
    found = {"digit": str(st.session_state[DIGIT]), "row": str(st.session_state[ROW]), "column": str(st.session_state[COLUMN])}
    codes = "-".join(f"{row + 1}.{column + 1}.{code}" for (row, column), code in changed.items())
    return found | ({"codes": codes} if codes else {}) | ({} if image is None else {"image": packed(image)})


def take_drawing() -> None:
    """Put what has been drawn on the desk, in place of an earlier drawing."""
    found = canvas.drawn(CANVAS)
    if found is not None and found.max() > 0:
        _lay(Digits(DRAWN, normalised(found, "The drawing").image[None]))


def drop_zone() -> str:
    """The key of the place where images are dropped: a new one after every drop, so that it is empty again."""
    return f"{DROPPED}.{st.session_state.get(DROPS, 0)}"


def take_image() -> None:
    """Put what can be read of the images that have been dropped on the desk, and say of the others why not."""
    state = st.session_state
    files, why = _told_apart(state[drop_zone()] or ()), list[str]()
    state[DROPS] = state.get(DROPS, 0) + 1
    for name, content in list(files.items()):
        try:
            _read({name: content})
        except ValueError as error:
            why.append(str(error).rstrip("."))
            del files[name]
    try:
        if files:
            _lay(_read(files), next(iter(files)))
    except ValueError as error:
        files, why = {}, [str(error).rstrip(".")]
    kept = f"{count(len(files), 'other image')} opened." if files else "What was open still is."
    state[REFUSED] = Refused(f"{'; '.join(why)}. {kept}" if why else "", state[inputs.NEXT] if files else state[inputs.SOURCE])


def refusal(desk: Desk) -> str:
    """Why something that was dropped was not opened, as long as the reader looks at what was open then."""
    said: Refused | None = st.session_state.get(REFUSED)
    return said.sentence if said and said.source == desk.source else ""


def _told_apart(files: Iterable[Any]) -> dict[str, bytes]:
    """The contents of dropped files by name; phones call every photograph the same."""
    found: dict[str, bytes] = {}
    for file in files:
        path, number = Path(file.name), 1
        while path.name in found:
            number += 1
            path = path.with_name(f"{Path(file.name).stem}-{number}{path.suffix}")
        found[path.name] = file.getvalue()
    return found


def _read(files: dict[str, bytes]) -> Digits:
    with TemporaryDirectory(prefix="vqvae-") as folder:
        return digits.read(digits.receive(files, Path(folder)))


def arrive() -> None:
    """Put the digit that a link holds on the desk, once; one that is none is passed over."""
    state = st.session_state
    text = inputs.asked().get("image", "")
    if text and ARRIVED not in state:
        state[ARRIVED] = ""
        found = unpacked(text)
        if found is not None:
            _lay(Digits(DRAWN, found[None]))
            state[ARRIVED] = state[inputs.NEXT]
            st.rerun()


def came_with_link(desk: Desk) -> bool:
    """Whether what lies on the desk is the drawing that the link held, of which the canvas knows no strokes."""
    return bool(st.session_state.get(ARRIVED) == desk.source)


def packed(image: np.ndarray) -> str:
    """A digit (28, 28) uint8 as a link holds it."""
    return base64.urlsafe_b64encode(zlib.compress(image.tobytes(), 9)).decode().rstrip("=")


def unpacked(text: str) -> np.ndarray | None:
    """Undo `packed`; None for what is no digit."""
    try:
        data = zlib.decompressobj().decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), SIDE * SIDE + 1)
    except (ValueError, zlib.error):
        return None
    return np.frombuffer(data, np.uint8).reshape(SIDE, SIDE) if len(data) == SIDE * SIDE else None


def _lay(recording: Digits, file: str = "") -> None:
    opened = st.session_state[inputs.OPENED]
    st.session_state[inputs.OPENED] = {key: value for key, value in opened.items() if not _drawing(value)}
    called = Path(file).stem if file and recording.count > 1 else recording.name
    recording = Digits(called[:80] or DRAWN, np.ascontiguousarray(recording.images), recording.said)
    uploads.lay({f"{recording.name}.npz": npz(recording)}, recording)


def _drawing(value: object) -> bool:
    return isinstance(value, Digits) and value.name == DRAWN
