"""Scores of a performance measure what they say they measure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from played import chance, changed, disturbed, notes_of, performance

from vqvae.modalities.piano import analyse, compare, example, sounding_ends
from vqvae.modalities.piano.scores_listening import DYNAMICS, dynamics_curves, sounding_overlap
from vqvae.modalities.piano.scores_notes import pitch_name
from vqvae.modalities.piano.scores_passages import PASSAGE, severity, worst_passages


def values(reference, reconstruction) -> dict[str, float]:
    return {score.name: score.value for score in compare(reference, reconstruction).scores}


@pytest.fixture(scope="module")
def piece():
    return performance(chance(0, 500, keys=40, seconds=60.0), pedal=[(5.0, 127), (9.0, 0), (20.0, 64), (21.5, 63)])


def test_a_performance_that_equals_its_original_is_perfect_in_every_score(piece):
    for recording in (piece, example("minuet")):
        for score in compare(recording, recording).scores:
            assert score.value == pytest.approx(score.perfect), score.name
            assert score.definition.endswith(".")


def test_every_error_comes_out_as_it_was_put_in(piece):
    notes = piece.notes
    late = values(piece, changed(piece, onset=notes.onset + 0.012))
    assert [late[f"onset_error{which}_ms"] for which in ("", "_p95", "_worst")] == pytest.approx([12, 12, 12])
    assert late["note_f1_onset"] == 100
    assert late["note_f1_onset_10ms"] < 50
    assert values(piece, changed(piece, duration=notes.duration / 2))["duration_log_ratio"] == pytest.approx(1)
    louder = values(piece, changed(piece, velocity=notes.velocity + 7))
    assert [louder[name] for name in ("velocity_error", "velocity_error_p95", "dynamics_curve_change")] == pytest.approx([7, 7, 7])


def test_the_95th_percentile_and_the_counts_are_those_of_the_notes():
    steady = performance([(1 + 0.3 * i, 0.2, 60, 64) for i in range(300)])
    errors = np.random.default_rng(0).normal(0, 0.02, 300)
    found, moved = values(steady, changed(steady, onset=steady.notes.onset + errors)), 1000 * np.abs(errors)
    assert found["notes_off_by_20ms"] == (moved > 20).sum()
    assert found["notes_off_by_50ms"] == (moved > 50).sum() > 0
    assert found["onset_error_p95_ms"] == pytest.approx(np.percentile(moved, 95))


def test_an_error_that_grows_with_time_shows_in_the_last_tenth_and_a_constant_one_does_not(piece):
    steady = values(piece, changed(piece, onset=piece.notes.onset + 0.01))
    drifting = values(piece, changed(piece, onset=piece.notes.onset * 1.001))
    assert steady["onset_error_last_tenth_ms"] == pytest.approx(steady["onset_error_first_tenth_ms"])
    assert drifting["onset_error_last_tenth_ms"] > 15 * drifting["onset_error_first_tenth_ms"]
    assert drifting["onset_error_last_tenth_ms"] == pytest.approx(57, abs=3)


def test_lost_and_added_notes_are_counted_and_named_in_the_table(piece):
    fewer = piece.notes.where(np.arange(500) != 123)
    more = notes_of([*zip(*(column.tolist() for column in fewer), strict=True), (30.0, 0.5, 20, 99)])
    report = compare(piece, performance(more))
    table = report.events["notes"]
    assert (report.value("notes_lost"), report.value("notes_added")) == (1, 1)
    assert len(table) == 501
    assert table["time"].is_monotonic_increasing
    lost, added = (table[table["status"] == status].iloc[0] for status in ("lost", "added"))
    assert (lost["time"], lost["pitch"], lost["reference"], lost["found"]) == (piece.notes.onset[123], piece.notes.pitch[123], 123, -1)
    assert (added["time"], added["name"], added["velocity"], added["reference"]) == (30.0, "G♯0", 99, -1)
    assert np.isnan(lost["onset_error_ms"])
    assert np.isnan(added["velocity_error"])


def test_every_row_of_the_table_holds_the_errors_of_its_note_with_their_signs(piece):
    notes = piece.notes
    moved = performance(disturbed(notes, 1, jitter=0.03, lost=0.0))
    table = compare(piece, moved).events["notes"]
    both = table[(table["reference"] >= 0) & (table["found"] >= 0)]
    a, b = both["reference"].to_numpy(), both["found"].to_numpy()
    assert len(both) > 480
    assert np.allclose(both["onset_error_ms"], 1000 * (moved.notes.onset[b] - notes.onset[a]))
    assert np.allclose(both["duration_log_ratio"], np.log2(moved.notes.duration[b] / notes.duration[a]))
    assert np.allclose(both["velocity_error"], moved.notes.velocity[b].astype(int) - notes.velocity[a])
    assert set(both.loc[both["onset_error_ms"].abs() > 50, "status"]) == {"moved"}
    assert set(both.loc[both["onset_error_ms"].abs() <= 50, "status"]) == {"kept"}


def test_a_chord_that_closes_is_measured_by_how_far_it_was_open():
    broken = [(2.0 * i + 0.01 * k * (i + 1), 0.5, 60 + 4 * k, 64) for i in range(2) for k in range(3)]
    closed = [(2.0 * i, 0.5, 60 + 4 * k, 64) for i in range(2) for k in range(3)]
    assert values(performance(broken), performance(closed))["chord_spread_change_ms"] == pytest.approx((20 + 40) / 2)
    late = [(onset + 0.03, *rest) for onset, *rest in broken]
    assert values(performance(broken), performance(late))["chord_spread_change_ms"] == pytest.approx(0, abs=1e-9)


def rubato(depth: float, tempo: float = 1.0) -> list[tuple[float, float, int, int]]:
    intervals = 0.4 / tempo * (1 + depth * np.sin(np.arange(120) / 4))
    return [(float(onset), 0.2, 40 + i % 50, 64) for i, onset in enumerate(np.cumsum(intervals))]


def test_the_tempo_curve_knows_rubato_from_its_opposite_and_from_none():
    original = performance(rubato(0.05))
    assert values(original, performance(rubato(0.02)))["tempo_curve_correlation"] > 0.99
    assert values(original, performance(rubato(-0.05)))["tempo_curve_correlation"] < -0.99
    assert abs(values(original, performance(rubato(0.0)))["tempo_curve_correlation"]) < 0.2
    assert math.isnan(values(performance(rubato(0.05)[:4]), performance(rubato(0.05)[:4]))["tempo_curve_correlation"])


def test_notes_lost_on_the_way_make_no_tempo():
    """Between what is left, every second interval would be long in both: a likeness that nobody hears as tempo."""
    original, opposite = rubato(0.05), rubato(-0.05)
    kept = performance([row for i, row in enumerate(opposite) if i % 20 != 7])
    assert values(performance(original), kept)["tempo_curve_correlation"] < -0.99


def test_the_tempo_curve_change_is_that_of_the_tempo():
    slower = values(performance(rubato(0.05)[:40]), performance(rubato(0.05, 0.98)[:40]))
    assert slower["tempo_curve_change"] == pytest.approx(2, abs=0.01)


def test_the_dynamics_curve_knows_a_swell_from_its_opposite_and_from_nothing():
    def swell(depth: float, seconds: float = 60.0):
        times = np.arange(0, seconds, 0.25)
        return performance([(float(t), 0.2, 60, int(64 + depth * np.sin(t / 5))) for t in times])

    def r(depth: float) -> float:
        return values(swell(30), swell(depth))["dynamics_curve_correlation"]

    assert r(15) > 0.99
    assert r(-30) < -0.99
    assert r(0) == 0
    assert math.isnan(values(swell(0), swell(30))["dynamics_curve_correlation"])


def test_a_point_of_the_dynamics_curve_is_the_mean_velocity_of_all_that_starts_around_it(piece):
    found = disturbed(piece.notes, 4)
    curves = dynamics_curves(piece.notes, found)
    for notes, curve in ((piece.notes, curves.original), (found, curves.rebuilt)):
        around = [notes.velocity[np.abs(notes.onset - time) <= DYNAMICS + 1e-9] for time in curves.time]
        assert curve == pytest.approx([some.mean() if len(some) else np.nan for some in around], nan_ok=True)
    assert np.array_equal(curves.time, np.unique(piece.notes.onset))


def sounding_by_force(notes, ends, step: float = 0.001) -> set[tuple[int, int]]:
    cells: set[tuple[int, int]] = set()
    for onset, end, pitch in zip(notes.onset, ends, notes.pitch, strict=True):
        cells |= {(int(pitch), k) for k in range(round(onset / step), round(end / step))}
    return cells


def test_the_sounding_overlap_is_that_of_the_cells_of_a_roll_with_the_pedal_in_it():
    pedal = [(1.0, 100), (4.0, 0), (6.0, 64), (8.0, 0)]
    a = performance(chance(5, 80, keys=5, seconds=10.0), pedal)
    moved = disturbed(a.notes, 5)
    b = performance(moved._replace(duration=moved.duration.round(3)), pedal)
    first, second = (sounding_by_force(x.notes, sounding_ends(x)) for x in (a, b))
    assert values(a, b)["sounding_overlap"] == pytest.approx(100 * len(first & second) / len(first | second))
    dry = performance(a.notes)
    assert sounding_overlap(a.notes, a.notes, sounding_ends(a), sounding_ends(dry)) < 90


def test_scores_that_a_piece_cannot_answer_are_nan_and_lost_pieces_have_no_errors():
    one, nothing = performance([(1.0, 0.5, 60, 64)]), performance([])
    alone = values(one, one)
    assert alone["note_f1_onset_offset_velocity_10ms"] == 100
    unknown = {name for name, value in alone.items() if math.isnan(value)}
    assert unknown == {"chord_spread_change_ms", "tempo_curve_correlation", "tempo_curve_change", "dynamics_curve_correlation"}
    gone = values(one, nothing)
    assert (gone["note_f1_onset"], gone["notes_lost"], gone["sounding_overlap"]) == (0, 1, 0)
    assert math.isnan(gone["onset_error_ms"])
    empty = values(nothing, one)
    assert empty.pop("notes_added") == 1
    assert all(math.isnan(value) for value in empty.values())


def test_an_analysis_made_before_changes_nothing_and_that_of_another_piece_is_refused(piece):
    other = performance(disturbed(piece.notes, 2))
    found = compare(piece, other, analysis=analyse(piece))
    assert [s.value for s in found.scores] == pytest.approx([s.value for s in compare(piece, other).scores], nan_ok=True)
    with pytest.raises(ValueError, match="not that of piece"):
        compare(piece, other, analysis=analyse(other))


def test_the_worst_passage_is_where_the_damage_is_and_says_what_it_is(piece):
    notes = piece.notes
    onset, velocity, kept = notes.onset.copy(), notes.velocity.copy(), np.ones(500, bool)
    late, soft = np.flatnonzero((notes.onset > 20) & (notes.onset < 22)), np.flatnonzero((notes.onset > 40) & (notes.onset < 42))
    onset[late] += 0.084
    velocity[soft] -= 12
    kept[[3, 4]] = False
    table = compare(piece, performance(notes._replace(onset=onset, velocity=velocity).where(kept).sorted())).events["notes"]
    passages = worst_passages(table)
    assert passages["severity"].is_monotonic_decreasing
    assert passages["reason"].tolist() == ["up to 84 ms late", "up to 12 velocity steps too soft", "2 notes lost"]
    for passage, (low, high) in zip(passages.itertuples(), ((20, 22), (40, 42), (0, 2)), strict=True):
        assert passage.start < high
        assert passage.stop > low
    assert severity(table).sum() == pytest.approx(passages["severity"].sum())


def test_worst_passages_never_overlap_and_nothing_is_said_of_an_untouched_piece(piece):
    table = compare(piece, performance(disturbed(piece.notes, 3))).events["notes"]
    starts = np.sort(worst_passages(table, count=30)["start"])
    assert len(starts) > 8
    assert (np.diff(starts) >= PASSAGE).all()
    assert worst_passages(compare(piece, piece).events["notes"]).empty


def test_keys_have_the_names_that_pianists_give_them():
    assert [pitch_name(pitch) for pitch in (21, 60, 61, 69, 108)] == ["A0", "C4", "C♯4", "A4", "C8"]
