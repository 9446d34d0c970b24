"""Intervals and levels: a boundary that moves by so much changes just the scores that are measured from it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from drawn_ecg import RATE, TIMES, delineate, drawn, ecg, edited, normal, only_in, values

from vqvae.modalities.ecg.delineation import Boundaries
from vqvae.modalities.ecg.intervals import analyse
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.ecg.scores import compare


@pytest.mark.parametrize(
    ("boundary", "shift", "changes", "outside"),
    [
        ("qrs_off", 0.0095, {"qrs_duration_change": 9.5}, ()),
        ("qrs_off", 0.0120, {"qrs_duration_change": 12.0}, ("qrs_duration_within_10ms", "qrs_off_within_cse")),
        ("qrs_on", -0.007, {"qrs_duration_change": 7.0, "pr_change": 7.0, "qt_change": 7.0}, ("qrs_on_within_cse",)),
        ("p_on", 0.0101, {"pr_change": 10.1}, ("pr_within_10ms",)),
        ("p_on", -0.0103, {"pr_change": 10.3}, ("pr_within_10ms", "p_on_within_cse")),
        ("p_off", 0.0128, {}, ("p_off_within_cse",)),
        ("t_off", -0.0305, {"qt_change": 30.5}, ("qt_within_10ms", "qtc_within_10ms")),
        ("t_off", 0.0307, {"qt_change": 30.7}, ("qt_within_10ms", "qtc_within_10ms", "t_off_within_cse")),
    ],
)
def test_boundaries_that_move_by_so_much_change_just_these_scores(boundary, shift, changes, outside):
    reference, reconstruction = normal(), normal()
    found = values(compare(reference, reconstruction, delineate=only_in(reconstruction, **{boundary: shift})))
    expected = {"qrs_duration_change": 0.0, "pr_change": 0.0, "qt_change": 0.0} | changes
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    shares = {name: value for name, value in found.items() if name.endswith(("_within_10ms", "_within_cse"))}
    assert len(shares) == 9
    assert shares == {name: 0.0 if name in outside else 100.0 for name in shares}


def test_qtc_is_bazetts():
    analysis = analyse(normal(), None, delineate)
    rr = np.diff(analysis.peaks) / RATE
    assert np.isnan(analysis.qtc[0])
    assert analysis.qtc[1:] == pytest.approx(0.44 / np.sqrt(rr))


def test_no_answer_in_the_reconstruction_counts_as_outside_and_none_in_the_original_is_not_asked():
    reference, reconstruction = normal(), normal()

    def partial(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
        plain = delineate(lead, rate, peaks)
        silent = slice(0, 10) if np.shares_memory(lead, reference.signals) else slice(5, 20)
        plain.qrs_off[silent] = np.nan
        return plain

    report = compare(reference, reconstruction, delineate=partial)
    total = len(TIMES)
    assert report.value("qrs_duration_within_10ms") == pytest.approx(100 * (total - 20) / (total - 10))
    assert report.value("qrs_no_answer") == pytest.approx(100 * 20 / total)
    assert report.value("qrs_duration_change") == 0.0


def test_a_lost_beat_counts_as_outside():
    report = compare(normal(), edited(drop=(10,)), delineate=delineate)
    assert report.value("qrs_duration_within_10ms") == pytest.approx(100 * (len(TIMES) - 1) / len(TIMES))


def test_without_a_delineator_intervals_are_unknown():
    report = compare(normal(), normal())
    assert np.isnan(report.value("qt_within_10ms"))
    assert report.value("qrs_no_answer") == 100.0
    assert report.value("prdn") == 0.0


def test_st_level_is_measured_60_ms_after_the_j_point_over_the_pq_level():
    reference = normal()
    raised = reference.signals + 0.5  # an offset changes no level
    for beat in TIMES:
        raised[:, round((beat + 0.09) * RATE) : round((beat + 0.13) * RATE)] += 0.2  # J point at + 50 ms
    found = values(compare(reference, dataclasses.replace(reference, signals=raised), delineate=delineate))
    assert found["st_level_change"] == pytest.approx(0.2, abs=0.01)


def test_intervals_are_measured_on_the_clearest_lead_or_on_the_one_asked_for():
    rng = np.random.default_rng(4)
    clean = drawn(TIMES)
    recording = ecg(clean + 0.2 * rng.normal(size=clean.shape), 0.3 * clean, clean + 0.05 * rng.normal(size=clean.shape))
    assert analyse(recording).lead == 1
    assert analyse(Ecg(np.stack([0.5 * clean, -clean, clean]), RATE, ("V1", "II", "V5"))).lead == 1  # all equally clear: lead II
    seen = []

    def note(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
        seen.append(lead)
        return delineate(lead, rate, peaks)

    other = dataclasses.replace(recording, signals=recording.signals[::-1].copy())
    compare(recording, other, lead="V5", delineate=note)
    assert np.shares_memory(seen[0], recording.signals[2])
    assert np.shares_memory(seen[1], other.signals[2])


def test_a_lead_that_does_not_exist_is_named_in_the_error():
    with pytest.raises(ValueError, match=r"no lead 'X9'; this recording has II, V1"):
        compare(normal(), normal(), lead="X9")
    with pytest.raises(ValueError, match="the analysis measured lead V1, not II"):
        compare(normal(), normal(), lead="II", analysis=analyse(normal(), "V1"))
