"""Pictures of a performance: every note that must be seen is in them, where and as loud as it is, and they stay small."""

from __future__ import annotations

import numpy as np
import pytest
from played import chance, disturbed, notes_of, performance

from vqvae.modalities.looks import STATUS
from vqvae.modalities.piano import compare, example, sounding_ends
from vqvae.modalities.piano.figures import figure
from vqvae.modalities.piano.figures_course import curves, overview
from vqvae.modalities.piano.recording import Notes
from vqvae.modalities.piano.roll import SHADES, View, keys_shown, loudest
from vqvae.modalities.piano.roll_drawing import MOST_BARS, time_axis

MEGABYTE = 1_000_000
MODES = ("fold", "overlay", "difference")


@pytest.fixture(scope="module")
def pair():
    """A piece, what became of it, and the table of its notes; one note is lost, one added, ten are moved."""
    notes = chance(0, 300, keys=30, seconds=40.0)
    onset = notes.onset.copy()
    onset[100:110] += 0.08
    kept = notes._replace(onset=onset).where(np.arange(300) != 50)
    rows = [*zip(*(column.tolist() for column in kept), strict=True), (11.0, 0.4, 100, 90)]
    reference, rebuilt = (performance(n, [(1.0, 127), (3.0, 20), (12.0, 90), (15.0, 0)]) for n in (notes, notes_of(rows)))
    return reference, rebuilt, compare(reference, rebuilt).events["notes"]


@pytest.fixture(scope="module")
def endless():
    """A hundred thousand notes, of which a fiftieth is lost."""
    rng = np.random.default_rng(0)
    columns = rng.uniform(0, 6000, 100_000), rng.uniform(0.05, 2, 100_000), rng.integers(21, 109, 100_000), rng.integers(1, 128, 100_000)
    notes = Notes(*columns).sorted()
    notes = notes._replace(pitch=notes.pitch.astype(np.int16), velocity=notes.velocity.astype(np.int16))
    reference, rebuilt = performance(notes), performance(disturbed(notes, 0, lost=0.02))
    return reference, rebuilt, compare(reference, rebuilt).events["notes"]


def traces(picture, name: str) -> list:
    return [trace for trace in picture.data if trace.name == name]


def bars(trace) -> set[tuple[float, float, int]]:
    """Onset, duration (µs) and pitch of every bar."""
    columns = (np.rint(np.asarray(values, float) * 1e6).tolist() for values in (trace.base, trace.x))
    return set(zip(*columns, np.asarray(trace.y).tolist(), strict=True))


def expected(notes: Notes, which: np.ndarray) -> set[tuple[float, float, int]]:
    chosen = notes.where(which)
    return set(zip(np.rint(chosen.onset * 1e6).tolist(), np.rint(chosen.duration * 1e6).tolist(), chosen.pitch.tolist(), strict=True))


@pytest.mark.parametrize("start", [2.5, 10.0])  # in the pedal, and before it comes down
def test_every_note_that_sounds_in_the_window_is_one_bar_in_its_roll_and_no_other_is(pair, start):
    reference, rebuilt, table = pair
    view = View(start, 5.0)
    drawn = traces(figure(reference, rebuilt, view, notes=table), "notes")
    assert [trace.yaxis for trace in drawn] == ["y", "y2"]
    for recording, trace in zip((reference, rebuilt), drawn, strict=True):
        inside = (recording.notes.onset <= start + 5) & (sounding_ends(recording) >= start)
        assert bars(trace) == expected(recording.notes, inside)
        assert np.array_equal(np.sort(trace.marker.color), np.sort(recording.notes.velocity[inside]))


def test_both_rolls_hang_on_one_time_axis_and_show_the_same_keys(pair):
    reference, rebuilt, table = pair
    for mode in MODES:
        picture = figure(reference, rebuilt, View(10.0, 5.0), notes=table, mode=mode)
        assert {trace.xaxis for trace in picture.data} <= {None, "x"}
        assert tuple(picture.layout.xaxis.range) == (10.0, 15.0)
    folded = figure(reference, rebuilt, notes=table).layout
    assert folded.yaxis.range == folded.yaxis2.range
    assert list(folded.yaxis.ticktext) == ["C4", "C5", "C6", "C7"]
    assert list(folded.yaxis.tickvals) == [60, 72, 84, 96]


def test_the_pedal_lengthens_notes_as_far_as_they_sound_and_can_be_left_out(pair):
    reference, rebuilt, table = pair
    longer = traces(figure(reference, rebuilt, View(1.0, 5.0), notes=table), "pedal")[0]
    ends = {(round(end, 6), pitch) for end, pitch in zip(sounding_ends(reference), reference.notes.pitch.tolist(), strict=True)}
    drawn = {(round(base + x, 6), pitch) for base, x, pitch in zip(longer.base, longer.x, longer.y, strict=True)}
    assert drawn <= ends
    assert max(longer.x) > 0.5
    assert not traces(figure(reference, rebuilt, View(1.0, 5.0, sounding=False), notes=table), "pedal")


