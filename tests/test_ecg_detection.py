"""R-peaks: synthetic recordings whose beats are known, and real ones that people annotated."""

from __future__ import annotations

import numpy as np
import pytest

from vqvae.modalities.ecg import detection
from vqvae.modalities.ecg.beats import match
from vqvae.modalities.ecg.detection import find_r_peaks

WAVES = ((-0.16, 0.12, 0.022), (-0.028, -0.12, 0.009), (0.0, 1.0, 0.011), (0.028, -0.25, 0.009), (0.28, 0.3, 0.045))  # s, mV, s: P Q R S T
VENTRICULAR = ((0.0, 1.6, 0.035), (0.06, -0.7, 0.04), (0.32, -0.5, 0.06))


def lead(times: np.ndarray, seconds: float, rate: float, waves: tuple[tuple[float, float, float], ...] = WAVES) -> np.ndarray:
    """(T,) mV: a sum of bells around every beat."""
    t = np.arange(round(seconds * rate)) / rate
    x = np.zeros(len(t))
    for beat in times:
        for delay, height, width in waves:
            near = slice(*np.searchsorted(t, (beat + delay - 6 * width, beat + delay + 6 * width)))
            x[near] += height * np.exp(-0.5 * ((t[near] - beat - delay) / width) ** 2)
    return x.astype(np.float32)


def regular(seconds: float, rr: float = 0.8) -> np.ndarray:
    return np.arange(0.6, seconds - 0.6, rr)


def missed_and_added(times: np.ndarray, signals: np.ndarray, rate: float, tolerance: float = 0.036) -> tuple[int, int]:
    found = find_r_peaks(signals, rate) / rate
    pairs = match(times, found, tolerance)
    return len(times) - len(pairs.reference), len(found) - len(pairs.found)


@pytest.mark.parametrize("rate", [50, 100, 128, 257.5, 360, 1000, 5000])
def test_every_beat_is_found_within_36_ms_at_any_rate(rate):
    times = regular(30)
    assert missed_and_added(times, lead(times, 30, rate)[None], rate) == (0, 0)


@pytest.mark.parametrize("rr", [0.29, 0.4, 1.2, 2.4, 3.5])
def test_beats_are_found_from_17_to_200_per_minute(rr):
    waves = WAVES if rr > 0.5 else WAVES[1:4]
    times = regular(60, rr)
    assert missed_and_added(times, lead(times, 60, 250, waves)[None], 250) == (0, 0)


def test_irregular_narrow_and_wide_beats_are_found_together():
    rng = np.random.default_rng(1)
    times = 0.6 + np.cumsum(rng.uniform(0.45, 1.3, 60))
    wide = rng.random(60) < 0.2
    x = lead(times[~wide], 60, 360) + lead(times[wide], 60, 360, VENTRICULAR)
    seen = times < 59
    assert missed_and_added(times[seen], x[None, : 59 * 360], 360, 0.15) == (0, 0)


def test_gain_offset_and_polarity_of_a_lead_do_not_matter():
    times = regular(60)
    signals = np.stack([lead(times, 60, 360), lead(times, 60, 360, VENTRICULAR)]) + np.random.default_rng(0).normal(0, 0.03, (2, 21600))
    found = find_r_peaks(signals.astype(np.float32), 360)
    changed = np.array([[-4.0], [0.01]]) * signals + np.array([[5.0], [-0.02]])
    np.testing.assert_allclose(find_r_peaks(changed.astype(np.float32), 360), found, atol=1)


def test_a_lead_full_of_noise_does_no_harm():
    times, rng = regular(60), np.random.default_rng(2)
    clean = lead(times, 60, 360)
    noise = rng.normal(0, 2.0, clean.shape).astype(np.float32)
    assert missed_and_added(times, np.stack([noise, clean, noise[::-1]]), 360) == (0, 0)
    assert missed_and_added(times, noise[None], 360) != (0, 0)  # alone it is no answer


def test_a_beat_that_one_lead_does_not_show_is_found_on_another():
    times = regular(60)
    signals = np.stack([lead(times[::2], 60, 360), lead(times, 60, 360)])
    signals += np.random.default_rng(7).normal(0, 0.02, signals.shape).astype(np.float32)
    assert missed_and_added(times, signals, 360) == (0, 0)


@pytest.mark.parametrize("pause", [6.0, 20.0])
def test_a_pause_holds_no_beats(pause):
    times = np.concatenate([regular(60), regular(60) + 60 + pause])
    x = lead(times, 120 + pause, 360)
    x += np.random.default_rng(3).normal(0, 0.01, x.shape).astype(np.float32)
    assert missed_and_added(times, x[None], 360) == (0, 0)


