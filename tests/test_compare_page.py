"""The Compare page without a browser: what it says is what the library finds, and nothing is computed twice."""

from __future__ import annotations

import io
import json
import math
import zipfile
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from toy_codec import Toy

from app import cache, choices_compare, choices_ecg, contests, tasks, trained
from app.choices_compare import Amount, amount
from app.jobs import Job
from app.views import compare_words
from app.words import score_title
from vqvae import codecs
from vqvae.contest.entries import prepare
from vqvae.contest.results import Result, Seconds, ranked
from vqvae.modalities.ecg import Ecg, excerpt, extent
from vqvae.modalities.ecg.disturb import Disturbance, disturb
from vqvae.modalities.protocol import Report, Score

ROOT = Path(__file__).parents[1]
CODECS = "averaging,wavelet,dct"
PATIENCE = 120  # s


@pytest.fixture(scope="module", autouse=True)
def short_examples() -> Any:
    """The examples, short and of two leads, so that everything takes a moment."""
    made = {name: excerpt(cache.example(name), ["II", "V2"], 12.0) for name in cache.examples("ecg")}
    patch, own = pytest.MonkeyPatch(), cache.Shelf(100_000_000)
    patch.setattr(cache, "example", made.__getitem__)
    patch.setattr(cache, "shelf", lambda: own)
    yield made
    patch.undo()


def visit(**address: str) -> AppTest:
    """The page as a link opens it, with nothing computed yet."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE).run()
    app.switch_page("screens/compare.py")
    for key, value in ({"codecs": CODECS} | address).items():
        app.query_params[key] = value
    return app.run()


def finish(app: AppTest, kind: str = "table") -> AppTest:
    """Wait for what is being computed, then draw the page."""
    work = jobs(app).get(kind)
    if work:
        work[1].wait(PATIENCE)
        assert not work[1].running
    return app.run()


def opened(**address: str) -> AppTest:
    return finish(visit(**address))


def jobs(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = app.session_state[tasks.JOBS] if tasks.JOBS in app.session_state else {}  # noqa: SIM401 (it has no get)
    return found


def verdict(app: AppTest) -> str:
    boxes = [*app.success, *app.warning, *app.info]
    return plain(next(str(box.value) for box in boxes if "At " in str(box.value)))


def plain(markdown: str) -> str:
    return markdown.replace("\\", "").replace("*", "")


def button(app: AppTest, label: str) -> Any:
    return next(button for button in app.button if button.label == label)


def pictures(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


@pytest.fixture(scope="module")
def first() -> AppTest:
    """The page on the first example; tests must not touch it."""
    return opened()


@pytest.fixture(scope="module")
def library(short_examples) -> list[Result]:
    """What the library finds for the first example at the page's usual size, ranked by PRDN."""
    contest = prepare("ecg", short_examples["normal"])
    found = contest.compare([codecs.codec(name) for name in CODECS.split(",")], contest.size(choices_compare.USUAL_RATIO))
    return ranked([answer for answer in found if isinstance(answer, Result)], "prdn")


# the table and the words


def test_the_table_holds_the_librarys_numbers_ranked(first, library):
    assert not first.exception
    table = first.dataframe[0].value
    assert list(table["codec"]) == [result.codec for result in library]
    for name in choices_compare.USUAL_SCORES:
        assert np.allclose(table[name], [result.truth.value(name) for result in library], equal_nan=True, rtol=1e-12)
    assert list(table["bytes"]) == [len(result.data) for result in library]


def test_the_verdict_says_who_keeps_most_at_which_size_in_the_tables_numbers(first, library):
    said = verdict(first)
    best = library[0]
    assert f"PRDN {best.truth.value('prdn'):.3g}" in said
    assert compare_words.plain(best) in said
    assert "32 times smaller than the original" in said
    assert "bit/s per lead" in said


def test_every_column_of_scores_has_its_definition(first, library):
    config = json.loads(first.dataframe[0].proto.columns)
    for name in choices_compare.USUAL_SCORES:
        definition = next(score.definition for score in library[0].truth.scores if score.name == name)
        assert config[name]["help"].startswith(definition)
        assert score_title(name) in config[name]["label"]


def test_the_wavelet_is_said_to_stand_there_twice(first):
    assert any("twice" in caption.value and "adaptive" in caption.value for caption in first.caption)


