"""Compare: every codec at the same bytes, on this recording."""

from functools import partial

import streamlit as st

from app import choices_compare, contests, inputs, trained
from app.views import compare, compare_curve, compare_files, compare_table, compare_trained, compare_window, compare_words
from vqvae.contest.results import ranked

recording, source = inputs.recording(), st.session_state[inputs.SOURCE]
compare.title(recording, source)
inputs.notice()
choices_compare.open_choices(contests.names())
choice = choices_compare.choose(source, recording, [*contests.names(), *trained.run_folders()], contests.titles())
results, failed, work = compare.compute(choice, recording)
if work:
    compare.watch("table", work)
if results:
    there = [score.name for score in results[0].truth.scores]
    choices_compare.offer(there)
    scores = choices_compare.scores(there)
    results = ranked(results, scores[0])
    said = compare_words.verdict(results, scores, contests.ours(choice), choices_compare.said(choice, recording))
    compare.verdict(said, len(choice.codecs) - len(results) - len(failed))
    compare_table.table(results, scores, inputs.dark())
compare.notes(results, failed)
if results:
    compare_trained.fairness(results, recording.name)
    compare_window.explore(recording, results, choice, scores[0])
    compare_curve.section(choice, recording, results, scores[0])
    figures = compare_window.pictures(recording, results, choice, scores[0])
    figures["curve.html"] = partial(compare_curve.picture, contests.curve(choice), results, scores[0], dark=False)
    compare_files.section(choice, results, figures)
