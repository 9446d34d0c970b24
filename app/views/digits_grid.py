"""One digit, its codes and what they draw: a click into the grid chooses a cell, and another code there changes the digit at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app import cache, canvas, choices_digits, inputs
from app.choices_digits import CANVAS, CODE, COLUMN, DIGIT, DROPPED, ROW
from app.inputs import Desk
from app.words import count, number, plain
from vqvae import pipeline
from vqvae.metrics.distortion import mse
from vqvae.metrics.rate import bits_per_code
from vqvae.modalities import digits
from vqvae.modalities.digits.figures import ERROR, INK, heat
from vqvae.modalities.digits.recording import Digits
from vqvae.modalities.digits.verdict import wrong

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

NEAREST = 8  # other codes that are offered
HEIGHT = 210  # pixels of a picture
_LINKED = "The address of this page holds what you see: share it as a link."
_MEANT = "Verdict, scores, tabs and downloads are of the unchanged codes: what was changed is seen in the pictures of this digit alone."
_PLACED = "All its ink is scaled to 20 pixels and centred by mass, as MNIST's digits are: it may stand larger and elsewhere in Input."
_CAME = "The drawing in Input came with the link, as pixels without strokes: drawing here begins a new one."
_ALONE = "A link cannot hold your own file of several digits: drop one of them to share it."
_UNCHANGED = {"marker": {"opacity": 1}}  # however points are selected


def explore(shown: cache.Shown, desk: Desk, meant: DeltaGenerator) -> None:
    """The canvas beside the digit, its codes and their picture; `meant`, at the verdict, says what that is of once a code is changed."""
    choices_digits.open_digit(desk, shown.recording.count, shown.encoded.codes.shape[2], _size(desk))
    if why := choices_digits.refusal(desk):
        st.error(plain(why), icon=":material/error:")
    with st.container(key="digits.explore"):  # layout.css puts the two below each other where there is little room
        left, right = st.columns([1, 3.2], gap="medium")
    with left:
        _own(desk)
    with right:
        _digit(shown, desk, meant)


def _own(desk: Desk) -> None:
    with st.container(key="digits.own"):
        st.markdown("**Draw a digit**")
        canvas.show(CANVAS, choices_digits.take_drawing)
        st.caption(_CAME if choices_digits.came_with_link(desk) else _PLACED)
        with st.container(key=DROPPED):
            st.file_uploader(
                "Or upload an image of one",
                accept_multiple_files=True,
                key=choices_digits.drop_zone(),
                on_change=choices_digits.take_image,
                help=cache.text("digits_images"),
            )


@st.fragment
def _digit(shown: cache.Shown, desk: Desk, meant: DeltaGenerator) -> None:
    digit = choices_digits.chosen()
    own = shown.encoded.codes[0, 0, :, :, digit]
    changed = {place: code for place, code in choices_digits.edits(desk).items() if own[place] != code}
    codes = own.copy()
    for place, code in changed.items():
        codes[place] = code
    if changed:
        meant.info(_MEANT, icon=":material/edit:")
    else:
        meant.empty()
    drawn = redrawn(shown, desk.checkpoint, codes) if changed else shown.reconstruction.images[digit]
    original = shown.recording.images[digit]
    names = ("Decoded", "Coded once more") if inputs.decoded() else ("Input", "Reconstruction")
    with st.container(key="digits.pictures"):
        first, second, third, fourth = st.columns(4, gap="small")
    _picture(first, names[0], heat(original, **INK), "digits.original")
    _grid(second, codes, changed, desk)
    _picture(third, "From your codes" if changed else names[1], heat(drawn, **INK), "digits.rebuilt")
    _picture(fourth, "Error", heat(drawn.astype(np.int16) - original, **ERROR), "digits.error")
    st.caption(_said(original, drawn, codes, len(changed), shown, desk))
    _choose(shown, codes, desk)
    own_one = shown.recording.count == 1 and desk.source not in cache.examples("digits")
    inputs.write_address(choices_digits.address(changed, original if own_one else None))


def redrawn(shown: cache.Shown, checkpoint: str, codes: np.ndarray) -> np.ndarray:
    """What codes (7, 7) draw: (28, 28) uint8."""
    layout = digits.to_tensors(Digits("changed", np.zeros((1, 28, 28), np.uint8))).layout
    encoded = shown.encoded._replace(codes=codes[None, None, :, :, None], layout=layout)
    found: Digits = pipeline.decode(cache.checkpoint(checkpoint), encoded)
    return found.images[0]


def _said(original: np.ndarray, drawn: np.ndarray, codes: np.ndarray, changed: int, shown: cache.Shown, desk: Desk) -> str:
    error = mse(original / 255, drawn / 255)
    used, bits = count(len(np.unique(codes)), "different code"), codes.size * bits_per_code(_size(desk))
    size = f"{used} in {codes.size} cells, {count(bits, 'bit')} at a fixed length"
    said = f"This digit: mean squared error {number(error)}, equal to {wrong(error):.1f} pixels turned from black to white; {size}."
    if not changed:
        return said
    linked = shown.recording.count == 1 or desk.source in cache.examples("digits")
    return f"{said} **{count(changed, 'cell')} changed.** {_LINKED if linked else _ALONE}"


def _size(desk: Desk) -> int:
    return int(cache.checkpoint(desk.checkpoint).model.quantizer.codebook_size)


def _choose(shown: cache.Shown, codes: np.ndarray, desk: Desk) -> None:
    """Which digit, which cell, which code."""
    place, size = choices_digits.cell(), _size(desk)
    code = int(codes[place])
    st.session_state[CODE] = code
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    if shown.recording.count > 1:
        row.number_input(f"Digit, of {shown.recording.count}", 1, shown.recording.count, key=DIGIT, width=130, persist_state="session")
    row.number_input("Row", 1, codes.shape[0], key=ROW, width=110, persist_state="session")
    row.number_input("Column", 1, codes.shape[1], key=COLUMN, width=110, persist_state="session")
    about = f"The code of this cell, 0 to {size - 1}: another one changes the digit at once."
    row.number_input("Code", 0, size - 1, key=CODE, width=140, on_change=lambda: _take_code(desk), help=about)
    idle = not choices_digits.steps(desk)
    last, every = "Take back the last change.", "Take back all changes of this digit."
    row.button("Undo change", icon=":material/undo:", on_click=choices_digits.undo, args=(desk,), disabled=idle, help=last)
    row.button("Reset", icon=":material/restart_alt:", on_click=choices_digits.reset, args=(desk,), disabled=idle, help=every)
    others = st.container(horizontal=True, vertical_alignment="center", gap="small")
    others.markdown(f"Nearest to code {code}:")
    for other in nearest(desk.checkpoint, code):
        about = "Put this code into the cell."
        others.button(str(other), key=f"digits.near.{other}", on_click=choices_digits.edit, args=(desk, other), help=about)


@st.cache_data(max_entries=600, show_spinner=False)
def nearest(checkpoint: str, code: int) -> list[int]:
    """The codes whose vectors are nearest to that of `code`, nearest first."""
    vectors = pipeline.codebooks(cache.checkpoint(checkpoint))[0]
    order = np.argsort(np.square(vectors - vectors[code]).sum(axis=1), kind="stable")
    return [int(other) for other in order if other != code][:NEAREST]


def _take_code(desk: Desk) -> None:
    choices_digits.edit(desk, int(st.session_state[CODE]))


def _picture(place: Any, title: str, trace: Any, key: str) -> None:
    place.markdown(f"**{title}**")
    drawn = _figure(28)
    drawn.add_trace(trace)
    place.plotly_chart(drawn, key=key, config={"displayModeBar": False}, alt=f"{title}, 28 by 28 pixels")


def _grid(place: Any, codes: np.ndarray, changed: choices_digits.Cells, desk: Desk) -> None:
    """The codes in their colours; a click chooses a cell."""
    import plotly.graph_objects as go

    place.markdown("**Codes**")
    side, paint = len(codes), cache.code_colours(desk.checkpoint)[0][codes]  # (7, 7, 3)
    rows, columns = (grid.ravel() for grid in np.indices(codes.shape))
    drawn, here = _figure(side), choices_digits.cell()
    drawn.add_trace(go.Image(z=paint, hoverinfo="skip"))
    shades = np.where(paint.reshape(-1, 3) @ np.array([0.299, 0.587, 0.114]) < 140, "#ffffff", "#000000")
    drawn.add_trace(
        go.Scatter(
            x=columns, y=rows, mode="markers+text", text=codes.ravel(), textfont={"size": 10, "color": shades},
            marker={"symbol": "square", "size": 30, "color": "rgba(128, 128, 128, 0.01)"}, selected=_UNCHANGED, unselected=_UNCHANGED,
            customdata=np.stack([rows + 1, columns + 1], axis=1),
            hovertemplate="row %{customdata[0]}, column %{customdata[1]}: code %{text}<extra></extra>",
        )
    )  # fmt: skip
    for (row, column), colour in [*((spot, "#c1440e") for spot in changed), (here, "#0b6bcb")]:
        box = {"x0": column - 0.47, "x1": column + 0.47, "y0": row - 0.47, "y1": row + 0.47}
        drawn.add_shape(type="rect", line={"color": colour, "width": 4}, **box)
    drawn.update_layout(clickmode="event+select")
    place.plotly_chart(
        drawn, key="digits.grid", on_select=_take_cell, selection_mode="points", config={"displayModeBar": False},
        alt="The 7 by 7 codes of the digit; similar codes have similar colours",
    )  # fmt: skip


def _take_cell() -> None:
    points = st.session_state["digits.grid"]["selection"]["points"]
    if points:
        choices_digits.choose_cell(round(points[0]["y"]), round(points[0]["x"]))


def _figure(side: int) -> go.Figure:
    """An empty square of so many cells, rows downwards."""
    import plotly.graph_objects as go

    drawn = go.Figure()
    drawn.update_layout(height=HEIGHT, margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False, dragmode=False)
    drawn.update_xaxes(visible=False, range=[-0.5, side - 0.5], constrain="domain", fixedrange=True)
    drawn.update_yaxes(visible=False, range=[side - 0.5, -0.5], scaleanchor="x", constrain="domain", fixedrange=True)
    return drawn
