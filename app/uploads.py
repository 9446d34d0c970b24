"""The drop zone: files of the reader's own, opened or refused in one sentence."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from app import cache
from app.inputs import NEXT, OPENED, RATE, REFUSED, SOURCE, UPLOADS
from app.words import plain
from vqvae.modalities.ecg.recording import Ecg

KEPT, ROOM = 3, 300_000_000  # recordings of the reader's own that stay within reach, and the bytes they may take together


class Refused(NamedTuple):
    """Files that could not be opened: they stay at hand for a rate or for the file that is missing, not in the drop zone."""

    files: dict[str, bytes]
    why: cache.Refusal
    rate: float | None  # Hz, the one they were tried with
    place: str
    source: str  # what lay on the desk then


def desk_files(label: str = "Open your own ECG", place: str = "side") -> bool:
    """The drop zone; True when a recording has just been opened.  Until the files are good the desk stays as it is."""
    files = st.file_uploader(
        label, accept_multiple_files=True, key=f"{UPLOADS}.{place}.{st.session_state[UPLOADS]}", help=cache.text("formats")
    )
    waiting: Refused | None = st.session_state.get(REFUSED)
    if files:
        if _take({file.name: file.getvalue() for file in files}, waiting, place):
            return True
        st.rerun()  # with an empty drop zone for the next try
    if waiting is None or (waiting.place, waiting.source) != (place, st.session_state[SOURCE]):
        return False
    rate = st.session_state.get(RATE)
    if rate != waiting.rate:
        answer = _read(waiting.files, rate)
        if isinstance(answer, Ecg):
            return _open(waiting.files, answer)
        waiting = waiting._replace(why=answer, rate=rate)
        st.session_state[REFUSED] = waiting
    _explain(waiting.why)
    return False


def _take(received: dict[str, bytes], waiting: Refused | None, place: str) -> bool:
    """Open new files; they replace refused ones, unless they are what those lacked."""
    answer = _read(received, None)
    if isinstance(answer, cache.Refusal) and waiting:
        both = waiting.files | received
        together = _read(both, None)
        if isinstance(together, Ecg):
            received, answer = both, together
    if isinstance(answer, Ecg):
        return _open(received, answer)
    st.session_state[REFUSED] = Refused(received, answer, None, place, st.session_state[SOURCE])
    st.session_state.pop(RATE, None)
    st.session_state[UPLOADS] += 1
    return False


def _read(files: dict[str, bytes], rate: float | None) -> Ecg | cache.Refusal:
    with st.spinner("Reading the recording …"):
        return cache.receive(files, rate)


def _open(files: dict[str, bytes], recording: Ecg) -> bool:
    source = f"upload:{cache.digest(files)}"
    kept: dict[str, Ecg] = {source: recording}
    for key, value in reversed(st.session_state[OPENED].items()):
        if len(kept) < KEPT and sum(ecg.signals.nbytes for ecg in (*kept.values(), value)) <= ROOM:
            kept.setdefault(key, value)
    st.session_state[OPENED] = dict(reversed(kept.items()))
    st.session_state[NEXT] = source
    st.session_state[UPLOADS] += 1  # the drop zone is empty again
    st.session_state.pop(RATE, None)
    st.session_state.pop(REFUSED, None)
    return True


def _explain(refused: cache.Refusal) -> None:
    st.error(plain(refused.sentence), icon=":material/error:")
    if refused.needs_rate:
        st.number_input(
            "Sampling rate (Hz)", 1.0, 100_000.0, value=None, key=RATE, placeholder="for example 360", help="Samples per second and lead."
        )
