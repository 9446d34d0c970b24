"""Files on the Piano page: what is dropped, what is refused, and the commands that repeat what it shows."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from piano_pages import (
    NOTES,
    PATIENCE,
    ROOT,
    decoded_sound,
    drop,
    expected,
    finished,
    first,
    minuet,
    opened,
    short_pieces,
    verdict,
)
from streamlit.testing.v1 import AppTest

from app import inputs, words
from vqvae import pipeline
from vqvae.cli import main
from vqvae.modalities import piano
from vqvae.modalities.piano import Piano
from vqvae.modalities.piano.writing import to_bytes

__all__ = ["first", "minuet", "short_pieces"]  # fixtures


def test_the_command_shown_repeats_reconstruction_report_and_sound(first, minuet, tmp_path, monkeypatch):
    monkeypatch.setattr("vqvae.modalities.piano.example", lambda name="", seed=0: minuet)
    command = shlex.split(first.code[0].value.splitlines()[0])
    monkeypatch.chdir(tmp_path)
    assert main(command[3:]) == 0
    rebuilt, report, rate = expected(minuet, 2)
    written = piano.read(next(Path("OUT").glob("*.mid")))
    assert written.notes.onset == pytest.approx(piano.read(write(rebuilt, tmp_path)).notes.onset)
    point = json.loads(Path("REPORT.json").read_text())["points"][0]
    assert point["rate"]["value"] == pytest.approx(rate.value)
    assert point["scores"]["onset_error_ms"]["value"] == pytest.approx(report.value("onset_error_ms"))
    assert len(decoded_sound(Path("OUT.ogg").read_bytes())) > 44100


def write(recording: Piano, folder: Path) -> Path:
    return piano.write(recording, folder / "expected")[0]


def test_the_command_shown_writes_the_file_of_the_page(first, minuet, tmp_path, monkeypatch):
    monkeypatch.setattr("vqvae.modalities.piano.example", lambda name="", seed=0: minuet)
    command = shlex.split(first.code[0].value.splitlines()[1])
    monkeypatch.chdir(tmp_path)
    assert main(command[3:]) == 0
    model = pipeline.load(NOTES)
    assert next(tmp_path.glob("*.vqz")).read_bytes() == pipeline.pack(model, pipeline.encode(model, minuet, 2))


REFUSED = {  # file -> a word of the sentence
    "empty.mid": (b"", "empty"),
    "short.mid": (b"M", "short"),
    "song.mid": (b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "WAV"),
    "piece.mid": (b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0", "no notes"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_a_file_that_is_refused_says_why_in_one_sentence_and_the_desk_stays(name):
    content, word = REFUSED[name]
    app = opened(level="2")
    before = verdict(app)
    app.file_uploader[0].upload(name, content, "audio/midi").run()
    assert not app.exception
    said = app.sidebar.error[0].value.replace("\\", "")
    assert word in said
    assert said.count(". ") == 0
    assert app.title[0].value == "Piano: Minuet"
    assert before in [box.value.replace("\\", "") for box in (*app.main.success, *app.main.warning, *app.main.error)]


def test_the_desk_keeps_the_last_recording_of_each_kind(minuet):
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE).run()
    app.switch_page("screens/ecg.py").run()
    app.selectbox(key=inputs.SOURCE).set_value("noisy").run()
    app = drop(app, "mine.mid", to_bytes(minuet))
    assert app.title[0].value == "Piano: mine"
    app.select_slider(key=inputs.LEVEL).set_value(5)
    finished(app)
    app.switch_page("screens/ecg.py").run()
    assert app.title[0].value == "ECG: Noisy"
    assert app.session_state[inputs.CHECKPOINT] == "ecg"
    assert not any("mine" in option for option in app.selectbox(key=inputs.SOURCE).options)
    app.switch_page("screens/piano.py").run()
    assert app.title[0].value == "Piano: mine"
    assert (app.session_state[inputs.CHECKPOINT], app.session_state[inputs.LEVEL]) == (NOTES, 5)
    assert "mine (your file)" in app.selectbox(key=inputs.SOURCE).options
    assert not any("Noisy" in option for option in app.selectbox(key=inputs.SOURCE).options)


def test_a_compressed_performance_opens_on_its_page_and_says_what_it_is(minuet):
    model = pipeline.load(NOTES)
    file = pipeline.pack(model, pipeline.encode(model, minuet, 2))
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE).run()
    app = drop(app.switch_page("screens/ecg.py").run(), "mine.vqz", file)
    assert app.title[0].value == f"Piano: {words.plain(minuet.name)} (decoded)"
    said = app.info[0].value.replace("\\", "")
    assert said.startswith("mine.vqz was decoded")
    assert "bit/note, " in said
    assert "per lead" not in said
    assert app.info[1].value.startswith("Coded once more, against the decoded recording")


def test_two_compressed_files_of_one_piece_are_told_apart_when_a_third_is_refused(minuet):
    model = pipeline.load(NOTES)
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE).run()
    for name, level in (("one.vqz", 2), ("two.vqz", 3)):
        app = drop(app.switch_page("screens/piano.py").run(), name, pipeline.pack(model, pipeline.encode(model, minuet, level)))
    options = app.selectbox(key=inputs.SOURCE).options
    assert len(set(options)) == len(options)
    app.file_uploader[0].upload("empty.mid", b"", "audio/midi").run()
    app = finished(app.switch_page("screens/piano.py"))
    assert app.info[0].value.replace("\\", "").startswith("two.vqz was decoded")
