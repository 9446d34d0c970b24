"""Notes find their partners: the largest matching is that of mir_eval, and pairs are the best that keep the order of every key."""

from __future__ import annotations

import numpy as np
import pytest
from mir_eval import transcription, transcription_velocity, util
from played import chance, disturbed, notes_of, performance

from vqvae.modalities.piano import compare, read
from vqvae.modalities.piano.matching import REACH, hits, pair
from vqvae.modalities.piano.recording import Notes
from vqvae.modalities.piano.scores_transcription import transcription_scores

CRITERIA = [(0.05, None), (0.05, (0.2, 0.05)), (0.01, None), (0.01, (0.2, 0.01))]


def as_mir_eval(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    return np.stack([notes.onset, notes.end], axis=1), util.midi_to_hz(notes.pitch.astype(float))


def measured_by_mir_eval(a: Notes, b: Notes) -> list[float]:
    """The six F1 in percent, in the order of `transcription_scores`."""
    found = []
    for tolerance in (0.05, 0.01):
        options = {"onset_tolerance": tolerance, "offset_min_tolerance": tolerance}
        plain = transcription.precision_recall_f1_overlap
        found.append(plain(*as_mir_eval(a), *as_mir_eval(b), onset_tolerance=tolerance, offset_ratio=None)[2])
        found.append(plain(*as_mir_eval(a), *as_mir_eval(b), **options)[2])
        loud = transcription_velocity.precision_recall_f1_overlap
        found.append(loud(*as_mir_eval(a), a.velocity, *as_mir_eval(b), b.velocity, **options)[2])
    return [100 * value for value in found]


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize(("count", "keys", "seconds"), [(1, 1, 1.0), (60, 12, 20.0), (120, 2, 4.0), (150, 1, 2.0)])
def test_hits_are_the_pairs_that_mir_eval_finds_however_dense_the_notes(count, keys, seconds, criterion):
    tolerance, offset = criterion
    options = {"offset_ratio": offset[0], "offset_min_tolerance": offset[1]} if offset else {"offset_ratio": None}
    for seed in range(25):
        a = chance(seed, count, keys, seconds)
        b = disturbed(a, seed, jitter=0.03, lost=0.1)
        if len(b.onset):
            expected = transcription.match_notes(*as_mir_eval(a), *as_mir_eval(b), onset_tolerance=tolerance, **options)
            found = hits(a, b, tolerance, offset)
            assert list(zip(found.reference.tolist(), found.found.tolist(), strict=True)) == expected


@pytest.mark.parametrize("seed", range(6))
def test_the_six_f1_are_those_of_mir_eval_on_notes_by_chance(seed):
    a = chance(seed, 300, keys=4, seconds=30.0)
    b = disturbed(a, seed, jitter=0.015)
    assert [score.value for score in transcription_scores(a, b)] == pytest.approx(measured_by_mir_eval(a, b), abs=1e-9)


@pytest.mark.parametrize("piece", ["Haydn/Keyboard_Sonatas/31-1", "Schubert/Impromptu_op142/3"])
def test_the_six_f1_are_those_of_mir_eval_on_real_pieces(data, piece):
    path = sorted((data / "asap" / piece).glob("*.mid"))[0]
    notes = read(path).notes.where(slice(0, 1500))
    for seed, jitter in enumerate((0.004, 0.025)):
        found = disturbed(notes, seed, jitter, lost=0.01)
        assert [score.value for score in transcription_scores(notes, found)] == pytest.approx(measured_by_mir_eval(notes, found), abs=1e-9)


def test_a_distance_of_exactly_the_tolerance_counts_although_floats_cannot_hold_it():
    a = notes_of([(0.1 * i, 0.1, 60 + i, 60) for i in range(12)])
    assert len(hits(a, a._replace(onset=a.onset + 0.05), 0.05).reference) == 12
    assert len(hits(a, a._replace(onset=a.onset + 0.0502), 0.05).reference) == 0


def test_a_key_struck_a_hundred_times_a_second_for_a_minute_is_matched_in_full():
    """Its alternating paths are as long as the piece: a search that calls itself for every step ends in a RecursionError."""
    onset = np.arange(6000) * 0.01
    a = Notes(onset, np.full(6000, 0.01), np.full(6000, 60, np.int16), np.full(6000, 64, np.int16))
    b = a._replace(onset=a.onset - 0.045).where(slice(1, None))
    greedy, free = 0, 0  # earliest first is a largest matching where all tolerances are equal
    for time in a.onset:
        while free < len(b.onset) and b.onset[free] < time - 0.05 - 1e-9:
            free += 1
        if free < len(b.onset) and b.onset[free] <= time + 0.05 + 1e-9:
            greedy, free = greedy + 1, free + 1
    assert len(hits(a, b, 0.05).reference) == greedy


def best_by_force(a: np.ndarray, b: np.ndarray) -> float:
    """The largest sum of (reach - |error|) of any chain that keeps the order, by the full table."""
    table = np.zeros((len(a) + 1, len(b) + 1))
    for i, first in enumerate(a):
        for j, second in enumerate(b):
            table[i + 1, j + 1] = max(table[i, j + 1], table[i + 1, j], table[i, j] + REACH - abs(first - second))
    return float(table[-1, -1])


@pytest.mark.parametrize("jitter", [0.005, 0.1, 0.4])
@pytest.mark.parametrize("seconds", [3.0, 30.0])
def test_pairs_are_the_best_that_keep_the_order_of_every_key(seconds, jitter):
    for seed in range(30):
        a = chance(seed, 50, keys=2, seconds=seconds)
        b = disturbed(a, seed, jitter, lost=0.15)
        pairs = pair(a, b)
        first, second = a.where(pairs.reference), b.where(pairs.found)
        assert np.array_equal(first.pitch, second.pitch)
        assert len(set(pairs.found.tolist())) == len(pairs.found)
        assert (np.diff(pairs.reference) > 0).all()
        assert (np.abs(first.onset - second.onset) < REACH).all()
        for key in (60, 61):
            assert (np.diff(second.onset[second.pitch == key]) >= 0).all()
        reached = (REACH - np.abs(first.onset - second.onset)).sum()
        assert reached == pytest.approx(sum(best_by_force(a.onset[a.pitch == key], b.onset[b.pitch == key]) for key in (60, 61)))


def test_hundreds_of_groups_of_strikes_are_paired_at_once_as_each_would_be_alone():
    a = chance(1, 3000, keys=40, seconds=90.0)
    b = disturbed(a, 1, jitter=0.3, lost=0.1)
    together = pair(a, b)
    for key in range(60, 100):
        mine, theirs = np.flatnonzero(a.pitch == key), np.flatnonzero(b.pitch == key)
        alone, own = pair(a.where(mine), b.where(theirs)), np.isin(together.reference, mine)
        assert np.array_equal(together.reference[own], mine[alone.reference])
        assert np.array_equal(together.found[own], theirs[alone.found])


def test_comparing_tells_how_much_is_done_and_ends_when_it_is_asked_to():
    a = chance(2, 4000, keys=5, seconds=40.0)
    original, rebuilt = performance(a), performance(disturbed(a, 2, jitter=0.05))
    shares: list[float] = []
    told = compare(original, rebuilt, progress=shares.append)
    assert told.scores == compare(original, rebuilt).scores
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.01
    assert shares[-1] == 1
    assert len(shares) > 100

    for limit in (0.1, 0.5, 0.9):

        def stop(share: float, limit: float = limit) -> None:
            if share > limit:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            compare(original, rebuilt, progress=stop)


def test_a_note_lost_and_another_added_among_quick_repetitions_move_no_other_note():
    a = notes_of([(0.2 * i, 0.1, 60, 64) for i in range(40)])
    b = a.where(np.arange(40) != 5)
    b = notes_of([*zip(*(column.tolist() for column in b), strict=True), (6.05, 0.1, 60, 64)])
    pairs = pair(a, b)
    assert np.array_equal(np.delete(np.arange(40), 5), pairs.reference)
    assert np.abs(a.onset[pairs.reference] - b.onset[pairs.found]).max() == 0


def test_equal_notes_are_paired_each_with_itself_and_nothing_with_nothing():
    notes = chance(3, 400, keys=3)
    pairs = pair(notes, notes)
    assert np.array_equal(pairs.reference, np.arange(400))
    assert np.array_equal(notes.onset[pairs.found], notes.onset)
    for a, b in ((notes, notes.where(slice(0, 0))), (notes.where(slice(0, 0)), notes)):
        assert len(pair(a, b).reference) == len(hits(a, b, 0.05).reference) == 0


def test_a_key_struck_thousands_of_times_at_one_moment_needs_neither_time_nor_memory_beyond_measure():
    count = 30_000
    crowd = Notes(np.zeros(count), np.ones(count), np.full(count, 60, np.int16), np.full(count, 64, np.int16))
    assert len(hits(crowd, crowd, 0.05).reference) == count
    assert len(pair(crowd, crowd).reference) == count
