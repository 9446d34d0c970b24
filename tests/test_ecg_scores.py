"""Scores: identity is perfect, known changes of the waveform give the numbers worked out by hand."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from drawn_ecg import RATE, delineate, ecg, moved_by, normal, values

from vqvae.modalities.ecg import intervals
from vqvae.modalities.ecg.fidelity import fidelity
from vqvae.modalities.ecg.intervals import analyse
from vqvae.modalities.ecg.recording import BEAT_CLASSES, Beats
from vqvae.modalities.ecg.scores import compare
from vqvae.modalities.ecg.verdict import verdict


def test_nothing_lost_gives_the_perfect_value_of_every_score():
    peaks = analyse(normal()).peaks
    beats = Beats(peaks / RATE, np.array(BEAT_CLASSES)[np.arange(len(peaks)) % 5])
    recording = normal(beats)
    report = compare(recording, recording, delineate=delineate)
    assert {s.name: s.value for s in report.scores} == {s.name: s.perfect for s in report.scores}
    assert set(report.events["beats"]["status"]) == {"kept"}
    assert verdict(report).grade == "good"


def test_every_score_has_its_own_name_and_one_sentence():
    report = compare(normal(), normal())
    names = [score.name for score in report.scores]
    assert len(set(names)) == len(names)
    assert len({score.definition for score in report.scores}) == len(names)
    for score in report.scores:
        assert score.definition.endswith("."), score
        assert score.definition[0].isupper(), score


def test_the_same_names_come_in_the_same_order_whatever_the_recording():
    empty = ecg(np.zeros(3))
    assert [s.name for s in compare(empty, empty).scores] == [s.name for s in compare(normal(), normal(), delineate=delineate).scores]


def test_an_analysis_made_before_gives_the_same_report_without_looking_at_the_original_again(monkeypatch):
    reference, reconstruction = normal(), moved_by(0.004)
    fresh = compare(reference, reconstruction, delineate=delineate)
    analysis = analyse(reference, None, delineate)
    seen = []
    find = intervals.find_r_peaks
    monkeypatch.setattr(intervals, "find_r_peaks", lambda signals, rate: seen.append(signals) or find(signals, rate))
    reused = compare(reference, reconstruction, delineate=delineate, analysis=analysis)
    assert values(reused) == pytest.approx(values(fresh), nan_ok=True)
    pd.testing.assert_frame_equal(reused.events["beats"], fresh.events["beats"])
    assert [signals is reconstruction.signals for signals in seen] == [True]


def test_fidelity_is_what_one_computes_by_hand():
    x, y = np.array([1.0, 3.0, 5.0, 7.0]), np.array([1.0, 3.0, 5.0, 6.0])
    found = values(compare(ecg(x), ecg(y)))
    assert found["prdn"] == pytest.approx(100 * np.sqrt(1 / 20))  # Σ (x − 4)² = 9 + 1 + 1 + 9
    assert found["prd"] == pytest.approx(100 * np.sqrt(1 / 84))
    assert found["snr"] == pytest.approx(10 * np.log10(20))
    assert found["max_error"] == pytest.approx(1.0)


def test_prdn_does_not_see_gain_or_offset_and_prd_sees_the_offset():
    rng = np.random.default_rng(0)
    x, e = rng.normal(size=1000), 0.1 * rng.normal(size=1000)
    plain, changed = values(compare(ecg(x), ecg(x + e))), values(compare(ecg(-3 * x + 5), ecg(-3 * (x + e) + 5)))
    assert changed["prdn"] == pytest.approx(plain["prdn"], rel=1e-4)
    assert changed["prd"] < 0.6 * plain["prd"]


def test_leads_count_alike_and_flat_ones_have_no_prdn():
    x = np.array([0.0, 2.0, 0.0, 2.0])
    report = compare(ecg(x, 10 * x, np.full(4, 1.024)), ecg(x + 0.1, 10 * x + 3.0, np.full(4, 1.1)))
    leads = report.events["leads"].set_index("lead")
    assert leads["prdn"].tolist() == pytest.approx([10.0, 30.0, np.nan], rel=1e-5, nan_ok=True)
    assert report.value("prdn") == pytest.approx(20.0, rel=1e-5)
    assert report.value("max_error") == pytest.approx(3.0)


def test_a_long_flat_lead_has_no_prdn_whatever_the_rounding_of_its_mean():
    flat = np.full(100_003, 0.1)
    assert np.isnan(compare(ecg(flat), ecg(flat + 0.05)).value("prdn"))


def test_samples_missing_in_either_recording_are_never_scored():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 1000)).astype(np.float32)
    kept = np.ones(1000, bool)
    kept[100:200] = kept[400:420] = False
    gappy, other = x.copy(), y.copy()
    gappy[100:200], other[100:200] = np.nan, 1e6
    gappy[400:420], other[400:420] = 1e6, np.nan
    with_gaps, without = compare(ecg(gappy), ecg(other)), compare(ecg(x[kept]), ecg(y[kept]))
    for name in ("prdn", "prd", "snr", "max_error"):
        assert with_gaps.value(name) == pytest.approx(without.value(name), rel=1e-6)
    assert with_gaps.events["leads"]["gaps"].tolist() == pytest.approx([12.0])


def test_fidelity_in_blocks_is_fidelity_of_the_whole_and_takes_little_memory():
    rng = np.random.default_rng(2)
    x = rng.normal(2.0, 1.0, 3_000_001).astype(np.float32)
    y = x + np.float32(0.1) * rng.normal(size=x.shape).astype(np.float32)
    y[7] = x[7] + 3
    reference, reconstruction = ecg(x), ecg(y)
    tracemalloc.start()
    found = fidelity(reference, reconstruction)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    whole = 100 * np.linalg.norm(x.astype(float) - y) / np.linalg.norm(x.astype(float) - x.mean(dtype=float))
    assert found.prdn[0] == pytest.approx(whole, rel=1e-9)
    assert found.max_error[0] == pytest.approx(3.0)
    assert peak < x.nbytes


@pytest.mark.parametrize("other", [ecg(np.zeros(10)), ecg(np.zeros(9), np.zeros(9)), ecg(np.zeros(10), np.zeros(10), rate=360)])
def test_recordings_of_different_size_or_rate_are_refused(other):
    with pytest.raises(ValueError, match="they must be equal"):
        compare(ecg(np.zeros(10), np.zeros(10)), other)


@pytest.mark.parametrize("samples", [0, 1, 3, 5000])
@pytest.mark.parametrize("fill", [0.0, 1.024, np.nan])
def test_a_recording_without_a_signal_gives_a_report_without_numbers(samples, fill):
    recording = ecg(np.full(samples, fill), np.full(samples, fill), beats=Beats(np.zeros(0), np.zeros(0, "<U1")))
    report = compare(recording, recording, delineate=delineate)
    for name in ("prdn", "r_peak_f1_150ms", "rr_change", "qt_within_10ms", "annotated_r_peak_f1_36ms"):
        assert np.isnan(report.value(name)), name
    assert len(report.events["beats"]) == 0
    assert list(report.events["beats"].columns) == list(compare(normal(), normal()).events["beats"].columns)
    assert len(report.events["leads"]) == 2
    assert verdict(report).text == "There is nothing to compare: no lead carries a signal."
