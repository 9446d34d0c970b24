"""Progress, verdict and table of the Compare page, drawn again by themselves while codecs are at work."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import choices_compare, contests, inputs
from app.choices_compare import Choice
from app.contests import Found
from app.jobs import Job
from app.tasks import POLL, ended
from app.views import compare, compare_table, compare_trained, compare_words
from vqvae.contest.results import ranked


def section(choice: Choice, recording: Any, work: Job[Found] | None) -> None:
    """What there is of a choice so far, and how far the rest is.

    The rest of the page is drawn with the first answer and again after the last one: drawing with every one takes time from the codecs.
    """
    running = work is not None and work.running
    begun = bool(compare.answers(choice, work)[0])
    st.fragment(_section, run_every=POLL if running else None)(choice, recording, work, running, begun)


def _section(choice: Choice, recording: Any, work: Job[Found] | None, running: bool, begun: bool) -> None:
    results, failed = compare.answers(choice, work)
    if work and running and (not work.running or (results and not begun)):
        st.rerun()
    if work and running:
        compare.bar("table", work)
    elif work:
        ended("table", work)
    if results:
        there = [score.name for score in results[0].truth.scores]
        choices_compare.offer(there)
        scores = choices_compare.scores(there)
        results = ranked(results, scores[0])
        said = compare_words.verdict(results, scores, contests.ours(choice), choices_compare.said(choice, recording))
        compare.verdict(said, len(choice.codecs) - len(results) - len(failed))
        compare_table.table(results, scores, inputs.dark(), choices_compare.own().rate_help)
    compare.notes(results, failed)
    compare_trained.fairness(results, recording.name)
