"""What the report of digits looks like on the screen: verdict, numbers, tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import cache, choices_digits, inputs, panels
from app.inputs import Desk
from app.views import summary
from app.words import count, number, plain
from vqvae.families import family
from vqvae.modalities.digits.figures import MOST, figure
from vqvae.modalities.digits.recording import Digits
from vqvae.modalities.digits.verdict import verdict as judge

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

HEADLINE = {"mse": "Mean squared error", "psnr": "PSNR", "ssim": "SSIM", "mae": "Mean absolute error"}  # score -> words above the number
LARGE = 2000  # digits from which on progress is shown from the first moment


def title(recording: Digits) -> None:
    """What is open."""
    source, known = st.session_state[inputs.SOURCE], cache.examples("digits")
    name = known[source].title if source in known else plain(recording.name)
    st.title(f"Digits: {name}{' (decoded)' if inputs.decoded() else ''}", anchor=False)
    facts = f"{count(recording.count, 'digit')} of 28 × 28 pixels."
    st.caption(f"{facts} {known[source].description}" if source in known else " ".join((facts, *map(plain, recording.said))))


def compute(desk: Desk, recording: Digits) -> cache.Shown | None:
    """The result for the desk; what takes long says how far it is and can be stopped."""
    return summary.compute(desk, recording, "", at_once=recording.count > LARGE)


def verdict(shown: cache.Shown) -> None:
    """One or two sentences to act on, and what stands behind them."""
    rate = shown.rate
    size = f"the whole file ({count(rate.bytes, 'byte')}) is {number(rate.compression_ratio)} times smaller than one byte a pixel"
    summary.verdict(judge(shown.report), f"{number(rate.value, rate.unit)}; {size}.", cache.text("digits_verdict"))


def headline(place: DeltaGenerator, shown: cache.Shown, desk: Desk) -> None:
    """The scores that matter most and the bit rate."""
    summary.headline(place, shown, desk, summary.Headline(HEADLINE, False))


@st.fragment
def tabs(shown: cache.Shown, desk: Desk) -> None:
    """Everything that stands behind the verdict; what is not looked at is not made."""
    several = shown.recording.count > 1
    contents = {
        **({"Digit by digit": lambda: _digits(shown)} if several else {}),
        "Scores": lambda: panels.scores(shown.report.scores),
        "Codes": lambda: _codes(shown, desk),
        "Details": lambda: summary.details(desk, shown.recording.said, "digits_details", "digits_details"),
    }
    summary.tabs(f"digits.tabs.{'many' if several else 'one'}", contents)


def _digits(shown: cache.Shown) -> None:
    first = min(choices_digits.chosen() // MOST * MOST, max(0, shown.recording.count - 1))
    drawn = figure(shown.recording, shown.reconstruction, first)
    st.plotly_chart(drawn, key="digits.sheet", config={"displaylogo": False}, alt="Digits, their reconstructions and the errors")
    table = shown.report.events["images"].sort_values("mse", ascending=False, kind="stable").head(200)
    looks = st.column_config.NumberColumn
    st.caption("The worst digits first.")
    st.dataframe(
        table.assign(image=table["image"] + 1),
        hide_index=True,
        alt="Errors of every digit, worst first",
        column_config={
            "image": looks("Digit"),
            "mse": looks("Mean squared error", format="%.4f"),
            "mae": looks("Mean absolute error", format="%.4f"),
            "psnr": looks("PSNR (dB)", format="%.1f"),
            "ssim": looks("SSIM", format="%.3f"),
            "stroke": looks(
                "Largest change of a stroke", format="%.2f", help="Of the ink in a spot of 3 × 3 pixels; above 0.5 a piece is gone"
            ),
        },
    )


def _codes(shown: cache.Shown, desk: Desk) -> None:
    st.subheader("What they take", anchor=False)
    fixed = -(-family(cache.checkpoint(desk.checkpoint)).fixed_bits(shown.encoded.codes) // 8)
    st.markdown(saving(fixed, len(shown.file)))
    st.subheader("Which ones occur", anchor=False)
    panels.code_usage(cache.code_counts(shown, desk.checkpoint))


def saving(fixed: int, real: int) -> str:
    """What the codes take at a fixed length and in the file, in a sentence."""
    whole = "its header and checksums included"
    return f"At a fixed length the codes alone would take {count(fixed, 'byte')}; the file has {count(real, 'byte')}, {whole}."
