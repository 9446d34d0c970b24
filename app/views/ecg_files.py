"""What a reader takes home: the reconstruction, the beats, the report, the picture, and the command that repeats it."""

from __future__ import annotations

import json
import shlex

import streamlit as st

from app import cache, panels
from app.inputs import Desk
from app.words import count
from vqvae.modalities import modality
from vqvae.modalities.ecg.beats import marked


def downloads(shown: cache.Shown, desk: Desk) -> None:
    """Everything is made when its button is clicked."""
    st.subheader("Take it with you", anchor=False)
    name = _name(shown, desk)
    row = st.container(horizontal=True)

    def button(label: str, make, ending: str, mime: str, about: str) -> None:  # type: ignore[no-untyped-def]
        row.download_button(
            label, make, f"{name}{ending}", mime, on_click="ignore", icon=":material/download:", help=about, key=f"download{ending}"
        )

    kept = f"The compressed file, {count(len(shown.file), 'byte')}: all that the reconstruction is made from; drop it here to open it again"
    button("Compressed file", lambda: shown.file, ".vqz", "application/octet-stream", kept)
    button("Reconstruction", lambda: _record(shown, name), ".zip", "application/zip", "WFDB record (.hea, .dat, .atr), zipped")
    button("Beats", lambda: shown.report.events["beats"].to_csv(index=False), "-beats.csv", "text/csv", "One row per beat")
    button("Report", lambda: _report(shown, desk), "-report.json", "application/json", "Every score with its unit and definition")
    own = "" if desk.source in cache.examples("ecg") else " FILE stands for your own file."
    st.caption(f"The same from the command line.{own}")
    st.code("\n".join(map(shlex.join, (command(shown, desk), encoding(shown, desk)))), language=None, wrap_lines=True)


def encoding(shown: cache.Shown, desk: Desk) -> list[str]:
    """The command that writes the same compressed file."""
    chosen = ["--checkpoint", desk.checkpoint, "--levels", str(desk.level)]
    return ["python", "-m", "vqvae", "encode", _file(desk), f"{_name(shown, desk)}.vqz", *chosen]


def command(shown: cache.Shown, desk: Desk) -> list[str]:
    """The command that gives the same reconstruction and the same numbers."""
    chosen = ["--checkpoint", desk.checkpoint, "--levels", str(desk.level), "--lead", shown.lead]
    return ["python", "-m", "vqvae", "reconstruct", _file(desk), *chosen, "--output", "OUT", "--report", "REPORT.json"]


def _file(desk: Desk) -> str:
    return f"example:{desk.source}" if desk.source in cache.examples("ecg") else "FILE"


def _name(shown: cache.Shown, desk: Desk) -> str:
    return f"{shown.recording.name}-{desk.checkpoint}-{desk.level}"


def _record(shown: cache.Shown, name: str) -> bytes:
    return panels.zipped(lambda folder: modality("ecg").write(marked(shown.reconstruction, shown.report), folder / name))


def _report(shown: cache.Shown, desk: Desk) -> str:
    return json.dumps(cache.report(shown, desk.level, desk.checkpoint, command(shown, desk)), indent=1, allow_nan=False)
