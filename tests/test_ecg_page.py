"""The ECG page with both families of checkpoints, and with `.vqz` files going out and coming in."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from toy_checkpoints import FINE, QUALITIES, stand_in

from app import cache, choices_ecg, decoded, inputs, words
from app.views.ecg_codes import saving
from vqvae import codecs, pipeline
from vqvae.cli import main
from vqvae.codec.container import unpack
from vqvae.modalities.ecg import example, excerpt, read

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def checkpoints(tmp_path_factory) -> Iterator[None]:
    """The shipped checkpoints and a small fine one."""
    st.cache_resource.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vqvae.checkpoint.SHIPPED", stand_in(tmp_path_factory.mktemp("checkpoints")))
        yield
    st.cache_resource.clear()


def opened(**address: str) -> AppTest:
    """The ECG page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=120)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    return app.switch_page("screens/ecg.py").run()


def address(app: AppTest) -> set[tuple[str, str]]:
    return {(key, value[0] if isinstance(value, list) else value) for key, value in app.query_params.items()}


def rate(app: AppTest) -> str:
    return next(metric.value for metric in app.metric if metric.label.startswith("Bit rate"))


def shown(app: AppTest) -> cache.Shown:
    """What the page shows."""
    state = app.session_state
    source, name, level, lead = (state[key] for key in (inputs.SOURCE, inputs.CHECKPOINT, inputs.LEVEL, choices_ecg.LEAD))
    recording = state[inputs.OPENED].get(source) or example(source)
    return cache.shown(source, recording, name, level, lead, lambda doing: lambda share: None)


def picture(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[1].proto.spec)


def strip(app: AppTest) -> dict:
    return next(trace for trace in picture(app)["data"] if trace["type"] == "heatmap")


@pytest.fixture(scope="module")
def file() -> bytes:
    """Twenty seconds of two leads, in chunks of five seconds."""
    checkpoint = pipeline.load(FINE)
    recording = excerpt(example("ventricular"), ["II", "V1"], 20)
    return pipeline.pack(checkpoint, pipeline.encode(checkpoint, recording, 2), chunk=5)


@pytest.mark.parametrize(("name", "rows"), [("ecg", 2), (FINE, 6)])
def test_the_rate_shown_is_that_of_the_file_and_the_strip_has_a_row_for_every_level_or_band(name, rows):
    app = opened(checkpoint=name, level="2", example="normal")
    assert not app.exception
    page = shown(app)
    assert page.file == pipeline.pack(pipeline.load(name), page.encoded)
    assert rate(app) == words.number(8 * len(page.file) / len(page.recording.leads) / page.recording.seconds, "bit/s")
    verdict = next(box.value for box in (*app.success, *app.warning, *app.error))
    assert rate(app) in verdict.replace("\\", "")
    assert strip(app)["z"]["shape"].split(",")[0] == str(rows)
    assert address(app) >= {("checkpoint", name), ("level", "2")}


def test_the_command_shown_writes_the_file_of_the_page_and_a_file_can_be_reconstructed(tmp_path, monkeypatch):
    app = opened(checkpoint=FINE, level="2", example="normal")
    command = shlex.split(app.code[0].value.splitlines()[1])
    assert command[:5] == ["python", "-m", "vqvae", "encode", "example:normal"]
    monkeypatch.chdir(tmp_path)
    assert main(command[3:]) == 0
    written = next(tmp_path.glob("*.vqz"))
    assert written.read_bytes() == shown(app).file
    assert main(["reconstruct", written.name, "--checkpoint", FINE, "--levels", "3", "--output", "out"]) == 0
    once, twice = codecs.decode(written.read_bytes()).recording, read(tmp_path / "out" / "normal.hea")
    assert twice.signals.shape == once.signals.shape
    assert 0 < np.abs(twice.signals - once.signals).max() < 0.5


def test_another_checkpoint_keeps_the_level_within_what_it_has():
    app = opened(checkpoint="ecg", level="4", example="normal")
    app.selectbox(key=inputs.CHECKPOINT).set_value(FINE).run()
    assert not app.exception
    assert app.session_state[inputs.LEVEL] == len(QUALITIES)
    assert len(app.select_slider(key=inputs.LEVEL).options) == len(QUALITIES)
    assert dict(address(app))["level"] == str(len(QUALITIES))
    assert "Step 3 of 3" in " ".join(caption.value for caption in app.sidebar.caption)


@pytest.mark.parametrize("name", [FINE, "ecg-fine"])
def test_the_tab_of_codes_says_what_they_take_and_what_they_are(name):
    app = opened(checkpoint=name, level="2", example="normal")
    app.session_state["ecg.tabs"] = "Codes"
    app.run()
    assert not app.exception
    page, checkpoint = shown(app), pipeline.load(name)
    sizes = {size.name: size.bytes for size in pipeline.sizes(checkpoint, page.encoded)}
    table = next(table.value for table in app.table if "Written as" in table.value)
    assert list(table["Bytes"]) == [words.number(size) for size in sizes.values()]
    assert list(table["Written as"]) == ["Fixed length", "File, static coder", "File, adaptive coder, the one here"]
    assert sizes["adaptive"] == len(page.file)
    assert any(text.value.replace("\\", "") == saving(sizes["fixed length"], len(page.file)) for text in app.markdown)
    payload = sum(len(part or b"") for part in unpack(page.file).payloads)
    inside = next(text.value for text in app.caption if text.value.startswith("In the file"))
    assert words.count(payload, "byte") in inside
    assert words.count(len(page.file) - payload, "byte") in inside
    bands = next(frame.value for frame in app.dataframe if "zero" in frame.value)
    assert list(bands["band"]) == ["0 to 6", "6 to 11", "11 to 22", "22 to 45", "45 to 90", "90 to 180"]
    assert not any("Perplexity" in frame.value for frame in app.dataframe)


