"""A reader's jobs: at most one of each kind, begun when it is needed and stopped when something else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

from app.jobs import Job
from app.words import plain

T = TypeVar("T")
JOBS = "jobs"  # what is being computed for this reader, by kind
POLL = 1.0  # s between looks at a running job


def job(kind: str, key: Hashable, needed: bool, make: Callable[[], Job[T]]) -> Job[T] | None:
    """The reader's job of this kind: the one that runs for `key`, or a new one when more is needed; another key's is stopped."""
    jobs: dict[str, tuple[Hashable, Job[Any]]] = st.session_state.setdefault(JOBS, {})
    if kind in jobs and jobs[kind][0] != key:
        jobs.pop(kind)[1].stop()
    if kind not in jobs and needed:
        jobs[kind] = (key, make())
    return jobs[kind][1] if kind in jobs else None


def again(kind: str) -> None:
    """Forget a job, so that what it left undone is begun anew."""
    st.session_state.get(JOBS, {}).pop(kind, None)


def ended(kind: str, work: Job[Any]) -> None:
    """Why a job that has ended did not do everything."""
    if work.refusal:
        st.error(plain(work.refusal), icon=":material/error:")
    elif work.stopped:
        st.info("Stopped. What was ready stays.", icon=":material/stop_circle:")
        st.button("Go on", key=f"again.{kind}", on_click=again, args=(kind,), icon=":material/play_arrow:")
    elif not work.complete:
        st.error("This computation failed; the log of the program says why. The rest of the page holds.", icon=":material/error:")
        st.button("Try again", key=f"again.{kind}", on_click=again, args=(kind,), icon=":material/replay:")
