"""Choices on the Digits page: which digit, which cell of its codes, what was changed there; drawings and images of the reader's own."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import streamlit as st

from app import canvas, inputs, uploads
from app.inputs import Desk, asked, parse
from app.words import plain
from vqvae.modalities import digits
from vqvae.modalities.digits.normalising import normalised
from vqvae.modalities.digits.recording import Digits
from vqvae.modalities.digits.writing import npz

DIGIT, ROW, COLUMN, CODE = "digits.digit", "digits.row", "digits.column", "digits.code"  # numbers as readers count, from 1; codes from 0
EDITS, PLACE, CANVAS, DROPPED, REFUSED = "digits.edits", "digits.place", "digits.canvas", "digits.dropped", "digits.refused"
DRAWN = "drawing"  # the name of what is drawn

Cells = dict[tuple[int, int], int]
"""Codes that were changed, by row and column."""


def open_digit(desk: Desk, count: int, cells: int) -> None:
    """On first sight of a recording: the digit and cell of the link, else the first digit and the middle cell."""
    state = st.session_state
    if state.get(PLACE) != desk.source:
        link = asked() if PLACE not in state else {}
        state[PLACE] = desk.source
        state[DIGIT] = int(parse(link.get("digit"), 1))
        state[ROW], state[COLUMN] = (int(parse(link.get(name), (cells + 1) // 2)) for name in ("row", "column"))
    state[DIGIT] = min(max(1, state[DIGIT]), count)
    for key in (ROW, COLUMN):
        state[key] = min(max(1, state[key]), cells)


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


def edits(desk: Desk) -> Cells:
    """What was changed of the digit that is looked at."""
    every: dict[tuple[str, str, int], Cells] = st.session_state.setdefault(EDITS, {})
    return every.get((desk.source, desk.checkpoint, chosen()), {})


def edit(desk: Desk, code: int) -> None:
    """Change the code of the cell that is looked at."""
    key = (desk.source, desk.checkpoint, chosen())
    st.session_state[EDITS] = {**st.session_state.get(EDITS, {}), key: {**edits(desk), cell(): code}}


def undo(desk: Desk) -> None:
    """Forget what was changed of the digit that is looked at."""
    every = st.session_state.get(EDITS, {})
    st.session_state[EDITS] = {key: value for key, value in every.items() if key != (desk.source, desk.checkpoint, chosen())}


def address() -> dict[str, str]:
    """What a link must hold to show the same digit and cell."""
    return {"digit": str(st.session_state[DIGIT]), "row": str(st.session_state[ROW]), "column": str(st.session_state[COLUMN])}


def take_drawing() -> None:
    """Put what has been drawn on the desk, in place of an earlier drawing."""
    found = canvas.drawn(CANVAS)
    if found is not None and found.max() > 0:
        _lay(Digits(DRAWN, normalised(found, "The drawing").image[None]))


def take_image() -> None:
    """Put the image that has been dropped on the desk, or say why not."""
    files = {file.name: file.getvalue() for file in st.session_state[DROPPED] or ()}
    st.session_state.pop(REFUSED, None)
    if not files:
        return
    try:
        with TemporaryDirectory(prefix="vqvae-") as folder:
            _lay(digits.read(digits.receive(files, Path(folder))), next(iter(files)))
    except ValueError as error:
        st.session_state[REFUSED] = plain(str(error))


def _lay(recording: Digits, file: str = "") -> None:
    opened = st.session_state[inputs.OPENED]
    st.session_state[inputs.OPENED] = {key: value for key, value in opened.items() if not _drawing(value)}
    called = Path(file).stem if file and recording.count > 1 else recording.name
    recording = Digits(called[:80] or DRAWN, np.ascontiguousarray(recording.images), recording.said)
    uploads.lay({f"{recording.name}.npz": npz(recording)}, recording)


def _drawing(value: object) -> bool:
    return isinstance(value, Digits) and value.name == DRAWN
