"""The autoencoders that the codebook is compared with: what they start as, what they are charged for, training, and coding."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from vqvae import checkpoint as checkpoints
from vqvae.baselines import baseline
from vqvae.baselines import dct as cosine
from vqvae.baselines.learned import Learned
from vqvae.baselines.scalar import ONE, dequantise, step_of
from vqvae.cli import main
from vqvae.config import to_json, write_json
from vqvae.modalities import modality
from vqvae.modalities.ecg.examples import Scenario, synthesise
from vqvae.networks.autoencoder import Autoencoder, AutoencoderNetworkConfig, VariationalAutoencoder, build_autoencoder
from vqvae.networks.frames import FramesConfig
from vqvae.training.autoencoder import AutoencoderConfig, AutoencoderTrainingConfig, train_autoencoder
from vqvae.training.config import Source

TASKS = ("autoencoder", "vae")
FRAMES = FramesConfig(width=16, dilations=(1, 2))


def config(task: str, steps: int = 60) -> AutoencoderConfig:
    training = AutoencoderTrainingConfig(
        (Source("made", ("a", "b")),), (Source("made", ("c",)),), steps=steps, batch_size=4, window=32, check_every=20
    )
    return AutoencoderConfig("tiny", "ecg", task, AutoencoderNetworkConfig(FRAMES, 8), training)


@pytest.mark.parametrize("task", TASKS)
def test_before_training_it_is_a_lapped_transform_without_its_high_frequencies(task):
    values = np.random.default_rng(0).standard_normal((1, 1, 32 * 20)).astype(np.float32)
    for latents in (32, 12):
        model = build_autoencoder(task, AutoencoderNetworkConfig(FRAMES, latents))
        with torch.no_grad():
            found = model.decode(model.encode(torch.from_numpy(values))).numpy()[0, 0]
        coefficients = cosine.analysis(values[0, 0])
        coefficients[:, latents:] = 0
        assert np.allclose(found, cosine.synthesis(coefficients), atol=1e-4)


def test_the_probabilities_of_all_multiples_of_a_step_add_up_to_one():
    model = Autoencoder(AutoencoderNetworkConfig(FRAMES, 1))
    for step in (0.02, 0.3, 1.0, 5.0):
        codes = torch.arange(-2000, 2001)[None, None] * step
        bits = model._bits(codes, torch.tensor([[[step]]])).detach()
        assert float(torch.exp2(-bits.double()).sum()) == pytest.approx(1, abs=1e-4)
        assert bits.min() >= 0


def test_the_price_of_a_latent_far_out_is_finite_and_still_pulls_it_in():
    model = Autoencoder(AutoencoderNetworkConfig(FRAMES, 1))
    far = torch.tensor([[[-1e4, 0.05, 1e4]]], requires_grad=True)
    bits = model._bits(far, torch.tensor([[[0.1]]]))
    bits.sum().backward()
    assert torch.isfinite(bits).all()
    assert torch.isfinite(far.grad).all()
    assert far.grad[0, 0, 0] < 0 < far.grad[0, 0, 2]


def test_the_decoder_sees_rounded_latents_and_the_gradient_passes_straight_through():
    torch.manual_seed(0)
    model = Autoencoder(AutoencoderNetworkConfig(FRAMES, 8))
    values, steps = torch.randn(2, 1, 320), torch.tensor([0.5, 1e-6])
    latents = model.encode(values)
    passed = model(values, steps, torch.Generator().manual_seed(0))
    assert torch.allclose(passed.values[0], model.decode(torch.round(latents / 0.5) * 0.5)[0], atol=1e-5)
    assert torch.allclose(passed.values[1], model.decode(latents)[1], atol=1e-4)
    fine, coarse = (
        torch.autograd.grad(model(values, torch.full((2,), step), torch.Generator()).values.sum(), model.encoder.analysis)[0]
        for step in (1e-6, 100.0)
    )
    assert coarse.abs().sum() > 0.1 * fine.abs().sum()


def test_the_variational_cost_is_the_divergence_from_the_standard_gaussian():
    torch.manual_seed(0)
    model = VariationalAutoencoder(AutoencoderNetworkConfig(FRAMES, 8))
    torch.nn.init.normal_(model.spread.weight, std=0.1)
    values = torch.randn(2, 1, 320)
    mean, spread = model.encode(values), (0.5 * model.spread(model._seen(values))).exp()
    expected = torch.distributions.kl_divergence(torch.distributions.Normal(mean, spread), torch.distributions.Normal(0.0, 1.0))
    assert torch.allclose(model(values, torch.ones(2), torch.Generator()).cost, expected, atol=1e-4)


def test_the_variational_decoder_sees_draws_of_the_stated_spread():
    model = VariationalAutoencoder(AutoencoderNetworkConfig(FRAMES, 32))
    values = torch.zeros(1, 1, 32 * 2000)
    drawn = model(values, torch.ones(1), torch.Generator().manual_seed(0)).values
    assert float(drawn.detach().std()) == pytest.approx(math.exp(-1.5), rel=0.03)  # the transform is orthonormal


def test_a_width_of_no_or_too_many_latents_and_another_task_are_refused():
    with pytest.raises(ValueError, match="latents 33 is not in 1…32"):
        AutoencoderNetworkConfig(FRAMES, 33)
    with pytest.raises(ValueError, match="'gan'"):
        build_autoencoder("gan", AutoencoderNetworkConfig(FRAMES))


@pytest.mark.parametrize("task", TASKS)
def test_training_lowers_the_loss_and_leaves_an_opponent(task, patients, tmp_path):
    best = train_autoencoder(config(task, steps=120), patients, tmp_path / "run")
    losses = [json.loads(line)["loss"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert losses[-1] < losses[0] - 0.02
    opponent = Learned(best)
    assert opponent.name == task
    values = modality("ecg").to_tensors(synthesise(Scenario("d", seconds=20, leads=("II",)), seed=4).ecg).values
    error = opponent.decode(opponent.encode(values, 4.0), 4.0, values.shape[2]) - values
    assert float(error.std()) < 0.3


def test_a_stopped_training_goes_on_as_if_it_had_not_been_stopped(patients, tmp_path):
    train_autoencoder(config("vae"), patients, tmp_path / "whole")
    train_autoencoder(config("vae"), patients, tmp_path / "parts", progress=lambda at: at.step != 37)
    train_autoencoder(config("vae"), patients, tmp_path / "parts")
    whole, parts = (load_file(tmp_path / name / "last" / "state.safetensors") for name in ("whole", "parts"))
    for key, value in whole.items():
        assert torch.allclose(value.float(), parts[key].float(), atol=1e-5), key


def test_the_command_line_trains_an_autoencoder_from_its_configuration(patients, tmp_path, capsys):
    write_json(tmp_path / "config.json", to_json(config("autoencoder", steps=2)))
    assert main(["train", str(tmp_path / "config.json"), "--data", str(patients), "--run", str(tmp_path / "run")]) == 0
    assert "best weights" in capsys.readouterr().out
    assert Learned(tmp_path / "run" / "best").name == "autoencoder"


def test_recordings_too_short_to_validate_on_are_refused_before_anything_is_written(patients, tmp_path):
    settings = AutoencoderTrainingConfig((Source("made", ("a",)),), (Source("made", ("c",)),), window=1100)
    with pytest.raises(ValueError, match=r"longer than 35200 samples"):
        train_autoencoder(AutoencoderConfig("t", "ecg", "vae", AutoencoderNetworkConfig(FRAMES), settings), patients, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder of a network that has learned nothing."""
    folder = tmp_path_factory.mktemp("untrained")
    torch.manual_seed(0)
    model = build_autoencoder("autoencoder", config("autoencoder").network)
    torch.nn.init.normal_(model.look.leave.weight, std=0.1)
    torch.nn.init.normal_(model.decoder.refine.leave.weight, std=0.1)
    write_json(folder / "config.json", to_json(config("autoencoder")))
    save_file(model.state_dict(), folder / "model.safetensors")
    return folder


