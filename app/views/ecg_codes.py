"""What the codes of a recording are, and what they take when they are written in one way or another."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, panels
from app.inputs import Desk
from app.words import count, number, plain
from vqvae.codec.container import Unpacked, unpack
from vqvae.spectrum import BandUse

WAYS = {"fixed length": "Fixed length", "static": "File, static coder", "adaptive": "File, adaptive coder"}


def codes(shown: cache.Shown, desk: Desk) -> None:
    """Sizes, then the codes themselves."""
    st.subheader("What they take", anchor=False)
    _sizes(shown, desk)
    if cache.checkpoint(desk.checkpoint).nested:
        st.subheader("Which ones occur", anchor=False)
        panels.code_usage(cache.code_counts(shown, desk.checkpoint))
    else:
        st.subheader("What they are", anchor=False)
        _bands(cache.bands(shown))


def _sizes(shown: cache.Shown, desk: Desk) -> None:
    try:
        with st.spinner("Writing the codes in every way there is …"):
            sizes = cache.sizes(desk.source, shown, desk.checkpoint, desk.level)
    except ValueError as error:
        st.info(plain(f"The ways of writing these codes cannot be compared: {error}."))
        return
    file = unpack(shown.file)
    st.markdown(plain(saving(sizes[0].bytes, len(shown.file))))
    rows = {
        "Written as": [WAYS[size.name] + (", the one here" if size.name == file.contents.coder else "") for size in sizes],
        "Bytes": [number(size.bytes) for size in sizes],
        "Bits per second and lead": [number(shown.rate.value * size.bytes / len(shown.file)) for size in sizes],
        "Of the fixed length": [number(100 * size.bytes / sizes[0].bytes, "%") for size in sizes],
        "What is counted": [plain(size.definition) for size in sizes],
    }
    st.table(rows, border="horizontal")
    st.caption(plain(_inside(shown.file, file)))


def saving(fixed: int, real: int) -> str:
    """What the entropy coder is worth, in a sentence."""
    whole = "its header, side information and checksums included"
    if real >= fixed:
        return f"The file has {count(real, 'byte')}, {whole}; at a fixed length the codes alone would take {count(fixed, 'byte')}."
    share = number(100 * (1 - real / fixed), "%")
    return f"The entropy coder saves {share}: the file has {count(real, 'byte')}, {whole}, instead of {number(fixed)} at a fixed length."


def _inside(data: bytes, file: Unpacked) -> str:
    """How the file's bytes are spent."""
    payload = sum(len(part) for part in file.payloads if part)
    alone = "a chunk" if len(file.payloads) == 1 else f"{len(file.payloads)} chunks, each of which can be decoded without the others"
    return (
        f"In the file: {count(payload, 'byte')} of codes in {alone}, and {count(len(data) - payload, 'byte')} for everything else: "
        "names and gains of the leads, gaps, sampling rate, which checkpoint decodes it, checksums."
    )


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
