"""Piano: drop a performance, see and hear what survived."""

from dataclasses import replace

import streamlit as st

from app import choices_piano, inputs
from app.views import piano, piano_files, piano_roll, piano_sound

desk, recording = inputs.desk(), inputs.recording()
portion = choices_piano.portion(recording, desk.source)
piano.title(recording, portion)
inputs.notice()
desk = replace(desk, source=portion.source)
shown = piano.compute(desk, portion.recording)
if shown:
    piano.verdict(shown, desk)
    numbers = st.empty()
    piano.headline(numbers, shown, desk)
    piano_roll.explore(shown, desk)
    piano_sound.listen(shown, desk)
    piano_roll.passages(shown, desk)
    piano.tabs(shown, desk)
    piano_files.downloads(shown, desk, portion)
    piano.changes(numbers, shown, desk)
