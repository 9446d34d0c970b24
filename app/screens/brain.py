"""Brain MRI: drop a volume or a slice, see what survived."""

import streamlit as st

from app import inputs
from app.views import brain, brain_files, brain_slices

desk, recording = inputs.desk(), inputs.recording()
brain.title(recording)
inputs.notice()
shown = brain.compute(desk, recording)
if shown:
    brain.verdict(shown)
    numbers = st.empty()
    brain.headline(numbers, shown, desk)
    brain_slices.explore(shown, desk)
    brain.tabs(shown, desk)
    brain_files.downloads(shown, desk)
    brain.changes(numbers, shown, desk)
