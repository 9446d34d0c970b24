"""The fine family: wavelet frames, scalar codes, a decoder that begins as the inverse transform."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pywt
import torch

from vqvae import checkpoint, pipeline
from vqvae.cli import main
from vqvae.codec.vqz import read as read_vqz
from vqvae.coder_training import learn_coders
from vqvae.config import to_json, write_json
from vqvae.families import family
from vqvae.modalities.ecg import describe_preprocessing, example, read, to_tensors, write
from vqvae.modalities.ecg.examples import Scenario, synthesise
from vqvae.networks.fine import FineConfig, FineVQVAE
from vqvae.networks.frames import FramesConfig
from vqvae.networks.vqvae import ModelConfig, QuantizerConfig, build
from vqvae.networks.wavelet import from_frames, to_frames, wavelet_bases
from vqvae.quantizers.scalar import MAX_CODE, ScalarQuantizer
from vqvae.training.config import CodebookConfig, Source, TrainingConfig
from vqvae.training.fine import Coded, FineCheckpointConfig, FineTraining, Stage, draw, fine_loss, train_fine

SMALL = FineConfig(width=8, dilations=(1, 2))


def config(**training: object) -> FineCheckpointConfig:
    source = (Source("synthetic", ("a",)),)
    settings = FineTraining(training=source, validation=source, **training)  # type: ignore[arg-type]
    return FineCheckpointConfig("tiny", "ecg", SMALL, settings, preprocessing=describe_preprocessing())


@pytest.fixture(scope="module")
def untrained(tmp_path_factory) -> checkpoint.Checkpoint:
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    checkpoint.save(folder, config(), FineVQVAE(SMALL))
    return pipeline.load(folder)


@pytest.fixture(scope="module")
def recording():
    return example("ventricular")


@pytest.mark.parametrize("levels", [3, 5])
def test_filters_give_the_wavelet_transform_of_a_periodic_signal_and_undo_it(levels):
    signal = np.random.default_rng(0).standard_normal(2**levels * 40)
    bases, frame = wavelet_bases(levels), 2**levels
    taps = bases.analysis.shape[2]
    padded = np.pad(signal, (bases.lead, taps - bases.lead - frame), mode="wrap")
    found = torch.nn.functional.conv1d(torch.from_numpy(padded)[None, None].float(), bases.analysis, stride=frame)[0].T.numpy()
    bands = pywt.wavedec(signal, "bior4.4", "periodization", levels)
    expected = np.concatenate([band.reshape(40, -1) for band in bands], axis=1)
    assert np.allclose(found, expected, atol=1e-5)
    assert np.allclose(to_frames(signal, levels), expected)
    assert np.allclose(from_frames(expected, levels), signal)


def test_scalar_codes_are_the_nearest_multiples_of_the_step_and_never_too_large():
    quantizer, latents = ScalarQuantizer(), torch.tensor([[[0.0, 0.24, -0.26, 0.75, -1.1, 1e12]]])
    codes = quantizer.encode(latents, 0.5)
    assert codes.tolist() == [[[0, 0, -1, 2, -2, MAX_CODE]]]
    back = quantizer.decode(codes[..., :5]) * 0.5
    assert (back - latents[..., :5]).abs().max() <= 0.25 + 0.025  # half a step, and what magnitude 1 is drawn to zero


def test_an_untrained_model_is_the_wavelet_codec(untrained, recording):
    values = to_tensors(recording).values
    codes = family(untrained).encode(values, 2.0, 3375).codes
    rebuilt = family(untrained).decode(codes, 2.0, lambda rows: 0 * rows)
    latents = np.where(np.abs(codes) == 1, np.sign(codes) * 0.95, codes) * 0.25
    for row, expected in zip(rebuilt[:, 0], latents, strict=True):
        assert np.allclose(row, from_frames(expected.T, 5), atol=1e-4)


def test_the_error_falls_with_the_step_at_every_quality(untrained, recording):
    errors, bytes_ = [], []
    for level in range(1, untrained.levels + 1):
        encoded = pipeline.encode(untrained, recording, level)
        errors.append(float(np.square(pipeline.decode(untrained, encoded).signals - recording.signals).mean()))
        bytes_.append(len(pipeline.pack(untrained, encoded)))
    assert errors == sorted(errors, reverse=True)
    assert bytes_ == sorted(bytes_)


def test_chosen_codes_are_the_nearest_or_nearer_to_zero(untrained, recording):
    values = to_tensors(recording).values
    chosen = family(untrained).encode(values, 1.5, 1000).codes
    step = 2.0**-1.5
    latents = np.stack([to_frames(row, 5).T for row in values[:, 0]])
    assert np.abs(chosen).sum() < np.abs(np.rint(latents / step)).sum()
    assert (np.abs(chosen * step) <= np.abs(latents) + 0.501 * step).all()
    assert (chosen * latents >= 0).all()


def test_a_file_holds_the_codes_and_nothing_else_decodes_it(untrained, recording):
    encoded = pipeline.encode(untrained, recording, 4)
    data = pipeline.pack(untrained, encoded, chunk=20.0)
    file = read_vqz(data, lambda contents: family(untrained).coder(contents.coder, contents.shape, contents.quality))
    assert np.array_equal(file.codes, encoded.codes)
    assert file.contents.layout == encoded.layout
    assert file.contents.quality == encoded.quality
    rate = pipeline.rate(untrained, encoded)
    assert rate.bytes == len(pipeline.pack(untrained, encoded))
    assert rate.value == pytest.approx(8 * rate.bytes / (recording.seconds * len(recording.leads)))


def test_a_level_that_was_not_encoded_is_refused(untrained, recording):
    with pytest.raises(ValueError, match="encode at that level"):
        pipeline.decode(untrained, pipeline.encode(untrained, recording, 3), 4)


def test_blocks_do_not_show(untrained, recording, monkeypatch):
    values = np.tile(to_tensors(recording).values, 3)
    whole = family(untrained)
    codes = whole.encode(values, 2.0, 10**6).codes
    rebuilt = whole.decode(codes, 2.0, lambda rows: rows)
    monkeypatch.setattr("vqvae.families.fine.BLOCK", 100)
    assert np.array_equal(whole.encode(values, 2.0, 10**6).codes, codes)
    assert np.allclose(whole.decode(codes, 2.0, lambda rows: rows), rebuilt, atol=1e-4)


def coded(seed: int, config: FineCheckpointConfig) -> Coded:
    """A synthetic series at every step, its own template the truth: there is something to learn."""
    settings, random = config.training, np.random.default_rng(seed)
    values = np.convolve(random.standard_normal(200 * 32 + 40), np.hanning(41), "valid")[None].astype(np.float32)[:, : 200 * 32] / 3
    latents = to_frames(values[0], 5)[None, None]
    steps = np.geomspace(settings.finest, settings.coarsest, settings.rates)
    codes = np.rint(latents / steps[:, None, None, None]).astype(np.int16)
    return Coded(values, codes, np.repeat(latents, len(steps), axis=0)[None], steps)


def test_training_brings_the_error_below_the_linear_decoders_and_can_be_resumed(tmp_path: Path):
    settings = config(batch_size=4, window=48, rates=3, finest=0.2, coarsest=1.0, check_every=20)
    stage = Stage(80, 5e-3)
    sources, checks = [[coded(0, settings)]], [coded(1, settings)]
    best = train_fine(settings, sources, checks, tmp_path / "whole", stage)
    heard: list[int] = []

    def stop_at_20(progress) -> bool:  # type: ignore[no-untyped-def]
        heard.append(progress.step)
        return progress.step != 20

    train_fine(settings, sources, checks, tmp_path / "parts", stage, progress=stop_at_20)
    assert heard[-1] == 20
    again = train_fine(settings, sources, checks, tmp_path / "parts", stage)
    one, two = (weights(folder) for folder in (best, again))
    assert all(torch.allclose(one[name], two[name], atol=1e-6) for name in one)
    model = FineVQVAE(SMALL)
    model.load_state_dict(one)
    batch = draw(sources, [1.0], settings.training, 999)
    assert fine_loss(model, batch).item() < 0.9 * fine_loss(FineVQVAE(SMALL), batch).item() < 0.9


def weights(folder: Path) -> dict[str, torch.Tensor]:
    import safetensors.torch

    return safetensors.torch.load_file(folder / "model.safetensors")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A folder with two short records of synthetic people."""
    root = tmp_path_factory.mktemp("data")
    (root / "synthetic").mkdir()
    for name, seed in (("a", 0), ("b", 1)):
        whole = synthesise(Scenario(name, seconds=25, leads=("I", "II")), seed).ecg
        write(whole, root / "synthetic" / name)
    return root


