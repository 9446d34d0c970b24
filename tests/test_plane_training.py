"""Training on images from the command line: checkpoints that load, runs that stop anywhere and go on to the same, seeds that decide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from brain_cases import save_nifti
from safetensors.torch import load_file

from vqvae import pipeline
from vqvae.cli import main
from vqvae.commands.terminal import Stopped, Told
from vqvae.config import to_json, write_json
from vqvae.modalities import brain
from vqvae.networks.frames import FramesConfig
from vqvae.networks.planes import MenderConfig
from vqvae.networks.vqvae import ModelConfig, QuantizerConfig
from vqvae.training.config import Source
from vqvae.training.fine_planes import FinePlanesConfig, FinePlanesTraining
from vqvae.training.mending import MendingTraining, Pair, draw, ssim
from vqvae.training.planes import Crops, PlanesConfig, PlanesModel, PlanesTraining

TRAINED, CHECKED = (Source("toy", ("training",)),), (Source("toy", ("validation",)),)
MENDING = MendingTraining(steps=4, batch_size=2, window=32, check_every=2)


def head(number: int, side: int = 28) -> np.ndarray:
    """A bright disk with stripes, three slices, somewhat other for every number."""
    x, y = np.meshgrid(*[np.linspace(-1, 1, side)] * 2, indexing="ij")
    slices = [(x**2 + y**2 < 0.6 + 0.05 * number) * (500 + 200 * np.sin((7 + number) * x + step)) for step in range(3)]
    return np.stack(slices, axis=2).astype("<i2")


def codebooks(kind: str) -> PlanesConfig:
    network, refined = FramesConfig(2, 8, width=8, dilations=(1,)), kind == "refined"
    model = PlanesModel(ModelConfig(network, QuantizerConfig(kind, 16, 2 if refined else 1)), MenderConfig((8,), 3 if refined else 1))
    training = PlanesTraining(
        TRAINED, CHECKED, steps=8, batch_size=4, window=32, grow_every=2, kmeans_windows=24, restart_every=3, check_every=4,
        mending=MENDING, taught=2, seen=2,
    )  # fmt: skip
    return PlanesConfig("toy", "brain", model, training, brain.describe_preprocessing())


def fine() -> FinePlanesConfig:
    training = FinePlanesTraining(TRAINED, CHECKED, MENDING, taught=2, seen=2, qualities=(2.0, 3.0))
    return FinePlanesConfig("toy", "brain", MenderConfig((8,)), training, (2.0, 3.0), brain.describe_preprocessing())


CONFIGS = {"refined": codebooks("refined"), "ema": codebooks("ema"), "fine": fine()}


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for split, number in (("train", 0), ("train", 1), ("train", 2), ("val", 3)):
        (folder / "toy" / split).mkdir(parents=True, exist_ok=True)
        save_nifti(folder / "toy" / split / f"sub-{number}.nii", head(number))
    return folder


def trained(people: Path, run: Path, name: str, seed: int = 0) -> Path:
    """The folder of the checkpoint that a run ends with."""
    write_json(run.parent / f"{name}.json", to_json(CONFIGS[name]))
    torch.manual_seed(seed)  # of what ran before in this process
    assert main(["train", str(run.parent / f"{name}.json"), "--data", str(people), "--run", str(run)]) == 0
    return run / ("best" if name == "fine" else "finished")


@pytest.mark.usefixtures("repeatable")
@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_alone_decides_what_is_learned_and_the_checkpoint_codes_images(name, people, tmp_path):
    one, two = (trained(people, tmp_path / run, name, seed) for seed, run in ((1, "one"), (2, "two")))
    for file in ("model.safetensors", "start.bin", "config.json"):
        assert (one / file).read_bytes() == (two / file).read_bytes(), file
    checkpoint, image = pipeline.load(one), brain.read(people / "toy" / "val" / "sub-3.nii")
    rebuilt = pipeline.decode(checkpoint, pipeline.encode(checkpoint, image))
    assert np.corrcoef(rebuilt.voxels.ravel(), image.voxels.ravel())[0, 1] > 0.8


STOPS = {
    "refined": ("reading the images", "step 4 of 8", "coding the images", "learning the coder", "decoding the images", "step 2 of 4"),
    "ema": ("step 4 of 8", "coding the images"),
    "fine": ("coding slices", "step 2 of 4"),
}


@pytest.mark.usefixtures("repeatable")
@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_stops_whatever_it_does_and_goes_on_to_what_it_would_have_been(name, people, tmp_path, monkeypatch, capsys):
    whole = trained(people, tmp_path / "whole", name)
    for words in STOPS[name]:
        with monkeypatch.context() as patch:
            patch.setattr(Stopped, "asked", False)

            def stop(_told: Told, doing: str, _share: float, at: str = words) -> None:
                if doing.startswith(at):
                    Stopped.asked = True
                elif Stopped.asked:
                    pytest.fail(f"went on to {doing}")

            patch.setattr(Told, "__call__", stop)
            parts = trained(people, tmp_path / "parts", name)
        assert "stopped; go on with" in capsys.readouterr().out, words
    assert main(["train", "--resume", str(tmp_path / "parts"), "--data", str(people)]) == 0
    assert (parts / "start.bin").read_bytes() == (whole / "start.bin").read_bytes()
    found, wanted = load_file(parts / "model.safetensors"), load_file(whole / "model.safetensors")
    for key, tensor in wanted.items():
        assert torch.allclose(found[key], tensor, atol=1e-5), key


def test_people_whose_slices_are_of_other_sides_are_named(people, tmp_path, capsys):
    (tmp_path / "toy" / "train").mkdir(parents=True)
    (tmp_path / "toy" / "val").mkdir()
    for place, side in (("train/sub-0", 28), ("train/sub-1", 200), ("val/sub-2", 28)):
        save_nifti(tmp_path / "toy" / f"{place}.nii", head(0, side))
    for name, config in CONFIGS.items():
        write_json(tmp_path / f"{name}.json", to_json(config))
        assert main(["train", str(tmp_path / f"{name}.json"), "--data", str(tmp_path), "--run", str(tmp_path / name)]) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert "toy/sub-0" in line
        assert "toy/sub-1" in line
        assert "images of one size" in line


def test_a_network_that_mends_between_slices_cannot_learn_end_to_end_and_this_is_said(people, tmp_path, capsys):
    model = replace(CONFIGS["ema"].model, mender=MenderConfig((8,), 3))
    write_json(tmp_path / "toy.json", to_json(replace(CONFIGS["ema"], model=model)))
    assert main(["train", str(tmp_path / "toy.json"), "--data", str(people), "--run", str(tmp_path / "run")]) == 2
    assert "mender.slices 1, not 3" in capsys.readouterr().err


def test_windows_are_pieces_of_slices_times_a_gain_the_same_for_the_same_step():
    volumes = [np.random.default_rng(number).random((40, 48, 3)).astype(np.float16) for number in range(2)]
    crops = Crops(volumes, PlanesTraining(TRAINED, CHECKED, window=8))
    batch = crops.batch(3, 12)
    assert batch.shape == (12, 1, 8, 8)
    assert torch.equal(batch, crops.batch(3, 12))
    assert not torch.equal(batch, crops.batch(4, 12))
    views = [np.lib.stride_tricks.sliding_window_view(np.moveaxis(volume, 2, 0).astype(np.float32), (8, 8), (1, 2)) for volume in volumes]
    mirrored = 0
    for window in batch[:, 0].numpy():
        ways = [max(_likeness(view, turned) for view in views) for turned in (window, window[::-1])]
        assert max(ways) > 1 - 1e-6
        mirrored += ways[1] > ways[0]
    assert 0 < mirrored < 12


def _likeness(views: np.ndarray, window: np.ndarray) -> float:
    """The highest cosine between a window and the windows (…, W, W) of a volume."""
    return float(((views * window).sum((-2, -1)) / np.sqrt((views**2).sum((-2, -1)) * (window**2).sum())).max())


def test_a_mender_sees_a_slice_between_its_neighbours_or_alone_and_never_another_place():
    original = np.random.default_rng(0).random((24, 16, 5)).astype(np.float16)
    settings = MendingTraining(batch_size=20, window=8)
    for alone in (False, True):
        batch = draw([Pair(original, original, 0.5, alone)], 3, settings, 7)
        assert torch.equal(batch.seen[:, 1:2], batch.wanted)
        assert torch.equal(batch.coarseness, torch.full((20, 1), 0.5))
        repeated = (batch.seen[:, 0] == batch.seen[:, 1]).all() and (batch.seen[:, 2] == batch.seen[:, 1]).all()
        assert bool(repeated) == alone
    still = draw([Pair(original, original, 0.0, True)], 1, settings, -2, mirrored=False)
    views = np.lib.stride_tricks.sliding_window_view(np.moveaxis(original, 2, 0).astype(np.float32), (8, 8), (1, 2))
    assert all((views == window).all((-2, -1)).any() for window in still.wanted[:, 0].numpy())


def test_the_similarity_that_is_learned_is_the_one_that_is_reported():
    from scipy.ndimage import gaussian_filter

    random = np.random.default_rng(0)
    one = gaussian_filter(random.random((40, 36)), 2).astype(np.float32)
    other = one + 0.05 * random.standard_normal(one.shape).astype(np.float32)
    found = ssim(*(torch.from_numpy(image)[None, None] for image in (one, other)))[0, 0].numpy()

    def mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values.astype(np.float64), 1.5, radius=5)

    a, b = mean(one), mean(other)
    both, spread = mean(one * other) - a * b, mean(one * one) - a * a + mean(other * other) - b * b
    wanted = (2 * a * b + 1e-4) * (2 * both + 9e-4) / ((a * a + b * b + 1e-4) * (spread + 9e-4))
    np.testing.assert_allclose(found, wanted[5:-5, 5:-5], atol=1e-4)
