"""The residual quantizer with networks between its levels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from vqvae.networks.refinement import Refinement
from vqvae.quantizers import Estimate, RefinedResidualQuantizer, Refiner, ResidualQuantizer, VectorQuantizer

K, D, Q = 16, 4, 3


class Nothing(Refiner):
    """Knows nothing: the estimate is what was decoded, the scale one."""

    def forward(self, latents: Tensor, shape: Tensor, scale: Tensor) -> Estimate:
        return Estimate(latents, torch.ones_like(scale))


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def shaken(quantizer: RefinedResidualQuantizer) -> RefinedResidualQuantizer:
    """Refiners that do something: their last layer is no longer zero."""
    generator = torch.Generator().manual_seed(5)
    for refiner in quantizer.refiners:
        for parameter in refiner.leave.parameters():
            parameter.data.normal_(0, 0.2, generator=generator)
    return quantizer


def make(spatial_dims: int = 1) -> RefinedResidualQuantizer:
    torch.manual_seed(1)
    refiners = [Refinement(spatial_dims, D, 8, (1, 2)) for _ in range(Q)]
    quantizer = shaken(RefinedResidualQuantizer([VectorQuantizer(K, D) for _ in range(Q)], refiners))
    quantizer.initialise(noise(2, D, 200) if spatial_dims == 1 else noise(2, D, 20, 20), torch.Generator().manual_seed(2))
    return quantizer


def test_codes_of_a_level_do_not_depend_on_later_levels():
    quantizer, latents = make(), noise(2, D, 90, seed=3)
    codes = quantizer.encode(latents)
    assert codes.shape == (2, Q, 90)
    assert codes.dtype == torch.int64
    for levels in range(1, Q):
        assert torch.equal(quantizer.encode(latents, levels), codes[:, :levels])


@pytest.mark.parametrize("levels", range(1, Q + 1))
def test_codes_alone_decode_to_what_the_encoder_thought_they_would(levels):
    quantizer, latents = make(), noise(2, D, 90, seed=3)
    codes, estimates, _ = quantizer.trace(latents)
    assert torch.allclose(quantizer.decode(codes[:, :levels]), estimates[levels - 1].latents, atol=1e-6)
    assert torch.allclose(quantizer(latents, levels).latents, estimates[levels - 1].latents, atol=1e-6)


def test_without_knowledge_it_is_a_plain_residual_quantizer():
    stages = [VectorQuantizer(K, D) for _ in range(Q)]
    refined, plain = RefinedResidualQuantizer(stages, [Nothing() for _ in stages]), ResidualQuantizer(stages)
    refined.initialise(noise(2, D, 200), torch.Generator().manual_seed(2))
    latents = noise(2, D, 90, seed=3)
    assert torch.equal(refined.encode(latents), plain.encode(latents))
    assert torch.allclose(refined.decode(refined.encode(latents)), plain.decode(plain.encode(latents)), atol=1e-6)


def test_every_code_is_the_best_of_its_level_given_what_is_known():
    quantizer, latents = make(), noise(1, D, 50, seed=4)
    codes, _, before = quantizer.trace(latents)
    known = Estimate(torch.zeros_like(latents), torch.ones(1, 1, 50))
    for level, chosen in enumerate(quantizer.quantizers):
        candidates = known.latents[..., None, :] + known.scale[..., None, :] * chosen.codebook.t()[None, :, :, None]  # (1, D, K, 50)
        errors = (candidates - latents[..., None, :]).square().sum(1)  # (1, K, 50)
        assert torch.equal(errors.argmin(1), codes[:, level])
        assert torch.allclose((before[level] - latents).square().sum(1), errors.amin(1), atol=1e-5)
        known = quantizer.refiners[level](before[level], chosen.codebook[codes[:, level]].movedim(-1, 1), known.scale)


def test_an_untrained_refinement_changes_nothing_but_the_scale():
    refinement = Refinement(1, D, 8, (1, 2))
    refinement.typical.fill_(-1.0)
    latents = noise(2, D, 30)
    estimate = refinement(latents, latents, torch.ones(2, 1, 30))
    assert torch.equal(estimate.latents, latents)
    assert torch.allclose(estimate.scale, torch.full((2, 1, 30), -1.0).exp())


@pytest.mark.parametrize("spatial_dims", [1, 2])
def test_an_estimate_depends_on_frames_within_reach_only(spatial_dims):
    refinement = Refinement(spatial_dims, D, 8, (1, 2))
    for parameter in refinement.parameters():
        parameter.data.normal_(0, 0.3, generator=torch.Generator().manual_seed(6))
    size, place = [21] * spatial_dims, (10,) * spatial_dims
    latents = noise(1, D, *size).requires_grad_()
    ones = torch.ones(1, 1, *size)
    estimate = refinement(latents, latents.detach(), ones)
    estimate.latents[(0, slice(None), *place)].sum().backward()
    touched = latents.grad.abs().sum((0, 1)).nonzero()
    assert int((touched - 10).abs().max()) == refinement.reach == 3


def test_training_reaches_code_vectors_and_refiners_of_all_levels():
    quantizer, latents = make(), noise(2, D, 60, seed=7)
    sum((estimate.latents - latents).square().mean() for estimate in quantizer.trace(latents)[1]).backward()
    for level in range(Q):
        assert quantizer.quantizers[level].codebook.grad.abs().sum() > 0
        assert quantizer.refiners[level].leave.weight.grad.abs().sum() > 0


def test_kmeans_start_of_a_level_weighs_rows_by_what_an_error_in_them_costs():
    quantizer = RefinedResidualQuantizer([VectorQuantizer(1, 1) for _ in range(2)], [Loud(), Loud()])
    latents = torch.cat([torch.full((1, 1, 500), 1.0), torch.full((1, 1, 500), -1.0)], dim=2)
    quantizer.quantizers[0].codebook.data.zero_()
    quantizer.initialise_level(1, latents, torch.Generator().manual_seed(0))
    # shapes are 1 / 3 where the scale is 3, and -1 where it is 1; the loud ones count nine times
    assert float(quantizer.quantizers[1].codebook.detach()) == pytest.approx((9 / 3 - 1) / 10, abs=0.05)


def test_a_restart_moves_unused_codes_onto_data_and_leaves_the_others_alone():
    quantizer, latents = make(), noise(4, D, 200, seed=8)
    codebook = quantizer.quantizers[0].codebook.data
    codebook[3:6] = 1000.0
    before = codebook.clone()
    assert quantizer.restart_unused(latents, 1, torch.Generator().manual_seed(0), share=0.01) == 3
    rows = latents.movedim(1, -1).reshape(-1, D)
    assert all(bool((row == rows).all(1).any()) for row in codebook[3:6])
    others = [index for index in range(K) if index not in (3, 4, 5)]
    assert torch.equal(codebook[others], before[others])
    assert len(quantizer.encode(latents)[:, 0].unique()) == K


class Loud(Refiner):
    """The first half of the frames is three times as uncertain as the second."""

    def forward(self, latents: Tensor, shape: Tensor, scale: Tensor) -> Estimate:
        half = latents.shape[-1] // 2
        return Estimate(latents, torch.cat([torch.full_like(scale[..., :half], 3.0), torch.ones_like(scale[..., half:])], dim=-1))


def test_codes_out_of_range_and_impossible_levels_are_refused():
    quantizer = make()
    with pytest.raises(ValueError, match="expected 0…15"):
        quantizer.decode(torch.full((1, 1, 5), K))
    with pytest.raises(ValueError, match="not in 1…3"):
        quantizer.encode(noise(1, D, 5), levels=4)
    with pytest.raises(ValueError, match="a refiner each"):
        RefinedResidualQuantizer([VectorQuantizer(K, D)], [])