def test_a_long_signal_is_coded_in_blocks_as_it_would_be_in_one_piece(untrained):
    values = np.random.default_rng(1).standard_normal((1, 1, 32 * 2300)).astype(np.float32)
    opponent = Learned(untrained)
    with torch.no_grad():
        latents = opponent._model.encode(torch.from_numpy(values)).numpy()
    codes = opponent.encode(values, 5.0)
    kept = np.abs(codes) > 1
    assert np.abs(codes * step_of(5.0) - latents)[kept].max() < 0.501 * step_of(5.0)
    with torch.no_grad():
        whole = opponent._model.decode(torch.from_numpy(dequantise(codes, step_of(5.0), ONE))).numpy()
    found = opponent.decode(codes, 5.0, values.shape[2])
    assert np.abs(found - whole).max() < 1e-4


def test_weights_that_do_not_fit_are_refused(untrained, tmp_path):
    (tmp_path / "config.json").write_bytes((untrained / "config.json").read_bytes())
    with pytest.raises(ValueError, match="missing or do not fit"):
        Learned(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((untrained / "model.safetensors").read_bytes()[:-7])
    with pytest.raises(ValueError, match="missing or do not fit"):
        Learned(tmp_path)


@pytest.mark.parametrize("task", TASKS)
def test_a_shipped_autoencoder_is_small_is_no_codebook_and_is_not_broken(task, data):
    folder = checkpoints.SHIPPED / f"ecg-{task}"
    assert (folder / "model.safetensors").stat().st_size < 1_000_000
    assert checkpoints.task(folder) == task
    assert folder.name not in checkpoints.names("ecg")
    with pytest.raises(ValueError, match=f"is a {task}"):
        checkpoints.load(folder.name)
    ecg = modality("ecg")
    values = ecg.to_tensors(ecg.read(data / "mitdb" / "223")).values[:1, :, : 360 * 120 // 32 * 32]
    opponent = baseline(task)
    codes = opponent.encode(values, 1.5)
    error = opponent.decode(codes, 1.5, values.shape[2]) - values
    assert error[..., 32:-32].std() / values.std() < {"autoencoder": 0.08, "vae": 0.15}[task]
    assert 11 * values.size / (8 * len(opponent.coder(1, 1.5).encode(codes))) > 8
