"""Where the bits of a performance's file go, and which codes occur."""

from __future__ import annotations

import streamlit as st

from app import cache, panels
from app.inputs import Desk
from app.words import count, number
from vqvae.families import family
from vqvae.rates import Rate

CODED = "Timing, duration and loudness"
APART = {
    "pitch_bits_per_note": ("Keys struck", "Coded too, so that the file restores the piece without the original; never changed."),
    "frame_bits_per_note": (
        "Tempo, pedals and texts",
        "They pass through, compressed: each comes back as it was and when it was, in the one track of the rebuilt file.",
    ),
}


def codes(shown: cache.Shown, desk: Desk) -> None:
    """Where the bits go, what they would be without an entropy coder, and of an explicit codebook which codes occur."""
    st.subheader("Where the bits of the file go", anchor=False)
    _shares(shown)
    model, bits = cache.checkpoint(desk.checkpoint), shown.rate.value * shown.recording.count
    fixed = -(-family(model).fixed_bits(shown.encoded.codes) // 8)
    st.markdown(saving(fixed, round(bits / 8)))
    if model.nested:
        st.subheader("Which ones occur", anchor=False)
        panels.code_usage(cache.code_counts(shown, desk.checkpoint))


def parts(rate: Rate) -> str:
    """What the whole file consists of, in a sentence."""
    every = rate.value + sum(rate.apart.values())
    sizes = {title: round(rate.bytes * rate.apart[name] / every) for name, (title, _) in APART.items() if name in rate.apart}
    said = {CODED: rate.bytes - sum(sizes.values())} | sizes
    listed = ", ".join(f"{number(size)} {title[0].lower()}{title[1:]}" for title, size in said.items())
    return f"The file's {count(rate.bytes, 'byte')}: {listed}."


def saving(fixed: int, real: int) -> str:
    """What the entropy coder is worth, in a sentence."""
    return (
        f"At a fixed length the codes of timing, duration and loudness alone would take {count(fixed, 'byte')}; in the file they take "
        f"{number(real)}, its header and checksums included."
    )


def _shares(shown: cache.Shown) -> None:
    rate, notes = shown.rate, shown.recording.count
    counted = "The bit rate above: what the codes of the notes take, headers and checksums included."
    said = {CODED: (rate.value, counted)}
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