def test_a_gap_holds_no_beats_and_its_neighbours_are_found():
    times = regular(60)
    x = lead(times, 60, 360) + 3
    x[30 * 360 :] -= 40  # the electrode is put back elsewhere
    x[round(20.2 * 360) : round(30.8 * 360)] = np.nan
    seen = times[(times < 20.0) | (times > 30.8)]
    assert missed_and_added(seen, x[None], 360) == (0, 0)


def test_scattered_missing_samples_and_an_empty_lead_do_no_harm():
    times = regular(60)
    x = lead(times, 60, 360)
    x[np.random.default_rng(4).integers(0, len(x), 2000)] = np.nan
    assert missed_and_added(times, np.stack([x, np.full_like(x, np.nan)]), 360) == (0, 0)


@pytest.mark.parametrize(
    "signals",
    [
        np.zeros((2, 0)),
        np.zeros((0, 1000)),
        np.ones((1, 1)),
        np.array([[0.0, 1.0, 0.0]]),
        np.zeros((1, 5000)),
        np.full((2, 5000), 1.024),
        np.full((2, 5000), np.nan),
        np.where(np.arange(5000) < 2500, np.nan, -7.3)[None],
    ],
    ids=["no samples", "no leads", "one sample", "three samples", "zeros", "a constant", "all missing", "a constant after a gap"],
)
def test_a_recording_without_a_heart_has_no_beats(signals):
    assert len(find_r_peaks(signals.astype(np.float32), 360)) == 0


def test_a_wrong_last_or_first_sample_is_no_beat():
    """MIT-BIH records end in a sample of 0 mV, whatever the level before."""
    times = regular(60)
    x = lead(times, 60, 360) - 1.2
    x[[0, -1]] = 0.0
    assert missed_and_added(times, x[None], 360) == (0, 0)


@pytest.mark.parametrize("rate", [100, 360, 500])
def test_a_complex_cut_by_either_end_or_by_a_gap_on_all_leads_is_no_beat_and_a_whole_one_beside_it_is(rate):
    times = np.arange(0.0, 40.1, 0.8)  # beats on the first and the last sample, and on both edges of the gap
    x = np.stack([lead(times, 40, rate), -0.5 * lead(times, 40, rate)])
    one_lead = x.copy()
    one_lead[0, round(16.0 * rate) : round(20.0 * rate)] = np.nan
    x[:, round(16.0 * rate) : round(20.0 * rate)] = np.nan
    seen = times[(times > 0.05) & (times < 39.95)]
    assert missed_and_added(seen[(seen < 15.9) | (seen > 20.1)], x, rate, 0.06) == (0, 0)
    assert missed_and_added(seen, one_lead, rate, 0.06) == (0, 0)
    near = np.concatenate([[0.1], regular(20)[1:-1], [19.9]])
    assert missed_and_added(near, lead(near, 20, rate)[None], rate) == (0, 0)


def test_an_upstroke_on_the_last_sample_of_a_real_record_is_no_beat(data):
    """LUDB 130 ends 10.00 s in, at the foot of a QRS complex."""
    import wfdb

    recording = wfdb.rdrecord(str(data / "ludb" / "130"))
    assert find_r_peaks(recording.p_signal.T.astype(np.float32), recording.fs).max() < 9.5 * recording.fs


def test_a_rate_that_shows_no_qrs_gives_no_beats():
    assert len(find_r_peaks(lead(regular(60), 60, 20)[None], 20)) == 0


def test_a_tall_and_narrow_t_wave_is_no_beat():
    times = regular(60)
    waves = (*WAVES[:4], (0.3, 1.1, 0.035))
    assert missed_and_added(times, lead(times, 60, 360, waves)[None], 360) == (0, 0)


@pytest.mark.parametrize("apart", [0.045, 0.075])
def test_small_errors_move_no_peak_by_more_than_10_ms(apart):
    """Two waves as tall as each other: the taller of the two changes with the noise, the answer must not."""
    waves = ((0.0, 1.0, 0.014), (apart, -1.0, 0.014), (0.35, 0.3, 0.05))
    times = regular(120)
    clean = lead(times, 120, 360, waves)
    noisy = clean + np.random.default_rng(5).normal(0, 0.04, clean.shape).astype(np.float32)
    before, after = find_r_peaks(clean[None], 360), find_r_peaks(noisy[None], 360)
    assert len(before) == len(after) == len(times)
    assert np.abs(after - before).max() <= 0.010 * 360


