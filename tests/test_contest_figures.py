"""Pictures of several codecs: one scale, axes that say what they are, and one look per codec."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from vqvae.modalities.contest_curve import Axis, CurvePoint, curve
from vqvae.modalities.contest_marks import MARKS, marks
from vqvae.modalities.ecg.contest_window import Row, difference, errors, multiples, whole, worst_stretches
from vqvae.modalities.ecg.paper import View
from vqvae.modalities.ecg.recording import Ecg

PER_LEAD = "bit/s per lead"
SHIPPED = ("ecg", "ecg-fine", "dct", "wavelet", "wavelet-adaptive", "smoothing", "averaging", "autoencoder", "vae")
WHITE, BLACK = "#ffffff", "#0f141b"  # the grounds of the two themes


def recording(seconds: float = 20.0, seed: int = 0, scale: float = 1.0, leads: int = 2) -> Ecg:
    rng = np.random.default_rng(seed)
    signals = (scale * rng.normal(size=(leads, round(360 * seconds)))).astype(np.float32)
    return Ecg(signals, 360.0, tuple(f"L{i}" for i in range(leads)))


def plus(original: Ecg, errors: np.ndarray) -> Ecg:
    return Ecg((original.signals + errors).astype(np.float32), original.rate, original.leads)


@pytest.fixture(scope="module")
def original() -> Ecg:
    return recording()


@pytest.fixture(scope="module")
def rows(original) -> dict[str, Row]:
    made = {name: plus(original, recording(seed=i + 1, scale=0.1).signals) for i, name in enumerate(("vae", "ecg", "dct"))}
    return {name: Row(rebuilt, f"{name}: PRDN 4.8 %") for name, rebuilt in made.items()}


def drawn(trace) -> np.ndarray:
    return np.asarray(trace.y, np.float32)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_row_shows_the_same_samples_of_its_own_codec_in_one_time_and_one_scale(original, rows):
    view = View(lead=1, start=3.0, speed=62.5)
    picture = multiples(original, rows, view)
    window = slice(1080, 1080 + 1441)
    for name, row in rows.items():
        trace = next(trace for trace in picture.data if trace.name == name)
        assert np.array_equal(drawn(trace), row.recording.signals[1, window])
        assert trace.x0 == pytest.approx(3.0)
    layout = picture.to_dict()["layout"]
    axes = [layout[key] for key in sorted(layout) if key.startswith("yaxis")]
    assert len(axes) == 1 + len(rows)
    assert [axis.get("matches") for axis in axes] == [None, "y", "y", "y"]
    assert not any("range" in axis for axis in axes[1:])
    assert [key for key in layout if key.startswith("xaxis")] == ["xaxis"]
    assert layout["xaxis"]["range"] == [3.0, 7.0]
    low, high = axes[0]["range"]
    shown = [original.signals[1, window], *(row.recording.signals[1, window] for row in rows.values())]
    assert low < min(map(np.min, shown))
    assert high > max(map(np.max, shown))


def test_rows_stand_in_the_order_given_and_do_not_overlap(original, rows):
    picture = multiples(original, rows, View())
    said = [annotation.text for annotation in picture.layout.annotations]
    assert "Original" in said[0]
    assert [next(name for name in rows if f" {name}: " in text) for text in said[1:]] == list(rows)
    layout = picture.to_dict()["layout"]
    domains = [layout[f"yaxis{i or ''}"]["domain"] for i in (0, 2, 3, 4)]
    assert all(above[0] > below[1] for above, below in pairwise(domains))


def test_axes_say_what_they_show_and_in_which_unit(original, rows):
    for picture in (multiples(original, rows, View()), errors(original, rows, View())):
        assert picture.layout.xaxis.title.text == "Time (min:s)"
        assert picture.layout.yaxis.title.text.startswith("L0")
        assert picture.layout.yaxis.title.text.endswith("(mV)")
    assert multiples(original, rows, View(speed=125.0)).layout.xaxis.title.text == "Time (s)"


def test_the_errors_are_reconstruction_less_original_all_in_one_symmetric_scale(original, rows):
    picture = errors(original, rows, View(start=2.0, speed=62.5))
    window = slice(720, 720 + 1441)
    worst = 0.0
    for name, row in rows.items():
        error = row.recording.signals[0, window] - original.signals[0, window]
        assert np.array_equal(drawn(next(trace for trace in picture.data if trace.name == name)), error)
        worst = max(worst, float(np.abs(error).max()))
    assert picture.layout.yaxis.range[0] == pytest.approx(-worst)
    assert picture.layout.yaxis.range[1] > worst


def test_what_codecs_were_given_is_drawn_where_it_is_not_the_original(original, rows):
    noisy = plus(original, recording(seed=9, scale=0.5).signals)
    picture = multiples(original, rows, View(speed=62.5), given=noisy)
    trace = next(trace for trace in picture.data if trace.name == "Original with noise")
    assert np.array_equal(drawn(trace), noisy.signals[0, :1441])
    assert "given" in picture.layout.annotations[0].text


def test_names_are_only_text(original):
    bad = "<img src=x>"
    rebuilt = {bad: Row(original, f"{bad}: 1 %")}
    figures = [multiples(original, rebuilt, View()), errors(original, rebuilt, View())]
    figures.append(curve([CurvePoint(bad, 10, 1)], Axis(bad, bad, "lower", PER_LEAD)))
    assert not any("<img" in str(figure.layout) + str([trace.hovertemplate for trace in figure.data]) for figure in figures)


def test_stretches_are_ordered_by_how_much_the_errors_differ():
    original = recording(seconds=10.0, leads=1)
    good, bad = np.zeros_like(original.signals), np.zeros_like(original.signals)
    good[0], bad[0] = 0.1, 0.1
    bad[0, 4 * 360 : 6 * 360] = 0.5  # by 0.4 more
    bad[0, 8 * 360 :] = 0.3  # by 0.2 more
    rebuilt = {"good": plus(original, good), "bad": plus(original, bad)}
    found = difference(original, rebuilt, 0, 2.0)
    assert np.allclose(found, [0, 0, 0.4, 0, 0.2], atol=1e-5)
    assert list(worst_stretches(found, 2.0)[:2]) == [4.0, 8.0]


def test_the_error_of_one_codec_alone_says_where_to_look():
    original = recording(seconds=6.0, leads=1)
    error = np.zeros_like(original.signals)
    error[0, 2 * 360 : 4 * 360] = 0.5
    assert np.allclose(difference(original, {"one": plus(original, error)}, 0, 2.0), [0, 0.5, 0], atol=1e-5)


def test_gaps_have_no_difference_and_are_never_looked_at():
    original = recording(seconds=6.0, leads=1)
    original.signals[0, 2 * 360 : 4 * 360] = np.nan
    rebuilt = {"a": plus(original, np.full_like(original.signals, 0.1)), "b": plus(original, np.full_like(original.signals, 0.2))}
    found = difference(original, rebuilt, 0, 2.0)
    assert np.allclose(found, [0.1, np.nan, 0.1], equal_nan=True, atol=1e-5)
    assert set(worst_stretches(found, 2.0)) == {0.0, 4.0}
    assert len(difference(original, {}, 0, 2.0)) == 3


def test_the_strip_shows_where_the_window_is_and_stays_small():
    original = recording(seconds=3600.0)
    values = np.zeros(1800)
    values[700] = 0.7
    picture = whole(original, values, View(start=1400.0))
    band = picture.layout.shapes[0]
    assert (band.x0, band.x1) == (1400.0, 1410.0)
    bars = picture.data[1]
    highest = int(np.argmax(bars.y))
    assert bars.y[highest] == pytest.approx(0.7)
    assert abs(bars.x[highest] - 1400.0) < bars.width[highest]
    assert len(picture.to_json()) < 300_000


POINTS = [CurvePoint("dct", 400.0, 2.0), CurvePoint("dct", 50.0, 40.0), CurvePoint("ecg", 50.0, 20.0), CurvePoint("ecg", 400.0, 1.5)]
CHOSEN = [CurvePoint("ecg", 124.0, 6.0), CurvePoint("dct", 122.0, 11.0)]


def test_the_curve_joins_the_points_of_a_codec_from_small_to_large_with_the_tables_among_them():
    picture = curve(POINTS, Axis("PRDN", "%", "lower", PER_LEAD), chosen=CHOSEN)
    lines = {trace.name: (list(trace.x), list(trace.y)) for trace in picture.data if trace.name}
    assert lines == {"ecg": ([50, 124, 400], [20, 6, 1.5]), "dct": ([50, 122, 400], [40, 11, 2])}
    assert list(lines) == ["ecg", "dct"], "in the order of the table"
    rings = [(trace.x[0], trace.y[0]) for trace in picture.data if trace.marker.symbol == "circle-open" and trace.marker.size > 10]
    assert rings == [(124, 6), (122, 11)]


def test_the_curve_says_what_its_axes_are_and_holds_every_point_within_them():
    picture = curve(POINTS, Axis("PRDN", "%", "lower", PER_LEAD), chosen=CHOSEN)
    assert picture.layout.xaxis.title.text == "Size of the file (bit/s per lead)"
    assert picture.layout.yaxis.title.text == "PRDN (%), lower is better"
    assert picture.layout.xaxis.type == picture.layout.yaxis.type == "log"
    for axis, values in ((picture.layout.xaxis, (50, 400)), (picture.layout.yaxis, (1.5, 40))):
        assert 10 ** axis.range[0] < values[0] < values[1] < 10 ** axis.range[1]
        assert len(axis.tickvals) >= 3
    assert picture.layout.shapes[0].x0 == 123.0
    assert picture.layout.annotations[0].x == pytest.approx(math.log10(123.0)), "words on a logarithmic axis stand at the logarithm"


def test_a_score_without_answer_is_no_point_and_one_that_should_be_high_says_so():
    picture = curve([CurvePoint("ecg", 50.0, math.nan), CurvePoint("ecg", 60.0, 99.0)], Axis("R-peak F1", "%", "higher", PER_LEAD))
    assert [list(trace.x) for trace in picture.data] == [[60.0]]
    assert picture.layout.yaxis.title.text.endswith("higher is better")
    assert picture.layout.yaxis.type != "log"
    assert not curve([], Axis("PRDN", "%", "lower", PER_LEAD)).data


def test_what_ships_looks_different_from_each_other_and_the_same_in_any_company():
    every = marks(SHIPPED)
    assert len({mark.light for mark in every.values()}) == len({mark.dark for mark in every.values()}) == len(SHIPPED)
    assert len({(mark.dash, mark.symbol) for mark in every.values()}) == len(SHIPPED), "without colours, too"
    for name in SHIPPED:
        assert marks([name, "runs/a/best", "vae"])[name] == every[name]


def test_strangers_look_like_nobody_else_as_long_as_there_are_looks():
    names = [*SHIPPED, *(f"runs/{i}/best" for i in range(len(MARKS) - len(SHIPPED)))]
    assert len(set(marks(names).values())) == len(MARKS)
    assert len(marks([*names, "one more"])) == len(names) + 1


def test_the_same_codec_has_the_same_colour_in_every_picture(original, rows):
    for dark in (False, True):
        window = multiples(original, rows, View(dark=dark))
        line = curve([CurvePoint(name, 10.0, 1.0) for name in rows], Axis("PRDN", "%", "lower", PER_LEAD), dark=dark)
        for name, mark in marks(rows).items():
            found = {trace.line.color for figure in (window, line) for trace in figure.data if trace.name == name}
            assert found == {mark.colour(dark)}


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.light)
def test_coloured_words_can_be_read_on_both_grounds(mark):
    assert contrast(mark.light, WHITE) >= 4.5
    assert contrast(mark.dark, BLACK) >= 4.5
