"""What the report of an image looks like on the screen: verdict, numbers, tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app import cache, choices_brain, inputs, panels, tasks
from app.choices_brain import One
from app.inputs import Desk
from app.jobs import Job, Told
from app.views import brain_codes, brain_course, brain_noise, summary
from app.words import count, number, plain, times_smaller
from vqvae.modalities.brain.likeness import doubt
from vqvae.modalities.brain.recording import PLANES, Volume
from vqvae.modalities.brain.verdict import doubted
from vqvae.modalities.brain.verdict import verdict as judge

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

HEADLINE = {  # score -> words above the number
    "ssim_brain": "SSIM of the brain",
    "ssim": "SSIM",
    "psnr": "PSNR",
    "gradient_error": "Edge error",
}
GROUPS = {  # words -> which scores, by name; the first that fits takes a score
    "How alike the pictures are": "ssim|ms_ssim|gradient",
    "Errors of intensities": "psnr|mse|mae|max",
    "Volumes of tissues": "",
}
BELOW, MOMENT = "one bit rate less", 0.3  # what is computed beside the page, and s that it is waited for before the rest is drawn
LARGE = 4_000_000  # voxels from which on progress is shown from the first moment, and no second bit rate is computed for comparison


def title(chosen: One) -> None:
    """What is open, and which volume of it is looked at."""
    row, recording = st.container(horizontal=True, vertical_alignment="bottom", wrap=False), chosen.recording
    left, right = row.container(), row.container(width="content")
    source, known = st.session_state[inputs.SOURCE], cache.examples("brain")
    name = known[source].title if source in known else plain(recording.name)
    left.title(f"Brain MRI: {name}{' (decoded)' if inputs.decoded() else ''}", anchor=False)
    facts = described(recording)
    if source in known:
        facts += f" {known[source].description}"
    if recording.said:
        facts += f" What was changed or left out while reading: {count(len(recording.said), 'note')} under Details."
    left.caption(facts)
    choices_brain.choose_volume(right, chosen)


def described(recording: Volume) -> str:
    """How many slices of how many pixels, and how large they are."""
    width, height, slices_ = recording.voxels.shape
    if recording.source.picture:
        what = "A picture" if slices_ == 1 else f"{slices_} pictures"
        return f"{what} of {width} × {height} pixels; the file does not say how large a pixel is, nor which side is left."
    what = f"One {PLANES[recording.axis]} slice" if slices_ == 1 else f"{slices_} {PLANES[recording.axis]} slices"
    across, up, along = recording.spacing
    return f"{what} of {width} × {height} pixels, voxels of {across:.3g} × {up:.3g} × {along:.3g} mm."


def compute(desk: Desk, recording: Volume) -> cache.Shown | None:
    """The result for the desk; what takes long says how far it is and can be stopped."""
    return summary.compute(desk, recording, "", at_once=recording.voxels.size > LARGE)


def verdict(shown: cache.Shown, desk: Desk) -> None:
    """One or two sentences to act on, and what stands behind them."""
    rate = shown.rate
    size = f"{count(rate.bytes, 'byte')}, {times_smaller(rate.compression_ratio)} than the pixels as stored"
    strange = cache.shelf().get(("likeness", desk.source), lambda: doubt(shown.recording))
    judged = doubted(shown.report, strange) if strange else judge(shown.report)
    summary.verdict(judged, f"{number(rate.value, rate.unit)}: {size}.", cache.text("brain_verdict"))


def headline(place: DeltaGenerator, shown: cache.Shown, desk: Desk) -> None:
    """The scores that matter most and the bit rate."""
    summary.headline(place, shown, desk, _headline(shown))


def changes(place: DeltaGenerator, shown: cache.Shown, desk: Desk) -> None:
    """How they differ from one level less: computed beside the page, since views that are moved meanwhile ask it for slices."""
    if desk.level == 1 or shown.recording.voxels.size > LARGE:
        return
    known = cache.known(desk.source, desk.checkpoint, desk.level - 1, shown.lead)
    work = tasks.job(BELOW, desk, not known, lambda: Job([BELOW], partial(_below, shown, desk)))
    if work and work.running:
        work.wait(MOMENT)
    if work and work.running:
        st.fragment(_await, run_every=tasks.POLL)(work)
    elif known or (work and work.complete):
        summary.changes(place, shown, desk, _headline(shown))


def _below(shown: cache.Shown, desk: Desk, told: Told) -> Iterator[None]:
    def steps(doing: str) -> Callable[[float], None]:
        return lambda share: told(BELOW, doing, share)

    cache.shown(desk.source, shown.recording, desk.checkpoint, desk.level - 1, shown.lead, steps)
    yield None


def _await(work: Job[None]) -> None:
    if not work.running:
        st.rerun()


def _headline(shown: cache.Shown) -> summary.Headline:
    return summary.Headline(HEADLINE, shown.recording.voxels.size <= LARGE)


@st.fragment
def tabs(shown: cache.Shown, desk: Desk) -> None:
    """Everything that stands behind the verdict; what is not looked at is not made."""
    contents = {"Scores": lambda: panels.grouped(shown.report.scores, GROUPS)}
    if shown.recording.slices > 1:
        contents["Slice by slice"] = lambda: brain_course.course(shown)
    contents |= {
        "Intensities": lambda: brain_course.intensities(shown),
        "Noise": lambda: brain_noise.noise(shown, desk),
        "Codes": lambda: brain_codes.codes(shown, desk),
        "Details": lambda: summary.details(desk, shown.recording.said, "brain_details", "brain_details"),
    }
    summary.tabs("brain.tabs" if shown.recording.slices > 1 else "brain.tabs.single", contents)