def test_another_ranking_orders_anew_and_computes_nothing(monkeypatch, first):
    app = opened()
    monkeypatch.setattr(contests, "start", lambda *_: pytest.fail("computed again"))
    app.selectbox(key=choices_compare.RANKING).set_value("max_error").run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["max_error"]) == sorted(table["max_error"])
    assert "Largest error" in verdict(app)
    assert set(table["prdn"]) == set(first.dataframe[0].value["prdn"])


def test_another_page_and_back_computes_nothing(monkeypatch, first):
    app = opened()
    monkeypatch.setattr(contests, "start", lambda *_: pytest.fail("computed again"))
    app.switch_page("screens/home.py").run()
    app.switch_page("screens/compare.py").run()
    assert not app.exception
    assert app.dataframe[0].value["prdn"].equals(first.dataframe[0].value["prdn"])
    assert verdict(app) == verdict(first)


def test_two_readers_share_what_was_computed(monkeypatch, first):
    monkeypatch.setattr(contests, "start", lambda *_: pytest.fail("computed again"))
    assert verdict(visit()) == verdict(first)


def test_the_size_can_be_said_in_three_ways_and_stays_the_same():
    app = opened()
    before = verdict(app)
    for unit in ("rate", "bytes", "ratio"):
        app.selectbox(key=choices_compare.UNIT).set_value(unit).run()
        assert not app.exception
        assert verdict(app) == before
    assert app.session_state[choices_compare.SIZE] == pytest.approx(choices_compare.USUAL_RATIO, rel=0.01)


def test_sizes_convert_without_loss():
    ways = Amount(lead_seconds=3600.0, raw_bytes=1_782_000.0)
    assert ways.to_bytes(32, "ratio") == 55_687
    assert ways.said(55_687, "rate") == pytest.approx(123.75, abs=0.01)
    assert [ways.to_bytes(ways.said(55_687, unit), unit) for unit in ("ratio", "bytes")] == [55_687, 55_687]
    recording = cache.example("normal")
    contest = prepare("ecg", recording)
    assert amount(recording).raw_bytes == contest.raw_bytes
    assert amount(recording).lead_seconds == extent(contest.layout).amount


def test_a_link_makes_the_same_choices_again():
    app = opened(rate="300", score="max_error", noise="muscle,mains", snr="9", seed="3", codecs="dct,averaging")
    known = {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}
    assert known.items() >= {"rate": "300", "score": "max_error", "noise": "muscle,mains", "snr": "9", "seed": "3"}.items()
    assert known["codecs"] == "dct,averaging"
    assert "codecs" in known
    assert "level" not in known
    again = opened(**known)
    assert verdict(again) == verdict(app)
    assert pictures(again)[1]["layout"]["xaxis"]["range"] == pictures(app)[1]["layout"]["xaxis"]["range"]


def test_a_link_that_makes_no_sense_opens_the_usual_choices(monkeypatch):
    broken = {"codecs": "../../etc,x", "ratio": "-3", "score": "<b>", "noise": "thunder", "snr": "1e9", "seed": "x"}
    monkeypatch.setattr(contests, "start", lambda choice, _: Job([], lambda told: iter(())))
    app = visit(**broken)
    assert not app.exception
    assert app.session_state[choices_compare.CODECS] == list(codecs.names("ecg"))
    assert app.session_state[choices_compare.SIZE] == choices_compare.USUAL_RATIO
    assert app.session_state[choices_compare.RANKING] == "prdn"


# the window


def test_the_window_opens_where_codecs_differ_most_and_goes_on_to_the_next():
    app = opened()
    at = app.session_state[choices_ecg.TIME]
    low, high = pictures(app)[1]["layout"]["xaxis"]["range"]
    assert (low, high) == (at, at + choices_compare.WINDOWS[1])
    button(app, "Next").click().run()
    assert app.session_state[choices_ecg.TIME] != at
    button(app, "Differ most").click().run()
    assert app.session_state[choices_ecg.TIME] == at


def test_all_codecs_stand_below_each_other_and_their_errors_too():
    app = opened()
    names = {trace.get("name") for trace in pictures(app)[1]["data"]}
    assert names == {"Original", *CODECS.split(",")}
    next(toggle for toggle in app.toggle if toggle.label == "Errors").set_value(True).run()
    assert {trace.get("name") for trace in pictures(app)[1]["data"]} == set(CODECS.split(","))


