"""What the codes of a recording are, and what they take when they are written in one way or another."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, panels
from app.inputs import Desk
from app.views.sizes import sizes
from app.words import number
from vqvae.spectrum import BandUse

BESIDE = "names and gains of the leads, gaps, sampling rate, which checkpoint decodes it, checksums"  # the codes, in a file


def codes(shown: cache.Shown, desk: Desk) -> None:
    """Sizes, then the codes themselves."""
    st.subheader("What they take", anchor=False)
    sizes(shown, desk, BESIDE, "Bits per second and lead")
    if cache.checkpoint(desk.checkpoint).nested:
        st.subheader("Which ones occur", anchor=False)
        panels.code_usage(cache.code_counts(shown, desk.checkpoint))
    else:
        st.subheader("What they are", anchor=False)
        _bands(cache.bands(shown))


def _bands(bands: tuple[BandUse, ...]) -> None:
    """The codes of a fine checkpoint, band by band."""
    st.caption(cache.text("codes_fine"))
    column = st.column_config.NumberColumn
    table = pd.DataFrame(bands)
    table["zero"] = [number(band.zero, "%") for band in bands]
    table.insert(0, "band", [f"{band.low:.0f} to {band.high:.0f}" for band in bands])
    st.dataframe(
        table.drop(columns=["low", "high"]),
        hide_index=True,
        alt="Codes of every band",
        column_config={
            "band": "Band (Hz)",
            "per_second": column("Codes per second and lead", format="%.1f"),
            "zero": st.column_config.TextColumn("Of them 0", alignment="right"),
            "largest": column("Largest magnitude"),
            "bits": column("Bits per code if coded by frequency", format="%.2f"),
        },
    )
