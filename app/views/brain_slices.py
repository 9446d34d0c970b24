"""The slices: three views through one place, the codes over them, and the slices that were damaged most."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import cache, choices_brain, inputs, slices
from app.choices_brain import CELL, CODES, CURSOR
from app.inputs import Desk
from app.views import brain_codes, brain_files
from app.words import count, number, score_title
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.brain.verdict import traces, worst_slices

RANKING = "ssim_brain"  # decides which slice is the worst
UNITS = {"psnr": " (dB)", "mae": " (window = 1)", "mse": " (window = 1)", "gradient_error": " (%)"}
USUAL = ("ssim_brain", "ssim", "psnr", "mae", "gradient_error")  # columns of the table, where there are such


def ranked(shown: cache.Shown) -> pd.DataFrame:
    """`events["slices"]`, the worst first; slices without any brain last."""
    table = shown.report.events["slices"]
    return pd.concat([worst_slices(table), table[table["brain"] == 0]])


@st.fragment
def explore(shown: cache.Shown, desk: Desk) -> None:
    """Views and table move together; nothing else of the page is drawn again."""
    recording, table = shown.recording, ranked(shown)
    choices_brain.open_view(desk.source, recording, table)
    model = cache.checkpoint(desk.checkpoint)
    _controls(recording, table, desk.level if model.nested else 0)
    grid = brain_codes.grid(shown, st.session_state[CODES], st.session_state[CELL]) if st.session_state[CODES] else None
    key = f"{desk.source} {desk.checkpoint} {desk.level} {st.session_state[CODES]}"
    slices.show(recording, shown.reconstruction, choices_brain.sight(shown, key, grid, course(table)), choices_brain.take)
    st.caption(cache.text("brain_viewer" if recording.slices > 1 else "brain_viewer_single"))
    if grid:  # right below the views, where the reader has clicked
        at = st.session_state[CURSOR][recording.axis]
        brain_codes.cell(recording, grid, at, st.session_state[CODES], desk)
    brain_files.pictures(shown, desk)
    if recording.slices > 1:
        _table(recording, table)
    inputs.write_address(choices_brain.address())


def course(table: pd.DataFrame) -> dict[str, Any]:
    """The score of every slice, in their order, for the viewer."""
    ordered = table.sort_values("place")
    values = ordered[RANKING].to_numpy(float)
    faint = [int(place) for place in ordered["place"].to_numpy()[traces(ordered)]]
    worst = int(table["place"].iloc[0]) if len(table) and np.isfinite(values).any() else None
    title = f"{score_title(RANKING)}, slice by slice: click to go there"
    title += ". Faint: only a trace of brain, never the worst" if faint else ""
    known = [float(value) if np.isfinite(value) else None for value in values]  # not rounded, as the viewer would round once more
    return {"title": title, "values": known, "worst": worst, "faint": faint}


def _controls(recording: Volume, table: pd.DataFrame, levels: int) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    choices_brain.choose_look(row, recording, levels)
    if recording.slices > 1:
        order = table["place"].to_numpy(int)
        first, following = "Go to the slice with the most damage.", "Go on to the slice with the next most damage."
        row.button("Worst", on_click=choices_brain.step, args=(recording, order, 0), icon=":material/crisis_alert:", help=first)
        row.button("Next", on_click=choices_brain.step, args=(recording, order, 1), icon=":material/skip_next:", help=following)


def _table(recording: Volume, table: pd.DataFrame) -> None:
    st.subheader("Slices, worst first", anchor=False, help=cache.text("brain_severity"))
    numbers = table["place"].to_numpy(int)
    few = int(traces(table).sum())
    last = f", {number(few)} with only a trace of brain, which stand last and are never called the worst" if few else ""
    st.caption(f"{count(len(table), 'slice')}{last}. Select a row and the views above move to that slice.")
    key = f"brain.slices.{hash((st.session_state[choices_brain.PLACE], tuple(numbers)))}"
    st.dataframe(
        worded(table),
        hide_index=True,
        height=min(320, 38 + 35 * len(table)),
        placeholder="–",
        key=key,
        selection_mode=["single-row", "single-cell"],
        on_select=lambda: _take_row(recording, numbers, key),
        column_config=_columns(),
        alt="Slices, worst first",
    )


def _take_row(recording: Volume, numbers: np.ndarray, key: str) -> None:
    chosen = st.session_state[key]["selection"]
    rows = [row for row, _ in chosen.get("cells", ())] or chosen["rows"]
    if rows:
        choices_brain.jump_to(recording, int(numbers[rows[0]]))


def worded(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that the page shows, slices counted from 1."""
    found = table[[name for name in ("place", "position", *USUAL) if name in table]].copy()
    found["place"] += 1
    return found.drop(columns=[name for name in ("position",) if found[name].isna().all()])  # pictures say no places


def _columns() -> dict[str, Any]:
    column = st.column_config.NumberColumn
    formats = {"psnr": "%.1f", "mae": "%.5f", "gradient_error": "%.1f"}
    return {
        "place": column("Slice", help="Counted from the first one, as above the views."),
        "position": column("Position (mm)", format="%.1f", help="Along the axis that the slices lie along, as the file places them."),
    } | {name: column(score_title(name) + UNITS.get(name, ""), format=formats.get(name, "%.3f")) for name in USUAL}
