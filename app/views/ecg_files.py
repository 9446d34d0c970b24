"""What a reader takes home: the reconstruction, the beats, the report, the picture, and the command that repeats it."""

from __future__ import annotations

import json

import streamlit as st

from app import cache, inputs, panels
from app.inputs import Desk
from app.views.ecg_window import picture
from vqvae.modalities import modality


def downloads(shown: cache.Shown, desk: Desk) -> None:
    """Everything is made when its button is clicked."""
    st.subheader("Take it with you", anchor=False)
    name = f"{shown.recording.name}-{desk.checkpoint}-{desk.level}"
    row = st.container(horizontal=True)

    def button(label: str, make, ending: str, mime: str, about: str) -> None:  # type: ignore[no-untyped-def]
        row.download_button(
            label, make, f"{name}{ending}", mime, on_click="ignore", icon=":material/download:", help=about, key=f"download{ending}"
        )

    button("Reconstruction", lambda: _record(shown, name), ".zip", "application/zip", "WFDB record (.hea, .dat, .atr), zipped")
    button("Beats", lambda: shown.report.events["beats"].to_csv(index=False), "-beats.csv", "text/csv", "One row per beat")
    button("Report", lambda: _report(shown, desk), "-report.json", "application/json", "Every score with its unit and definition")
    button(
        "Picture",
        lambda: _picture(shown, desk),
        ".html",
        "text/html",
        "The picture above, to zoom and pan in any browser; the camera above it saves a PNG",
    )
    st.caption("The same from the command line:")
    st.code(command(shown, desk), language=None, wrap_lines=True)


def command(shown: cache.Shown, desk: Desk) -> str:
    """The command that gives the same reconstruction and the same numbers."""
    file = desk.source if desk.source in cache.examples() else "FILE"
    return f"python -m vqvae reconstruct {file} --checkpoint {desk.checkpoint} --levels {desk.level} --output OUT --report REPORT.json"


def _record(shown: cache.Shown, name: str) -> bytes:
    return panels.zipped(lambda folder: modality("ecg").write(shown.reconstruction, folder / name))


def _report(shown: cache.Shown, desk: Desk) -> str:
    return json.dumps(
        {"scores": {s.name: {"value": s.value, "unit": s.unit, "definition": s.definition} for s in shown.report.scores}}, indent=1
    )


def _picture(shown: cache.Shown, desk: Desk) -> str:
    return str(picture(shown, cache.strip(shown, desk.level, desk.checkpoint), inputs.view(shown.recording, shown.lead)).to_html())
