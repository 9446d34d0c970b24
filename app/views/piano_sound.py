"""The sounds: rendered beside the page, then handed to the player."""

from __future__ import annotations

from typing import Any

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
    missing = len(sounds.known(*about)) < len(SIDES)
    work = job("sound", about, missing, lambda: sounds.start(*about, recordings))
    going = missing and work is not None and work.running
    st.fragment(_listen, run_every=POLL if going else None)(desk, work, going)


def _listen(desk: Desk, work: Job[Sound] | None, going: bool) -> None:
    """Hand over what there is: the original can be heard while the reconstruction is still being rendered."""
    found = sounds.known(desk.source, desk.checkpoint, desk.level)
    lacking = [side for side in SIDES if side not in found]
    running = work is not None and work.running
    if work and going and not (lacking and running):
        st.rerun()
    player.feed("sound", key=key_of(desk), doing=_state(lacking, running), **_handed(found))
    if not has_piano():
        st.caption(cache.text("piano_tone"))
    if work and lacking and running:
        wide, narrow = st.columns([4, 1], vertical_alignment="center")
        wide.progress(work.share, _doing(work))
        narrow.button("Stop", key="stop.sound", on_click=work.stop, icon=":material/stop_circle:")
    elif work and lacking:
        ended("sound", work)


def _handed(found: dict[str, Sound]) -> dict[str, Any]:
    """The sounds as the player takes them; nothing before there are any."""
    if not found:
        return {}
    seconds = max(sound.seconds for sound in found.values())
    return {"rate": RATE, "seconds": seconds, "length": LENGTH} | {side: player.texts(sound.segments) for side, sound in found.items()}


def _state(lacking: list[str], running: bool) -> str:
    """Why not everything can be heard, beside the player's buttons; how far it is stands below."""
    if not lacking:
        return ""
    if not running:
        return "There are no sounds yet: see below." if len(lacking) == len(SIDES) else f"The {lacking[0]} cannot be heard: see below."
    return "Rendering the sounds …" if len(lacking) == len(SIDES) else f"Rendering the {lacking[0]} …"


def _doing(work: Job[Sound]) -> str:
    """How far the sounds are."""
    left = f", about {work.left:.0f} s left" if work.left == work.left else ""
    busy = next((side for side in SIDES if work.parts[side].share < 1), SIDES[-1])
    return f"Rendering the sounds ({busy}): {100 * work.share:.0f}\u202f%{left}"