def test_blocks_give_what_the_whole_gives(monkeypatch):
    rng = np.random.default_rng(6)
    times = 0.6 + np.cumsum(rng.uniform(0.4, 1.4, 700))
    signals = np.stack([lead(times, 600, 360), lead(times, 600, 360, VENTRICULAR)]) + rng.normal(0, 0.1, (2, 216000)).astype(np.float32)
    signals[0, 50_000:60_000] = np.nan
    signals[:, 120_000:121_000] = np.nan
    signals[:, 86_300:86_500] = np.nan
    monkeypatch.setattr(detection, "_BLOCK", 10_000)
    whole = find_r_peaks(signals, 360)
    for segments in (1, 7, 40):
        monkeypatch.setattr(detection, "_BLOCK", segments)
        np.testing.assert_array_equal(find_r_peaks(signals, 360), whole)


def test_work_grows_with_length_and_no_faster(monkeypatch):
    """Samples filtered and candidates decided on, counted; a long recording costs no more of either per second than two short ones."""
    counts = {"filtered": 0, "decided": 0}
    envelope, decide = detection._envelope, detection._decide

    def counting_envelope(lead_, rate):
        counts["filtered"] += len(lead_)
        return envelope(lead_, rate)

    def counting_decide(times, heights, rules):
        counts["decided"] += len(times)
        return decide(times, heights, rules)

    monkeypatch.setattr(detection, "_envelope", counting_envelope)
    monkeypatch.setattr(detection, "_decide", counting_decide)
    hour = np.tile(lead(regular(60), 60, 100), 60)
    work = []
    for hours in (1, 4):
        counts.update(filtered=0, decided=0)
        find_r_peaks(np.tile(hour, hours)[None], 100)
        work.append(dict(counts))
    assert work[1]["filtered"] <= 4.3 * work[0]["filtered"]
    assert work[1]["decided"] <= 4.1 * work[0]["decided"]
    assert work[0]["filtered"] <= 1.4 * len(hour)


TRAINING = ("101", "106", "108", "109", "112", "115", "116", "118", "119", "122", "201", "203", "205", "208", "209", "215", "220", "230")


def annotated(data, record):
    """Pairs, annotated beats and found beats of a MIT-BIH record, whole, both leads, within 150 ms."""
    import wfdb

    from vqvae.modalities.ecg.recording import AAMI_CLASS

    path = str(data / "mitdb" / record)
    recording, annotation = wfdb.rdrecord(path), wfdb.rdann(path, "atr")
    known = annotation.sample[[symbol in AAMI_CLASS for symbol in annotation.symbol]] / recording.fs
    found = find_r_peaks(recording.p_signal.T.astype(np.float32), recording.fs) / recording.fs
    return np.array([len(match(known, found, 0.15).found), len(known), len(found)])


@pytest.mark.parametrize("record", ["114", "124", "223"])
def test_real_beats_are_found_with_f1_of_99_8_percent_on_records_nothing_was_tuned_on(data, record):
    hits, known, found = annotated(data, record)
    assert 200 * hits / (known + found) >= 99.8


def test_real_beats_of_the_training_records_are_found_with_f1_of_99_7_percent(data):
    hits, known, found = sum(annotated(data, record) for record in TRAINING)
    assert 200 * hits / (known + found) >= 99.7


def test_flutter_costs_false_beats_but_no_true_ones(data):
    """Record 207: two and a half minutes of ventricular flutter, which has no beats to annotate."""
    hits, known, found = annotated(data, "207")
    assert hits / known >= 0.998
    assert hits / found >= 0.80


def test_twelve_leads_of_ten_seconds_are_answered_like_two_people_would(data):
    """LUDB 121-150: hand-made QRS peaks per lead; a beat is where at least four leads have one within 100 ms."""
    import wfdb

    names = ("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6")
    total = np.zeros(3)
    for record in range(121, 151):
        path = str(data / "ludb" / str(record))
        recording = wfdb.rdrecord(path)
        annotations = [wfdb.rdann(path, name) for name in names]
        marks = np.sort(np.concatenate([a.sample[np.array(a.symbol) == "N"] for a in annotations])) / recording.fs
        groups = [group for group in np.split(marks, np.flatnonzero(np.diff(marks) > 0.1) + 1) if len(group) >= 4]
        known = np.array([np.median(group) for group in groups])
        found = find_r_peaks(recording.p_signal.T.astype(np.float32), recording.fs) / recording.fs
        found = found[(found > known[0] - 0.15) & (found < known[-1] + 0.15)]  # the first and last beats of a record are not marked
        total += [len(match(known, found, 0.036).found), len(known), len(found)]
    assert 200 * total[0] / (total[1] + total[2]) >= 99.5


@pytest.mark.parametrize("width", [20, 36, 40])
def test_a_plateau_is_one_beat_not_two_at_the_same_place(width):
    block = np.zeros((1, 4320), np.float32)
    block[0, 3615 : 3615 + width] = 1.0
    assert np.allclose(find_r_peaks(block, 360.0), [3615 + width / 2], atol=1)
