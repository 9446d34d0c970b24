"""Training of a codebook: it learns, it resumes, it never sees a validation patient."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from vqvae.checkpoint import SHIPPED, load
from vqvae.config import read_json
from vqvae.datasets.splits import SPLITS
from vqvae.networks.frames import FramesConfig
from vqvae.networks.vqvae import ModelConfig, QuantizerConfig
from vqvae.training.config import CodebookConfig, Source, TrainingConfig
from vqvae.training.loop import train
from vqvae.training.windows import Windows


def config(kind: str = "refined", steps: int = 60) -> CodebookConfig:
    model = ModelConfig(FramesConfig(width=16, dilations=(1, 2)), QuantizerConfig(kind, codebook_size=32, levels=2))
    training = TrainingConfig(
        (Source("made", ("a", "b")),),
        (Source("made", ("c",)),),
        steps=steps,
        batch_size=4,
        window=32,
        grow_every=10,
        kmeans_windows=48,
        restart_every=20,
        check_every=20,
    )
    return CodebookConfig("tiny", "ecg", model, training)


def rows(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_training_lowers_the_error_and_leaves_a_checkpoint_that_loads(patients, tmp_path):
    best = train(config(steps=160), patients, tmp_path / "run")
    history = [row["prdn"] for row in rows(tmp_path / "run")]
    assert history[-1][1] < 0.97 * history[0][1]
    assert history[-1][1] < history[-1][0]
    assert load(best).levels == 2
    assert read_json(tmp_path / "run" / "status.json")["state"] == "done"


@pytest.mark.parametrize("kind", ["ema", "gradient"])
def test_plain_quantizers_train_in_the_same_loop(patients, tmp_path, kind):
    train(config(kind, steps=80), patients, tmp_path / "run")
    history = [row["prdn"] for row in rows(tmp_path / "run")]
    assert min(row[-1] for row in history[1:]) < history[0][-1]


def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(patients, tmp_path):
    train(config(), patients, tmp_path / "whole")
    train(config(), patients, tmp_path / "parts", progress=lambda at: at.step != 37)
    assert read_json(tmp_path / "parts" / "status.json")["state"] == "stopped"
    train(config(), patients, tmp_path / "parts")
    whole, parts = (load_file(tmp_path / name / "last" / "state.safetensors") for name in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    for key, value in whole.items():
        assert torch.allclose(value.float(), parts[key].float(), atol=1e-5), key


def test_a_wrong_data_folder_leaves_no_run_behind(tmp_path):
    with pytest.raises(ValueError, match="a"):
        train(config(), tmp_path / "nowhere", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_folder_belongs_to_one_configuration(patients, tmp_path):
    train(config(), patients, tmp_path, progress=lambda _: False)
    other = dataclasses.replace(config(), name="other")
    with pytest.raises(ValueError, match="another configuration"):
        train(other, patients, tmp_path)


def test_windows_repeat_by_step_and_differ_between_steps_ranks_and_seeds():
    series = [[np.arange(1000, dtype=np.float32)]]
    windows = Windows(series, [1.0], 64, seed=3)
    assert torch.equal(windows.batch(5, 8), Windows(series, [1.0], 64, seed=3).batch(5, 8))
    for other in (windows.batch(6, 8), windows.batch(5, 8, rank=1), Windows(series, [1.0], 64, seed=4).batch(5, 8)):
        assert not torch.equal(windows.batch(5, 8), other)


def test_windows_are_stretches_of_the_series_up_to_sign_and_gain():
    windows = Windows([[np.arange(1, 1001, dtype=np.float32)]], [1.0], 64, seed=3).batch(0, 64)[:, 0]
    steps = windows.diff(dim=1)
    assert torch.allclose(steps, steps[:, :1].expand_as(steps), rtol=1e-2)
    assert (steps[:, 0] > 0).any()
    assert (steps[:, 0] < 0).any()


def test_sources_are_drawn_in_their_shares():
    ones, twos = np.ones(500, np.float32), np.full(500, 50, np.float32)
    windows = Windows([[ones], [twos]], [3.0, 1.0], 64, seed=0).batch(0, 2000)
    assert float((windows.abs().amax((1, 2)) < 10).float().mean()) == pytest.approx(0.75, abs=0.03)


def test_a_source_without_a_long_enough_recording_is_refused():
    with pytest.raises(ValueError, match="longer than 64 samples"):
        Windows([[np.ones(10, np.float32)]], [1.0], 64, seed=0)


@pytest.mark.parametrize("name", [path.parent.name for path in SHIPPED.glob("*/config.json")])
def test_no_shipped_checkpoint_was_trained_on_a_validation_patient(name):
    raw = read_json(SHIPPED / name / "config.json")
    if raw.get("task") == "delineator":
        assert raw["last_record"] < min(map(int, SPLITS["ludb"].validation))
        return
    settings = raw["training"]
    if raw["task"] in ("planes", "fine-planes"):  # folders of images tell their splits themselves: test_datasets holds them apart
        assert {record for source in settings["training"] for record in source["records"]} == {"training"}
        assert {record for source in settings["validation"] for record in source["records"]} == {"validation"}
        return
    for source in settings["training"]:
        assert not set(source["records"]) & set(SPLITS[source["folder"]].validation)
    for source in settings["validation"]:
        assert set(source["records"]) <= set(SPLITS[source["folder"]].validation)
