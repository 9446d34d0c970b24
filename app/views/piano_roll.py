"""The rolls, and the passages that were damaged most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app import cache, choices_piano, inputs, player
from app.choices_piano import AT, CHOSEN, JUMP, PLACE
from app.inputs import Desk
from app.player import Look
from app.words import count
from vqvae.families import family
from vqvae.modalities.looks import clock
from vqvae.modalities.piano import figure
from vqvae.modalities.piano.roll import View
from vqvae.modalities.piano.scores_passages import PASSAGE, worst_passages

if TYPE_CHECKING:
    import pandas as pd

MOST = 50  # passages in the list


def key_of(desk: Desk) -> str:
    """What the player knows a recording at one level by."""
    return f"{desk.source} {desk.checkpoint} {desk.level}"


def explore(shown: cache.Shown, desk: Desk) -> None:
    """Both rolls with their playhead; how they are drawn can be changed without drawing anything else of the page again."""
    choices_piano.open_view(desk.source, worst(shown, desk))
    _rolls(shown, desk)
    notes = cache.shelf().get(("rolls", desk), lambda: _Rolls(player.notes(*_both(shown), boundaries(shown, desk))))
    player.feed("notes", key=key_of(desk), **notes.data)


class _Rolls:
    """What the browser is sent, whose weight the shelf must know."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.weight = np.empty(sum(len(c["data"]) for side in data.values() if isinstance(side, dict) for c in side.values()), np.uint8)


def _both(shown: cache.Shown) -> tuple[Any, Any, pd.DataFrame]:
    return shown.recording, shown.reconstruction, shown.report.events["notes"]


@st.fragment
def _rolls(shown: cache.Shown, desk: Desk) -> None:
    look = choices_piano.choose_look()
    where = choices_piano.view(), st.session_state[AT]
    player.show(key_of(desk), shown.recording.name, desk.source, look, *where, choices_piano.take_window)
    row = st.container(horizontal=True, vertical_alignment="center", wrap=False)
    row.caption(cache.text("piano_player"))
    view = choices_piano.view(printed=True)
    row.download_button(
        "Picture (.html)",
        lambda: picture(shown, desk, view, look),
        f"{choices_piano.file_name(shown.recording, desk.source)}-at-{view.start:.0f}s.html",
        "text/html",
        on_click="ignore",
        icon=":material/download:",
        help="This window of the rolls as a page of its own, to enlarge and measure in any browser",
    )
    inputs.write_address(choices_piano.address(st.session_state[inputs.SOURCE]))


def picture(shown: cache.Shown, desk: Desk, view: View, look: Look) -> str:
    """The rolls in one window as a page, in colours for white paper."""
    edges = boundaries(shown, desk) if look.boundaries else None
    made = figure(*_both(shown)[:2], view, notes=shown.report.events["notes"], mode=look.mode, boundaries=edges)
    return str(made.update_layout(paper_bgcolor="white", template="plotly_white").to_html())


def boundaries(shown: cache.Shown, desk: Desk) -> np.ndarray:
    """Times in s at which one column of codes ends and the next begins."""
    notes = family(cache.checkpoint(desk.checkpoint)).frame
    return np.unique(shown.reconstruction.notes.onset[notes::notes])


def worst(shown: cache.Shown, desk: Desk) -> pd.DataFrame:
    """The passages with the most damage, worst first."""
    return cache.shelf().get(("passages", desk), lambda: worst_passages(shown.report.events["notes"], MOST))


@st.fragment
def passages(shown: cache.Shown, desk: Desk) -> None:
    """The list of them: a click goes there and plays."""
    found = worst(shown, desk)
    st.subheader("Passages, worst first", anchor=False, help=cache.text("piano_severity"))
    if found.empty:
        st.info("Nothing was changed in any passage.")
        return
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    starts = found["start"].to_numpy()
    row.button("Play the worst", on_click=_step, args=(starts, 0), icon=":material/crisis_alert:", help="Go to the worst passage and play.")
    row.button("Play the next", on_click=_step, args=(starts, 1), icon=":material/skip_next:", help="Go on to the next worst passage.")
    row.caption(f"{count(len(found), 'passage')} of {PASSAGE:g} s. Tick the box of a row and it plays from there.", width="content")
    key = f"piano.passages.{hash(desk)}"
    st.dataframe(
        _words(found),
        hide_index=True,
        key=key,
        selection_mode="single-row",
        on_select=lambda: _take_row(starts, key),
        column_config=_columns(),
        alt="Passages, worst first",
    )
    if JUMP in st.session_state:
        number, at = st.session_state[JUMP]
        passage = [at, at + PASSAGE]
        player.feed("jump", source=st.session_state[PLACE], count=number, at=choices_piano.before(at), passage=passage)


def _step(starts: np.ndarray, by: int) -> None:
    place = np.flatnonzero(starts == st.session_state.get(CHOSEN))
    rank = int(place[0]) + by if by and len(place) else 0
    choices_piano.jump_to(float(starts[rank % len(starts)]))


def _take_row(starts: np.ndarray, key: str) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    if chosen:
        choices_piano.jump_to(float(starts[chosen[0]]))


def _words(found: pd.DataFrame) -> pd.DataFrame:
    table = found[["reason", "severity", "notes"]].copy()
    times = [clock(start) for start in found["start"]]
    table.insert(0, "at", [time.rjust(max(map(len, times)), "0") for time in times])  # which sort as times do
    return table


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "at": column.TextColumn("At", help="Minutes and seconds from the start."),
        "severity": column.NumberColumn("Damage", format="%.2f", help=cache.text("piano_severity")),
        "notes": column.NumberColumn("Notes"),
        "reason": column.TextColumn("What happened", width="large"),
    }
