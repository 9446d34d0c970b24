"""Work beside the page: it reports, stops where it reports, and keeps what it found."""

from __future__ import annotations

import gc
from threading import Event
from typing import Any

import pytest
from compare_pages import PATIENCE

from app import contests
from app.jobs import Job, settle


def test_a_job_finds_one_thing_after_the_other_and_says_how_far_it_is():
    go = Event()

    def work(told: Any) -> Any:
        told("a", "thinking", 0.5)
        yield 1
        assert go.wait(PATIENCE)
        told("a", "done", 1.0)
        told("b", "done", 1.0)
        yield 2

    job: Job[int] = Job(["a", "b"], work)
    while not job.found:
        job.wait(0.01)
    assert (job.running, job.share, job.parts["a"].doing) == (True, 0.25, "thinking")
    go.set()
    job.wait(PATIENCE)
    assert (job.found, job.complete, job.running, job.share) == ([1, 2], True, False, 1.0)


def test_a_job_stops_where_it_reports_and_keeps_what_it_found():
    def work(told: Any) -> Any:
        yield 1
        while True:
            told("a", "thinking", 0.1)

    job: Job[int] = Job(["a"], work)
    job.stop()
    job.wait(PATIENCE)
    assert not job.running
    assert not job.complete
    assert job.found in ([], [1])


def test_a_refused_job_says_why():
    def work(told: Any) -> Any:
        told("a", "thinking", 0.1)
        raise ValueError("there is nothing to code")
        yield

    job: Job[int] = Job(["a"], work)
    job.wait(PATIENCE)
    assert (job.refusal, job.complete, job.running) == ("there is nothing to code", False, False)


def test_what_is_loaded_leaves_the_collectors_rounds_once():
    settle.cache_clear()
    gc.unfreeze()
    try:
        settle()
        frozen = gc.get_freeze_count()
        assert frozen > 10_000
        kept = [[] for _ in range(1000)]
        settle()
        assert gc.get_freeze_count() <= frozen
        assert len(kept) == 1000
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("count", range(8))
def test_codecs_begin_from_both_ends(count):
    names = [f"codec {i}" for i in range(count)]
    order = contests.from_both_ends(names)
    assert sorted(order) == names
    assert order[::2] == names[: len(order[::2])]
    assert order[1::2] == names[::-1][: len(order[1::2])]
