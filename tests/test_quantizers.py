"""Quantizers have the properties of quantizer_properties.py; errors say what would work."""

from __future__ import annotations

from functools import partial

import pytest
import quantizer_properties as properties
import torch

from vqvae.quantizers import EMAVectorQuantizer, ResidualQuantizer, VectorQuantizer, kmeans, nearest_code
from vqvae.quantizers.kmeans import lloyd_step

pytestmark = pytest.mark.usefixtures("repeatable")

gradient = partial(VectorQuantizer, 16, 4)
ema = partial(EMAVectorQuantizer, 16, 4)


def residual_gradient() -> ResidualQuantizer:
    return ResidualQuantizer([gradient() for _ in range(3)])


def residual_ema(**options: float) -> ResidualQuantizer:
    return ResidualQuantizer([ema(**options) for _ in range(3)])


EVERY = [gradient, ema, residual_gradient, residual_ema]
every_quantizer = pytest.mark.parametrize("make", EVERY, ids=["gradient", "ema", "residual-gradient", "residual-ema"])


@every_quantizer
@pytest.mark.parametrize(
    "holds",
    [
        properties.codes_are_integers_inside_the_codebook_and_decode_to_the_returned_latents,
        properties.codes_are_the_nearest_level_after_level,
        properties.straight_through_hands_the_gradient_over_unchanged,
        properties.training_and_evaluation_return_the_same,
        properties.evaluation_changes_no_state,
        properties.one_and_two_dimensions_are_alike,
        properties.the_commitment_loss_pulls_latents_towards_their_codes_and_nothing_else,
    ],
)
def test_every_quantizer(make, holds):
    holds(make)


@every_quantizer
def test_what_is_saved_and_loaded_goes_on_identically(make, tmp_path):
    properties.what_is_saved_and_loaded_goes_on_identically(make, tmp_path)


@pytest.mark.parametrize("make", [gradient, residual_gradient])
def test_the_codebook_loss_moves_chosen_codes_towards_their_latents_and_nothing_else(make):
    properties.the_codebook_loss_moves_chosen_codes_towards_their_latents_and_nothing_else(make)


@pytest.mark.parametrize("make", [ema, residual_ema])
def test_a_moving_average_leaves_nothing_to_the_codebook_loss(make):
    result = properties.fitted(make).train()(properties.noise(2, 4, 99).requires_grad_())
    assert float(result.codebook_loss) == 0
    assert not list(make().parameters())


@pytest.mark.parametrize("make", [ema, residual_ema])
def test_a_code_nobody_chose_does_not_move(make):
    properties.a_code_nobody_chose_does_not_move(make)


@pytest.mark.parametrize(
    "holds",
    [
        properties.codes_follow_the_recursions_of_appendix_a1,
        properties.training_without_memory_is_a_kmeans_step_so_distortion_cannot_rise,
        properties.a_dead_code_restarts_on_data_and_survives_the_next_step,
        properties.the_first_training_batch_initialises_and_the_second_does_not,
        properties.a_rare_code_is_given_time_before_it_restarts,
    ],
)
def test_a_moving_average(holds):
    holds(ema)


@pytest.mark.parametrize("make", [residual_gradient, residual_ema])
@pytest.mark.parametrize("holds", [properties.levels_are_a_usable_prefix, properties.a_level_left_out_does_not_learn])
def test_residual_levels(make, holds):
    holds(make)


@pytest.mark.parametrize(
    "holds",
    [
        properties.the_nearest_code_is_the_one_that_brute_force_finds,
        properties.the_nearest_code_is_found_far_from_the_origin,
        properties.equal_scores_go_to_the_lowest_index,
        properties.the_search_never_holds_more_than_a_block,
        properties.rows_get_the_same_code_however_they_are_split,
    ],
)
def test_nearest_code(holds):
    holds(nearest_code)


def test_no_rows_have_no_codes():
    assert nearest_code(torch.zeros(0, 4), torch.zeros(3, 4)).shape == (0,)


def test_distortion_cannot_rise_in_a_lloyd_step():
    properties.distortion_cannot_rise_in_a_lloyd_step(lloyd_step)


def test_every_code_of_kmeans_serves_somebody():
    properties.every_code_of_kmeans_serves_somebody(kmeans)


def test_the_same_seed_gives_the_same_codebook():
    rows = properties.noise(2000, 4)
    first, second, other = (kmeans(rows, 16, 3, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_as_many_codes_as_rows_gives_the_rows():
    rows = properties.noise(16, 4)
    assert properties.all_among(rows, kmeans(rows, 16))


def test_half_precision_latents_are_quantized_in_full():
    quantizer = properties.fitted(ema).eval()
    latents = properties.noise(2, 4, 50).bfloat16().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = quantizer(latents)
    assert torch.equal(result.codes, quantizer.encode(latents.float()))
    assert torch.equal(result.latents, quantizer.decode(result.codes))
    result.latents.sum().backward()
    assert latents.grad is not None
    assert bool((latents.grad == 1).all())


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: ema()(torch.zeros(2, 5, 7)), r"latents of shape \(2, 5, 7\) do not fit: expected \(batch, 4, …\)"),
        (lambda: ema().decode(torch.full((2, 1, 7), 16)), r"codes lie in 16…16: expected 0…15"),
        (lambda: ema().decode(torch.full((2, 1, 7), -1)), r"codes lie in -1…-1: expected 0…15"),
        (lambda: ema().decode(torch.zeros(2, 1, 7)), r"codes are torch.float32: expected integers"),
        (lambda: ema().decode(torch.zeros(2, 3, 7, dtype=torch.int64)), r"expected \(batch, 1…1, …\)"),
        (lambda: residual_ema().decode(torch.zeros(2, 4, 7, dtype=torch.int64)), r"expected \(batch, 1…3, …\)"),
        (lambda: residual_ema()(torch.zeros(2, 4, 7), levels=4), r"levels 4 is not in 1…3"),
        (lambda: residual_ema()(torch.zeros(2, 4, 7), levels=0), r"levels 0 is not in 1…3"),
        (lambda: ema()(torch.zeros(1, 4, 15)), r"got 15 rows for 16 codes"),
        (lambda: ema()(torch.full((1, 4, 99), float("nan"))), r"k-means needs finite rows"),
        (lambda: ema(decay=1.0), r"decay 1.0 is not in \[0, 1\)"),
        (lambda: ema(restart_share=1.0), r"restart_share 1.0 is not in \[0, 1\)"),
        (lambda: VectorQuantizer(0, 4), r"a codebook of 0 vectors of 4 numbers is empty"),
        (lambda: ResidualQuantizer([ema(), VectorQuantizer(8, 4)]), r"levels need one codebook size and dimension"),
        (lambda: ResidualQuantizer([ema()] * 2), r"the same one is given twice"),
        (lambda: ResidualQuantizer([]), r"levels need one codebook size and dimension"),
        (lambda: nearest_code(torch.zeros(3, 4), torch.zeros(3, 5)), r"expected \(N, D\) and \(K, D\)"),
    ],
)
def test_a_wrong_argument_is_named_with_what_would_work(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
