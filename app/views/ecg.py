"""What an ECG's report looks like on the screen: verdict, numbers, tabs, downloads."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import cache, inputs, panels
from app.inputs import Desk
from app.words import change, number, plain, signed
from vqvae.modalities.ecg import figures
from vqvae.modalities.ecg.paper import clock
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.ecg.verdict import verdict as judge

HEADLINE = {  # score -> words above the number
    "prdn": "Waveform error",
    "r_peak_f1_36ms": "R-peaks in place",
    "qrs_duration_within_10ms": "QRS width kept",
    "max_error": "Worst error",
}
LOOKS = {
    "good": (st.success, ":material/check_circle:"),
    "fair": (st.warning, ":material/warning:"),
    "poor": (st.error, ":material/dangerous:"),
}
COMPARED_S = 120.0  # s; recordings up to this length are also compared at one level less, for the small change under every number


def title(recording: Ecg, source: str) -> None:
    """What is open, and which lead is looked at."""
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    known = cache.examples()
    name = known[source].title if source in known else plain(recording.name)
    long = clock(recording.seconds)
    left.title(f"ECG: {name}", anchor=False)
    left.caption(f"{len(recording.leads)} leads, {long} min, {recording.rate:g} Hz. {known[source].description if source in known else ''}")
    inputs.choose_lead(right, recording)


def compute(desk: Desk, recording: Ecg, lead: str) -> cache.Shown | None:
    """The result for the desk; what takes long says how far it is and can be stopped."""
    if inputs.stopped(desk):
        st.info("Stopped. Nothing was changed.", icon=":material/stop_circle:")
        st.button("Start again", on_click=inputs.start_again)
        return None
    progress = panels.Progress(on_stop=inputs.stop)
    try:
        shown = cache.shown(desk.source, recording, desk.checkpoint, desk.level, lead, progress.step)
    except ValueError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    progress.done()
    inputs.remember(desk)
    return shown


def one_level_less(desk: Desk, shown: cache.Shown) -> cache.Shown | None:
    """The result at the next lower bit rate, where it costs little."""
    less = desk.level - 1
    cheap = shown.recording.seconds <= COMPARED_S or cache.known(desk.source, desk.checkpoint, less, shown.lead)
    if less < 1 or not cheap:
        return None
    return cache.shown(desk.source, shown.recording, desk.checkpoint, less, shown.lead, lambda doing: lambda share: None)


def verdict(shown: cache.Shown, level: int) -> None:
    """One or two sentences to act on, and what stands behind them."""
    judged, rate = judge(shown.report), shown.rates[level - 1]
    smaller = f"{number(rate.value, rate.unit)} per lead, {number(rate.compression_ratio)} times smaller than the original."
    left, right = st.columns([8, 1], vertical_alignment="center")
    box, icon = LOOKS[judged.grade]
    with left:
        box(f"**{plain(judged.text)}** {plain(smaller)}", icon=icon)
    with right.popover("Why?", width="stretch", help="How the verdict was reached, and what its words mean"):
        st.markdown("\n".join(f"- {plain(reason)}" for reason in judged.reasons))
        st.markdown(cache.text("ecg_verdict"))


def headline(shown: cache.Shown, level: int, before: cache.Shown | None) -> None:
    """The scores that matter most and the bit rate; the small number is the change against one level less."""
    columns = st.columns(len(HEADLINE) + 1)
    for column, (name, words) in zip(columns, HEADLINE.items(), strict=False):
        score = next(score for score in shown.report.scores if score.name == name)
        column.metric(
            words,
            number(score.value, score.unit),
            change(score, before.report if before else None),
            help=plain(score.definition),
            delta_color="normal" if score.perfect > 0 else "inverse",
        )
    rate = shown.rates[level - 1]
    columns[-1].metric(
        "Bit rate per lead",
        number(rate.value, rate.unit),
        signed(rate.value - shown.rates[level - 2].value, rate.unit) if level > 1 else None,
        delta_color="off",
        help=plain(rate.definition),
    )


def tabs(shown: cache.Shown, desk: Desk) -> None:
    """Everything that stands behind the verdict."""
    scores, classes, codes, details = st.tabs(["Scores", "By class", "Codes", "Details"])
    with scores:
        panels.scores(shown.report.scores)
        st.markdown("##### Waveform error of every lead")
        st.dataframe(shown.report.events["leads"], hide_index=True, alt="Error of every lead", column_config=_lead_columns())
    with classes:
        _classes(shown)
    with codes:
        panels.code_usage(shown.encoded.codes[:, : desk.level], cache.checkpoint(desk.checkpoint))
    with details:
        for note in shown.recording.notes:
            st.markdown(f"- {plain(note)}")
        st.markdown(cache.text("ecg_details"))
        panels.model_card(cache.checkpoint(desk.checkpoint))


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
        "Mean of all beats of a class (annotated in the file), original and reconstruction, R-peak at 0; the shaded band is one standard deviation."
    )
    lead = shown.recording.leads.index(shown.lead)
    dark = inputs.dark()
    figure = figures.average_beats(shown.recording, shown.reconstruction, shown.report.events["beats"], lead=lead, dark=dark)
    st.plotly_chart(
        figure, key="ecg.average", config={"displaylogo": False}, alt="Average beat of every class, original and reconstruction"
    )
