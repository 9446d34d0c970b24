"""The Compare page without a browser: what it says is what the library finds, and nothing is computed twice."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from compare_pages import CODECS, button, finish, jobs, opened, plain, short_examples, verdict, visit
from streamlit.testing.v1 import AppTest

from app import cache, choices_compare, choices_ecg, contests, trained
from app.compared import COMPARED, Amount
from app.jobs import Job
from app.views import compare_words
from app.views.ecg import HEADLINE
from app.words import score_title
from vqvae import codecs
from vqvae.cards import HEADLINES
from vqvae.contest.entries import prepare
from vqvae.contest.results import Result, ranked
from vqvae.modalities.ecg import extent
from vqvae.modalities.ecg.disturb import Disturbance, disturb

__all__ = ["short_examples"]  # a fixture
AT, USUAL = choices_compare.KEYS["ecg"], COMPARED["ecg"]
USUAL_RATIO = 32.0


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
    found = contest.compare([codecs.codec(name) for name in CODECS.split(",")], contest.size(USUAL_RATIO))
    return ranked([answer for answer in found if isinstance(answer, Result)], "prdn")


def test_the_table_holds_the_librarys_numbers_ranked(first, library):
    assert not first.exception
    table = first.dataframe[0].value
    assert list(table["codec"]) == [result.codec for result in library]
    for name in USUAL.scores:
        assert np.allclose(table[name], [result.truth.value(name) for result in library], equal_nan=True, rtol=1e-12)
    assert list(table["bytes"]) == [len(result.data) for result in library]


def test_the_verdict_says_who_keeps_most_at_which_size_in_the_tables_numbers(first, library):
    said = verdict(first)
    best = library[0]
    assert f"PRDN {best.truth.value('prdn'):.3g}" in said
    assert compare_words.called(best) in said
    assert "32 times smaller than the original" in said
    assert "bit/s per lead" in said


def test_every_column_of_scores_has_its_definition(first, library):
    config = json.loads(first.dataframe[0].proto.columns)
    for name in USUAL.scores:
        definition = next(score.definition for score in library[0].truth.scores if score.name == name)
        assert config[name]["help"].startswith(definition)
        assert score_title(name) in config[name]["label"]


def test_the_wavelet_is_said_to_stand_there_twice(first):
    assert any("twice" in caption.value and "adaptive" in caption.value for caption in first.caption)


def test_another_ranking_orders_anew_and_computes_nothing(monkeypatch, first):
    app = opened()
    monkeypatch.setattr(contests, "start", lambda *_: pytest.fail("computed again"))
    app.selectbox(key=AT.ranking).set_value("max_error").run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["max_error"]) == sorted(table["max_error"])
    assert "Worst error" in verdict(app)
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
        app.selectbox(key=AT.unit).set_value(unit).run()
        assert not app.exception
        assert verdict(app) == before
    assert app.session_state[AT.size] == pytest.approx(USUAL_RATIO, rel=0.01)


def test_sizes_convert_without_loss():
    ways = Amount(units=3600.0, raw_bytes=1_782_000.0)
    assert ways.to_bytes(32, "ratio") == 55_687
    assert ways.said(55_687, "rate") == pytest.approx(123.75, abs=0.01)
    assert [ways.to_bytes(ways.said(55_687, unit), unit) for unit in ("ratio", "bytes")] == [55_687, 55_687]
    recording = cache.example("normal")
    contest = prepare("ecg", recording)
    assert USUAL.amount(recording).raw_bytes == contest.raw_bytes
    assert USUAL.amount(recording).units == extent(contest.layout).amount


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
    assert app.session_state[AT.codecs] == list(codecs.names("ecg"))
    assert app.session_state[AT.size] == USUAL_RATIO
    assert app.session_state[AT.ranking] == "prdn"


def test_the_window_opens_where_codecs_differ_most_and_goes_on_to_the_next():
    app = opened()
    at = app.session_state[choices_ecg.TIME]
    low, high = pictures(app)[1]["layout"]["xaxis"]["range"]
    assert (low, high) == (at, at + USUAL.window)
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
    for name, line in lines.items():
        rates = [8 * point.size / extent(contest.layout).amount for point in points if point.codec == name]
        assert set(np.round(line["x"], 6)) >= set(np.round(rates, 6))
    rings = [trace for trace in pictures(app)[2]["data"] if trace.get("marker", {}).get("size") == 17]
    assert len(rings) == 2
    app.selectbox(key=AT.ranking).set_value("max_error").run()
    assert "Worst error (mV)" in pictures(app)[2]["layout"]["yaxis"]["title"]["text"]


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


def test_scores_are_called_the_same_on_every_page_and_in_the_tables_of_the_readme():
    for name in ("prdn", "r_peak_f1_150ms", "r_peak_f1_36ms"):
        assert score_title(name).replace("\u202f", " ") == HEADLINES[name]
    assert score_title("max_error") == HEADLINE["max_error"].format(all="")
    assert score_title("annotated_r_peak_f1_36ms_v") == "Annotated R-peak F1, 36\u202fms, class V"
    assert score_title("qrs_duration_within_10ms") == "QRS width within 10\u202fms"


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
    assert trained.run_folders("ecg") == []
    (best / "model.safetensors").write_bytes(b"x")
    source = {"folder": "mitdb", "records": ["101", "9"]}
    (best / "config.json").write_text(json.dumps({"modality": "ecg", "training": {"training": [source]}}))
    assert trained.resolved("runs/a") == trained.resolved("runs/a/best") == "runs/a/best"
    assert trained.run_folders("ecg") == ["runs/a/best"]
    assert trained.resolved("dct") == "dct"
    row = trained.table(codecs.trained(["dct", "runs/a/best", "no/such"]))
    assert [(found.codec, found.training) for found in row] == [("runs/a/best", "mitdb: 2 records (9, 101)")]
