"""Synthetic ECGs: what is said to be true of them is true of their samples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from vqvae.modalities.ecg import morphology
from vqvae.modalities.ecg.examples import describe, example, examples
from vqvae.modalities.ecg.noise import Noise
from vqvae.modalities.ecg.synthesis import Gap, Scenario, draw, make_heart, synthesise

SINUS = Scenario(seconds=40, ventricular=0.1)
FIBRILLATION = Scenario(seconds=40, fibrillation=True, heart_rate=90)
ALL = [SINUS, FIBRILLATION, Scenario(seconds=40, heart_rate=120, rate=500.0, bigeminy=(10.0, 20.0))]


def lead(synthetic, name):
    return synthetic.clean[synthetic.ecg.leads.index(name)]


def windows(begin, end, rate):
    """Slices of the samples strictly inside `begin`...`end` of every beat that has both."""
    known = np.isfinite(begin) & np.isfinite(end)
    return [slice(int(np.ceil(a * rate)), int(b * rate) + 1) for a, b in zip(begin[known], end[known], strict=True)]


@pytest.mark.parametrize("scenario", ALL)
def test_the_true_r_peak_is_the_largest_deflection_of_the_qrs_in_lead_ii(scenario):
    synthetic = synthesise(Scenario(**{**scenario.__dict__, "fibrillation": False}), 3)
    spans = windows(synthetic.boundaries.qrs_on, synthetic.boundaries.qrs_off, scenario.rate)
    tops = np.array([span.start + np.abs(lead(synthetic, "II")[span]).argmax() for span in spans])
    assert len(tops) == len(synthetic.ecg.beats.times) > 30
    assert np.abs(tops / scenario.rate - synthetic.ecg.beats.times).max() <= 0.75 / scenario.rate


@pytest.mark.parametrize("scenario", ALL)
def test_boundaries_come_in_the_order_of_the_waves(scenario):
    truth = synthesise(scenario, 1)
    marks = np.array([*truth.boundaries[:3], truth.ecg.beats.times, *truth.boundaries[3:]])
    steps = np.diff(marks, axis=0)
    assert (steps[np.isfinite(steps)] > 0).all()
    assert np.isfinite(marks[2:5]).all()
    assert (np.diff(truth.boundaries.qrs_on) > 0.25).all()


def test_the_signal_is_exactly_zero_between_the_waves_and_leaves_zero_within_10_ms_of_a_boundary():
    truth = synthesise(Scenario(seconds=30, heart_rate=60), 2)
    marks, rate, strength = truth.boundaries, truth.ecg.rate, np.abs(truth.clean).max(axis=0)
    silent = np.ones(truth.clean.shape[1], bool)
    after = marks.qrs_off + 0.03  # the ST segment is flat until the T wave begins
    for span in windows(marks.p_on, marks.p_off, rate) + windows(marks.qrs_on, marks.qrs_off, rate) + windows(after, marks.t_off, rate):
        silent[span] = False
    silent[int(marks.qrs_on[-1] * rate) :] = False  # the last T may be cut
    assert silent.mean() > 0.3
    assert np.abs(truth.clean[:, silent]).max() == 0
    for mark, sign in ((marks.p_on, 1), (marks.p_off, -1), (marks.qrs_on, 1), (marks.qrs_off, -1)):
        near = np.rint((mark + sign * 0.010) * rate).astype(int)
        assert (strength[near] > 0.004).all()


def test_einthoven_and_goldberger_hold_even_under_noise():
    ecg = example("noisy", 5)
    i, ii, iii, avr, avl, avf = ecg.signals[:6]
    for left, right in ((iii, ii - i), (avr, -(i + ii) / 2), (avl, i - ii / 2), (avf, ii - i / 2)):
        assert np.nanmax(np.abs(left - right)) < 1e-5


@pytest.mark.parametrize("name", examples())
def test_an_example_is_the_same_for_the_same_seed_whatever_numpy_was_seeded_with(name):
    np.random.seed(1)  # noqa: NPY002
    first = example(name, 4)
    np.random.seed(2)  # noqa: NPY002
    again, other = example(name, 4), example(name, 5)
    assert np.array_equal(first.signals, again.signals, equal_nan=True)
    assert np.array_equal(first.beats.times, again.beats.times)
    assert not np.array_equal(first.signals, other.signals, equal_nan=True)


@pytest.mark.parametrize("scenario", ALL)
def test_any_stretch_drawn_alone_equals_the_whole(scenario):
    heart = make_heart(scenario, 7)
    whole = draw(heart, 0, scenario.samples)
    cuts = [0, 1, 997, 5000, 5003, scenario.samples]
    pieces = [draw(heart, start, stop) for start, stop in pairwise(cuts)]
    assert np.allclose(np.concatenate(pieces, axis=1), whole, rtol=0, atol=1e-6)


def test_a_noisy_recording_does_not_depend_on_how_many_samples_are_made_at_a_time(monkeypatch):
    scenario = Scenario(seconds=30, noise=Noise(snr=6.0))
    whole = synthesise(scenario, 2).ecg.signals
    monkeypatch.setattr("vqvae.modalities.ecg.synthesis._BLOCK", 1000)
    assert np.allclose(synthesise(scenario, 2).ecg.signals, whole, atol=1e-6)


def test_in_fibrillation_no_beat_has_a_p_wave_and_the_intervals_are_irregular():
    sinus, af = synthesise(Scenario(seconds=120, heart_rate=90), 1), synthesise(Scenario(seconds=120, heart_rate=90, fibrillation=True), 1)
    assert np.isnan(af.boundaries.p_on).all()
    assert np.isnan(af.boundaries.p_off).all()

    def before_qrs(truth):
        spans = windows(truth.boundaries.qrs_on[1:] - 0.12, truth.boundaries.qrs_on[1:] - 0.06, 360)
        return np.mean([lead(truth, "II")[span].mean() for span in spans])

    def variation(truth):
        intervals = np.diff(truth.ecg.beats.times)
        return intervals.std() / intervals.mean()

    assert before_qrs(sinus) > 0.06
    assert abs(before_qrs(af)) < 0.03
    assert variation(af) > 0.15 > 0.06 > variation(sinus)


def test_ventricular_beats_are_early_wide_and_followed_by_a_pause_that_makes_up_for_it():
    truth = synthesise(Scenario(seconds=300, ventricular=0.1), 0)
    beats, marks = truth.ecg.beats, truth.boundaries
    wide = np.flatnonzero(beats.classes == "V")[:-1]
    assert 0.06 * len(beats.times) < len(wide) < 0.14 * len(beats.times)
    interval = np.median(np.diff(marks.qrs_on))
    early, pause = marks.qrs_on[wide] - marks.qrs_on[wide - 1], marks.qrs_on[wide + 1] - marks.qrs_on[wide]
    assert (early < 0.75 * interval).all()
    assert np.abs(early + pause - 2 * interval).max() < 0.3 * interval
    assert np.isnan(marks.p_on[wide]).all()
    assert (marks.qrs_off - marks.qrs_on)[wide] == pytest.approx(0.156)
    assert (marks.qrs_off - marks.qrs_on)[beats.classes == "N"] == pytest.approx(0.092)


def test_t_runs_against_the_qrs_in_ventricular_beats_only():
    truth = synthesise(Scenario(seconds=60, ventricular=0.2), 0)
    ii, marks = lead(truth, "II"), truth.boundaries
    t_waves = windows(marks.qrs_off, marks.t_off, 360)
    areas = np.array([ii[span].sum() for span in t_waves])
    heights = np.array([ii[round(time * 360)] for time in truth.ecg.beats.times])[: len(areas)]
    assert (heights > 0.5).all()
    assert ((areas < 0) == (truth.ecg.beats.classes[: len(areas)] == "V")).all()


def test_in_bigeminy_every_second_beat_is_ventricular():
    beats = example("ventricular", 0).beats
    run = beats.classes[(beats.times > 35) & (beats.times < 47)]
    assert len(run) >= 12
    assert set(run[::2]) | set(run[1::2]) == {"N", "V"}
    assert len(set(run[::2])) == len(set(run[1::2])) == 1


@pytest.mark.parametrize("heart_rate", [40, 70, 110, 160])
@pytest.mark.parametrize("fibrillation", [False, True])
def test_the_heart_rate_is_the_one_asked_for(heart_rate, fibrillation):
    truth = synthesise(Scenario(seconds=600, heart_rate=heart_rate, fibrillation=fibrillation, leads=("II",)), 0)
    assert 60 / np.diff(truth.ecg.beats.times).mean() == pytest.approx(heart_rate, rel=0.03)


def test_qt_shortens_as_the_heart_speeds_up_and_is_400_ms_at_60_per_minute():
    lengths = []
    for heart_rate in (45, 60, 100, 150):
        marks = synthesise(Scenario(seconds=60, heart_rate=heart_rate, leads=("II",)), 0).boundaries
        lengths.append(np.nanmean(marks.t_off - marks.qrs_on))
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[1] == pytest.approx(0.400, abs=0.005)


@pytest.mark.parametrize("snr", [-3.0, 10.0, 24.0])
@pytest.mark.parametrize("leads", [("II", "V5"), morphology.LEADS])
def test_the_noise_measured_is_the_noise_asked_for(snr, leads):
    truth = synthesise(Scenario(seconds=30, leads=leads, noise=Noise(snr=snr)), 1)
    noise = (truth.ecg.signals - truth.clean).astype(float)
    power = np.square(truth.clean - truth.clean.mean(axis=1, keepdims=True, dtype=float)).sum()
    assert 10 * np.log10(power / np.square(noise).sum()) == pytest.approx(snr, abs=0.01)


@pytest.mark.parametrize(("kind", "low", "high"), [("wander", 0.03, 0.6), ("mains", 45, 155), ("muscle", 15, 180), ("motion", 0.0, 12)])
def test_each_kind_of_noise_lies_in_its_band(kind, low, high):
    shares = dict.fromkeys(("wander", "muscle", "mains", "motion"), 0.0)
    alone = synthesise(Scenario(seconds=240, leads=("II",), noise=Noise(snr=0.0, **{**shares, kind: 1.0})), 3)
    noise = (alone.ecg.signals - alone.clean)[0].astype(float)
    power = np.square(np.abs(np.fft.rfft(noise)))
    frequencies = np.fft.rfftfreq(len(noise), 1 / 360)
    assert power[(frequencies >= low) & (frequencies <= high)].sum() > 0.93 * power.sum()


def test_a_gap_is_nan_in_the_leads_it_names_and_nowhere_else():
    scenario = Scenario(seconds=10, gaps=(Gap(("II", "V1"), 2.0, 3.5), Gap(("V1",), 9.0, 99.0)), leads=("I", "II", "V1"))
    truth = synthesise(scenario, 0)
    expected = np.zeros((3, 3600), bool)
    expected[1:, 720:1260] = True
    expected[2, 3240:] = True
    assert np.array_equal(np.isnan(truth.ecg.signals), expected)
    assert np.isfinite(truth.clean).all()


def test_the_noisy_example_has_gaps_and_the_others_have_none():
    assert {name: bool(np.isnan(example(name).signals).any()) for name in examples()} == {name: name == "noisy" for name in examples()}


def test_amplitudes_are_those_of_a_heart():
    truth = synthesise(Scenario(seconds=20), 0)
    tops = np.rint(truth.ecg.beats.times * 360).astype(int)
    r_wave = {name: np.median(lead(truth, name)[tops]) for name in ("I", "II", "V5", "aVR")}
    assert all(0.5 < r_wave[name] < 2.0 for name in ("I", "II", "V5"))
    assert r_wave["aVR"] < -0.5
    assert np.abs(truth.clean).max() < 2.5


@pytest.mark.parametrize("name", examples())
def test_every_example_is_a_minute_of_twelve_leads_with_a_title_and_one_sentence(name):
    ecg, said = example(name), describe(name)
    assert ecg.signals.shape == (12, 21600)
    assert ecg.signals.dtype == np.float32
    assert (ecg.name, ecg.leads) == (name, morphology.LEADS)
    assert said.title[0].isupper()
    assert said.description.endswith(".")
    assert "." not in said.description[:-1]


def test_without_a_name_the_first_example_comes():
    assert np.array_equal(example().signals, example(examples()[0]).signals)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: example("flutter"), "'flutter'.*normal"),
        (lambda: Scenario(leads=("II", "V9")), "aVR.*'V9'"),
        (lambda: Scenario(leads=()), "none"),
        (lambda: Scenario(heart_rate=500), "500"),
        (lambda: Scenario(rate=50), "50"),
        (lambda: Scenario(seconds=1), "1 s"),
        (lambda: Scenario(ventricular=0.9), "0.9"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_value_and_what_would_work(make, words):
    with pytest.raises(ValueError, match=words):
        make()
