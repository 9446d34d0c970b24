"""Digits: draw one, see it as codes, change a code."""

import streamlit as st

from app import choices_digits, inputs
from app.views import digits, digits_files, digits_grid

choices_digits.arrive()
desk, recording = inputs.desk(), inputs.recording()
digits.title(recording)
inputs.notice()
shown = digits.compute(desk, recording)
if shown:
    digits.verdict(shown)
    meant = st.empty()
    numbers = st.empty()
    digits.headline(numbers, shown, desk)
    digits_grid.explore(shown, desk, meant)
    digits.tabs(shown, desk)
    digits_files.downloads(shown, desk)
