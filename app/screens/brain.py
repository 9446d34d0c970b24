"""Brain MRI: drop a volume or a slice, see what survived."""

from dataclasses import replace

import streamlit as st

from app import choices_brain, inputs
from app.views import brain, brain_files, brain_slices

desk = inputs.desk()
chosen = choices_brain.one(inputs.recording(), desk.source)
brain.title(chosen)
inputs.notice()
desk = replace(desk, source=chosen.source)
shown = brain.compute(desk, chosen.recording)
if shown:
    brain.verdict(shown, desk)
    numbers = st.empty()
    brain.headline(numbers, shown, desk)
    brain_slices.explore(shown, desk)
    brain.tabs(shown, desk)
    brain_files.downloads(shown, desk, chosen.number)
    brain.changes(numbers, shown, desk)
