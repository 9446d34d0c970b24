"""Noise on request: the ratio asked for is the ratio there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vqvae.modalities.ecg.disturb import KINDS, Disturbance, disturb
from vqvae.modalities.ecg.examples import example
from vqvae.modalities.ecg.recording import Ecg

ALL = tuple(KINDS)


def waves(leads: int = 2, rate: float = 360.0, samples: int = 20_000, seed: int = 0) -> Ecg:
    """Leads of very different height, each with an offset of its own."""
    rng = np.random.default_rng(seed)
    size = np.logspace(-1, 0.5, leads)[:, None]
    signals = size * np.sin(2 * np.pi * 1.1 * np.arange(samples) / rate + rng.uniform(0, 6, (leads, 1))) + rng.normal(0, 3, (leads, 1))
    return Ecg(signals.astype(np.float32), rate, tuple(f"L{i}" for i in range(leads)))


def ratios(clean: Ecg, noisy: Ecg) -> np.ndarray:
    """Signal over noise of every lead, dB, over what was recorded."""
    noise = noisy.signals.astype(np.float64) - clean.signals
    power = np.nanvar(clean.signals.astype(np.float64), axis=1)
    return 10 * np.log10(power / np.nanmean(noise**2, axis=1))


@pytest.mark.parametrize("kinds", [*((kind,) for kind in KINDS), ALL, ("muscle", "mains")], ids="+".join)
@pytest.mark.parametrize("snr", [-6.0, 0.0, 12.0, 30.0])
def test_every_lead_has_exactly_the_ratio_asked_for(kinds, snr):
    clean = waves(leads=3)
    assert np.allclose(ratios(clean, disturb(clean, Disturbance(kinds, snr))), snr, atol=1e-3)


def test_noise_moves_no_lead_up_or_down():
    clean = waves()
    noise = disturb(clean, Disturbance(("electrode motion", "baseline wander"), 0.0)).signals.astype(np.float64) - clean.signals
    assert np.abs(noise.mean(axis=1)).max() < 1e-5 * noise.std(axis=1).min()


@pytest.mark.parametrize(("rate", "leads", "samples"), [(1000.0, 1, 70_001), (250.0, 8, 3_000), (128.0, 2, 500), (500.0, 15, 66_000)])
def test_any_rate_number_of_leads_and_length_can_be_disturbed(rate, leads, samples):
    clean = waves(leads, rate, samples)
    noisy = disturb(clean, Disturbance(("muscle", "mains"), 9.0, seed=4))
    assert noisy.signals.shape == clean.signals.shape
    assert noisy.signals.dtype == np.float32
    assert np.allclose(ratios(clean, noisy), 9.0, atol=1e-3)


def test_gaps_stay_gaps_and_the_ratio_counts_what_was_recorded():
    clean = example("noisy")
    assert np.isnan(clean.signals).any()
    noisy = disturb(clean, Disturbance(ALL, 6.0))
    assert np.array_equal(np.isnan(noisy.signals), np.isnan(clean.signals))
    assert np.allclose(ratios(clean, noisy), 6.0, atol=1e-3)


def test_a_lead_without_signal_gets_no_noise():
    clean = waves(leads=3)
    signals = clean.signals.copy()
    signals[1], signals[2] = 0.7, np.nan
    clean = replace(clean, signals=signals)
    noisy = disturb(clean, Disturbance(ALL, 0.0))
    assert np.array_equal(noisy.signals[1:], signals[1:], equal_nan=True)
    assert not np.array_equal(noisy.signals[0], signals[0])


def test_the_same_seed_is_the_same_noise_and_another_is_another():
    clean = waves()
    once, again, other = (disturb(clean, Disturbance(ALL, 6.0, seed)).signals for seed in (3, 3, 4))
    assert np.array_equal(once, again)
    noise = [(signals - clean.signals)[0] for signals in (once, other)]
    assert abs(np.corrcoef(noise)[0, 1]) < 0.5


def test_leads_have_noise_of_their_own():
    clean = waves(leads=2)
    noise = disturb(clean, Disturbance(("muscle",), 6.0)).signals - clean.signals
    assert abs(np.corrcoef(noise)[0, 1]) < 0.1


@pytest.mark.parametrize(("kind", "low", "high"), [("baseline wander", 0.0, 0.5), ("muscle", 15.0, 181.0), ("mains", 49.0, 151.0)])
def test_every_kind_lies_where_such_noise_lies(kind, low, high):
    clean = waves(leads=1, samples=36_000)
    noise = disturb(clean, Disturbance((kind,), 6.0)).signals - clean.signals
    power = np.abs(np.fft.rfft(noise[0])) ** 2
    frequency = np.fft.rfftfreq(36_000, 1 / 360)
    assert power[(frequency >= low) & (frequency <= high)].sum() > 0.97 * power.sum()


def test_the_recording_itself_is_left_alone_and_the_copy_says_what_was_done():
    clean = example("normal")
    before = clean.signals.copy()
    noisy = disturb(clean, Disturbance(("muscle", "mains"), 6.0, 2))
    assert np.array_equal(clean.signals, before)
    assert noisy.beats is clean.beats
    assert noisy.notes[-1] == "Noise was added to every lead: muscle and mains at 6 dB, seed 2."


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Disturbance(("thunder",), 6.0), "called thunder.*baseline wander, muscle"),
        (lambda: Disturbance((), 6.0), "none was named"),
        (lambda: Disturbance(("muscle",), float("nan")), "number in dB, got nan"),
        (lambda: Disturbance(("muscle",), 6.0, -1), "0 or more, got -1"),
        (lambda: disturb(waves(rate=100.0), Disturbance(("mains",), 6.0)), "mains noise is too fast for a recording at 100 Hz"),
        (lambda: disturb(waves(rate=40.0), Disturbance(("muscle",), 6.0)), "muscle noise is too fast for a recording at 40 Hz"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_pull_that_nobody_recorded_is_refused():
    clean = waves(leads=1, samples=4_000)
    signals = clean.signals.copy()
    signals[:, 40:] = np.nan
    refused: list[str] = []
    for seed in range(5):
        try:
            disturb(replace(clean, signals=signals), Disturbance(("electrode motion",), 6.0, seed))
        except ValueError as error:
            refused.append(str(error))
    assert refused
    assert all("take another seed" in sentence for sentence in refused)
