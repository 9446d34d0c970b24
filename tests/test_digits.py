"""Digits: tensors, scores, verdicts, examples, and a codebook that learns with its encoder and decoder."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from vqvae.codec.container import Contents
from vqvae.codec.protocol import Damage
from vqvae.files import holes
from vqvae.modalities import digits
from vqvae.modalities.digits import Digits
from vqvae.modalities.digits.verdict import LIMITS, SPOILT, WORDS
from vqvae.networks.frames import FrameEncoder, FramesConfig
from vqvae.networks.planes import MenderConfig, PlanesVQVAE
from vqvae.networks.vqvae import ModelConfig, QuantizerConfig
from vqvae.training.config import Source
from vqvae.training.planes import PlanesConfig, PlanesModel, PlanesTraining, ordered
from vqvae.training.together import errors, rebuilt, train_together


def changed(recording: Digits, by: np.ndarray) -> Digits:
    return replace(recording, images=np.clip(recording.images.astype(int) + by, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def drawn() -> Digits:
    return digits.example("drawn-digits")


def test_digits_come_back_from_tensors_as_they_were_and_lost_ones_blank(drawn):
    tensors = digits.to_tensors(drawn)
    assert tensors.values.shape == (1, 1, 28, 28, 40)
    assert tensors.values[0, 0, 5, 9, 3] == np.float32(drawn.images[3, 5, 9]) / np.float32(255)
    assert (digits.restore(tensors).images == drawn.images).all()
    gapped = digits.restore(tensors._replace(layout=digits.with_gaps(tensors.layout, [(3, 5), (39, 99)])))
    assert [place for place in range(40) if not gapped.images[place].any()] == [3, 4, 39]


def test_a_damaged_chunk_of_a_file_loses_its_own_digits_and_no_others(drawn):
    layout = digits.to_tensors(drawn).layout
    contents = Contents("digits", "0" * 64, "adaptive", 1.0, (1, 1, 7, 7, 40), 10, layout)
    found = holes(digits, contents, (Damage(1, 10, 20, "a chunk is damaged"),))
    assert found["gaps"] == [[10, 20]]
    digits.check_layout(found)


def test_values_beyond_black_and_white_are_cut_and_those_that_are_no_numbers_are_refused(drawn):
    tensors = digits.to_tensors(drawn)
    wild = digits.restore(tensors._replace(values=tensors.values * 3 - 1))
    assert (wild.images.min(), wild.images.max()) == (0, 255)
    with pytest.raises(ValueError, match="no numbers"):
        digits.restore(tensors._replace(values=tensors.values * np.float32(np.nan)))


@pytest.mark.parametrize("field", [{"images": 0}, {"images": 10**9}, {"images": True}, {"name": "a/b"}, {"name": ""}, {"gaps": [[3, 2]]}])
def test_a_layout_that_no_recording_has_is_refused(field, drawn):
    with pytest.raises(ValueError, match="damaged or forged"):
        digits.check_layout({**digits.to_tensors(drawn).layout, **field})


def test_errors_are_what_their_definitions_say(drawn):
    one = digits.excerpt(drawn, 0, 1)
    blank = replace(one, images=np.zeros((1, 28, 28), np.uint8))
    grey = replace(one, images=np.full((1, 28, 28), 51, np.uint8))
    report = digits.compare(blank, grey)
    assert report.value("mse") == pytest.approx(0.04)
    assert report.value("mae") == pytest.approx(0.2)
    assert report.value("psnr") == pytest.approx(-10 * math.log10(0.04))
    constant = (0.01 * 255) ** 2
    assert report.value("ssim") == pytest.approx(constant / (51**2 + constant))  # of flat images: only the means are compared


def test_the_more_noise_the_worse_every_score_and_the_verdict(drawn):
    noise = np.random.default_rng(0).normal(0, 1, drawn.images.shape)
    reports = [digits.compare(drawn, changed(drawn, strength * noise)) for strength in (0, 6, 40, 120)]
    for name, sign in {"mse": 1, "mae": 1, "psnr": -1, "ssim": -1}.items():
        values = [sign * report.value(name) for report in reports]
        assert values == sorted(values), name
    assert [digits.verdict(report).grade for report in reports][::3] == ["good", "poor"]


def test_the_digit_that_was_changed_is_the_one_that_the_table_and_the_verdict_name(drawn):
    off = np.zeros(drawn.images.shape, int)
    off[17] = 255
    report = digits.compare(drawn, changed(drawn, off))
    table = report.events["images"]
    assert table["mse"].idxmax() == 17
    assert (table["mse"].drop(17) == 0).all()
    assert (table["stroke"] > SPOILT).to_numpy().nonzero()[0].tolist() == [17]
    assert "1 of them have a piece of a stroke missing, added or moved" in digits.verdict(report).text
    assert report.value("mse") == pytest.approx(table["mse"].mean())


def test_a_piece_of_a_stroke_is_missing_where_it_was_wiped_out_and_not_where_it_was_blurred_or_moved_by_a_pixel(drawn):
    wiped = drawn.images.copy()
    for image in wiped:
        rows, columns = np.nonzero(image == image.max())
        row, column = rows[len(rows) // 2], columns[len(rows) // 2]
        image[row - 2 : row + 3, column - 2 : column + 3] = 0
    assert (digits.compare(drawn, replace(drawn, images=wiped)).events["images"]["stroke"] > SPOILT).all()
    blurred = gaussian_filter(drawn.images, (0, 0.8, 0.8))
    for images in (blurred, np.roll(drawn.images, 1, axis=2)):
        report = digits.compare(drawn, replace(drawn, images=images))
        assert (report.events["images"]["stroke"] < SPOILT).all()
        assert "missing" not in digits.verdict(report).text


def test_the_words_of_a_verdict_are_those_of_its_colour_and_its_number_is_that_of_the_error(drawn):
    grain = np.random.default_rng(0).integers(0, 20, drawn.images.shape)
    found = {}
    for strength in (0.2, 0.8, 1.6):
        report = digits.compare(drawn, replace(drawn, images=gaussian_filter(drawn.images, (0, strength, strength))))
        verdict, error = digits.verdict(report), round(784 * report.value("mse"), 1)
        found[verdict.grade] = verdict
        assert WORDS[verdict.grade] in verdict.text
        assert f"The error per digit equals {error} of 784 pixels turned from black to white." in verdict.text
        assert any(f"equals {error} of a digit's" in reason and "squared differences" in reason for reason in verdict.reasons)
        assert (error <= LIMITS["error"][0], error > LIMITS["error"][1]) == (verdict.grade == "good", verdict.grade == "poor")
    assert set(found) == set(WORDS)
    grainy = digits.compare(drawn, changed(drawn, grain))
    assert grainy.value("ssim") < 0.9
    assert digits.verdict(grainy).grade == "good"  # grain that nobody sees takes nothing from a stroke


def test_an_analysis_of_other_digits_and_another_number_of_them_are_refused(drawn):
    with pytest.raises(ValueError, match="analyse these digits first"):
        digits.compare(drawn, drawn, analysis=digits.analyse(digits.example("scanned-digits")))
    with pytest.raises(ValueError, match="40 digits, their reconstruction 39"):
        digits.compare(drawn, digits.excerpt(drawn, 1, 40))


def test_examples_look_like_mnist_s_digits():
    for name in digits.examples():
        for image in digits.example(name).images:
            ink = image > 100
            rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
            assert 17 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
            assert 0.03 < ink.mean() < 0.35


def test_digits_of_one_label_are_more_alike_than_those_of_others():
    images = digits.example("scanned-digits").images.reshape(10, 4, -1).astype(float)
    means = images[:, :3].mean(axis=1)
    distances = np.square(images[:, 3, None] - means).sum(axis=2)
    assert (distances.argmin(axis=1) == np.arange(10)).sum() >= 7


def config(**more: object) -> PlanesConfig:
    network = FramesConfig(2, 4, 16, (1,), (1,))
    model = PlanesModel(ModelConfig(network, QuantizerConfig("ema", 16, 1)), MenderConfig((8, 8), 1))
    source = (Source("made", ("a",)),)
    training = PlanesTraining(source, source, **{"steps": 40, "batch_size": 16, "kmeans_windows": 40, "check_every": 20, **more})
    return PlanesConfig("toy", "digits", model, training)


def test_an_encoder_that_learns_begins_as_the_transform():
    values = torch.rand(2, 1, 28, 28)
    plain, learning = FrameEncoder(FramesConfig(2, 4)), FrameEncoder(FramesConfig(2, 4, encoder_dilations=(1, 2)))
    assert torch.equal(plain(values), learning(values))
    assert (plain.reach, learning.reach) == (1, 4)
    assert set(plain.state_dict()) == {"analysis"}


@pytest.mark.usefixtures("repeatable")
def test_training_end_to_end_lowers_the_error_and_a_stopped_run_goes_on_to_the_same_weights(drawn, tmp_path):
    values = digits.to_tensors(drawn).values[0, 0]
    images = torch.from_numpy(np.moveaxis(values, 2, 0)[:, None].copy())

    def found(folder) -> PlanesVQVAE:
        import safetensors.torch

        model = PlanesVQVAE(config().model.vqvae, config().model.mender)
        model.load_state_dict(safetensors.torch.load_file(folder / "model.safetensors"))
        return model

    whole = found(train_together(config(), [values], [values], tmp_path / "whole", lambda at: True))
    early = found(train_together(config(), [values], [values], tmp_path / "parts", lambda at: at.step < 20))
    assert errors(whole, images)[0] < errors(early, images)[0]
    again = found(train_together(config(), [values], [values], tmp_path / "parts", lambda at: True))
    for name, tensor in whole.state_dict().items():
        assert torch.allclose(tensor, again.state_dict()[name], atol=1e-5), name
    assert torch.equal(whole.vqvae.encoder.analysis, FrameEncoder(FramesConfig(2, 4)).analysis)
    assert whole.vqvae.encoder.look.leave.weight.abs().max() > 0


@pytest.mark.usefixtures("repeatable")
def test_the_order_of_a_codebook_changes_its_indices_and_nothing_that_is_decoded(drawn):
    model = PlanesVQVAE(config().model.vqvae, config().model.mender).eval()
    images = torch.from_numpy(np.moveaxis(digits.to_tensors(drawn).values[0, 0], 2, 0)[:, None].copy())
    model.quantizer.initialise(model.vqvae.encoder(images).detach(), torch.Generator().manual_seed(0))
    other = ordered(model)
    norms = other.quantizer.quantizers[0].codebook.norm(dim=1)
    assert (norms.diff() >= 0).all()
    decoded = [rebuilt(each, each.quantizer.decode(each.vqvae.encode(images))) for each in (model, other)]
    assert torch.allclose(*decoded, atol=1e-6)
    counts = [np.sort(errors(each, images)[1].counts[0]) for each in (model, other)]
    assert (counts[0] == counts[1]).all()


def test_every_picture_of_a_digit_is_square():
    drawn = digits.figure(digits.example(), digits.example())
    axes = list(drawn.select_yaxes())
    assert len(axes) >= 3
    assert all(axis.scaleanchor == axis.anchor for axis in axes)
