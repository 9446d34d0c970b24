"""The sounds: rendered beside the page, then handed to the player."""

from __future__ import annotations

import streamlit as st

from app import cache, player, sounds
from app.inputs import Desk
from app.jobs import Job
from app.sounds import LENGTH, SIDES, Sound
from app.tasks import POLL, ended, job
from app.views.piano_roll import key_of
from vqvae.modalities.piano.sound import RATE, has_piano


def listen(shown: cache.Shown, desk: Desk) -> None:
    """Render what is not at hand; a bar says how far it is, and nothing else of the page waits for it."""
    about = (desk.source, desk.checkpoint, desk.level)
    recordings = (shown.recording, shown.reconstruction)
    missing = sounds.known(*about) is None
    work = job("sound", about, missing, lambda: sounds.start(*about, recordings))
    going = missing and work is not None and work.running
    st.fragment(_listen, run_every=POLL if going else None)(desk, work, going)


def _listen(desk: Desk, work: Job[Sound] | None, going: bool) -> None:
    found = sounds.known(desk.source, desk.checkpoint, desk.level)
    if work and going and (found or not work.running):
        st.rerun()
    if found:
        original, reconstruction = (player.texts(sound.segments) for sound in found)
        seconds = max(sound.seconds for sound in found)
        player.feed("sound", key=key_of(desk), rate=RATE, seconds=seconds, length=LENGTH, original=original, reconstruction=reconstruction)
        if not has_piano():
            st.caption(cache.text("piano_tone"))
        return
    doing = _doing(work) if work and work.running else ""
    player.feed("sound", key=key_of(desk), doing=doing or "There are no sounds yet: see below.")
    if work and doing:
        wide, narrow = st.columns([4, 1], vertical_alignment="center")
        wide.progress(work.share, doing)
        narrow.button("Stop", key="stop.sound", on_click=work.stop, icon=":material/stop_circle:")
    elif work:
        ended("sound", work)


def _doing(work: Job[Sound]) -> str:
    """How far the sounds are."""
    left = f", about {work.left:.0f} s left" if work.left == work.left else ""
    busy = next((side for side in SIDES if work.parts[side].share < 1), SIDES[-1])
    return f"Rendering the sounds ({busy}): {100 * work.share:.0f}\u202f%{left}"
