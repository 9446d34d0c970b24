"""Templates: each beat as the mean of the most similar beats around it."""

from __future__ import annotations

import numpy as np
import pytest

from vqvae.modalities.ecg.template import MOST, template

RATE = 360.0


@pytest.fixture(scope="module")
def periodic() -> np.ndarray:
    """One lead (1, T) of forty equal beats, one in 300 samples."""
    t = np.arange(300) / RATE
    beat = np.exp(-(((t - 0.4) / 0.012) ** 2)) - 0.2 * np.exp(-(((t - 0.45) / 0.02) ** 2)) + 0.25 * np.exp(-(((t - 0.65) / 0.05) ** 2))
    return np.tile(beat, 40)[None].astype(np.float32)


def test_equal_beats_are_their_own_template(periodic):
    assert np.abs(template(periodic) - periodic).max() < 1e-5


def test_averaging_removes_most_of_independent_noise(periodic):
    noise = 0.05 * np.random.default_rng(0).standard_normal(periodic.shape).astype(np.float32)
    left = template(periodic + noise) - periodic
    inner = slice(600, -600)
    assert left[:, inner].std() < 1.6 * noise.std() / np.sqrt(MOST)  # √10 were alignment perfect and noise not sought out


def test_a_beat_unlike_all_others_is_not_put_in_their_place(periodic):
    strange = periodic.copy()
    strange[0, 6000:6300] = -np.roll(strange[0, 6000:6300], 20)  # upside down: its likeness to the others is below 0
    changed = template(strange)[0, 6090:6200]
    assert np.abs(changed - strange[0, 6090:6200]).max() < 1e-6


def test_leads_are_averaged_each_on_its_own_but_at_common_beats(periodic):
    second = 0.3 * np.roll(periodic, 3, axis=1) + 0.02 * np.random.default_rng(1).standard_normal(periodic.shape)
    both = template(np.concatenate([periodic, second]).astype(np.float32))
    assert np.abs(both[0] - periodic[0]).max() < 1e-5
    assert np.abs(both[1] - 0.3 * np.roll(periodic[0], 3))[600:-600].max() < 0.05


@pytest.mark.parametrize("signal", [np.zeros((2, 3000)), np.ones((1, 64)), np.random.default_rng(2).standard_normal((1, 40))])
def test_without_beats_the_signal_is_its_own_template(signal):
    assert np.array_equal(template(signal), signal.astype(np.float32))
