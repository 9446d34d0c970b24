"""What a reader takes home: files, sounds, notes, the report, the picture, and the command that repeats it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable

import streamlit as st

from app import cache, choices_piano, sounds
from app.choices_piano import Portion
from app.inputs import Desk
from app.words import count
from vqvae.modalities.piano.sound import ogg, wav
from vqvae.modalities.piano.writing import to_bytes


def downloads(shown: cache.Shown, desk: Desk, portion: Portion) -> None:
    """Everything is made when its button is clicked."""
    st.subheader("Take it with you", anchor=False)
    name = _name(shown, desk)
    row = st.container(horizontal=True)

    def button(label: str, make: Callable[[], str | bytes], ending: str, mime: str, about: str) -> None:
        title, key = f"{label} (.{ending.rpartition('.')[2]})", f"download{ending}"
        row.download_button(title, make, f"{name}{ending}", mime, on_click="ignore", icon=":material/download:", help=about, key=key)

    kept = f"The compressed file, {count(len(shown.file), 'byte')}: all that the reconstruction is made from; drop it here to open it again"
    rebuilt, original = shown.reconstruction, shown.recording
    one = "The reconstruction as a MIDI file of one track (format 0), with tempo and pedals"
    button("Reconstruction", lambda: to_bytes(rebuilt), ".mid", "audio/midi", one)
    if portion.span or portion.track:
        button("Original part", lambda: to_bytes(original), "-original.mid", "audio/midi", "The part of the original that this is about")
    button("Compressed file", lambda: shown.file, ".vqz", "application/octet-stream", kept)
    about = "as Ogg Vorbis"
    button("Sound", lambda: _sound(shown, desk, "reconstruction", ogg), ".ogg", "audio/ogg", f"The reconstruction {about}")
    button("Original's sound", lambda: _sound(shown, desk, "original", ogg), "-original.ogg", "audio/ogg", f"The original {about}")
    button("Sound", lambda: _sound(shown, desk, "reconstruction", wav), ".wav", "audio/wav", "The reconstruction as 16-bit WAV")
    wide = "The original as 16-bit WAV, as loud as its reconstruction's file is made"
    button("Original's sound", lambda: _sound(shown, desk, "original", wav), "-original.wav", "audio/wav", wide)
    button("Notes", lambda: shown.report.events["notes"].to_csv(index=False), "-notes.csv", "text/csv", "One row per note, with its errors")
    button("Report", lambda: _report(shown, desk), "-report.json", "application/json", "Every score with its unit and definition")
    _commands(shown, desk, portion)


def _commands(shown: cache.Shown, desk: Desk, portion: Portion) -> None:
    own = "" if desk.source in cache.examples("piano") else " FILE stands for your own file."
    if portion.span or portion.track:
        own = " FILE stands for the original part, which can be downloaded above."
    st.caption(f"The same from the command line.{own}")
    st.code("\n".join(map(shlex.join, (command(shown, desk), encoding(shown, desk)))), language=None, wrap_lines=True)


def command(shown: cache.Shown, desk: Desk) -> list[str]:
    """The command that gives the same reconstruction and the same numbers."""
    chosen = ["--checkpoint", desk.checkpoint, "--levels", str(desk.level)]
    outputs = ["--output", "OUT", "--audio", "OUT.ogg", "--report", "REPORT.json"]
    return ["python", "-m", "vqvae", "reconstruct", _file(desk), *chosen, *outputs]


def encoding(shown: cache.Shown, desk: Desk) -> list[str]:
    """The command that writes the same compressed file."""
    chosen = ["--checkpoint", desk.checkpoint, "--levels", str(desk.level)]
    return ["python", "-m", "vqvae", "encode", _file(desk), f"{_name(shown, desk)}.vqz", *chosen]


def _file(desk: Desk) -> str:
    return f"example:{desk.source}" if desk.source in cache.examples("piano") else "FILE"


def _name(shown: cache.Shown, desk: Desk) -> str:
    return f"{choices_piano.file_name(shown.recording, desk.source)}-{desk.checkpoint}-{desk.level}"


def _report(shown: cache.Shown, desk: Desk) -> str:
    return json.dumps(cache.report(shown, desk.level, desk.checkpoint, command(shown, desk)), indent=1, allow_nan=False)


def _sound(shown: cache.Shown, desk: Desk, side: str, pack: Callable[..., bytes]) -> bytes:
    """A whole performance as one file, as loud as it is played on the page."""
    return sounds.whole((desk.source, desk.checkpoint, desk.level), (shown.recording, shown.reconstruction), side, pack)