# noise


def test_with_noise_every_score_stands_against_the_truth_and_against_what_was_given(short_examples):
    app = opened(noise="muscle", snr="6", seed="2", codecs="dct,averaging")
    clean = short_examples["normal"]
    noisy = disturb(clean, Disturbance(("muscle",), 6.0, 2))
    contest = prepare("ecg", noisy, clean)
    found = {answer.codec: answer for answer in contest.compare([codecs.codec(n) for n in ("dct", "averaging")], contest.size(32.0))}
    for row in app.dataframe[0].value.to_dict("records"):
        assert row["prdn"] == pytest.approx(found[row["codec"]].truth.value("prdn"), rel=1e-12)
        assert row["prdn.faithful"] == pytest.approx(found[row["codec"]].faithful.value("prdn"), rel=1e-12)
    config = json.loads(app.dataframe[0].proto.columns)
    assert config["prdn"]["label"] == "PRDN, truth (%)"
    assert "clean original" in config["prdn"]["help"]
    assert "noise and all" in config["prdn.faithful"]["help"]
    assert "muscle noise at 6" in verdict(app)
    assert "Original with noise" in {trace.get("name") for trace in pictures(app)[1]["data"]}
    assert "--noise muscle:6 --seed 2" in app.code[0].value


# what goes wrong


def test_a_folder_that_is_no_checkpoint_is_refused_and_the_others_stay():
    app = visit(codecs="dct")
    app.multiselect(key=choices_compare.CODECS).set_value(["dct", "no/such/folder"]).run()
    finish(app)
    assert not app.exception
    assert "no/such/folder" in plain(app.error[0].value)
    assert list(app.dataframe[0].value["codec"]) == ["dct"]


class Held(Toy):
    """A codec that works until it is let go."""

    name = "held"

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = Event(), Event()

    def compress(self, recording: Any, quality: float, progress: Any = None) -> bytes:
        if progress:
            self.begun.set()
            for step in range(100_000):
                if self.go.wait(0.01):
                    break
                progress(step / 100_000)
        return super().compress(recording, quality)


def test_results_appear_as_they_come_and_stopping_keeps_them(monkeypatch):
    held, real = Held(), codecs.codec
    monkeypatch.setattr(codecs, "codec", lambda name: held if name == "vae" else real(name))
    monkeypatch.setattr(contests, "names", lambda: ("dct", "vae"))
    monkeypatch.setattr(contests, "titles", dict)
    app = visit(codecs="dct,vae", ratio="20")
    assert held.begun.wait(PATIENCE)
    work = jobs(app)["table"][1]
    while not work.found:
        work.wait(0.05)
    app.run()
    assert list(app.dataframe[0].value["codec"]) == ["dct"]
    assert "still to come" in verdict(app)
    assert "vae: encoding" in " ".join(plain(caption.value) for caption in app.caption)
    button(app, "Stop").click().run()
    finish(app)
    assert work.stopped
    assert not work.complete
    assert list(app.dataframe[0].value["codec"]) == ["dct"]
    held.go.set()
    button(app, "Go on").click().run()
    finish(app)
    assert set(app.dataframe[0].value["codec"]) == {"dct", "vae"}


def test_other_choices_stop_what_is_under_way(monkeypatch):
    held, real = Held(), codecs.codec
    monkeypatch.setattr(codecs, "codec", lambda name: held if name == "vae" else real(name))
    monkeypatch.setattr(contests, "names", lambda: ("dct", "vae"))
    monkeypatch.setattr(contests, "titles", dict)
    app = visit(codecs="vae", ratio="21")
    assert held.begun.wait(PATIENCE)
    work = jobs(app)["table"][1]
    app.multiselect(key=choices_compare.CODECS).set_value(["dct"]).run()
    work.wait(PATIENCE)
    assert work.stopped
    assert not work.running


def test_a_very_long_recording_waits_for_the_readers_word(monkeypatch):
    from app.views import compare

    monkeypatch.setattr(compare, "LARGE", 1000)
    app = visit(codecs="dct", ratio="23")
    assert not jobs(app)
    assert "memory" in app.info[0].value
    button(app, "Compare").click().run()
    finish(app)
    assert list(app.dataframe[0].value["codec"]) == ["dct"]


