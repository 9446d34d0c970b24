"""What a reconstruction leaves of noise: a slice with noise on it, through the checkpoint, beside the best that a blur can do."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from app import cache, choices_brain, slices
from app.inputs import Desk
from app.words import number
from vqvae import pipeline
from vqvae.modalities import brain
from vqvae.modalities.brain.noise import Denoised, blurred, denoised, with_noise
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.protocol import Report

PERCENT, MOST, USUAL = "brain.noise", 30, 8  # % of the window


class Trial(NamedTuple):
    """One slice, with noise and rid of it."""

    clean: Volume
    noisy: Volume
    rebuilt: Volume
    blurred: Volume
    scores: Denoised


def noise(shown: cache.Shown, desk: Desk) -> None:
    """The slice that is shown, with as much noise as the reader likes."""
    st.caption(cache.text("brain_noise"))
    st.session_state.setdefault(PERCENT, USUAL)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    percent = row.slider("Noise added: σ in % of the window", 0, MOST, key=PERCENT, width=420, format="%d %%", persist_state="session")
    at = st.session_state[choices_brain.CURSOR][shown.recording.axis]
    if shown.recording.slices > 1:
        row.button("Take the slice shown now", icon=":material/refresh:", key="brain.refresh", help="After the views were moved.")
    with st.spinner("Coding the slice with noise on it …"):
        tried = cache.shelf().get(("noise", desk, at, percent), lambda: trial(shown.recording, at, percent, desk))
    found = tried.scores
    sides: dict[str, tuple[Volume, Report | None]] = {
        "Clean: the slice shown": (tried.clean, None),
        "Noise added": (tried.noisy, found.noisy),
        "Noisy slice, coded": (tried.rebuilt, found.reconstruction),
        f"Noisy slice, blurred (σ {found.width:g} pixels)": (tried.blurred, found.blurred),
    }
    for column, (title, (volume, report)) in zip(st.columns(len(sides)), sides.items(), strict=True):
        image = slices.pixels(volume, volume.axis, 0, shown.recording.window)
        flip = slices.view(volume, volume.axis, choices_brain.flipped())["flip"]
        column.image(image[:, ::-1] if flip else image, width="stretch", alt=f"{title}, slice {at + 1}")
        column.markdown(f"**{title}**")
        column.caption(_said(report) if report else (f"Slice {at + 1}" if shown.recording.slices > 1 else "Without added noise"))
    st.markdown(verdict(found))


def trial(recording: Volume, at: int, percent: float, desk: Desk) -> Trial:
    """One slice, coded alone."""
    model, clean = cache.checkpoint(desk.checkpoint), brain.excerpt(recording, at, at + 1)
    noisy = with_noise(clean, percent)
    rebuilt = pipeline.decode(model, pipeline.encode(model, noisy, desk.level))
    scores = denoised(clean, noisy, rebuilt)
    return Trial(clean, noisy, rebuilt, blurred(noisy, scores.width), scores)


def verdict(found: Denoised) -> str:
    """Which one is nearest to the clean slice, in a sentence."""
    sides = {"the noisy slice as it is": found.noisy, "the coded slice": found.reconstruction, "the blurred slice": found.blurred}
    best = max(sides, key=lambda name: sides[name].value("psnr"))
    said = f"Nearest to the clean slice (highest PSNR): **{best}**."
    return f"{said} The blur had an advantage: its width was chosen by looking at the clean slice, which nobody has in practice."


def _said(report: Report) -> str:
    return f"Against the clean slice: SSIM of the brain {number(report.value('ssim_brain'))}, PSNR {number(report.value('psnr'), 'dB')}"
