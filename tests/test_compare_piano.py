"""The Compare page on a performance: what it says is what the library and the command line find."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from compare_pages import ROOT, button, finish, jobs, opened, plain, short_examples, verdict
from played import chance, performance
from streamlit.testing.v1 import AppTest

from app import choices_compare, contests, trained
from app.compared import COMPARED
from vqvae import codecs
from vqvae.contest.entries import Contest, prepare
from vqvae.contest.fairness import warnings
from vqvae.contest.results import Result, ranked
from vqvae.modalities.piano import example, extent, read
from vqvae.rates import rate_of

__all__ = ["short_examples"]  # a fixture
AT, USUAL = choices_compare.KEYS["piano"], COMPARED["piano"]
HEADLINE = USUAL.scores[0]
GRIDS = ("grid", "grid-adaptive")


def visited(**address: str) -> AppTest:
    """The page on a performance, everything computed."""
    return opened(**({"example": "minuet", "codecs": ",".join(GRIDS)} | address))


def pictures(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def texts(picture: dict) -> str:
    return " ".join(str(words["text"]) for words in picture["layout"]["annotations"])


@pytest.fixture(scope="module")
def first() -> AppTest:
    """The page on the first example; tests must not touch it."""
    return visited()


@pytest.fixture(scope="module")
def contest() -> Contest:
    return prepare("piano", example("minuet"))


@pytest.fixture(scope="module")
def library(contest) -> list[Result]:
    """What the library finds at the page's usual size, ranked by the page's usual score."""
    ways = USUAL.amount(example("minuet"))
    size = ways.to_bytes(USUAL.usual[1](ways), USUAL.usual[0])
    return ranked([a for a in contest.compare([codecs.codec(name) for name in GRIDS], size) if isinstance(a, Result)], HEADLINE)


def test_the_table_holds_the_librarys_numbers_ranked(first, library, contest):
    assert not first.exception
    table = first.dataframe[0].value
    assert list(table["codec"]) == [result.codec for result in library]
    for name in USUAL.scores:
        assert np.allclose(table[name], [result.truth.value(name) for result in library], equal_nan=True, rtol=1e-12)
    assert list(table["bytes"]) == [len(result.data) for result in library]
    for result, row in zip(library, table.to_dict("records"), strict=True):
        cost = rate_of(result.data, contest.layout)
        assert row["rate"] == cost.value
        assert {name: row[name] for name in cost.apart} == dict(cost.apart)


def test_the_rate_and_what_it_leaves_out_add_up_to_the_file(first, contest):
    notes = extent(contest.layout).amount
    for row in first.dataframe[0].value.to_dict("records"):
        total = row["rate"] + row["pitch_bits_per_note"] + row["frame_bits_per_note"]
        assert total * notes / 8 == pytest.approx(row["bytes"])


def test_the_verdict_says_who_keeps_most_and_how_large_the_files_are(first, library):
    said = verdict(first)
    assert "Notes right, 10\u202fms" in said
    assert "bit/note with pitch" in said
    assert "times smaller than the .mid file" in said
    assert "the grid with our entropy coder" in said
    assert "the textbook grid" in said.lower()
    assert f"{library[0].truth.value(HEADLINE):.3g}" in said


def test_every_checkpoint_and_both_grids_take_part_unless_told_otherwise(contest):
    app = opened(example="minuet", codecs="")
    assert not app.exception
    assert app.session_state[AT.codecs] == list(codecs.names("piano"))
    assert set(app.dataframe[0].value["codec"]) == set(codecs.names("piano"))
    assert all(row["bytes"] <= contest.raw_bytes for row in app.dataframe[0].value.to_dict("records"))


def test_nothing_of_an_electrocardiogram_is_offered(first):
    assert [group.label for group in first.get("button_group")] == ["Kind of data"]
    said = " ".join(plain(str(each.value)) for each in [*first.caption, *first.title, *first.subheader])
    for word in ("lead", "wavelet", "Hz", "beat"):
        assert word not in said
    assert "202 notes" in said
    assert any("twice" in caption.value and "grid" in caption.value for caption in first.caption)


def test_another_ranking_orders_anew_and_computes_nothing(monkeypatch, first):
    app = visited()
    monkeypatch.setattr(contests, "start", lambda *_: pytest.fail("computed again"))
    app.selectbox(key=AT.ranking).set_value("onset_error_ms").run()
    assert not app.exception
    assert list(app.dataframe[0].value["onset_error_ms"]) == sorted(app.dataframe[0].value["onset_error_ms"])
    assert "Onset error" in verdict(app)


def test_the_size_can_be_said_in_three_ways_and_stays_the_same(first):
    app = visited()
    before = app.session_state[AT.size]
    for unit in ("bytes", "ratio", "rate"):
        app.selectbox(key=AT.unit).set_value(unit).run()
        assert not app.exception
        assert verdict(app) == verdict(first)
    assert app.session_state[AT.size] == pytest.approx(before, rel=0.01)


def test_a_size_per_note_is_what_files_hold_besides_what_passes_through(library, contest):
    ways = USUAL.amount(example("minuet"))
    for result in library:
        cost = rate_of(result.data, contest.layout)
        assert ways.said(len(result.data), "rate") == pytest.approx(cost.value + cost.apart["pitch_bits_per_note"], abs=0.3)
        assert ways.said(len(result.data), "ratio") == pytest.approx(cost.compression_ratio)


def test_the_window_opens_where_codecs_differ_most_and_goes_on_to_the_next():
    app = visited()
    at = app.session_state[AT.time]
    assert pictures(app)[1]["layout"]["xaxis"]["range"] == [at, at + USUAL.window]
    button(app, "Next").click().run()
    assert app.session_state[AT.time] != at
    button(app, "Differ most").click().run()
    assert app.session_state[AT.time] == at


def test_the_original_and_every_codec_stand_below_each_other_coloured_by_errors_on_request(first):
    picture = pictures(first)[1]
    assert {trace.get("name") for trace in picture["data"]} >= {"Original", *GRIDS, "under"}
    assert all(name in texts(picture) for name in ("Original", "grid:", "grid-adaptive:"))
    app = visited()
    next(toggle for toggle in app.toggle if toggle.label == "Errors").set_value(True).run()
    assert not app.exception
    low = {trace["marker"]["cmin"] for trace in pictures(app)[1]["data"] if trace.get("name") in GRIDS}
    assert low == {-50}


def test_a_link_opens_the_same_window_of_the_same_performance():
    app = visited(score="onset_error_ms", bytes="600", t="12.5")
    known = {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}
    expected = {"kind": "piano", "example": "minuet", "bytes": "600", "score": "onset_error_ms", "codecs": ",".join(GRIDS)}
    assert known.items() >= expected.items()
    again = opened(**known)
    assert verdict(again) == verdict(app)
    assert pictures(again)[1]["layout"]["xaxis"]["range"] == pictures(app)[1]["layout"]["xaxis"]["range"]


def test_the_curve_has_every_codec_at_several_sizes_in_bits_per_note():
    app = visited()
    button(app, "Draw the curve").click().run()
    finish(app, "curve")
    assert not app.exception
    picture, ways = pictures(app)[2], USUAL.amount(example("minuet"))
    assert picture["layout"]["xaxis"]["title"]["text"] == "Size of the file (bit/note with pitch)"
    points = jobs(app)["curve"][1].found
    for name in GRIDS:
        line = next(trace for trace in picture["data"] if trace.get("name") == name)
        mine = {round(ways.said(point.size, "rate"), 6) for point in points if point.codec == name}
        assert len(mine) >= 3
        assert set(np.round(line["x"], 6)) >= mine


def test_the_evidence_holds_performances_and_the_command_that_gives_the_tables_numbers(tmp_path: Path):
    app = visited(bytes="590")
    button(app, "Prepare the evidence").click().run()
    finish(app, "bundle")
    assert not app.exception
    with zipfile.ZipFile(io.BytesIO(jobs(app)["bundle"][1].found[0].packed)) as archive:
        archive.extractall(tmp_path)
    before = json.loads((tmp_path / "results.json").read_text())
    table = app.dataframe[0].value.set_index("codec")
    for name in GRIDS:
        found = read(tmp_path / f"reconstructions/{name}.mid")
        assert found.count == example("minuet").count
        assert (tmp_path / f"files/{name}.vqz").stat().st_size == table["bytes"][name] <= 590
        assert (tmp_path / "figures/window.html").stat().st_size > 1000
    words = shlex.split(before["command"])
    assert words[3:9] == ["compare", "example:minuet", "--codecs", "grid,grid-adaptive", "--bytes", "590"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *words[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    again = json.loads((tmp_path / "again.json").read_text())
    for one in (before, again):
        for point in one["points"]:
            point.pop("seconds")
    assert again["points"] == before["points"]
    assert again["winners"] == before["winners"]
    for point in again["points"]:
        for name in USUAL.scores:
            assert point["scores"][name]["value"] == table[name][point["codec"]]


def test_the_choices_about_each_kind_of_data_are_kept_apart(first):
    app = visited(bytes="600")
    group = next(group for group in app.get("button_group") if group.label == "Kind of data")
    group.set_value("ecg").run()
    finish(app)
    assert not app.exception
    assert app.session_state[choices_compare.KEYS["ecg"].size] == 32.0
    assert app.session_state[choices_compare.KEYS["ecg"].codecs] == list(codecs.names("ecg"))
    group = next(group for group in app.get("button_group") if group.label == "Kind of data")
    group.set_value("piano").run()
    finish(app)
    assert not app.exception
    assert app.session_state[AT.size] == 600.0
    assert set(app.dataframe[0].value["codec"]) == set(GRIDS)


def test_a_performance_that_a_codec_was_chosen_on_is_warned_of_and_one_that_nobody_saw_is_not(tmp_path):
    places = {"mine": tmp_path}
    source = {"folder": "asap", "records": ["Haydn/*"]}
    (tmp_path / "config.json").write_text(json.dumps({"training": {"training": [], "validation": [source]}}))
    said = " ".join(warnings(places, "GarritsonL03M"))
    assert "mine was chosen on a record of this name, asap/Haydn/" in said
    assert "/GarritsonL03M" in said
    assert not warnings(places, "my own")
    assert trained.table(places)[0].validation == "asap: Haydn/*"


def test_files_of_the_curve_are_about_as_large_as_they_should_be_though_much_of_each_passes_through_untouched():
    moved = np.random.default_rng(0).integers(0, 128, 6000).tolist()
    recording = performance(chance(0, 1500, 40, 300.0), [(0.05 * step, value) for step, value in enumerate(moved)])
    ways, contest = USUAL.amount(recording), prepare("piano", recording)
    assert ways.aside > 0.4 * ways.to_bytes(24.0, "rate")
    wanted = [ways.to_bytes(value, "rate") for value in (24.0, 28.0)]
    for answer in contest.curve([codecs.codec("grid"), codecs.codec("grid-adaptive")], wanted):
        assert isinstance(answer, Result)
        assert len(answer.data) == pytest.approx(answer.size, rel=0.05)
