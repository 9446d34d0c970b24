"""Several codecs on one performance: one window and the same keys for all, every note where it is, and differences as loops find them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from played import chance, changed, disturbed, performance

from vqvae.modalities.piano.contest_window import BINS, Row, difference, multiples, whole, worst_stretches
from vqvae.modalities.piano.recording import Piano
from vqvae.modalities.piano.roll import View
from vqvae.modalities.piano.scores import compare
from vqvae.modalities.piano.scores_passages import severity


@pytest.fixture(scope="module")
def original() -> Piano:
    return performance(chance(0, 160), pedal=[(1.0, 127), (3.0, 0)])


@pytest.fixture(scope="module")
def rows(original) -> dict[str, Row]:
    jitters = {"grid": 0.04, "piano": 0.004}
    made = {name: performance(disturbed(original.notes, seed, jitter)) for seed, (name, jitter) in enumerate(jitters.items())}
    return {name: Row(rebuilt, compare(original, rebuilt).events["notes"], f"{name}: F1 90 %") for name, rebuilt in made.items()}


def trace(picture, name: str):
    return next(trace for trace in picture.data if trace.name == name)


def test_every_roll_shows_its_own_notes_in_one_time_and_the_same_keys(original, rows):
    view = View(4.0, 6.0, sounding=False)
    picture = multiples(original, rows, view)
    for name, recording in {"Original": original, **{name: row.recording for name, row in rows.items()}}.items():
        notes, drawn = recording.notes, trace(picture, name)
        inside = (notes.onset <= 10) & (notes.end >= 4)
        assert np.array_equal(drawn.base, notes.onset[inside])
        assert np.array_equal(drawn.x, notes.duration[inside])
        assert np.array_equal(drawn.y, notes.pitch[inside])
        assert np.array_equal(drawn.marker.color, notes.velocity[inside])
    layout = picture.to_dict()["layout"]
    assert [key for key in layout if key.startswith("xaxis")] == ["xaxis"]
    assert layout["xaxis"]["range"] == [4.0, 10.0]
    assert [layout[f"yaxis{i}"].get("matches") for i in (2, 3)] == ["y", "y"]
    domains = [layout[f"yaxis{i}"]["domain"] for i in ("", 2, 3, 4)]
    assert all(above[0] > below[1] for above, below in pairwise(domains))


def test_below_every_codecs_notes_lie_the_originals(original, rows):
    picture = multiples(original, rows, View(4.0, 6.0))
    under = [trace for trace in picture.data if trace.name == "under"]
    assert [trace.yaxis for trace in under] == ["y2", "y3"]
    for each in under:
        assert np.array_equal(each.base, trace(picture, "Original").base)
        assert each.width > trace(picture, "grid").width


def test_the_colour_of_a_note_is_its_own_error(original, rows):
    picture = multiples(original, rows, View(0.0, 30.0, "velocity_error"))
    for name, row in rows.items():
        notes, known = row.recording.notes, row.notes[(row.notes["found"] >= 0) & (row.notes["reference"] >= 0)]
        errors = np.zeros(len(notes.onset))
        for _, note in known.iterrows():
            errors[note["found"]] = int(notes.velocity[note["found"]]) - int(original.notes.velocity[note["reference"]])
        assert np.array_equal(trace(picture, name).marker.color, errors.astype(np.float32))


def test_marks_stand_where_notes_were_lost_and_where_they_were_moved_to(original, rows):
    picture = multiples(original, {"grid": rows["grid"]}, View(0.0, 30.0))
    table = rows["grid"].notes
    lost = table[table["status"] == "lost"]
    assert sorted(trace(picture, "lost").x) == sorted(lost["time"])
    moved = table[table["status"] == "moved"]
    assert len(moved)
    assert np.allclose(sorted(trace(picture, "moved").x), sorted(rows["grid"].recording.notes.onset[moved["found"]]))


def test_differences_are_worst_less_best_stretch_by_stretch(original, rows):
    tables = [row.notes for row in rows.values()]
    found = difference(tables, original.seconds, 4.0)
    assert len(found) * 4.0 >= original.seconds
    for place, value in enumerate(found):
        sums = []
        for table in tables:
            inside = (table["time"] >= 4 * place) & (table["time"] < 4 * place + 4)
            sums.append(severity(table)[inside.to_numpy()].sum())
        assert value == pytest.approx(max(sums) - min(sums))
    assert np.allclose(difference(tables[:1], 20.0, 4.0).sum(), severity(tables[0])[(tables[0]["time"] <= 20).to_numpy()].sum())
    assert not difference([], 20.0, 4.0).any()
    assert not difference([tables[0], tables[0]], 20.0, 4.0).any()


def test_the_stretch_with_most_to_see_comes_first():
    assert list(worst_stretches(np.array([0.0, 3.0, 1.0, 3.0]), 4.0)) == [4.0, 12.0, 8.0, 0.0]


def test_the_whole_piece_has_bars_that_can_be_clicked_up_to_its_end(original):
    picture = whole(original, np.arange(6.0), 4.0, View(2.0, 5.0))
    assert list(trace(picture, "damage").y) == [0, 1, 2, 3, 4, 5]
    jump = trace(picture, "jump")
    assert np.allclose(jump.x[:5], [2, 6, 10, 14, 18])
    assert "damage differs by 3 lost notes" in jump.hovertext[3]
    assert picture.layout.shapes[0].x0 == 2.0
    long = changed(original, onset=original.notes.onset * 500)
    assert len(trace(whole(long, np.arange(2500.0), 4.0, View()), "damage").y) <= BINS
    assert max(trace(whole(long, np.arange(2500.0), 4.0, View()), "damage").y) == 2499


def test_very_many_notes_are_a_picture_and_names_are_only_text(original):
    many = performance(chance(3, 4000, keys=60))
    table = compare(many, many).events["notes"]
    bad = "<img src=x>"
    picture = multiples(many, {bad: Row(many, table, bad)}, View(0.0, 30.0))
    assert len(picture.to_json()) < 1_000_000
    assert bad not in picture.to_json()
    few = multiples(original, {bad: Row(original, compare(original, original).events["notes"], bad)}, View(0.0, 5.0))
    assert bad not in few.to_json()


def test_a_piece_without_notes_in_the_window_can_be_drawn(original, rows):
    assert multiples(original, rows, View(900.0, 5.0)).to_json()
    assert multiples(original, {}, View(0.0, 5.0)).to_json()
