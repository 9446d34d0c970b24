"""The command line: the same numbers as the library, and one sentence when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vqvae import pipeline
from vqvae.checkpoint import load
from vqvae.cli import main
from vqvae.modalities.ecg import example, read, write

ROOT = Path(__file__).parents[1]


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence on standard error."""
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_reconstruct_writes_the_record_and_the_numbers_of_the_library(tmp_path, capsys):
    report = tmp_path / "r.json"
    assert main(["reconstruct", "example:ventricular", "--levels", "2", "--output", str(tmp_path / "out"), "--report", str(report)]) == 0
    checkpoint, recording = pipeline.load("ecg"), example("ventricular")
    rebuilt = pipeline.decode(checkpoint, pipeline.encode(checkpoint, recording), 2)
    expected = pipeline.compare(checkpoint, recording, rebuilt)
    written = json.loads(report.read_text())
    scores = written["points"][0]["scores"]
    for score in expected.scores:
        if np.isfinite(score.value):
            assert scores[score.name]["value"] == pytest.approx(score.value, rel=1e-6), score.name
            assert scores[score.name]["definition"] == score.definition
    assert written["checkpoint"]["sha256"] == checkpoint.sha256
    back = read(tmp_path / "out" / "ventricular.hea")
    assert np.allclose(back.signals, rebuilt.signals, atol=0.001)
    assert "beats" in capsys.readouterr().out


def test_evaluate_scores_every_level_and_means_count_each_recording_once(tmp_path):
    for index, name in enumerate(("normal", "noisy")):
        write(example(name), tmp_path / str(index))
    output = tmp_path / "m.json"
    assert main(["evaluate", "ecg", "--data", str(tmp_path), "--records", "0,1", "--output", str(output)]) == 0
    result = json.loads(output.read_text())
    assert result["data"]["recordings"] == ["0", "1"]
    assert [point["level"] for point in result["points"]] == list(range(1, load("ecg").levels + 1))
    for point in result["points"]:
        values = [row["prdn"] for row in point["recordings"].values()]
        assert point["scores"]["prdn"]["value"] == pytest.approx(sum(values) / 2)
        assert point["scores"]["bits_per_second"]["value"] == pytest.approx(point["rate"]["value"])
        assert {"codec", "bytes", "compression_ratio", "seconds"} <= point.keys()
    prdn = [point["scores"]["prdn"]["value"] for point in result["points"]]
    assert prdn == sorted(prdn, reverse=True)


def test_evaluate_on_validation_patients_gives_what_the_checkpoint_says_of_itself(data, tmp_path):
    output = tmp_path / "m.json"
    assert main(["evaluate", "ecg", "--data", str(data / "mitdb"), "--records", "223", "--levels", "3", "--output", str(output)]) == 0
    now = json.loads(output.read_text())["points"][0]["recordings"]["223"]
    said = next(point for point in load("ecg").metrics["points"] if point["level"] == 3)["recordings"]["223"]
    for name in ("prdn", "r_peak_f1_36ms", "qrs_duration_within_10ms", "annotated_r_peak_f1_150ms"):
        assert now[name] == pytest.approx(said[name], rel=2e-3), name
    assert load("ecg").metrics["checkpoint"]["sha256"] == load("ecg").sha256


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["reconstruct", "nowhere.hea", "--output", "x"], "nowhere"),
        (["reconstruct", "example:unknown", "--output", "x"], "unknown"),
        (["reconstruct", "example:normal", "--levels", "9", "--output", "x"], "not in 1…6"),
        (["reconstruct", "example:normal", "--levels", "0", "--output", "x"], "not in 1…6"),
        (["reconstruct", "example:normal", "--checkpoint", "best", "--output", "x"], "there is no checkpoint 'best'"),
        (["reconstruct", "example:normal", "--lead", "X9", "--output", "x"], "X9"),
        (["reconstruct", "example:normal", "example:noisy", "--output", "x", "--report", "r.json"], "one recording"),
        (["evaluate", "ecg", "--data", "nowhere"], "there is no folder"),
        (["train", "nowhere.json", "--data", "."], "nowhere.json"),
        (["train", "--data", "."], "--resume"),
        (["download", "imagenet", "--output", "x"], "imagenet"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_written(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert words in told(capsys)
    assert list(tmp_path.iterdir()) == []


def test_list_names_checkpoints_examples_and_data_sets(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for name in ("ecg", "ecg-delineator", "example:ventricular", "mitdb", "ludb"):
        assert name in shown


def test_the_program_runs_as_a_module_from_any_folder(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "vqvae", "list"], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert "checkpoint  ecg" in done.stdout


def test_damaged_weights_are_one_sentence(tmp_path, capsys):
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes((ROOT / "checkpoints" / "ecg" / name).read_bytes())
    (folder / "model.safetensors").write_bytes(b"\x00" * 100)
    assert main(["reconstruct", "example:normal", "--checkpoint", str(folder), "--output", str(tmp_path / "x")]) == 2
    assert "damaged" in told(capsys)
