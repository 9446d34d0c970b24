"""The Piano page without a browser: it says and hands over what the library finds, and nothing is computed twice."""

from __future__ import annotations

import base64
import json
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from toy_checkpoints import NOTES, save_notes

from app import cache, choices_piano, inputs, sounds, tasks, words
from app.jobs import Job
from vqvae import checkpoint, pipeline
from vqvae.cli import main
from vqvae.families import family
from vqvae.modalities import ecg, piano
from vqvae.modalities.looks import clock
from vqvae.modalities.piano import Piano
from vqvae.modalities.piano.scores_passages import worst_passages
from vqvae.modalities.piano.verdict import verdict as judge
from vqvae.modalities.piano.writing import to_bytes

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # s


@pytest.fixture(scope="module", autouse=True)
def short_pieces(tmp_path_factory) -> Iterator[None]:
    """The shipped ECG checkpoints, a toy one of notes, and the examples' first seconds, so that everything takes a moment."""
    folder = tmp_path_factory.mktemp("checkpoints")
    (folder / "ecg").symlink_to(checkpoint.SHIPPED / "ecg")
    save_notes(folder / NOTES)
    st.cache_resource.clear()
    pieces = {name: piano.excerpt(piano.example(name), 0, 16) for name in piano.examples()}
    beats = {name: ecg.excerpt(ecg.example(name), ["II"], 10) for name in ecg.examples()}
    own = cache.Shelf(100_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vqvae.checkpoint.SHIPPED", folder)
        patch.setattr(cache, "example", (pieces | beats).__getitem__)
        patch.setattr(cache, "shelf", lambda: own)
        yield
    st.cache_resource.clear()


def opened(**address: str) -> AppTest:
    """The page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE)
    for key, value in ({"example": "minuet"} | address).items():
        app.query_params[key] = value
    app.run()
    return finished(app.switch_page("screens/piano.py"))


def finished(app: AppTest) -> AppTest:
    """The page once its sounds are there."""
    app.run()
    if work := sound_job(app):
        work.wait(PATIENCE)
        assert not work.running
        app.run()
    assert not app.exception
    return app


def sound_job(app: AppTest) -> Job[Any] | None:
    jobs: dict[str, Any] = app.session_state[tasks.JOBS] if tasks.JOBS in app.session_state else {}  # noqa: SIM401 (it has no get)
    return jobs["sound"][1] if "sound" in jobs else None


def address(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def drop(app: AppTest, name: str, content: bytes) -> AppTest:
    """Drop a performance on any page: its own page opens."""
    app.file_uploader[0].upload(name, content, "audio/midi").run()
    assert not app.exception
    assert app.title[0].value.startswith("Piano: ")
    return finished(app.switch_page("screens/piano.py"))  # which AppTest would leave again


def told(app: AppTest) -> dict[str, dict[str, Any]]:
    """What the browser is handed, by channel; the player's own under "player"."""
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return {data.get("channel", "player"): data for data in found}


def columns(packed: dict[str, dict[str, str]]) -> dict[str, np.ndarray]:
    return {name: np.frombuffer(base64.b64decode(column["data"]), column["kind"]) for name, column in packed.items()}


def expected(recording: Piano, level: int) -> tuple[Piano, Any, pipeline.Rate]:
    """What the library makes of a recording: reconstruction, report and rate."""
    model = pipeline.load(NOTES)
    codes = pipeline.encode(model, recording, level)
    rebuilt = pipeline.decode(model, codes)
    return rebuilt, pipeline.compare(model, recording, rebuilt), pipeline.rate_of(pipeline.pack(model, codes), codes.layout)


def verdict(app: AppTest) -> str:
    boxes = [*app.success, *app.warning, *app.error]
    assert len(boxes) == 1
    return str(boxes[0].value).replace("\\", "")


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


@pytest.fixture(scope="module")
def first() -> AppTest:
    """The page as it opens; tests must not touch it."""
    return opened(level="2")


@pytest.fixture(scope="module")
def minuet() -> Piano:
    return cache.example("minuet")


def test_verdict_and_numbers_are_those_of_the_library(first, minuet):
    _, report, rate = expected(minuet, 2)
    assert first.title[0].value == "Piano: Minuet"
    assert judge(report).text in verdict(first)
    assert words.number(rate.value, "bit/note") in verdict(first)
    assert words.count(rate.bytes, "byte") in verdict(first)
    metrics = {metric.label: metric.value for metric in first.metric}
    f1 = report.value("note_f1_onset_offset_velocity_10ms")
    assert metrics["Notes right, 10 ms"] == words.number(f1, "%")
    assert metrics["Onset error"] == words.number(report.value("onset_error_ms"), "ms")
    assert metrics["Bit rate"] == words.number(rate.value, "bit/note")


def test_every_score_stands_on_the_page_with_its_definition(first, minuet):
    written = " ".join(str(cell) for table in first.table for cell in table.value.to_numpy().ravel())
    written += " ".join(caption.value for caption in first.caption)
    for score in expected(minuet, 2)[1].scores:
        assert words.score_title(score.name) in written
        assert words.plain(score.definition) in written or np.isnan(score.value)


@pytest.mark.parametrize("side", ["original", "reconstruction"])
def test_the_player_is_handed_every_note_of_both_rolls_and_how_long_it_sounds_under_the_pedal(side):
    app, played = opened(example="nocturne", level="2"), cache.example("nocturne")
    rebuilt, report, _ = expected(played, 2)
    recording = played if side == "original" else rebuilt
    handed = told(app)["notes"]
    assert handed["key"] == told(app)["player"]["key"]
    assert (piano.sounding_ends(recording) > recording.notes.end + 0.1).any()
    found = columns(handed[side])
    assert found["onset"] == pytest.approx(recording.notes.onset, abs=1e-4)
    assert found["end"] == pytest.approx(recording.notes.end, abs=1e-4)
    assert found["ring"] == pytest.approx(piano.sounding_ends(recording), abs=1e-4)
    assert np.array_equal(found["pitch"], recording.notes.pitch)
    assert np.array_equal(found["velocity"], recording.notes.velocity)
    table = report.events["notes"].sort_values("reference" if side == "original" else "found")
    kept = table[(table["reference"] >= 0) & (table["found"] >= 0)]
    errors = found["onset_error_ms"]
    assert errors[np.isfinite(errors)] == pytest.approx(kept["onset_error_ms"].to_numpy(), abs=1e-3)


def test_the_sounds_are_as_long_as_the_performances_and_equally_loud(first, minuet):
    handed = told(first)["sound"]
    assert handed["key"] == told(first)["player"]["key"]
    for side, recording in (("original", minuet), ("reconstruction", expected(minuet, 2)[0])):
        samples = np.concatenate([decoded_ogg(base64.b64decode(part)) for part in handed[side]])
        assert len(samples) / handed["rate"] == pytest.approx(piano.sounding_ends(recording).max() + 2.0, abs=0.01)
        assert np.abs(samples).max() > 0.3
    pair = sounds.known("minuet", NOTES, 2)
    assert pair is not None
    assert pair.original.gain == pair.reconstruction.gain


def decoded_ogg(data: bytes) -> np.ndarray:
    import io

    import soundfile

    return soundfile.read(io.BytesIO(data))[0]


def test_changing_how_it_is_drawn_computes_nothing_and_sends_no_notes_again(monkeypatch):
    app = opened(level="2")
    before = told(app)["notes"]
    calls: Counter[str] = Counter()
    for name in ("encode", "pack", "decode", "compare", "analyse"):
        real = getattr(pipeline, name)
        monkeypatch.setattr(pipeline, name, lambda *a, real=real, name=name, **k: (calls.update([name]), real(*a, **k))[1])
    app.session_state[choices_piano.MODE] = "difference"
    app.toggle(key=choices_piano.SOUNDING).set_value(False).run()
    button(app, "Play the worst").click().run()
    app.switch_page("screens/ecg.py").run()
    calls.clear()
    app.switch_page("screens/piano.py").run()
    assert not app.exception
    assert not calls
    look = told(app)["player"]["look"]
    assert (look["mode"], look["shade"], look["sounding"]) == ("difference", "onset_error_ms", False)
    assert told(app)["notes"] == before


def test_the_worst_passages_are_listed_and_a_click_sends_the_player_there(minuet):
    app = opened(level="1")
    worst = worst_passages(expected(minuet, 1)[1].events["notes"], 50)
    assert list(app.dataframe[0].value["at"]) == [clock(start) for start in worst["start"]]
    assert "jump" not in told(app)
    for rank, label in ((0, "Play the worst"), (1, "Play the next"), (2, "Play the next"), (0, "Play the worst")):
        button(app, label).click().run()
        jump = told(app)["jump"]
        assert jump["at"] == pytest.approx(max(0, worst["start"][rank % len(worst)] - 1))
    assert jump["count"] == 4
    assert told(app)["player"]["start"] <= worst["start"][0] <= told(app)["player"]["start"] + 15


def test_a_link_reopens_the_view_and_nonsense_opens_what_there_is():
    app = opened(checkpoint=NOTES, level="4", t="3.5")
    assert told(app)["player"]["start"] == 3.5
    assert address(app) == {"example": "minuet", "checkpoint": NOTES, "level": "4", "t": "3.5"}
    odd = opened(example="no such", level="99", t="-1", checkpoint="../..")
    assert odd.session_state[inputs.LEVEL] <= 6
    odd = opened(t="nan", **{"from": "9", "to": "3"})
    assert odd.title[0].value == "Piano: Minuet"
    assert set(address(odd)) == {"example", "checkpoint", "level", "t"}


def test_a_part_of_the_piece_is_all_that_the_page_is_about(minuet):
    app = opened(level="2")
    app.number_input(key=choices_piano.FROM).set_value(4.0)
    finished(app.number_input(key=choices_piano.TO).set_value(12.0).run())
    part = piano.excerpt(minuet, 4, 12)
    assert 0 < part.count < minuet.count
    assert judge(expected(part, 2)[1]).text in verdict(app)
    assert columns(told(app)["notes"]["original"])["onset"] == pytest.approx(part.notes.onset, abs=1e-4)
    assert "FILE" in app.code[0].value
    assert address(app) | {"t": ""} == {"example": "minuet", "checkpoint": NOTES, "level": "2", "from": "4", "to": "12", "t": ""}
    link = opened(**{"level": "2", "from": "4", "to": "12"})
    assert verdict(link) == verdict(app)
    finished(button(app, "Whole piece").click().run())
    assert judge(expected(minuet, 2)[1]).text in verdict(app)


def test_a_part_in_which_nothing_is_struck_is_not_taken(minuet):
    app = opened(level="2", **{"from": "15.95", "to": "16"})
    assert (minuet.notes.onset < 15.95).all()
    assert str(minuet.count) in app.caption[0].value + app.caption[1].value


def test_tracks_of_a_file_are_put_together_or_looked_at_alone(minuet, tmp_path):
    from mido import Message, MetaMessage, MidiFile, MidiTrack

    made = MidiFile(type=1)
    for channel, keys in enumerate(([60, 64, 67], [40, 43])):
        track = MidiTrack([MetaMessage("track_name", name=f"<b>{channel}</b>")])
        for key in keys:
            track += [Message("note_on", note=key, velocity=70, channel=channel, time=0)]
            track += [Message("note_on", note=key, velocity=0, channel=channel, time=480)]
        made.tracks.append(track)
    made.save(tmp_path / "two.mid")
    app = drop(opened(level="2"), "two.mid", (tmp_path / "two.mid").read_bytes())
    assert "5 notes" in verdict(app)
    options = app.selectbox(key=choices_piano.TRACK).options
    assert options[0] == "All but drums, as one piano"
    assert options[2].replace("\\", "") == "<b>1</b> (track 2, channel 2): 2 notes"
    finished(app.selectbox(key=choices_piano.TRACK).set_value("track 2, channel 2").run())
    assert "2 notes" in verdict(app)
    assert sorted(columns(told(app)["notes"]["original"])["pitch"]) == [40, 43]
    assert any("FILE stands for the original part" in caption.value for caption in app.caption)
    finished(app.selectbox(key=choices_piano.TRACK).set_value("").run())
    assert "5 notes" in verdict(app)


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
    assert len(decoded_ogg(Path("OUT.ogg").read_bytes())) > 44100


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


def test_rendering_can_be_stopped_and_begun_again(monkeypatch):
    from threading import Event

    from vqvae.modalities.piano import sound

    go = Event()

    def slow(recording: Piano, rate: int = 44100, progress: Any = None) -> np.ndarray:
        while not go.wait(0.02):
            progress(0.1)
        return np.full((rate, 2), 0.1, np.float32)

    monkeypatch.setattr(sound, "render", slow)
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE)
    app.query_params["example"] = "fugue"
    app.run().switch_page("screens/piano.py").run()
    assert not app.exception
    assert told(app)["sound"]["doing"].startswith("Rendering the sounds (original)")
    assert "original" not in told(app)["sound"]
    work = sound_job(app)
    button(app, "Stop").click().run()
    work.wait(PATIENCE)
    assert not work.running
    app.run()
    assert any("Stopped" in box.value for box in app.info)
    go.set()
    finished(button(app, "Go on").click().run())
    assert len(told(app)["sound"]["original"]) == 1


