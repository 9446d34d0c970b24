"""The evidence of a comparison: complete, the same bytes for the same results, and made again by its own command."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vqvae import codecs
from vqvae.bundle import Asked, Source, command, contents, packed
from vqvae.contest.entries import Contest, prepare
from vqvae.contest.results import Result
from vqvae.modalities.ecg import Ecg, example, excerpt, fingerprint, read, write
from vqvae.modalities.ecg.disturb import Disturbance, disturb

ROOT = Path(__file__).parents[1]
NAMES = ("wavelet", "averaging")
ASKED = Asked(NAMES, 1500, "II", "muscle:9", 4)


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory) -> dict[str, bytes]:
    """The files of a short record."""
    folder = tmp_path_factory.mktemp("upload")
    written = write(excerpt(example("ventricular"), ["II", "V1"], 15), folder / "holter")
    return {path.name: path.read_bytes() for path in written}


@pytest.fixture(scope="module")
def source(uploaded) -> Source:
    return Source("holter.hea", uploaded, enclosed=True)


@pytest.fixture(scope="module")
def contest(uploaded, tmp_path_factory) -> Contest:
    folder = tmp_path_factory.mktemp("read")
    for name, content in uploaded.items():
        (folder / name).write_bytes(content)
    clean: Ecg = read(folder / "holter.hea")
    return prepare("ecg", disturb(clean, Disturbance(("muscle",), 9.0, 4)), clean, lead="II")


@pytest.fixture(scope="module")
def results(contest) -> list[Result]:
    found = {answer.codec: answer for answer in contest.compare([codecs.codec(name) for name in NAMES], ASKED.size)}
    return [found[name] for name in NAMES]


@pytest.fixture(scope="module")
def files(contest, results, source) -> dict[str, bytes]:
    return contents(contest, results, source, ASKED)


def figures(found: dict[str, Any]) -> Any:
    """All that must be the same on every run."""
    points = [{name: value for name, value in point.items() if name != "seconds"} for point in found["points"]]
    return points, found["winners"], found["inputs"], found["configuration"], found["codecs"]


def test_the_command_in_the_bundle_makes_the_numbers_again(files, tmp_path):
    with zipfile.ZipFile(io.BytesIO(packed(files))) as archive:
        archive.extractall(tmp_path)
    said = json.loads((tmp_path / "results.json").read_text())
    words = shlex.split(said["command"])
    assert words[:3] == ["python", "-m", "vqvae"]
    assert f"    {said['command']}\n" in (tmp_path / "README.md").read_text()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *words[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert figures(json.loads((tmp_path / "again.json").read_text())) == figures(said)


def test_the_bundle_holds_files_reconstructions_figures_and_inputs(files, results, uploaded, tmp_path):
    for result in results:
        assert files[f"files/{result.codec}.vqz"] == result.data
        assert codecs.open_vqz(result.data).name == result.codec
        for suffix in (".hea", ".dat", ".atr"):
            (tmp_path / f"{result.codec}{suffix}").write_bytes(files[f"reconstructions/{result.codec}{suffix}"])
        back = read(tmp_path / f"{result.codec}.hea")
        assert np.allclose(back.signals, result.reconstruction.signals, atol=1e-4)
        page = files[f"figures/{result.codec}.html"].decode()
        assert 'src="plotly.min.js"' in page
        assert "https://" not in page.replace("https://plotly.com", "")
    assert b"plotly.js v" in files["figures/plotly.min.js"][:200]
    assert {name.removeprefix("input/"): content for name, content in files.items() if name.startswith("input/")} == uploaded


def test_scores_are_told_twice_against_the_original_and_as_given(files, results):
    found = json.loads(files["results.json"])
    rows = list(csv.DictReader(io.StringIO(files["scores.csv"].decode())))
    for result, point in zip(results, found["points"], strict=True):
        assert point["bytes"] == len(result.data)
        for against, report, part in (("original", result.truth, "scores"), ("as given", result.faithful, "faithful")):
            assert report is not None
            mine = {row["score"]: row for row in rows if row["codec"] == result.codec and row["against"] == against}
            for score in report.scores:
                assert mine[score.name]["value"] == str(score.value)
                assert mine[score.name]["definition"] == score.definition
                assert point[part][score.name]["value"] == (score.value if np.isfinite(score.value) else None)


def test_hashes_say_what_was_given(files, contest, uploaded):
    inputs = json.loads(files["results.json"])["inputs"]
    assert inputs["sha256_of_files"] == {name: hashlib.sha256(content).hexdigest() for name, content in uploaded.items()}
    assert inputs["sha256_of_values"] == fingerprint(contest.reference)
    assert inputs["sha256_of_disturbed_values"] == fingerprint(contest.recording) != fingerprint(contest.reference)
    other = excerpt(contest.reference, ["V1", "II"])
    assert fingerprint(other) != fingerprint(contest.reference)


def test_an_input_that_stays_out_is_named_with_its_hash(contest, results, uploaded):
    files = contents(contest, results, Source("holter.hea", uploaded), ASKED, {"mine.png": lambda: b"drawn"})
    assert not [name for name in files if name.startswith("input/")]
    said = files["README.md"].decode()
    assert "not enclosed" in said
    for name, content in uploaded.items():
        assert f"`{name}` with sha256 {hashlib.sha256(content).hexdigest()}" in said
    assert {name for name in files if name.startswith("figures/")} == {"figures/mine.png"}
    assert files["figures/mine.png"] == b"drawn"


def test_the_same_evidence_is_the_same_bytes(files):
    backwards = dict(reversed(files.items()))
    assert packed(files) == packed(backwards)
    with zipfile.ZipFile(io.BytesIO(packed(files))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None


def test_a_command_says_all_that_was_asked_for_and_nothing_else():
    plain = shlex.join(command(Source("example:normal"), Asked(("dct",), 900, "")))
    assert plain == "python -m vqvae compare example:normal --codecs dct --bytes 900 --output again.json"
    asked = Asked(("dct", "runs/a/best"), 900, "II", "baseline wander:3", 7)
    assert shlex.join(command(Source("my file.csv", {}, True, 250.0), asked, "x.zip")) == (
        "python -m vqvae compare 'input/my file.csv' --codecs dct,runs/a/best --bytes 900 --lead II --rate 250.0 "
        "--noise 'baseline wander:3' --seed 7 --output x.zip"
    )
