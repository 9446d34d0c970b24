"""The lapped transform that learning starts from, in one and two dimensions."""

from __future__ import annotations

import math

import pytest
import torch

from vqvae.networks.frames import FrameDecoder, FrameEncoder, FramesConfig
from vqvae.networks.lapped import lapped_basis
from vqvae.networks.vqvae import ModelConfig, QuantizerConfig, build


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def inner(values: torch.Tensor, frame: int) -> torch.Tensor:
    return values[(..., *[slice(frame, -frame)] * (values.ndim - 2))]


@pytest.mark.parametrize(("spatial_dims", "frame"), [(1, 32), (1, 6), (2, 8)])
def test_before_training_the_decoder_undoes_the_encoder_away_from_the_ends(spatial_dims, frame):
    config = FramesConfig(spatial_dims, frame)
    values = noise(2, 1, *[frame * 9] * spatial_dims)
    latents = FrameEncoder(config)(values)
    assert latents.shape == (2, frame**spatial_dims, *[9] * spatial_dims)
    assert torch.allclose(inner(FrameDecoder(config, refine=False)(latents), frame), inner(values, frame), atol=1e-5)


@pytest.mark.parametrize(("spatial_dims", "frame"), [(1, 32), (2, 4)])
def test_an_error_of_latents_is_an_error_of_samples_of_the_same_size(spatial_dims, frame):
    latents = torch.zeros(1, frame**spatial_dims, *[9] * spatial_dims)
    latents[(..., *[slice(2, 7)] * spatial_dims)] = noise(1, frame**spatial_dims, *[5] * spatial_dims)
    values = FrameDecoder(FramesConfig(spatial_dims, frame), refine=False)(latents)
    assert float(values.detach().square().sum()) == pytest.approx(float(latents.square().sum()), rel=1e-5)


def test_basis_functions_are_those_of_the_published_transform():
    basis = lapped_basis(4)
    n, k = 5, 2  # one value by hand: window(n) sqrt(2/M) cos(pi/M (n + 1/2 + M/2)(k + 1/2)), M = 4
    by_hand = math.sin(math.pi / 8 * 5.5) * math.sqrt(0.5) * math.cos(math.pi / 4 * (5.5 + 2) * 2.5)
    assert float(basis[k, 0, n]) == pytest.approx(by_hand, abs=1e-6)


def test_a_learning_decoder_starts_as_the_plain_transform():
    latents = noise(1, 32, 12)
    plain, learning = (FrameDecoder(FramesConfig(), refine=refine) for refine in (False, True))
    assert torch.equal(plain(latents), learning(latents))


@pytest.mark.parametrize("kind", ["refined", "ema", "gradient"])
@pytest.mark.parametrize("spatial_dims", [1, 2])
def test_every_kind_of_model_encodes_decodes_and_gives_gradients(kind, spatial_dims):
    config = ModelConfig(FramesConfig(spatial_dims, 4, 8, (1, 2)), QuantizerConfig(kind, 16, 2))
    torch.manual_seed(0)
    model = build(config)
    values = noise(4, 1, *[4 * 8] * spatial_dims)
    model.quantizer.initialise(model.encoder(values))
    model.eval()
    output = model(values)
    assert output.values.shape == values.shape
    assert torch.allclose(model.decode(model.encode(values)), output.values, atol=1e-5)
    assert model.decode(model.encode(values)[:, :1]).shape == values.shape
    ((output.values - values).square().mean() + output.quantized.codebook_loss + output.quantized.commitment_loss).backward()
    assert model.encoder.analysis.grad.abs().sum() > 0


def test_impossible_shapes_are_refused_in_words():
    with pytest.raises(ValueError, match="multiple of 32"):
        FrameEncoder(FramesConfig())(noise(1, 1, 33))
    with pytest.raises(ValueError, match="1 or 2"):
        FramesConfig(spatial_dims=3)
    with pytest.raises(ValueError, match="even"):
        FramesConfig(frame=5)
    with pytest.raises(ValueError, match="refined, ema, gradient"):
        build(ModelConfig(FramesConfig(), QuantizerConfig("best")))
