"""Every property of quantizer_properties.py fails on implementations with the faults it is there to find."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import quantizer_mutants as M
import quantizer_properties as properties

from vqvae.quantizers import EMAVectorQuantizer, kmeans

pytestmark = pytest.mark.usefixtures("repeatable")


P = properties
MUTANTS = [
    (P.the_nearest_code_is_the_one_that_brute_force_finds, [M.farthest, M.most_aligned, M.wrong_sign]),
    (P.the_nearest_code_is_found_far_from_the_origin, [M.around_the_origin]),
    (P.equal_scores_go_to_the_lowest_index, [M.last_of_equals]),
    (P.the_search_never_holds_more_than_a_block, [M.all_distances_at_once]),
    (P.rows_get_the_same_code_however_they_are_split, [M.rounded_by_length]),
    (P.distortion_cannot_rise_in_a_lloyd_step, [M.shrunken_means, M.standing_still]),
    (P.every_code_of_kmeans_serves_somebody, [M.without_restarts, M.first_rows]),
    (P.codes_are_the_nearest_level_after_level, [M.SecondNearest, M.residual(M.LevelsInParallel)]),
    (P.straight_through_hands_the_gradient_over_unchanged, [M.ScaledGradient, M.DroppedGradient]),
    (P.training_and_evaluation_return_the_same, [M.Sampling, M.LooksUpAfterMoving]),
    (P.evaluation_changes_no_state, [M.MovesInEvaluation]),
    (P.one_and_two_dimensions_are_alike, [M.Transposed]),
    (
        P.the_codebook_loss_moves_chosen_codes_towards_their_latents_and_nothing_else,
        [M.SwappedLosses, M.AttachedLosses, M.DecayingCodebook],
    ),
    (P.a_code_nobody_chose_does_not_move, [M.CountsAndSums, M.LongMemory]),
    (P.codes_follow_the_recursions_of_appendix_a1, [M.CountsAndSums, M.DecayTheOtherWayRound]),
    (P.training_without_memory_is_a_kmeans_step_so_distortion_cannot_rise, [M.DecayTheOtherWayRound]),
    (P.a_dead_code_restarts_on_data_and_survives_the_next_step, [M.CountsAndSums, M.LongMemory, M.RestartsOnNoise, M.NeverRestarts]),
    (P.the_first_training_batch_initialises_and_the_second_does_not, [M.NeverInitialises, M.InitialisesEveryTime]),
    (P.a_rare_code_is_given_time_before_it_restarts, [M.RestartsAtOnce]),
    (P.levels_are_a_usable_prefix, [M.residual(M.LastLevels), M.residual(M.MeanOfLevels), M.residual(M.LevelsInParallel)]),
    (P.a_level_left_out_does_not_learn, [M.residual(M.LearnsAllLevels, EMAVectorQuantizer)]),
    (
        P.codes_are_integers_inside_the_codebook_and_decode_to_the_returned_latents,
        [M.CodesFromOne, M.ShortCodes, M.WithoutLevelAxis, M.RoundedStraightThrough, M.residual(M.MeanOfLevels)],
    ),
    (
        P.the_commitment_loss_pulls_latents_towards_their_codes_and_nothing_else,
        [M.SwappedLosses, M.AttachedLosses, M.SummedCommitment, M.residual(M.AttachedResidual)],
    ),
]


def sized(mutant: Any) -> Any:
    return partial(mutant, 16, 4) if isinstance(mutant, type) else mutant


PAIRS = [(holds, mutant) for holds, faulty in MUTANTS for mutant in faulty]


@pytest.mark.parametrize(("holds", "mutant"), PAIRS, ids=lambda value: value.__name__.strip("<>"))
def test_a_property_fails_on_a_broken_implementation(holds, mutant):
    with pytest.raises(AssertionError):
        holds(sized(mutant))


@pytest.mark.parametrize("mutant", [M.HiddenSteps, M.HiddenShares, M.ForgetsInitialisation])
def test_state_missing_from_the_saved_weights_is_noticed(mutant, tmp_path):
    with pytest.raises(AssertionError):
        properties.what_is_saved_and_loaded_goes_on_identically(partial(mutant, 16, 4), tmp_path)


def test_every_property_has_a_broken_implementation_that_it_finds():
    named = {holds for holds, faulty in MUTANTS if faulty} | {properties.what_is_saved_and_loaded_goes_on_identically}
    helpers = {"noise", "fitted", "stages", "as_rows", "all_among", "state", "same"}
    here = {name for name, value in vars(properties).items() if getattr(value, "__module__", "") == properties.__name__}
    assert {holds.__name__ for holds in named} == here - helpers


def test_the_searches_and_clusterings_that_are_mutated_hold_by_themselves():
    properties.the_nearest_code_is_the_one_that_brute_force_finds(M.all_distances_at_once)  # the harness does not reject everything
    properties.every_code_of_kmeans_serves_somebody(kmeans)
