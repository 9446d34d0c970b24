"""ECG: drop a record, see beat by beat what survived."""

from app import cache, inputs
from app.views import ecg, ecg_files, ecg_window

desk, recording = inputs.desk(), inputs.recording()
ecg.title(recording, desk.source)
lead = inputs.lead()
shown = ecg.compute(desk, recording, lead)
if shown:
    ecg.verdict(shown, desk.level)
    ecg.headline(shown, desk.level, ecg.one_level_less(desk, shown))
    ecg_window.explore(shown, cache.strip(shown, desk.level, desk.checkpoint))
    ecg.tabs(shown, desk)
    ecg_files.downloads(shown, desk)
