"""Scores: identity is perfect, known changes give the numbers worked out by hand."""

from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from vqvae.modalities.ecg import intervals
from vqvae.modalities.ecg.beat_scores import annotated_scores
from vqvae.modalities.ecg.beats import marked, match, severity
from vqvae.modalities.ecg.delineation import Boundaries
from vqvae.modalities.ecg.fidelity import fidelity
from vqvae.modalities.ecg.intervals import analyse
from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.recording import BEAT_CLASSES, Beats, Ecg
from vqvae.modalities.ecg.scores import compare
from vqvae.modalities.ecg.verdict import LIMITS, SPACE, number, share, verdict
from vqvae.modalities.ecg.writing import write
from vqvae.modalities.protocol import Report, Score

RATE = 500.0
TIMES = np.arange(1.0, 39.5, 0.8) + 0.02 * np.sin(np.arange(49))
WAVES = ((-0.16, 0.12, 0.02), (0.0, 1.0, 0.012), (0.28, 0.3, 0.04))  # s, mV, s: P, R, T


def drawn(times: np.ndarray, waves: tuple[tuple[float, float, float], ...] = WAVES, seconds: float = 40.0) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    x = sum((h * np.exp(-0.5 * ((t[:, None] - times - d) / w) ** 2)).sum(axis=1) for d, h, w in waves)
    return np.asarray(x, np.float32)


def ecg(*signals: np.ndarray, beats: Beats | None = None, rate: float = RATE) -> Ecg:
    names = ("II", "V1", "V5", "aVR")[: len(signals)]
    return Ecg(np.stack(signals).astype(np.float32), rate, names, beats=beats)


def normal(beats: Beats | None = None) -> Ecg:
    x = drawn(TIMES)
    return ecg(x, -0.5 * x + 0.3, beats=beats)


def moved_by(seconds: float) -> Ecg:
    x = drawn(TIMES + seconds)
    return ecg(x, -0.5 * x + 0.3)


