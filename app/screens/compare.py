"""Compare: every codec at the same bytes, on this recording."""

from functools import partial

import streamlit as st

from app import choices_compare, choices_ecg, contests, inputs, trained
from app.views import compare, compare_curve, compare_files, compare_live, compare_window
from vqvae.contest.results import ranked

recording, source = inputs.recording(), st.session_state[inputs.SOURCE]
choices_ecg.open_view(recording)
compare.title(recording, source)
inputs.notice()
choices_compare.open_choices(contests.names())
choice = choices_compare.choose(source, recording, [*contests.names(), *trained.run_folders()], contests.titles())
work = compare.compute(choice, recording)
compare_live.section(choice, recording, work)
results, _ = compare.answers(choice, work)
if results:
    ranking = choices_compare.scores([score.name for score in results[0].truth.scores])[0]
    results = ranked(results, ranking)
    compare_window.explore(recording, results, choice, ranking)
    if not (work and work.running):
        compare_curve.section(choice, recording, results, ranking)
        figures = compare_window.pictures(recording, results, choice, ranking)
        figures["curve.html"] = partial(compare_curve.picture, contests.curve(choice), results, ranking, dark=False)
        compare_files.section(choice, results, figures)