def test_the_tab_of_codes_says_where_the_bits_go(minuet):
    app = opened(level="2")
    app.session_state["piano.tabs"] = "Codes"
    app.run()
    assert not app.exception
    rate = expected(minuet, 2)[2]
    table = next(table.value for table in app.table if "What it is" in table.value)
    assert list(table["Bits per note"]) == [words.number(bits) for bits in (rate.value, *rate.apart.values())]
    fixed = family(pipeline.load(NOTES)).fixed_bits(pipeline.encode(pipeline.load(NOTES), minuet, 2).codes)
    assert any(words.count(-(-fixed // 8), "byte") in text.value for text in app.markdown)
    assert sum(int(cell.replace("\u202f", "")) for cell in table["Bytes"]) == pytest.approx(rate.bytes, abs=2)


def test_note_by_note_shows_the_window_of_the_rolls(minuet):
    app = opened(level="2", t="3.5")
    app.session_state["piano.tabs"] = "Note by note"
    app.run()
    assert not app.exception
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert chart["layout"]["xaxis"]["range"] == [3.5, 18.5]


def test_stopping_the_computation_of_a_part_leaves_the_desk_and_can_be_undone(minuet, monkeypatch):
    app = opened(level="2")
    real = pipeline.encode

    def slow(model: Any, recording: Piano, level: int, progress: Any) -> Any:
        progress(0.5)
        raise ValueError("still at work")  # as the page stands when its reader clicks

    monkeypatch.setattr(pipeline, "encode", slow)
    monkeypatch.setattr("app.panels.PATIENCE", 0.0)
    app.number_input(key=choices_piano.FROM).set_value(5.0).run()
    assert "still at work" in app.error[0].value
    button(app, "Stop").click().run()
    assert any("Nothing was changed" in box.value for box in app.info)
    assert app.session_state[inputs.SOURCE] == "minuet"
    monkeypatch.setattr(pipeline, "encode", real)
    finished(button(app, "Start again").click().run())
    assert judge(expected(piano.excerpt(minuet, 5), 2)[1]).text in verdict(app)
