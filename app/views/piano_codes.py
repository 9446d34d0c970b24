"""What the codes of a performance take, and where the bits of its file go."""

from __future__ import annotations

import streamlit as st

from app import cache, panels
from app.inputs import Desk
from app.views.sizes import sizes
from app.words import number

BESIDE = "the name, tempo, pedals and texts, which checkpoint decodes it, checksums"
APART = {
    "pitch_bits_per_note": ("Which keys are struck", "Coded too, so that the file restores the piece without the original; never changed."),
    "frame_bits_per_note": ("What passes through", "Tempo, pedals and texts, compressed; written back as they were."),
}


def codes(shown: cache.Shown, desk: Desk) -> None:
    """Where the bits go, the ways of writing them, and of an explicit codebook which codes occur."""
    st.subheader("Where the bits of the file go", anchor=False)
    _shares(shown)
    st.subheader("What the codes take", anchor=False)
    sizes(shown, desk, BESIDE)
    if cache.checkpoint(desk.checkpoint).nested:
        st.subheader("Which ones occur", anchor=False)
        panels.code_usage(cache.code_counts(shown, desk.checkpoint))


def _shares(shown: cache.Shown) -> None:
    rate, notes = shown.rate, shown.recording.count
    counted = "The bit rate above: what the codes of the notes take, headers and checksums included."
    said = {"Timing, duration, loudness": (rate.value, counted)}
    said |= {title: (rate.apart[name], about) for name, (title, about) in APART.items() if name in rate.apart}
    st.table(
        {
            "What": list(said),
            "Bits per note": [number(bits) for bits, _ in said.values()],
            "Bytes": [number(round(bits * notes / 8)) for bits, _ in said.values()],
            "What it is": [about for _, about in said.values()],
        },
        border="horizontal",
    )
