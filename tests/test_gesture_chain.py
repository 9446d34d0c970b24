"""The first level of gestures, and what it leaves for the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gesture_cases import SHAPE, performed, played, untrained

from vqvae.networks.gesture_chain import decode_chain, encode_chain
from vqvae.networks.gesture_features import COUNT, features
from vqvae.networks.gesture_notes import (
    BEND,
    FAR,
    ONSET,
    SHORTEST,
    SPREAD,
    STEP,
    TIMING,
    VELOCITY,
    Wanted,
    grouped,
    masks,
    missing,
    to_values,
)
from vqvae.networks.gesture_search import EVEN, FARTHEST, STEEP, choose
from vqvae.networks.gestures import GestureShape, Situation


def test_lengths_bend_and_straighten_without_loss():
    seconds = np.geomspace(SHORTEST, 60, 500)
    np.testing.assert_allclose(BEND.straight(BEND.bent(seconds)), seconds, rtol=1e-12)
    assert (np.diff(BEND.bent(seconds)) > 0).all()


def test_what_is_missing_put_back_gives_every_note():
    values = played(0, 503)
    model = untrained()
    notes, chained = performed(model, values)
    back = to_values(notes.pitch, notes.begins, chained.known, missing(notes, chained.known))
    order = np.lexsort((values[0, 0], np.round(np.cumsum(values[0, 1].astype(np.float64)), 6)))
    onset, found = (np.cumsum(rows[0, 1].astype(np.float64)) for rows in (values, back))
    np.testing.assert_allclose(found, onset[order], atol=1e-5)
    np.testing.assert_array_equal(back[0, 0], values[0, 0, order])
    np.testing.assert_array_equal(back[0, 3], values[0, 3, order])
    np.testing.assert_allclose(back[0, 2], values[0, 2, order], atol=1e-4)


def test_chords_are_in_order_of_pitch_and_strike_at_one_time():
    notes = grouped(played(1, 400), 4)
    pitch, begins, group, onset = (column.ravel()[:400] for column in (notes.pitch, notes.begins, notes.group, notes.onset))
    within = ~begins[1:]
    assert within.sum() > 50
    assert (np.diff(pitch)[within] >= 0).all()
    assert (np.diff(group)[within] == 0).all()
    assert (np.diff(group)[begins[1:]] > 0).all()
    for number in range(int(begins.sum())):
        own = np.sort(onset[np.cumsum(begins) - 1 == number])
        assert (np.diff(own) <= SPREAD + 1e-9).all()


def test_the_decoder_plays_exactly_what_the_encoder_heard():
    model = untrained()
    notes, chained = performed(model, played(2, 602))
    again = decode_chain(notes.pitch, chained.codes, chained.gaps, model.first_codebook())
    for found, expected in zip((*again.known, again.heard), (*chained.known, chained.heard), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_no_chord_is_far_from_its_time_however_bad_the_vectors():
    notes, chained = performed(untrained(), played(3, 800))
    errors = np.abs(chained.known.group - notes.group)[notes.pitch >= 0]
    assert errors.max() <= FAR
    assert (chained.gaps > 1).sum() > 10


def test_the_code_of_a_window_is_the_cheapest_of_all_when_each_is_played():
    model = untrained()
    codebook, costs = model.first_codebook(), np.zeros((16, 16))
    notes = grouped(played(4, 4, rests=0.0), 4)
    notes.begins[0, 0] = True
    notes = notes._replace(group=notes.group - notes.group[0, 0] + 45 * STEP)
    chained = encode_chain(notes, codebook, costs)
    distances = []
    for code in range(len(codebook)):
        known = decode_chain(notes.pitch, np.array([code]), chained.gaps, codebook).known
        length = BEND.bent(notes.end - known.group) - known.length
        parts = [(notes.group - known.group) / ONSET, length, (notes.velocity - known.velocity) / VELOCITY]
        distances.append(sum(np.minimum(np.square(part), 25.0).sum() for part in parts))
    assert chained.codes[0] == np.argmin(distances)


def test_costs_draw_codes_to_what_is_cheap():
    model, values = untrained(), played(5, 400)
    notes = grouped(values, 4)
    notes.begins[0, 0] = True
    costs = np.full((16, 16), 1e9)
    costs[:, 3] = 0.0
    assert (encode_chain(notes, model.first_codebook(), costs).codes == 3).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_later_levels_take_the_vector_of_least_distortion_and_cost(seed):
    rng = np.random.default_rng(seed)
    errors, weights = rng.standard_normal((50, 4)).astype(np.float32), rng.integers(0, 3, (50, 4)).astype(np.float32)
    codebook, costs = rng.standard_normal((9, 4)).astype(np.float32), rng.random((16, 9)).astype(np.float32)
    pattern = rng.integers(0, 16, 50)
    squares = np.square(errors[:, None] - codebook)
    total = (weights[:, None] * (EVEN * squares + STEEP * np.minimum(np.square(squares), FARTHEST))).sum(axis=2) + costs[pattern]
    np.testing.assert_array_equal(choose(Wanted(errors, weights, pattern), codebook, costs), total.argmin(axis=1))


def test_only_the_first_note_of_a_chord_tells_its_time_and_single_notes_have_no_spread():
    pitch, begins = np.array([[60, 64, 67, 72], [74, 76, -1, -1]]), np.array([[True, False, True, True], [False, True, False, False]])
    timing, length, loudness, spread = masks(pitch, begins).swapaxes(0, 1).astype(int).reshape(4, -1).tolist()
    assert timing == [1, 0, 1, 1, 0, 1, 0, 0]
    assert length == loudness == [1, 1, 1, 1, 1, 1, 0, 0]
    assert spread == [1, 1, 0, 1, 1, 0, 0, 0]


def test_errors_of_a_chords_time_count_once_a_note():
    model = untrained()
    notes, chained = performed(model, played(6, 203))
    situation = Situation(model, notes.pitch, notes.begins, chained)
    there, begins = notes.pitch.ravel() >= 0, notes.begins.ravel()
    sizes = np.bincount((np.cumsum(begins) - 1)[there])
    np.testing.assert_array_equal(situation.weights[:, TIMING].ravel()[begins], sizes)
    assert situation.weights[:, TIMING].sum() == there.sum()


def test_untrained_networks_add_nothing():
    model = untrained()
    notes, chained = performed(model, played(7, 100))
    situation = Situation(model, notes.pitch, notes.begins, chained)
    situation.refine(0)
    assert not situation.added.any()


def test_features_tell_times_to_the_next_chord_and_the_same_key_again():
    pitch = np.array([[60, 64, 60, 62]])
    begins = np.array([[True, False, True, True]])
    model = untrained()
    chained = performed(model, np.array([[[60, 64, 60, 62], [0.5, 0.0, 0.2, 0.1], [0.1] * 4, [60] * 4]], np.float32))[1]
    found = features(pitch, begins, chained)
    assert found.shape == (COUNT, 4)
    time = chained.known.group[0]
    following, again = (found[row] for row in (10, 12))
    apart = np.array([time[2] - time[0], time[2] - time[0], time[3] - time[2]])
    np.testing.assert_allclose(following[:3], BEND.bent(apart) / 5 - 1, rtol=1e-5)
    assert again[0] == pytest.approx(BEND.bent(time[2] - time[0]) / 5 - 1)
    assert again[1] == again[3] == following[3] == found.max()


@pytest.mark.parametrize("change", [{"aspects": ("rhythm",), "grains": (1.0,)}, {"grains": (1.0,)}, {"window": 0}])
def test_impossible_shapes_are_refused(change):
    with pytest.raises(ValueError, match=r"possible|aspect|grain"):
        GestureShape(**{**replace(SHAPE).__dict__, **change})