def test_the_command_prepares_trains_polishes_and_leaves_a_checkpoint_that_codes(data, tmp_path):
    settings = config(
        rates=2, finest=0.2, coarsest=1.0, steps=3, polishing_steps=3, batch_size=2, window=48, check_every=3, learning_rate=1e-3
    )
    source = (Source("synthetic", ("a", "b")),)
    settings = replace(settings, training=replace(settings.training, training=source, validation=(Source("synthetic", ("b",)),)))
    write_json(tmp_path / "config.json", to_json(settings))
    status = main(["train", str(tmp_path / "config.json"), "--data", str(data), "--run", str(tmp_path / "run")])
    assert status == 0
    trained = pipeline.load(tmp_path / "run" / "polished" / "best")
    assert trained.start is not None
    assert trained.tables.signed
    recording = read(data / "synthetic" / "a")
    encoded = pipeline.encode(trained, recording, 4)
    cold = checkpoint.Checkpoint(tmp_path, trained.config, trained.model, trained.sha256)
    assert len(pipeline.pack(trained, encoded)) < len(pipeline.pack(cold, encoded))  # what was learned of these very leads helps


def test_a_codebooks_coders_are_learned_from_its_training_recordings(data, tmp_path):
    model = ModelConfig(FramesConfig(width=4, dilations=(1,)), QuantizerConfig(codebook_size=16, levels=2))
    training = TrainingConfig(training=(Source("synthetic", ("a", "b")),), validation=(Source("synthetic", ("b",)),))
    settings = CodebookConfig("tiny", "ecg", model, training, preprocessing=describe_preprocessing())
    checkpoint.save(tmp_path / "tiny", settings, build(model))
    recording = read(data / "synthetic" / "a")
    cold = pipeline.load(tmp_path / "tiny")
    before = len(pipeline.pack(cold, pipeline.encode(cold, recording)))
    learn_coders(tmp_path / "tiny", data, lambda doing, share: None)
    learned = pipeline.load(tmp_path / "tiny")
    assert learned.identity != cold.identity
    encoded = pipeline.encode(learned, recording)
    assert len(pipeline.pack(learned, encoded)) < before
    sizes = {size.name: size.bytes for size in pipeline.sizes(learned, encoded)}
    assert sizes["adaptive"] == len(pipeline.pack(learned, encoded, "adaptive"))
    assert sizes["static"] == len(pipeline.pack(learned, encoded, "static"))
