"""Beats: which are paired, what a lost, moved or added one changes, the rhythm, and what annotations know."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from drawn_ecg import RATE, TIMES, delineate, ecg, edited, edited_times, moved_by, normal

from vqvae.modalities.ecg.beat_scores import annotated_scores
from vqvae.modalities.ecg.beats import marked, match, severity
from vqvae.modalities.ecg.intervals import analyse
from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.recording import Beats
from vqvae.modalities.ecg.scores import compare
from vqvae.modalities.ecg.verdict import verdict
from vqvae.modalities.ecg.writing import write
from vqvae.modalities.wording import SPACE


def brute_force(reference: list[float], found: list[float], tolerance: float) -> tuple[int, float]:
    """(most pairs, least total shift), negated shift, by trying every one-to-one assignment."""
    if not reference:
        return 0, 0.0
    best = brute_force(reference[1:], found, tolerance)
    for j, time in enumerate(found):
        if abs(time - reference[0]) <= tolerance + 1e-6:
            count, shift = brute_force(reference[1:], found[:j] + found[j + 1 :], tolerance)
            best = max(best, (count + 1, shift - abs(time - reference[0])))
    return best


@pytest.mark.parametrize("seed", range(300))
def test_matching_pairs_most_beats_with_the_least_shift(seed):
    rng = np.random.default_rng(seed)
    a, b = (np.sort(rng.uniform(0, rng.uniform(0.2, 1.5), rng.integers(0, 6))) for _ in range(2))
    if seed % 3 == 0:
        a, b = a.round(1), b.round(1)  # ties
    pairs = match(a, b, 0.15)
    shifts = np.abs(a[pairs.reference] - b[pairs.found])
    assert all(np.diff(side).min(initial=1) > 0 for side in pairs)
    assert shifts.max(initial=0) <= 0.15 + 1e-6
    count, shift = brute_force(a.tolist(), b.tolist(), 0.15)
    assert (len(shifts), -shifts.sum()) == (count, pytest.approx(shift))


def test_matching_looks_only_at_pairs_within_the_tolerance():
    """Work counted as reads of single beats: a chain in which every beat has two candidates stays linear."""

    class Counting(np.ndarray):
        reads = 0

        def __getitem__(self, key):
            Counting.reads += np.ndim(key) == 0
            return super().__getitem__(key)

    reads = []
    for beats in (1000, 4000):
        Counting.reads = 0
        match((np.arange(beats) * 0.2).view(Counting), np.arange(beats) * 0.2 + 0.1, 0.15)
        reads.append(Counting.reads)
    assert 0 < reads[1] <= 4.1 * reads[0]


def test_a_shift_of_exactly_the_tolerance_counts_at_every_sampling_rate():
    for rate in (250, 360, 500, 1000):
        ticks = round(0.15 * rate) if (0.15 * rate) % 1 < 1e-9 else int(0.15 * rate)
        beats = np.arange(1, 200) * rate
        assert len(match(beats / rate, (beats + ticks) / rate, 0.15).found) == 199
        assert len(match(beats / rate, (beats + ticks + 1) / rate, 0.15).found) == 0


def test_a_shift_within_36_ms_is_kept_and_counted_in_ms():
    report = compare(normal(), moved_by(0.020), delineate=delineate)
    beats = report.events["beats"]
    assert set(beats["status"]) == {"kept"}
    assert beats["shift"].to_numpy() == pytest.approx(20.0, abs=2.01)
    assert report.value("r_peak_f1_36ms") == 100.0
    assert report.value("rr_change") <= 2.01


def test_a_shift_between_36_and_150_ms_is_the_same_beat_moved():
    report = compare(normal(), moved_by(0.060))
    assert set(report.events["beats"]["status"]) == {"moved"}
    assert report.value("r_peak_f1_150ms") == 100.0
    assert report.value("r_peak_sensitivity_36ms") == report.value("r_peak_ppv_36ms") == report.value("r_peak_f1_36ms") == 0.0


def test_lost_and_added_beats_are_counted_listed_and_the_worst():
    report = compare(normal(), edited(drop=(10, 30), add=(20.62,)), delineate=delineate)
    beats = report.events["beats"]
    total = len(TIMES)
    assert report.value("r_peak_sensitivity_150ms") == pytest.approx(100 * (total - 2) / total)
    assert report.value("r_peak_ppv_150ms") == pytest.approx(100 * (total - 2) / (total - 1))
    assert report.value("r_peak_f1_150ms") == pytest.approx(100 * 2 * (total - 2) / (2 * total - 1))
    worst = beats.sort_values("severity", ascending=False).head(3)
    assert sorted(worst["status"]) == ["added", "lost", "lost"]
    assert sorted(worst["time"]) == pytest.approx(sorted([TIMES[10], TIMES[30], 20.62]), abs=0.01)
    assert beats["time"].is_monotonic_increasing
    assert verdict(report).text.startswith(f"{total - 2} of {total} beats kept, 2 lost, 1 added.")


def test_lost_beats_do_not_change_sdnn_and_rmssd_but_the_heart_rate():
    report = compare(normal(), edited(drop=(10, 30)))
    assert report.value("sdnn_change") < 1.0
    assert report.value("rmssd_change") < 1.0
    rr = np.diff(TIMES)
    lost = np.diff(np.delete(TIMES, (10, 30)))
    assert report.value("heart_rate_change") == pytest.approx(60 / rr.mean() - 60 / lost.mean(), abs=0.05)


def test_rhythm_scores_are_what_one_computes_by_hand():
    jitter = 0.012 * np.array([1.0, -1.0])[np.arange(len(TIMES)) % 2]
    report = compare(normal(), edited_times(TIMES + jitter))
    before, after = 1000 * np.diff(TIMES), 1000 * np.diff(TIMES + jitter)

    def rmssd(rr: np.ndarray) -> float:
        return float(np.sqrt(np.mean(np.diff(rr) ** 2)))

    assert report.value("rr_change") == pytest.approx(24.0, abs=2.0)
    assert report.value("sdnn_change") == pytest.approx(after.std(ddof=1) - before.std(ddof=1), abs=1.5)
    assert report.value("rmssd_change") == pytest.approx(rmssd(after) - rmssd(before), abs=2.5)


def test_an_added_beat_makes_no_rr_interval_that_both_have():
    report = compare(normal(), edited(add=(TIMES[20] + 0.4,)))
    assert report.value("rr_change") < 1.0
    assert report.value("sdnn_change") < 1.0


def test_successive_differences_do_not_span_a_lost_beat():
    """RR is 0.7 s up to the lost beat and 0.9 s after it; every RR of the reconstruction is 20 ms too long or too short."""
    times = 1.0 + np.cumsum(np.where(np.arange(48) < 24, 0.7, 0.9))
    moved = times + 0.010 * (-1.0) ** np.arange(48)
    report = compare(edited_times(times), edited_times(np.delete(moved, 24)))
    assert report.value("rmssd_change") == pytest.approx(40.0, abs=2.5)  # the step of 200 ms is between intervals that do not meet


def test_an_rr_interval_across_a_gap_is_unknown():
    signals = normal().signals.copy()
    signals[:, round(15.3 * RATE) : round(20.1 * RATE)] = np.nan
    recording = dataclasses.replace(normal(), signals=signals)
    analysis = analyse(recording)
    across = np.flatnonzero(np.diff(analysis.peaks) > 3 * RATE) + 1
    assert len(across) == 1
    assert np.flatnonzero(np.isnan(analysis.rr)).tolist() == [0, across[0]]
    assert compare(recording, recording).value("heart_rate_change") == 0.0
    one_lead = dataclasses.replace(recording, signals=np.stack([signals[0], normal().signals[1]]))
    assert np.flatnonzero(np.isnan(analyse(one_lead).rr)).tolist() == [0]  # the other lead saw the beats


def test_scores_per_class_count_the_annotated_beats_of_that_class():
    classes = np.array(["N", "N", "V", "S"])[np.arange(len(TIMES)) % 4]
    ventricular = tuple(np.flatnonzero(classes == "V").tolist())
    report = compare(normal(Beats(TIMES, classes)), edited(drop=ventricular[::2], add=(TIMES[3] + 0.3,)))
    lost = len(ventricular[::2]) / len(ventricular)
    assert report.value("r_peak_sensitivity_150ms_v") == pytest.approx(100 * (1 - lost))
    assert report.value("r_peak_f1_150ms_v") == pytest.approx(100 * 2 * (1 - lost) / (2 - lost))
    assert report.value("r_peak_sensitivity_150ms_n") == report.value("r_peak_f1_150ms_n") == 100.0
    sick = int(np.sum(classes == "S"))
    assert report.value("r_peak_sensitivity_150ms_s") == 100.0
    assert report.value("r_peak_f1_150ms_s") == pytest.approx(100 * 2 * sick / (2 * sick + 1))  # the added beat is nearest to an S
    assert np.isnan(report.value("r_peak_sensitivity_36ms_q"))
    assert np.isnan(report.value("r_peak_f1_36ms_f"))
    beats = report.events["beats"]
    assert set(beats["class"][beats["status"] == "lost"]) == {"V"}
    assert beats["class"][beats["status"] == "added"].tolist() == [""]


def test_a_paired_peak_counts_for_its_partner_even_when_another_beat_is_nearer():
    nothing = analyse(ecg(np.zeros(3)))
    found = nothing._replace(peaks=np.array([555, 650]))  # 1.11 s is nearer to 1.20 s, but the pairs are in order
    scores = annotated_scores(Beats(np.array([1.0, 1.2]), np.array(["N", "V"])), found, found, RATE)
    assert {s.name: s.value for s in scores if s.name in ("r_peak_f1_150ms_n", "r_peak_f1_150ms_v")} == {
        "r_peak_f1_150ms_n": 100.0,
        "r_peak_f1_150ms_v": 100.0,
    }


def test_annotations_tell_losses_of_the_detector_from_losses_of_the_codec():
    """An annotated beat that nobody could see lowers both annotated scores; a beat that was erased only the reconstruction's."""
    annotated = Beats(np.sort(np.append(TIMES, 12.2)), np.full(len(TIMES) + 1, "N"))
    report = compare(normal(annotated), edited(drop=(30,)))
    total = len(TIMES) + 1
    assert report.value("original_annotated_r_peak_sensitivity_150ms") == pytest.approx(100 * (total - 1) / total)
    assert report.value("annotated_r_peak_sensitivity_150ms") == pytest.approx(100 * (total - 2) / total)
    assert report.value("annotated_r_peak_ppv_36ms") == 100.0
    assert np.isnan(compare(normal(), normal()).value("annotated_r_peak_f1_150ms"))


