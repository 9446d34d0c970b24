"""What a reader takes home: the reconstruction, the compressed file, the codes, the report, and the command that repeats it."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable

import numpy as np
import streamlit as st

from app import cache
from app.inputs import Desk
from app.words import count
from vqvae.modalities.digits.writing import npz, png


def downloads(shown: cache.Shown, desk: Desk) -> None:
    """Everything is made when its button is clicked."""
    st.subheader("Take it with you", anchor=False)
    name, row = f"{shown.recording.name}-{desk.checkpoint}", st.container(horizontal=True)

    def button(label: str, make: Callable[[], str | bytes], ending: str, mime: str, about: str) -> None:
        title, key = f"{label} (.{ending.rpartition('.')[2]})", f"download{ending}"
        row.download_button(title, make, f"{name}{ending}", mime, on_click="ignore", icon=":material/download:", help=about, key=key)

    rebuilt = shown.reconstruction
    if rebuilt.count == 1:
        button("Reconstruction", lambda: png(rebuilt), ".png", "image/png", "The reconstruction as an image of 28 × 28 pixels")
    button("Reconstruction", lambda: npz(rebuilt), ".npz", "application/octet-stream", "The array `images` (N, 28, 28), for numpy.load")
    kept = f"The compressed file, {count(len(shown.file), 'byte')}: drop it here to open it again"
    button("Compressed file", lambda: shown.file, ".vqz", "application/octet-stream", kept)
    button("Codes", lambda: _codes(shown), "-codes.npy", "application/octet-stream", "The codes (N, 7, 7), for numpy.load")
    table = shown.report.events["images"]
    button("Digits", lambda: table.to_csv(index=False), "-digits.csv", "text/csv", "One row per digit, with its errors")
    button("Report", lambda: _report(shown, desk), "-report.json", "application/json", "Every score with its unit and definition")
    own = "" if desk.source in cache.examples("digits") else " FILE stands for your own file, or the reconstruction's original as .npz."
    st.caption(f"The same from the command line.{own}")
    st.code(shlex.join(command(desk)), language=None, wrap_lines=True)


def command(desk: Desk) -> list[str]:
    """The command that gives the same reconstruction and the same numbers."""
    file = f"example:{desk.source}" if desk.source in cache.examples("digits") else "FILE"
    chosen = ["--checkpoint", desk.checkpoint, "--levels", str(desk.level)]
    return ["python", "-m", "vqvae", "reconstruct", file, *chosen, "--output", "OUT", "--report", "REPORT.json"]


def _codes(shown: cache.Shown) -> bytes:
    packed = io.BytesIO()
    np.save(packed, np.moveaxis(shown.encoded.codes[0, 0], 2, 0))
    return packed.getvalue()


def _report(shown: cache.Shown, desk: Desk) -> str:
    return json.dumps(cache.report(shown, desk.level, desk.checkpoint, command(desk)), indent=1, allow_nan=False)
