"""Compare: every codec at the same bytes, on this recording."""

from functools import partial

import streamlit as st

from app import choices_compare, contests, inputs, trained
from app.views import compare, compare_curve, compare_files, compare_live, compare_window
from vqvae.contest.results import ranked

recording, source, kind = inputs.recording(), st.session_state[inputs.SOURCE], inputs.kind().name
compare.title(recording, source)
inputs.notice()
choices_compare.open_choices(contests.names(kind))
choice = choices_compare.choose(source, recording, [*contests.names(kind), *trained.run_folders(kind)], contests.titles(kind))
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
        ways = compare_curve.sizes(choice, recording)
        figures["curve.html"] = partial(compare_curve.picture, contests.curve(choice), results, ranking, ways, dark=False)
        compare_files.section(choice, results, figures)