# curve and evidence


def test_the_curve_has_every_codec_at_several_sizes_and_the_tables_points_in_rings():
    app = opened(codecs="dct,averaging")
    button(app, "Draw the curve").click().run()
    finish(app, "curve")
    assert not app.exception
    lines = {trace["name"]: trace for trace in pictures(app)[2]["data"] if trace.get("name") in ("dct", "averaging")}
    assert set(lines) == {"dct", "averaging"}
    points = jobs(app)["curve"][1].found
    contest = prepare("ecg", cache.example("normal"))
    assert len(points) >= 8
    for point in points:
        assert 8 * point.size / extent(contest.layout).amount == pytest.approx(point.rate)
    rings = [trace for trace in pictures(app)[2]["data"] if trace.get("marker", {}).get("size") == 17]
    assert len(rings) == 2
    app.selectbox(key=choices_compare.RANKING).set_value("max_error").run()
    assert "Largest error (mV)" in pictures(app)[2]["layout"]["yaxis"]["title"]["text"]


def test_the_evidence_holds_the_tables_numbers_and_the_command_that_is_shown(library):
    app = opened(codecs=CODECS, ratio="31")
    button(app, "Prepare the evidence").click().run()
    finish(app, "bundle")
    assert not app.exception
    packed = jobs(app)["bundle"][1].found[0].packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = set(archive.namelist())
        found = json.loads(archive.read("results.json"))
        assert {archive.read(f"files/{name}.vqz")[:4] for name in CODECS.split(",")}
    assert names >= {"README.md", "scores.csv", "reconstructions/dct.dat"}
    assert names >= {f"figures/{name}" for name in ("window.html", "errors.html", "curve.html", "plotly.min.js")}
    scores = {point["codec"]: point["scores"]["prdn"]["value"] for point in found["points"]}
    table = app.dataframe[0].value
    assert scores == pytest.approx(dict(zip(table["codec"], table["prdn"], strict=True)), rel=1e-12)
    assert found["command"].split(" --output")[0] == app.code[0].value.split(" --output")[0]
    assert found["command"].startswith("python -m vqvae compare example:normal --codecs averaging,wavelet,dct --bytes ")


# trained codecs


def test_a_record_that_a_codec_was_chosen_on_is_warned_of(library, monkeypatch, short_examples):
    from app.views import compare_trained

    said: list[str] = []
    monkeypatch.setattr(compare_trained.st, "warning", lambda sentence, **_: said.append(plain(sentence)))
    results = [replace(library[0], codec="ecg")]
    compare_trained.fairness(results, "114")
    assert "ecg was chosen on a record of this name, mitdb/114" in " ".join(said)
    said.clear()
    compare_trained.fairness(results, "my own")
    assert not said


def test_a_runs_folder_means_its_best_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    best = tmp_path / "runs/a/best"
    best.mkdir(parents=True)
    (tmp_path / "runs/a/config.json").write_text("{}")
    assert trained.resolved("runs/a") == "runs/a"
    assert trained.run_folders() == []
    (best / "model.safetensors").write_bytes(b"x")
    source = {"folder": "mitdb", "records": ["101", "9"]}
    (best / "config.json").write_text(json.dumps({"modality": "ecg", "training": {"training": [source]}}))
    assert trained.resolved("runs/a") == trained.resolved("runs/a/best") == "runs/a/best"
    assert trained.run_folders() == ["runs/a/best"]
    assert trained.resolved("dct") == "dct"
    row = trained.table(trained.folders(["dct", "runs/a/best", "no/such"]))
    assert [(found.codec, found.training) for found in row] == [("runs/a/best", "mitdb: 2 records (9, 101)")]


# words


def made(codec: str, size: int = 100, **values: float) -> Result:
    perfect = {"snr": math.inf, "r_peak_f1_36ms": 100.0}
    units = {"prdn": "%", "max_error": "mV", "r_peak_f1_36ms": "%", "snr": "dB"}
    scores = tuple(Score(name, value, units[name], perfect.get(name, 0.0), "") for name, value in values.items())
    empty = Ecg(np.zeros((1, 1), np.float32), 360.0, ("I",))
    return Result(codec, codec, "", b"x" * size, 100, 0.0, 1.0, "bit/s", 1.0, empty, Report(scores, {}), None, Seconds(0, 0, 0))