def test_what_is_perfect_against_annotations_is_what_the_original_reaches():
    """Two annotated beats that nobody can see, and one R-peak that nobody annotated: no reconstruction can reach 100 %."""
    times = np.sort(np.append(np.delete(TIMES, 20), (12.2, 13.0)))
    recording = normal(Beats(times, np.where(np.arange(len(times)) % 3, "N", "V")))
    same, worse = compare(recording, recording), compare(recording, edited(drop=(30,)))
    scores = {score.name: score for score in same.scores if not np.isnan(score.value)}
    assert {name: score.value for name, score in scores.items()} == {name: score.perfect for name, score in scores.items()}
    assert scores["annotated_r_peak_f1_150ms"].perfect < 98
    assert scores["r_peak_sensitivity_150ms_n"].perfect < 100
    assert [score.perfect for score in worse.scores] == [score.perfect for score in same.scores]
    assert worse.value("annotated_r_peak_f1_150ms") < same.value("annotated_r_peak_f1_150ms")


def test_the_worst_error_of_a_beat_is_the_largest_on_any_lead_around_it():
    reference = edited(add=(TIMES[20] + 0.4,))
    noise = np.random.default_rng(3).normal(0, 0.02, reference.signals.shape).astype(np.float32)
    noise[1, round((TIMES[7] + 0.3) * RATE)] = 0.9
    report = compare(reference, dataclasses.replace(reference, signals=reference.signals + noise))
    beats = report.events["beats"]
    peaks = np.rint(beats["time"].to_numpy() * RATE).astype(int)
    error = np.abs(reference.signals - (reference.signals + noise)).max(axis=0)
    bounds = (peaks[1:] + peaks[:-1] + 1) // 2
    for i, peak in enumerate(peaks):
        start = max(peak - 125, bounds[i - 1] if i else 0, 0)
        stop = min(peak + 226, bounds[i] if i < len(bounds) else len(error), len(error))
        assert beats["worst_error"][i] == pytest.approx(error[start:stop].max())
    assert beats["severity"].idxmax() == 7