def test_the_pedal_band_stands_where_the_pedal_does(pair):
    reference, rebuilt, table = pair
    band = traces(figure(reference, rebuilt, View(2.0, 12.0), notes=table), "sustain pedal")[0]
    assert list(zip(band.x, band.y, strict=True)) == [(2.0, 127), (3.0, 20), (12.0, 90), (14.0, 90)]
    assert band.line.shape == "hv"


@pytest.mark.parametrize("shade", [shade for shade in SHADES if shade != "velocity"])
def test_colour_says_the_error_of_each_note_and_grey_that_there_is_none(pair, shade):
    reference, rebuilt, table = pair
    drawn = traces(figure(reference, rebuilt, View(0.0, 40.0, shade), notes=table, mode="difference"), "notes")[0]
    wanted = table[table["found"] >= 0].sort_values("found")[shade].fillna(0)
    assert np.allclose(drawn.marker.color, wanted, atol=1e-3)
    assert np.array_equal(drawn.base, rebuilt.notes.onset)
    assert drawn.marker.cmin == -drawn.marker.cmax
    scale = View(shade=shade).scale
    assert scale[len(scale) // 2][0] == 0.5


def test_lost_added_and_moved_notes_are_marked_by_colour_and_by_symbol_in_the_roll_that_has_them(pair):
    reference, rebuilt, table = pair
    for dark in (False, True):
        picture = figure(reference, rebuilt, View(0.0, 40.0, dark=dark), notes=table)
        lost, added = traces(picture, "lost"), traces(picture, "added")
        assert [(mark.yaxis, list(mark.x)) for mark in lost] == [("y", [reference.notes.onset[50]])]
        assert [(mark.yaxis, list(mark.x), list(mark.y)) for mark in added] == [("y2", [11.0], [100])]
        moved = traces(picture, "moved")
        assert moved[0].x == pytest.approx(reference.notes.onset[100:110])
        assert moved[1].x == pytest.approx(reference.notes.onset[100:110] + 0.08)
        assert [mark.showlegend for mark in moved] == [True, False]
        assert {lost[0].marker.symbol, added[0].marker.symbol, moved[0].marker.symbol} == {STATUS[s][1] for s in ("lost", "added", "moved")}
        assert len({lost[0].marker.color, added[0].marker.color, moved[0].marker.color}) == 3


def test_an_overlay_holds_the_notes_of_both_in_two_colours(pair):
    reference, rebuilt, table = pair
    picture = figure(reference, rebuilt, View(0.0, 40.0), notes=table, mode="overlay")
    below, above = (traces(picture, name)[0] for name in ("Original", "Reconstruction"))
    assert bars(below) == expected(reference.notes, np.arange(300))
    assert bars(above) == expected(rebuilt.notes, np.arange(300))
    assert below.marker.color != above.marker.color
    assert below.width > 1.5 * above.width


def test_code_boundaries_in_the_window_are_drawn_and_the_chosen_passage_is_shaded(pair):
    reference, rebuilt, table = pair
    picture = figure(reference, rebuilt, View(10.0, 5.0), notes=table, boundaries=np.array([9.0, 10.5, 14.25, 16.0]), chosen=(11.0, 12.0))
    assert [shape.path for shape in picture.layout.shapes if shape.yref == "paper"] == ["M 10.5000,0 V 1 M 14.2500,0 V 1"]
    assert [(shape.x0, shape.x1) for shape in picture.layout.shapes if shape.type == "rect"] == [(11.0, 12.0)]


def test_soft_and_loud_early_and_late_differ_in_lightness_or_hue_on_both_backgrounds():
    for dark in (False, True):
        for shade in ("velocity", "onset_error_ms"):
            colours = [str(colour) for _, colour in View(shade=shade, dark=dark).scale]
            rgb = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours])
            light = rgb @ [0.299, 0.587, 0.114]
            if shade == "velocity":  # even a reader who sees no colours can tell them apart
                assert (np.diff(light) > 10).all() if dark else (np.diff(light) < -10).all()
            else:
                assert rgb[0, 2] > rgb[0, 0] + 80
                assert rgb[-1, 0] > rgb[-1, 2] + 80
            assert (np.abs(light - (14 if dark else 255)) > 35).all()


@pytest.mark.parametrize("window", [(0.0, 15.0), (3000.0, 60.0), (0.0, 6000.0)])
@pytest.mark.parametrize("mode", MODES)
def test_no_window_of_a_hundred_thousand_notes_reaches_a_megabyte(endless, mode, window):
    reference, rebuilt, table = endless
    assert len(figure(reference, rebuilt, View(*window), notes=table, mode=mode).to_json()) < MEGABYTE


def test_the_course_of_a_hundred_thousand_notes_stays_small(endless):
    reference, rebuilt, table = endless
    assert len(overview(reference, rebuilt, notes=table).to_json()) < MEGABYTE
    assert len(curves(reference, rebuilt, View(0.0, 6000.0)).to_json()) < MEGABYTE