def delineate(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
    t = peaks / rate
    return Boundaries(t - 0.2, t - 0.1, t - 0.04, t + 0.05, t + 0.4)


def only_in(recording: Ecg, **shifts: float):
    """A delineator that answers as `delineate`, except on `recording`, where boundaries are shifted (s)."""

    def answer(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
        plain = delineate(lead, rate, peaks)
        if not np.shares_memory(lead, recording.signals):
            return plain
        return plain._replace(**{name: getattr(plain, name) + shift for name, shift in shifts.items()})

    return answer


def values(report: Report) -> dict[str, float]:
    return {score.name: score.value for score in report.scores}


# ---- matching


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


# ---- identity and invariants


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


# ---- fidelity


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


# ---- beats


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


def edited(drop: tuple[int, ...] = (), add: tuple[float, ...] = ()) -> Ecg:
    x = drawn(np.sort(np.concatenate([np.delete(TIMES, drop), add])))
    return ecg(x, -0.5 * x + 0.3)


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


def edited_times(times: np.ndarray) -> Ecg:
    x = drawn(times)
    return ecg(x, -0.5 * x + 0.3)


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


# ---- flutter


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


# ---- intervals


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


# ---- what cannot be compared


def test_a_lead_that_does_not_exist_is_named_in_the_error():
    with pytest.raises(ValueError, match=r"no lead 'X9'; this recording has II, V1"):
        compare(normal(), normal(), lead="X9")
    with pytest.raises(ValueError, match="the analysis measured lead V1, not II"):
        compare(normal(), normal(), lead="II", analysis=analyse(normal(), "V1"))


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


# ---- the verdict


def report_of(
    kept: int, moved: int = 0, lost: int = 0, added: int = 0, within: float = 97.0, prdn: float = 5.0, unknown: int = 0
) -> Report:
    status = ["kept"] * kept + ["moved"] * moved + ["lost"] * lost + ["added"] * added
    scores = (Score("prdn", prdn, "%", 0.0, ""), Score("qrs_duration_within_10ms", within, "%", 100.0, ""))
    width = [np.nan] * unknown + [90.0] * (len(status) - unknown)
    beats = pd.DataFrame({"status": status, "qrs_original": width})
    return Report(scores, {"beats": beats, "flutter": pd.DataFrame({"start": [], "end": []})})


def test_the_verdict_says_what_became_of_the_beats():
    assert verdict(report_of(2271, lost=2)).text == (
        f"2{SPACE}271 of 2{SPACE}273 beats kept, 2 lost. QRS width changed by more than 10{SPACE}ms in 3{SPACE}% of beats."
    )
    assert verdict(report_of(12, within=100.0)).text == f"All 12 beats kept. QRS width changed by more than 10{SPACE}ms in none."
    assert verdict(report_of(1, within=np.nan)).text == f"1 of 1 beat kept. The error is 5{SPACE}% of the signal (PRDN)."
    assert verdict(report_of(0, within=np.nan)).text == f"No beats were found. The error is 5{SPACE}% of the signal (PRDN)."
    assert verdict(report_of(0, added=3, within=np.nan)).text.startswith("No beats in the original, 3 in the reconstruction.")


def test_the_verdict_of_a_grade_below_good_says_what_decided_it():
    width = f"QRS width changed by more than 10{SPACE}ms"
    assert verdict(report_of(80, prdn=25.8)).text == (
        f"All 80 beats kept. The waveform error is large: 25.8{SPACE}% of the signal (PRDN). {width} in 3{SPACE}% of beats."
    )
    assert f" Too many beats were lost or added: 1.3{SPACE}%. {width}" in verdict(report_of(990, lost=10, added=3)).text
    assert f" Too many beats moved by more than 36{SPACE}ms: 5{SPACE}%. {width}" in verdict(report_of(190, moved=10)).text
    assert verdict(report_of(100, within=60.0)).text == f"All 100 beats kept. Too often, {width} in 40{SPACE}% of beats."
    both = verdict(report_of(90, lost=10, prdn=30.0)).text
    assert "lost or added: 10" in both
    assert "error is large: 30" in both
    assert "large" not in verdict(report_of(100, prdn=9.0)).text
    assert verdict(report_of(9, within=np.nan, prdn=30.0)).text.count("error") == 1


def test_the_verdict_says_how_many_beats_have_a_qrs_width_when_not_all_do():
    assert verdict(report_of(80, unknown=30)).text.endswith(f"10{SPACE}ms in 3{SPACE}% of the 50 beats with a QRS width.")
    assert verdict(report_of(80, unknown=30, within=100.0)).text.endswith("in none of the 50 beats with a QRS width.")


@pytest.mark.parametrize(
    ("report", "grade", "first"),
    [
        (report_of(2000), "good", ""),
        (report_of(1999, lost=1), "good", ""),
        (report_of(1990, lost=10), "fair", f"10 beats lost and 0 added: 0.5{SPACE}% of the original's beats."),
        (report_of(1970, lost=15, added=10), "poor", "15 beats lost and 10 added: 1.3"),
        (report_of(1900, moved=100), "fair", "100 beats moved"),
        (report_of(2000, within=85.0), "fair", "QRS width"),
        (report_of(2000, within=60.0, prdn=10.0), "poor", "QRS width"),
        (report_of(2000, prdn=12.0), "fair", "The error"),
        (report_of(2000, prdn=25.0), "poor", "The error"),
        (report_of(0, added=1, within=np.nan), "poor", "0 beats lost and 1 added."),
    ],
)
def test_the_grade_is_the_worst_of_four_and_its_reason_comes_first(report, grade, first):
    found = verdict(report)
    assert found.grade == grade
    assert found.reasons[0].startswith(first)


def test_every_limit_is_reached_by_more_damage():
    assert all(0 < good < fair for good, fair in LIMITS.values())


def test_numbers_are_written_for_reading():
    assert [number(v) for v in (7, 2271, 1234567)] == ["7", f"2{SPACE}271", f"1{SPACE}234{SPACE}567"]
    written = [share(v).removesuffix(f"{SPACE}%") for v in (0.0, 0.04, 3.0, 12.34, 99.97, 100.0, 250.4)]
    assert written == ["0", "less than 0.1", "3", "12.3", "more than 99.9", "100", "250"]