def test_worst_first_is_lost_or_added_then_moved_then_kept():
    status = np.array(["kept", "moved", "added", "kept", "lost"])
    shift, qrs_change = np.array([30.0, 149.0, np.nan, 0.0, np.nan]), np.array([500.0, 0.0, np.nan, 2.0, np.nan])
    ranks = severity(status, shift, qrs_change, np.array([9.0, 0.1, 0.2, 0.5, 0.3]))
    assert np.argsort(-ranks).tolist() == [4, 2, 1, 0, 3]


def test_beats_in_annotated_flutter_are_on_no_side_of_any_score():
    episode = (10.3, 20.1)
    beats = Beats(TIMES, np.full(len(TIMES), "N"), (episode,))
    start, end = episode
    outside = (start > TIMES) | (end < TIMES)
    reference = normal(beats)
    inside = np.flatnonzero(~outside)
    times = np.sort(np.append(np.delete(TIMES, inside[2:5]), TIMES[inside[7]] + 0.4))  # lost and added in the episode only
    report = compare(reference, edited_times(times), delineate=delineate)
    table = report.events["beats"]
    assert len(table) == outside.sum()
    assert set(table["status"]) == {"kept"}
    for name in ("r_peak_f1_150ms", "annotated_r_peak_f1_36ms", "r_peak_sensitivity_36ms_n", "qrs_duration_within_10ms"):
        assert report.value(name) == 100.0, name
    for name in ("heart_rate_change", "rr_change", "sdnn_change", "rmssd_change", "qrs_no_answer"):
        assert report.value(name) == pytest.approx(0, abs=0.05), name
    assert verdict(report).text.endswith(f"10{SPACE}s of ventricular flutter are not scored beat by beat.")
    assert "flutter" in report.scores[-1].definition
    plain = compare(normal(), edited_times(times))
    assert "flutter" not in verdict(plain).text + plain.scores[-1].definition
    assert plain.value("r_peak_f1_150ms") < 96


def test_the_flutter_of_a_real_record_is_read_scored_around_and_written_again(data, tmp_path):
    """MIT-BIH 207: six episodes, 2.4 minutes, in which the detector finds what it will."""
    recording = read(data / "mitdb" / "207.hea")
    episodes = recording.beats.flutter
    assert len(episodes) == 6
    assert episodes[0] == pytest.approx((40.74, 50.97), abs=0.01)
    report = compare(recording, recording)
    assert report.value("annotated_r_peak_f1_150ms") > 99
    assert f"2.4{SPACE}min of ventricular flutter" in verdict(report).text
    write(recording, tmp_path / "again")
    again = read(tmp_path / "again.hea").beats
    np.testing.assert_allclose(again.flutter, episodes)
    assert marked(recording, report).beats.flutter == episodes
    assert again.times == pytest.approx(recording.beats.times)
