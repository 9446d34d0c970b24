"""What the codes of a recording take, written in one way or another."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.inputs import Desk
from app.words import count, number, plain
from vqvae.codec.container import Unpacked, unpack

WAYS = {"fixed length": "Fixed length", "static": "File, static coder", "adaptive": "File, adaptive coder"}


def sizes(shown: cache.Shown, desk: Desk, beside: str, rate: str = "") -> None:
    """A table of all ways there are; `beside` says what a file holds besides codes, `rate` heads a column of bit rates, if there is one."""
    try:
        with st.spinner("Writing the codes in every way there is …"):
            found = cache.sizes(desk.source, shown, desk.checkpoint, desk.level)
    except ValueError as error:
        st.info(plain(f"The ways of writing these codes cannot be compared: {error}."))
        return
    file = unpack(shown.file)
    st.markdown(plain(saving(found[0].bytes, len(shown.file))))
    rows = {
        "Written as": [WAYS[size.name] + (", the one here" if size.name == file.contents.coder else "") for size in found],
        "Bytes": [number(size.bytes) for size in found],
        rate: [number(shown.rate.value * size.bytes / len(shown.file)) for size in found],
        "Of the fixed length": [number(100 * size.bytes / found[0].bytes, "%") for size in found],
        "What is counted": [plain(size.definition) for size in found],
    }
    rows.pop("", None)
    st.table(rows, border="horizontal")
    st.caption(plain(_inside(shown.file, file, beside)))


def saving(fixed: int, real: int) -> str:
    """What the entropy coder is worth, in a sentence."""
    whole = "its header, side information and checksums included"
    if real >= fixed:
        return f"The file has {count(real, 'byte')}, {whole}; at a fixed length the codes alone would take {count(fixed, 'byte')}."
    share = number(100 * (1 - real / fixed), "%")
    return f"The entropy coder saves {share}: the file has {count(real, 'byte')}, {whole}, instead of {number(fixed)} at a fixed length."


def _inside(data: bytes, file: Unpacked, beside: str) -> str:
    """How the file's bytes are spent."""
    payload = sum(len(part) for part in file.payloads if part)
    alone = "a chunk" if len(file.payloads) == 1 else f"{len(file.payloads)} chunks, each of which can be decoded without the others"
    return (
        f"In the file: {count(payload, 'byte')} of codes in {alone}, and {count(len(data) - payload, 'byte')} for everything else: "
        f"{beside}."
    )