def judged(results: list[Result], scores: tuple[str, ...] = ("prdn", "max_error"), ours: tuple[str, ...] = ("ecg", "ecg-fine")) -> Any:
    said = compare_words.verdict(ranked(results, scores[0]), scores, ours, "15.1 kB")
    return said, " ".join([said.lead, *said.rest]).replace("\u202f", " ")


def test_the_verdict_names_the_winner_the_hardest_opponent_and_the_textbook():
    results = [made("ecg-fine", prdn=4.8, max_error=0.2), made("wavelet", prdn=8.7, max_error=0.5)]
    said, words = judged([*results, made("wavelet-adaptive", prdn=6.1, max_error=0.3), made("dct", prdn=9.0, max_error=0.4)])
    assert said.won
    assert words == (
        "At 15.1 kB ecg-fine keeps most: PRDN 4.80 %. The best opponent, the wavelet with our entropy coder, has 6.10 %. "
        "The textbook wavelet has 8.70 %. Ours lose on none of the other scores shown."
    )


def test_the_verdict_says_where_ours_lose():
    said, words = judged([made("ecg-fine", prdn=4.8, max_error=0.412), made("dct", prdn=9.0, max_error=0.35)])
    assert said.won
    assert "Ours lose on Largest error (0.412 mV against 0.350 mV of dct)." in words


def test_the_verdict_of_a_defeat_names_the_best_of_ours():
    ours = [made("ecg", prdn=9.5, max_error=0.3), made("ecg-fine", prdn=9.2, max_error=0.1)]
    said, words = judged([*ours, made("dct", prdn=9.0, max_error=0.4)])
    assert said.won is False
    assert words.startswith("At 15.1 kB dct keeps most: PRDN 9.00 %. The best of ours, ecg-fine, has 9.20 %.")
    assert words.endswith("Ours lose on none of the other scores shown.")


def test_equals_win_together_and_nobody_wins_without_an_answer():
    _, words = judged([made("ecg", r_peak_f1_36ms=100.0), made("dct", r_peak_f1_36ms=100.0)], ("r_peak_f1_36ms",))
    assert "ecg and dct keep most: R peak F1 36 ms 100 %." in words
    said, words = judged([made("ecg", prdn=math.nan), made("dct", prdn=math.nan)], ("prdn",))
    assert said.won is None
    assert words == "At 15.1 kB nobody has an answer for PRDN."


def test_a_file_that_is_too_large_wins_nothing_in_the_words_either():
    _, words = judged([made("ecg", size=150, prdn=1.0, max_error=0.1), made("dct", prdn=9.0, max_error=0.4)])
    assert words.startswith("At 15.1 kB dct keeps most")
    assert "ecg" not in words


# jobs


def test_a_job_finds_one_thing_after_the_other_and_says_how_far_it_is():
    go = Event()

    def work(told: Any) -> Any:
        told("a", "thinking", 0.5)
        yield 1
        assert go.wait(PATIENCE)
        told("a", "done", 1.0)
        told("b", "done", 1.0)
        yield 2

    job: Job[int] = Job(["a", "b"], work)
    while not job.found:
        job.wait(0.01)
    assert (job.running, job.share, job.parts["a"].doing) == (True, 0.25, "thinking")
    go.set()
    job.wait(PATIENCE)
    assert (job.found, job.complete, job.running, job.share) == ([1, 2], True, False, 1.0)


def test_a_job_stops_where_it_reports_and_keeps_what_it_found():
    def work(told: Any) -> Any:
        yield 1
        while True:
            told("a", "thinking", 0.1)

    job: Job[int] = Job(["a"], work)
    job.stop()
    job.wait(PATIENCE)
    assert not job.running
    assert not job.complete
    assert job.found in ([], [1])


def test_a_refused_job_says_why():
    def work(told: Any) -> Any:
        told("a", "thinking", 0.1)
        raise ValueError("there is nothing to code")
        yield

    job: Job[int] = Job(["a"], work)
    job.wait(PATIENCE)
    assert (job.refusal, job.complete, job.running) == ("there is nothing to code", False, False)
