"""Wave boundaries: decoding from scores with known truth, what a delineator must not mind, and agreement with hand-made marks."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from vqvae.delineator import beat_answers, load_delineator, ludb_table
from vqvae.modalities.ecg.boundary_scores import delineation_scores
from vqvae.modalities.ecg.delineation import BEFORE, LENGTH, RATE, Boundaries, WaveScores, beat_windows, delineate, likeliest
from vqvae.modalities.ecg.neurokit import _after, _before, neurokit_delineator
from vqvae.modalities.ecg.noise import Noise
from vqvae.modalities.ecg.synthesis import Scenario, synthesise

CHECKPOINT = Path(__file__).parents[1] / "checkpoints/ecg-delineator"
TRUTH_MS = np.array([-161.3, -60.7, -41.1, 52.9, 301.7])  # from the R-peak


@pytest.fixture(scope="module")
def delineator():
    return load_delineator(CHECKPOINT)


def heartbeats(rate: float = 360.0, beats: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """A lead of Gaussian P, Q, R, S and T waves every 0.8 s, and its R-peaks."""
    peaks = np.round((0.7 + 0.8 * np.arange(beats)) * rate).astype(int)
    t = np.arange(round((0.8 * beats + 0.8) * rate)) / rate
    waves = ((-0.16, 0.15, 0.025), (-0.025, -0.12, 0.008), (0.0, 1.0, 0.011), (0.03, -0.25, 0.01), (0.26, 0.3, 0.045))
    return sum(a * np.exp(-0.5 * ((t - p / rate - d) / w) ** 2) for p in peaks for d, a, w in waves), peaks


def bells(windows: np.ndarray) -> WaveScores:
    """A scorer that believes in TRUTH_MS whatever it sees."""
    centres = BEFORE + TRUTH_MS / 1000 * RATE
    logits = -0.5 * ((np.arange(LENGTH) - centres[:, None]) / 2.0) ** 2
    return WaveScores(np.broadcast_to(logits, (len(windows), 5, LENGTH)).copy(), np.ones((len(windows), 2)))


def noise(windows: np.ndarray) -> WaveScores:
    rng = np.random.default_rng(len(windows))
    return WaveScores(rng.normal(scale=4, size=(len(windows), 5, LENGTH)), rng.normal(size=(len(windows), 2)))


def linear(windows: np.ndarray) -> WaveScores:
    """A scorer that looks at each window alone, with the same arithmetic in any batch."""
    mixed = np.stack([np.roll(windows.astype(np.float64) * (k + 1), 7 * k, axis=1) for k in range(5)], axis=1)
    return WaveScores(8 * mixed, np.stack([windows[:, 100], windows[:, 400]], axis=1).astype(np.float64))


@pytest.mark.parametrize("rate", [128.0, 360.0, 500.0, 1000.0, 977.3])
def test_constructed_scores_decode_to_the_boundaries_they_were_made_for(rate):
    lead, peaks = heartbeats(rate)
    found = delineate(lead, rate, peaks, bells)
    error = np.stack(found) - (peaks / rate + TRUTH_MS[:, None] / 1000)
    assert np.nanmax(np.abs(error)) < 0.0003
    assert not np.isnan(error).any()


def test_boundaries_keep_their_order_whatever_the_scores():
    lead, _ = heartbeats(beats=150)
    peaks = np.unique(np.random.default_rng(0).integers(50, len(lead) - 50, 300))
    found = delineate(lead, 360.0, peaks, noise)
    r = peaks / 360.0
    for early, late in pairwise((found.p_on, found.p_off, found.qrs_on, r, found.qrs_off, found.t_off)):
        both = ~np.isnan(early) & ~np.isnan(late)
        assert both.sum() > 50
        assert np.all(early[both] <= late[both])
    assert np.nanmin(found.p_off - found.p_on) >= 0.02 - 1e-9
    assert not np.any(found.p_on[1:] <= r[:-1])
    assert not np.any(found.qrs_on[1:] <= r[:-1])
    assert not np.any(found.t_off[:-1] >= r[1:])


def test_every_beat_in_a_signal_gets_a_qrs_complex_whatever_the_scores():
    lead, peaks = heartbeats(beats=60)
    found = delineate(lead, 360.0, peaks, noise)
    assert not np.isnan(found.qrs_on).any()
    assert not np.isnan(found.qrs_off).any()


def test_a_wave_said_to_be_absent_has_no_boundaries():
    lead, peaks = heartbeats()
    found = delineate(lead, 360.0, peaks, lambda windows: bells(windows)._replace(presence=np.tile([-1.0, 1.0], (len(windows), 1))))
    assert np.isnan(found.p_on).all()
    assert np.isnan(found.p_off).all()
    assert not np.isnan(found.t_off).any()
    found = delineate(lead, 360.0, peaks, lambda windows: bells(windows)._replace(presence=np.tile([1.0, -1.0], (len(windows), 1))))
    assert not np.isnan(found.p_on).any()
    assert np.isnan(found.t_off).all()


def test_the_likeliest_position_is_the_brute_force_one():
    rng = np.random.default_rng(1)
    logits = rng.normal(scale=2, size=(40, 60))
    lowest, highest = rng.integers(0, 20, 40).astype(float), rng.integers(30, 60, 40).astype(float)
    for row, found in enumerate(likeliest(logits, lowest, highest, 4)):
        belief = np.where((np.arange(60) >= lowest[row]) & (np.arange(60) <= highest[row]), np.exp(logits[row]), 0)
        inside = range(int(lowest[row]), int(highest[row]) + 1)
        best = max(inside, key=lambda i: belief[max(0, i - 4) : i + 5].sum())
        near = slice(max(0, best - 4), best + 5)
        assert found == pytest.approx((belief[near] * np.arange(60)[near]).sum() / belief[near].sum())


def test_no_position_is_given_where_none_is_allowed():
    assert np.isnan(likeliest(np.zeros((2, 10)), np.array([5.0, np.nan]), np.array([4.0, 8.0]), 1)).all()


def test_blocks_give_what_the_whole_gives(delineator):
    lead, peaks = heartbeats(beats=40)
    whole = np.stack(delineate(lead, 360.0, peaks, linear))
    for block in (1, 7, 64):
        np.testing.assert_array_equal(np.stack(delineate(lead, 360.0, peaks, linear, block)), whole)
    start = np.stack(delineator(lead[: peaks[20]], 360.0, peaks[:20]))
    np.testing.assert_allclose(start[:, :15], np.stack(delineator(lead, 360.0, peaks))[:, :15], atol=1e-5)


def test_a_later_start_moves_every_boundary_by_as_much(delineator):
    lead, peaks = heartbeats()
    delayed = delineator(np.concatenate([np.full(777, lead[0]), lead]), 360.0, peaks + 777)
    np.testing.assert_allclose(np.stack(delayed)[:, 1:], np.stack(delineator(lead, 360.0, peaks))[:, 1:] + 777 / 360, atol=1e-5)


@pytest.mark.parametrize(("gain", "offset"), [(0.01, 0.0), (40.0, -3.0), (1.0, 1000.0)])
def test_gain_and_offset_change_nothing(delineator, gain, offset):
    lead, peaks = heartbeats()
    changed = np.stack(delineator(gain * lead + offset, 360.0, peaks))
    np.testing.assert_allclose(changed, np.stack(delineator(lead, 360.0, peaks)), atol=1e-5)


@pytest.mark.parametrize("rate", [180.0, 250.0, 500.0, 1000.0])
def test_the_sampling_rate_changes_little(delineator, rate):
    (lead, peaks), (slow_lead, slow_peaks) = heartbeats(rate), heartbeats()
    change = np.abs(np.stack(delineator(lead, rate, peaks)) - np.stack(delineator(slow_lead, 360.0, slow_peaks)))
    assert np.nanmax(change[2:4]) < 0.006
    assert not np.isnan(change[2:4]).any()


def test_no_boundary_lies_in_a_gap_and_beats_away_from_it_do_not_notice(delineator):
    lead, peaks = heartbeats()
    whole = np.stack(delineator(lead, 360.0, peaks))
    gap = slice(peaks[3] + 60, peaks[4] - 20)
    lead[gap] = np.nan
    found = np.stack(delineator(lead, 360.0, peaks))
    inside = (found * 360 > gap.start) & (found * 360 < gap.stop - 1)
    assert not inside.any()
    assert np.isnan(found[4, 3])
    assert np.isnan(found[0, 4])
    assert not np.isnan(found[2:4, [3, 4]]).any()
    np.testing.assert_allclose(found[:, [0, 1, 6, 7]], whole[:, [0, 1, 6, 7]], atol=1e-5)


def test_a_missing_r_peak_and_a_flat_line_have_no_answer(delineator):
    lead, peaks = heartbeats()
    lead[peaks[2] - 5 : peaks[2] + 5] = np.nan
    assert np.isnan(np.stack(delineator(lead, 360.0, peaks))[:, 2]).all()
    for flat in (np.zeros_like(lead), np.full_like(lead, np.nan)):
        assert np.isnan(np.stack(delineator(flat, 360.0, peaks))).all()


def test_a_lead_without_beats_has_empty_answers(delineator):
    assert all(column.shape == (0,) for column in delineator(np.zeros(1000), 360.0, np.array([], dtype=int)))


@pytest.mark.parametrize("peaks", [[300, 200], [200, 200], [-1, 200], [200, 1000]])
def test_peaks_out_of_order_or_outside_are_refused(peaks):
    with pytest.raises(ValueError, match="ascending sample indices below 1000"):
        delineate(np.zeros(1000), 360.0, np.array(peaks), bells)


def test_a_window_shows_the_lead_at_our_rate_with_the_peak_in_place():
    lead = np.sin(np.arange(4000) / 40.0)
    window = beat_windows(lead, 1000.0, np.array([2063])).values[0]
    seen = np.sin((2063 + 2 * (np.arange(LENGTH) - BEFORE)) / 40.0)
    seen = (seen - np.median(seen)) / np.abs(seen - np.median(seen))[BEFORE - 50 : BEFORE + 50].max()
    np.testing.assert_allclose(window, np.clip(seen, -8, 8), atol=0.002)


def test_scores_count_what_their_definitions_say():
    nothing = np.full(5, np.nan)
    truth = Boundaries(nothing, nothing, np.array([1.0, 2.0, 3.0, 4.0, np.nan]), nothing, nothing)
    found = Boundaries(nothing, nothing, np.array([1.006, 2.010, np.nan, 4.2, 5.0]), nothing, nothing)
    score = delineation_scores(truth, found)["qrs_on"]
    assert (score.marked, score.sensitivity, score.precision) == (4, 50.0, 50.0)
    assert (score.within_tolerance, score.within_of_found) == (25.0, 50.0)
    assert (score.mean_ms, score.sd_ms) == (pytest.approx(8.0), pytest.approx(2.0))
    known = np.ones((5, 5), dtype=bool)
    known[2, 4] = False
    assert delineation_scores(truth, found, known)["qrs_on"].precision == pytest.approx(200 / 3)


def test_on_ludb_more_boundaries_are_within_tolerance_than_any_method_of_neurokit_finds(data, delineator):
    recorded = json.loads((CHECKPOINT / "metrics.json").read_text())
    ours = ludb_table(delineator, data / "ludb", [str(record) for record in range(121, 151)])
    for boundary, row in ours.items():
        assert row["within_tolerance"] > max(table[boundary]["within_tolerance"] for table in recorded["neurokit"].values())
        assert row["within_tolerance"] == pytest.approx(recorded["boundaries"][boundary]["within_tolerance"], abs=0.5)


@pytest.mark.parametrize("record", ["119", "223"])
def test_on_mit_bih_beats_have_plausible_qrs_complexes_and_ventricular_ones_are_wider(data, delineator, record):
    said = beat_answers(delineator, data / "mitdb", [record])
    assert said["all"]["answered"] >= 95
    normal, ventricular = (said["classes"][kind]["qrs_ms"][1] for kind in "NV")
    assert 60 < normal < 130
    assert ventricular > 1.2 * normal


def test_on_synthetic_beats_narrow_and_wide_the_qrs_complex_is_found_within_10_ms(delineator):
    synthetic = synthesise(Scenario(seconds=60, ventricular=0.2, noise=Noise(snr=24.0)))
    beats = synthetic.ecg.beats
    assert beats is not None
    found = delineator(synthetic.ecg.signals[1], synthetic.ecg.rate, np.round(beats.times * synthetic.ecg.rate).astype(int))
    for kind in "NV":
        chosen = beats.classes == kind
        assert chosen.sum() >= 8
        score = delineation_scores(*(Boundaries(*(column[chosen] for column in table)) for table in (synthetic.boundaries, found)))
        for row in (score["qrs_on"], score["qrs_off"]):
            assert row.sensitivity == 100
            assert abs(row.mean_ms) + 2 * row.sd_ms < 10


def test_neurokit_stands_behind_the_same_contract():
    lead, peaks = heartbeats(500.0)
    found = neurokit_delineator("dwt")(lead, 500.0, peaks)
    r = peaks / 500.0
    for early, late in ((found.p_on, found.p_off), (found.p_off, r), (found.qrs_on, r), (r, found.qrs_off), (r, found.t_off)):
        both = ~np.isnan(early) & ~np.isnan(late)
        assert both.sum() >= 6
        assert np.all(early[both] < late[both])
    assert np.all(found.t_off[:-1] < r[1:])
    assert np.isnan(np.stack(neurokit_delineator("dwt")(np.zeros(5000), 500.0, peaks[:5]))).all()


def test_an_event_goes_to_the_beat_it_is_next_to():
    peaks = np.array([100, 200, 300])
    np.testing.assert_array_equal(_before(np.array([np.nan, 95.0, 80.0, 290.0]), peaks), [95, np.nan, 290])
    np.testing.assert_array_equal(_after(np.array([210.0, 120.0, 110.0, np.nan]), peaks), [110, 210, np.nan])


def test_a_method_neurokit_does_not_have_is_refused():
    with pytest.raises(ValueError, match="dwt, cwt, peak, prominence, not 'magic'"):
        neurokit_delineator("magic")
