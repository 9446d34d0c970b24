"""The stretch of an ECG that is looked at: the picture, the ways around in it, the caliper, the table of beats."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app import cache, choices_ecg, inputs
from app.choices_ecg import ALL, CALIPER, CHOSEN, PLACE, TIME
from app.words import count, number
from vqvae.modalities.ecg import figures
from vqvae.modalities.ecg.caliper import measure
from vqvae.modalities.ecg.drawing import CodeStrip
from vqvae.modalities.ecg.paper import View
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.looks import STATUS, clock

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

ROWS = 2000  # beats in the table on the page; the file for download holds all of them


@st.fragment
def explore(shown: cache.Shown, strip: CodeStrip) -> None:
    """Picture and table move together; nothing else of the page is drawn again."""
    beats = shown.report.events["beats"].sort_values("severity", ascending=False, kind="stable")
    recording = shown.recording
    _open_at_worst(recording, beats, shown.lead)
    _controls(recording, beats)
    sight = choices_ecg.sight(recording, shown.lead)
    st.plotly_chart(
        figures.overview(recording, shown.reconstruction, sight.view, beats=beats),
        key="ecg.overview",
        selection_mode="points",
        on_select=lambda: _jump(recording, sight.view),
        config={"displayModeBar": False},
        alt="The whole recording, and the worst error along it",
    )
    measuring = sight.caliper is not None
    figure = picture(shown, strip, sight)
    figure.update_layout(dragmode="select" if measuring else "zoom")
    st.plotly_chart(
        figure,
        key=f"ecg.picture.{measuring}",
        selection_mode=("box",),
        on_select=choices_ecg.take_box if measuring else "ignore",
        config={"displaylogo": False},
        alt=f"Original and reconstruction of lead {shown.lead} on ECG paper from {sight.view.start:.1f} s",
    )
    _below(shown, strip, sight)
    if measuring:
        _measure(shown, sight.view)
    _table(recording, beats)
    inputs.write_address(choices_ecg.address())


def picture(shown: cache.Shown, strip: CodeStrip, sight: choices_ecg.Sight) -> go.Figure:
    """The figure of the window."""
    beats, chosen, caliper = shown.report.events["beats"], sight.chosen, sight.caliper
    signals = shown.recording, shown.reconstruction
    if sight.every_lead:
        figure = figures.all_leads(*signals, sight.view, beats=beats, chosen=chosen, caliper=caliper)
    else:
        figure = figures.figure(*signals, sight.view, beats=beats, strip=strip, chosen=chosen, caliper=caliper)
    if sight.decoded:
        figure.update_traces(name="Decoded", selector={"name": "Original"})
        figure.update_traces(name="Coded once more", selector={"name": "Reconstruction"})
    return figure


def _below(shown: cache.Shown, strip: CodeStrip, sight: choices_ecg.Sight) -> None:
    """How to use the picture, and the picture to take home, in colours for white paper."""
    printed = sight._replace(view=replace(sight.view, dark=False))
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    row.caption("Drag to enlarge, double-click to return. The camera above the picture saves a PNG.", width="content")
    row.download_button(
        "Picture",
        lambda: picture(shown, strip, printed).update_layout(paper_bgcolor="white", template="plotly_white").to_html(),
        f"{shown.recording.name}-{sight.view.start:.0f}s.html",
        "text/html",
        on_click="ignore",
        icon=":material/download:",
        help="This window as a page of its own, to enlarge and measure in any browser",
    )


def _open_at_worst(recording: Ecg, beats: pd.DataFrame, lead: str) -> None:
    """On first sight of a recording or lead: look at the worst beat."""
    here = (st.session_state[inputs.SOURCE], lead)
    if st.session_state.get(PLACE) != here:
        st.session_state[PLACE] = here
        st.session_state[TIME], st.session_state[CHOSEN] = 0.0, None
        if len(beats):
            choices_ecg.show_beat(recording, float(beats["time"].iloc[0]))


def _controls(recording: Ecg, beats: pd.DataFrame) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    choices_ecg.choose_time(row, recording, choices_ecg.window_seconds())
    choices_ecg.choose_scale(row)
    if len(beats):
        times = beats["time"].to_numpy()
        first, following = "Go to the beat with the most damage.", "Go on to the beat with the next most damage."
        row.button("Worst beat", on_click=_step, args=(recording, times, 0), icon=":material/crisis_alert:", help=first)
        row.button("Next worst", on_click=_step, args=(recording, times, 1), icon=":material/skip_next:", help=following)
    if len(recording.leads) > 1:
        row.toggle("All leads", key=ALL, help="Draw every lead of the window, one below the other.", persist_state="session")
    row.toggle("Caliper", key=CALIPER, help="Measure: drag a box over the signal, or type two times.", persist_state="session")


def _step(recording: Ecg, times: np.ndarray, by: int) -> None:
    at = np.flatnonzero(times == st.session_state.get(CHOSEN))
    rank = int(at[0]) + by if by and len(at) else 0
    choices_ecg.show_beat(recording, float(times[rank % len(times)]))


def _jump(recording: Ecg, view: View) -> None:
    points = st.session_state["ecg.overview"]["selection"]["points"]
    if points:
        st.session_state[CHOSEN] = None
        choices_ecg.move(recording, float(points[0]["x"]) - view.seconds / 2, view.seconds)


def _measure(shown: cache.Shown, view: View) -> None:
    """What lies between the two legs of the caliper, in both signals."""
    legs = choices_ecg.choose_caliper(shown.recording)
    apart = 1000 * abs(legs.stop - legs.start)
    rate = f", {number(60_000 / apart)} per minute" if apart else ""
    st.markdown(f"**{number(apart, 'ms')}** between the two legs{rate}.")
    st.dataframe(
        measure(shown.recording, shown.reconstruction, view.lead, legs),
        hide_index=True,
        alt="Amplitudes at and between the legs of the caliper",
        column_config={
            "signal": "Signal",
            "first": st.column_config.NumberColumn("At the first leg (mV)", format="%.3f"),
            "second": st.column_config.NumberColumn("At the second leg (mV)", format="%.3f"),
            "difference": st.column_config.NumberColumn("Second minus first (mV)", format="%+.3f"),
            "range": st.column_config.NumberColumn("Highest minus lowest in between (mV)", format="%.3f"),
        },
    )


def _table(recording: Ecg, beats: pd.DataFrame) -> None:
    st.subheader("Beats, worst first", anchor=False, help=cache.text("ecg_severity"))
    if beats.empty:
        st.info("No heartbeat was found in this recording, so there is no table of beats. The scores of the waveform still hold.")
        return
    seen = choices_ecg.filter_beats(beats)
    rows = seen.head(ROWS)
    key = f"ecg.beats.{hash(tuple(rows.index))}"
    more = f" The first {ROWS} are listed; the CSV file holds all." if len(seen) > ROWS else ""
    st.caption(f"{number(len(seen))} of {count(len(beats), 'beat')}. Select a row and the picture above moves to that beat.{more}")
    st.dataframe(
        _words(rows),
        hide_index=True,
        height=320,
        placeholder="",
        key=key,
        selection_mode="single-row",
        on_select=lambda: _take_row(recording, rows, key),
        column_config=_columns(),
        alt="Beats, worst first",
    )


def _take_row(recording: Ecg, rows: pd.DataFrame, key: str) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    if chosen:
        choices_ecg.show_beat(recording, float(rows["time"].iloc[chosen[0]]))


def _words(rows: pd.DataFrame) -> pd.DataFrame:
    """The table as it is read: symbols beside words, times beside a clock."""
    table = rows.drop(columns="severity")
    table.insert(0, "at", [clock(time) for time in rows["time"]])
    table["status"] = [f"{STATUS[status][0]} {status}" for status in rows["status"]]
    for name in ("shift", "qrs_original", "qrs_reconstruction", "qrs_change"):
        table[name] = table[name].astype(float).round() + 0.0  # never "-0"
    return table


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "at": column.TextColumn("At", help="Minutes and seconds from the start of the recording."),
        "time": column.NumberColumn("Time (s)", format="%.2f", help="R-peak in the original; of an added beat, in the reconstruction."),
        "class": column.TextColumn("Class", help=cache.text("ecg_classes")),
        "status": column.TextColumn(
            "What happened",
            help="Kept: R-peak within 36 ms. Moved: 36 to 150 ms away. Lost: none within 150 ms. Added: only in the reconstruction.",
        ),
        "shift": column.NumberColumn("Shift (ms)", format="%.0f", help="R-peak of the reconstruction minus that of the original."),
        "qrs_original": column.NumberColumn("QRS original (ms)", format="%.0f"),
        "qrs_reconstruction": column.NumberColumn("QRS reconstruction (ms)", format="%.0f"),
        "qrs_change": column.NumberColumn(
            "QRS change (ms)", format="%.0f", help="QRS duration of the reconstruction minus that of the original, on the lead shown."
        ),
        "worst_error": column.NumberColumn("Worst error (mV)", format="%.3f", help="Largest error of any sample of the beat, on any lead."),
    }