def test_a_window_with_too_many_notes_for_bars_shows_them_all_as_a_picture(endless):
    reference, rebuilt, table = endless
    for mode, names in (("fold", ["notes", "notes"]), ("overlay", ["Original", "Reconstruction"])):
        pictures = [t for t in figure(reference, rebuilt, View(0.0, 6000.0), notes=table, mode=mode).data if t.type == "heatmap"]
        assert [trace.name for trace in pictures] == names
        assert all((np.asarray(trace.z) > 0).mean() > 0.5 for trace in pictures)
    few = figure(reference, rebuilt, View(0.0, 15.0), notes=table)
    assert not [trace for trace in few.data if trace.type == "heatmap"]
    assert max(len(trace.x) for trace in few.data) < MOST_BARS


def test_the_picture_of_many_notes_has_each_where_it_sounds_and_the_loudest_on_top():
    notes = notes_of([(0.0, 1.0, 60, 40), (0.5, 1.0, 60, 90), (0.9, 3.0, 60, 20), (2.0, 0.001, 62, 5), (9.0, 1.0, 61, 70)])
    picture = loudest(notes, notes.end, (60, 62), (0.0, 5.0), 50)
    assert picture[0].tolist() == [40] * 5 + [90] * 10 + [20] * 24 + [0] * 11
    assert picture[1].sum() == 0
    assert np.flatnonzero(picture[2]).tolist() == [20]


def test_the_overview_shows_the_damage_where_it_is_and_jumps_to_every_time(pair):
    reference, rebuilt, table = pair
    picture = overview(reference, rebuilt, View(10.0, 5.0), notes=table)
    damage = traces(picture, "damage")[0]
    step = damage.width[0]
    hit = np.asarray(damage.x)[np.asarray(damage.y) > 0.01]
    late = table.loc[table["status"] != "kept", "time"].to_numpy()
    assert all(np.abs(hit - time).min() <= step for time in late)
    assert all(np.abs(late - time).min() <= step for time in hit)
    jump = traces(picture, "jump")[0]
    assert np.allclose(np.diff(jump.x), step)
    assert (jump.x[0] - step / 2, jump.x[-1] + step / 2) == pytest.approx((0, max(sounding_ends(reference).max(), rebuilt.notes.end.max())))
    assert [(shape.x0, shape.x1) for shape in picture.layout.shapes] == [(10.0, 15.0)]
    assert traces(picture, "lost")[0].x == pytest.approx([reference.notes.onset[50]], abs=step)


def test_curves_hold_what_the_codec_sees_of_every_note_in_the_window(pair):
    reference, rebuilt, _ = pair
    picture = curves(reference, rebuilt, View(10.0, 5.0), boundaries=np.array([12.0, 20.0]))
    assert [shape.path for shape in picture.layout.shapes] == ["M 12.0000,0 V 1"]
    for recording, name in ((reference, "Original"), (rebuilt, "Reconstruction")):
        notes = recording.notes
        inside = (notes.onset >= 10) & (notes.onset < 15)
        since, duration, velocity = traces(picture, name)
        assert np.allclose(since.y, np.maximum(np.diff(notes.onset, prepend=0.0), 1e-3)[inside])
        assert np.allclose(duration.y, notes.duration[inside])
        assert np.allclose(velocity.y, notes.velocity[inside])
        assert np.array_equal(since.x, notes.onset[inside])


def test_pieces_of_no_and_of_one_note_have_pictures():
    one, nothing = performance([(1.0, 0.5, 60, 64)]), performance([])
    for a, b in ((one, one), (one, nothing), (nothing, one), (nothing, nothing)):
        table = compare(a, b).events["notes"]
        for mode in MODES:
            assert figure(a, b, notes=table, mode=mode).to_json()
        assert overview(a, b, notes=table).to_json()
        assert curves(a, b).to_json()


def test_a_figure_needs_no_more_than_two_performances():
    minuet = example("minuet")
    assert len(traces(figure(minuet, minuet), "notes")[0].x) > 20


def test_a_roll_shows_every_key_that_is_played_and_at_least_two_octaves():
    assert keys_shown(np.array([60]), np.array([62])) == (49, 73)
    assert keys_shown(np.array([21, 108])) == (19, 110)
    assert keys_shown(np.array([0, 127])) == (0, 127)


@pytest.mark.parametrize(
    ("start", "stop", "first", "last"), [(-0.3, 49.2, "0:00", "0:45"), (0.2, 0.9, "0:00.2", "0:00.9"), (58, 66, "0:58", "1:06")]
)
def test_times_are_written_as_on_a_clock_however_short_the_window(start, stop, first, last):
    written = time_axis(start, stop)["ticktext"]
    assert (written[0], written[-1]) == (first, last)
    assert len(set(written)) == len(written)
