"""ECG: drop a record, see beat by beat what survived."""

import streamlit as st

from app import cache, choices_ecg, inputs
from app.views import ecg, ecg_files, ecg_window

desk, recording = inputs.desk(), inputs.recording()
choices_ecg.open_view(recording)
ecg.title(recording, desk.source)
inputs.notice()
shown = ecg.compute(desk, recording, choices_ecg.lead())
if shown:
    ecg.verdict(shown)
    numbers = st.empty()
    ecg.headline(numbers, shown, desk)
    ecg_window.explore(shown, cache.strip(shown, desk.checkpoint))
    ecg.tabs(shown, desk)
    ecg_files.downloads(shown, desk)
    ecg.changes(numbers, shown, desk)