def test_what_the_entropy_coder_saves_is_said_in_words():
    assert saving(1000, 590).startswith("The entropy coder saves 41.0\u202f%: the file has 590 bytes")
    assert "saves" not in saving(100, 157)


def test_a_compressed_file_opens_and_says_what_it_is(file):
    app = opened(example="normal")
    app.file_uploader[0].upload("mine.vqz", file, "application/octet-stream").run()
    assert not app.exception
    assert app.title[0].value == "ECG: ventricular (decoded)"
    told = app.info[0].value.replace("\\", "")
    assert told.startswith("mine.vqz was decoded")
    assert "what it lost cannot be measured here" in told
    assert f"Fine ({FINE}), quality 1.5 (" in told
    assert app.info[1].value.startswith("Coded once more, against the decoded recording")
    assert not app.success  # no grade
    assert [trace["name"] for trace in picture(app)["data"][:2]] == ["Decoded", "Coded once more"]
    assert words.count(len(file), "byte") in told
    recording = app.session_state[inputs.OPENED][app.session_state[inputs.SOURCE]]
    assert np.array_equal(recording.signals, codecs.decode(file).recording.signals)
    app.selectbox(key=inputs.SOURCE).set_value("normal").run()
    assert not app.info
    assert "(decoded)" not in app.title[0].value


def broken(file: bytes, chunk: int) -> bytes:
    """The file with a byte changed in one chunk."""
    after = sum(len(part or b"") for part in unpack(file).payloads[chunk + 1 :])
    changed = bytearray(file)
    changed[-1 - after] ^= 255
    return bytes(changed)


def test_a_damaged_file_opens_with_a_gap_and_says_where(file):
    app = opened(example="normal")
    app.file_uploader[0].upload("mine.vqz", broken(file, 1), "application/octet-stream").run()
    assert not app.exception
    told = app.warning[0].value.replace("\\", "")
    ((start, stop),) = codecs.decode(broken(file, 1)).lost
    assert (start, stop) == pytest.approx((4.9 - 1.5, 9.9 + 1.5), abs=0.3)
    assert f"0:0{int(start)} to 0:{int(stop)} could not be decoded and is left empty" in told
    recording = app.session_state[inputs.OPENED][app.session_state[inputs.SOURCE]]
    gaps = np.flatnonzero(np.isnan(recording.signals).all(axis=0)) / recording.rate
    assert gaps[[0, -1]] == pytest.approx([start, stop], abs=0.01)


def broken_everywhere(file: bytes) -> bytes:
    """The file with a byte changed in every chunk."""
    changed, end = bytearray(file), len(file)
    for part in reversed(unpack(file).payloads):
        changed[end - 1] ^= 255
        end -= len(part or b"")
    return bytes(changed)


REFUSED = {  # a word of the sentence -> what to make of a file
    "does not start with VQZ": lambda file: b"PK\x03\x04" + bytes(100),
    "is empty": lambda file: b"",
    "cut off after 40 bytes": lambda file: file[:40],
    "nothing in the file could be decoded": broken_everywhere,
    "install a newer one": lambda file: file[:3] + b"\x09" + file[4:60],
}


@pytest.mark.parametrize("word", list(REFUSED))
def test_a_file_that_cannot_be_read_is_one_sentence_and_the_desk_stays(file, word):
    app = opened(example="normal")
    app.file_uploader[0].upload("mine.vqz", REFUSED[word](file), "application/octet-stream").run()
    assert not app.exception
    said = app.sidebar.error[0].value.replace("\\", "")
    assert said.startswith("mine.vqz cannot be opened: ")
    assert word in said
    assert app.title[0].value == "ECG: Normal rhythm"


def test_a_file_of_a_checkpoint_that_is_not_here_or_of_another_version_is_refused_by_name(file, monkeypatch, tmp_path):
    monkeypatch.setattr("vqvae.checkpoint.SHIPPED", tmp_path)
    answer = cache.receive({"mine.vqz": file}, None)
    assert isinstance(answer, cache.Refusal)
    assert f"made by {FINE}, which is not here: put its folder into checkpoints/" in answer.sentence


def test_a_compressed_file_is_dropped_by_itself(file):
    answer = cache.receive({"mine.vqz": file, "x.hea": b""}, None)
    assert answer == cache.Refusal("mine.vqz holds a whole recording: drop it by itself.", False)
    assert decoded.find({"x.hea": b"x 1 360 10", "x.dat": b""}) is None
    assert decoded.find({"renamed.bin": file}) == "renamed.bin"
