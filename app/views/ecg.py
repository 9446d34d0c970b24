"""What an ECG's report looks like on the screen: verdict, numbers, tabs, downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app import cache, choices_ecg, inputs, panels
from app.inputs import Desk
from app.views import ecg_codes, summary
from app.words import count, length, number, plain, times_smaller
from vqvae.modalities.ecg import figures
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.ecg.verdict import verdict as judge
from vqvae.modalities.protocol import Report

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

HEADLINE = {  # score -> words above the number, and the leads it is about
    "prdn": "Waveform error{all}",
    "r_peak_f1_36ms": "R-peaks in place",
    "qrs_duration_within_10ms": "QRS width kept{one}",
    "max_error": "Worst error{all}",
}
GROUPS = {  # words -> which scores, by name; the first that fits takes a score
    "Waveform": "prd|snr|max_error",
    "Beats by annotated class": r".*_[nsvfq]$",
    "R-peaks against those of the original": "r_peak",
    "R-peaks against the annotations of the file": "annotated|original_annotated",
    "Rhythm": "rr_|heart_rate|sdnn|rmssd",
    "Intervals, ST level and wave boundaries": "",
}
LONG_S = 600.0  # s; a recording from which on progress is shown from the first moment
COMPARED_S = 120.0  # s; recordings up to this length are also compared at one level less, for the small change under every number


def title(recording: Ecg, source: str) -> None:
    """What is open, and which lead is looked at."""
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    known = cache.examples("ecg")
    name = known[source].title if source in known else plain(recording.name)
    left.title(f"ECG: {name}{' (decoded)' if inputs.decoded() else ''}", anchor=False)
    facts = f"{count(len(recording.leads), 'lead')}, {length(recording.seconds)}, {recording.rate:g} Hz."
    notes = f" What was converted or left out while reading: {count(len(recording.notes), 'note')} under Details."
    notes = notes if recording.notes else ""
    left.caption(f"{facts} {known[source].description if source in known else ''}{notes}")
    choices_ecg.choose_lead(right, recording)


def compute(desk: Desk, recording: Ecg, lead: str) -> cache.Shown | None:
    """The result for the desk; what takes long says how far it is and can be stopped."""
    return summary.compute(desk, recording, lead, at_once=recording.seconds > LONG_S)


def verdict(shown: cache.Shown) -> None:
    """One or two sentences to act on, and what stands behind them."""
    rate = shown.rate
    smaller = f"{number(rate.value, rate.unit)} per lead, {times_smaller(rate.compression_ratio)} than the original."
    summary.verdict(judge(shown.report), smaller, cache.text("ecg_verdict"))


def headline(place: DeltaGenerator, shown: cache.Shown, desk: Desk) -> None:
    """The scores that matter most and the bit rate."""
    summary.headline(place, shown, desk, _headline(shown))


def changes(place: DeltaGenerator, shown: cache.Shown, desk: Desk) -> None:
    """How they differ from one level less, once everything else is on the screen."""
    summary.changes(place, shown, desk, _headline(shown))


def _headline(shown: cache.Shown) -> summary.Headline:
    """The numbers; of several leads, which they are about."""
    several = len(shown.recording.leads) > 1
    about = {"all": ", all leads", "one": f", lead {plain(shown.lead)}"} if several else {"all": "", "one": ""}
    labels = {name: words.format(**about) for name, words in HEADLINE.items()}
    return summary.Headline(labels, shown.recording.seconds <= COMPARED_S)


@st.fragment
def tabs(shown: cache.Shown, desk: Desk) -> None:
    """Everything that stands behind the verdict; what is not looked at is not made."""
    contents = {
        "Scores": lambda: _scores(shown.report),
        "By class": lambda: _classes(shown),
        "Codes": lambda: ecg_codes.codes(shown, desk),
        "Details": lambda: summary.details(desk, shown.recording.notes, "details", "ecg_details"),
    }
    summary.tabs("ecg.tabs", contents)


def _scores(report: Report) -> None:
    """All scores, in groups that belong together."""
    panels.grouped(report.scores, GROUPS)
    with st.expander("Waveform, lead by lead"):
        st.dataframe(report.events["leads"], hide_index=True, alt="Error of every lead", column_config=_lead_columns())


def _lead_columns() -> dict[str, Any]:
    column = st.column_config.NumberColumn
    return {
        "lead": "Lead",
        "prdn": column("PRDN (%)", format="%.1f"),
        "prd": column("PRD as stored (%)", format="%.1f"),
        "snr": column("SNR (dB)", format="%.1f"),
        "max_error": column("Worst error (mV)", format="%.3f"),
        "gaps": column("Not recorded (%)", format="%.1f"),
    }


def _classes(shown: cache.Shown) -> None:
    st.caption(
        "The mean of all beats of a class, as annotated in the file, in the original and in the reconstruction. "
        "The R-peak is at 0; the shaded band is one standard deviation to either side."
    )
    lead = shown.recording.leads.index(shown.lead)
    dark = inputs.dark()
    figure = figures.average_beats(shown.recording, shown.reconstruction, shown.report.events["beats"], lead=lead, dark=dark)
    st.plotly_chart(
        figure, key="ecg.average", config={"displaylogo": False}, alt="Average beat of every class, original and reconstruction"
    )
