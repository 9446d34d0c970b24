"""Pictures of an ECG: what must be seen is in them, and they stay small."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from vqvae.modalities.ecg.caliper import Caliper, average, measure
from vqvae.modalities.ecg.decimation import keepers, worst_by_bin
from vqvae.modalities.ecg.drawing import CodeStrip
from vqvae.modalities.ecg.figures import all_leads, average_beats, figure, overview
from vqvae.modalities.ecg.paper import View
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.looks import STATUS, clock
from vqvae.projection import colours, principal_components

MEGABYTE = 1_000_000


def table(times: np.ndarray, status: str | list[str] = "kept", kind: str = "N") -> pd.DataFrame:
    values = {"time": times, "class": kind, "status": status, "shift": 0.0, "qrs_change": 0.0, "worst_error": 0.1}
    return pd.DataFrame(values, index=range(len(times)))


def spikes(seconds: float = 60.0, rate: float = 360.0, leads: int = 2, seed: int = 0) -> tuple[Ecg, np.ndarray]:
    """Noise with a spike of 3 mV every 0.8 s; the recording and the spikes' times in s."""
    rng = np.random.default_rng(seed)
    signals = rng.normal(0, 0.05, (leads, round(seconds * rate))).astype(np.float32)
    at = np.arange(round(0.4 * rate), signals.shape[1], round(0.8 * rate))
    signals[:, at] = 3.0
    return Ecg(signals, rate, tuple(f"L{i}" for i in range(leads))), at / rate


def traces(picture, name: str) -> list:
    return [trace for trace in picture.data if trace.name == name]


def drawn(trace) -> tuple[np.ndarray, np.ndarray]:
    y = np.asarray(trace.y, np.float64)
    return (np.asarray(trace.x, np.float64) if trace.x is not None else trace.x0 + trace.dx * np.arange(len(y))), y


@pytest.mark.parametrize("samples", [10, 4000, 4001, 100_003, 3_000_000])
def test_every_bin_keeps_its_extremes_so_no_peak_disappears(samples):
    rng = np.random.default_rng(samples)
    values = rng.normal(size=samples).astype(np.float32)
    peaks = rng.choice(samples, 5, replace=False)
    values[peaks] = 40 + np.arange(5)
    kept = keepers(values, 4000)
    assert set(peaks[-2:]) <= set(kept) or samples > 4000
    assert values[kept].max() == values.max()
    assert values[kept].min() == values.min()
    width = -(-3 * samples // 4000) if samples > 4000 else 1
    for peak in peaks:  # the highest of the bin that holds the peak is drawn at its own place
        inside = kept[kept // width == peak // width]
        assert values[inside].max() == values[peak // width * width : (peak // width + 1) * width].max()
    assert len(kept) <= max(4003, samples if samples <= 4000 else 0)
    assert (np.diff(kept) > 0).all()


def test_a_gap_of_a_single_sample_is_still_a_gap_after_decimation():
    values = np.random.default_rng(0).normal(size=1_000_000).astype(np.float32)
    gaps = [123_456, 700_001]
    values[gaps] = np.nan
    values[400_000:410_000] = np.nan
    kept = keepers(values, 3000)
    assert set(gaps) <= set(kept[np.isnan(values[kept])])
    assert np.isnan(values[kept[(kept >= 400_000) & (kept < 410_000)]]).all()
    assert np.isfinite(values[kept]).sum() > 1500


def test_a_signal_that_was_never_recorded_is_drawn_as_one_gap():
    values = np.full(50_000, np.nan, np.float32)
    assert np.isnan(values[keepers(values, 1000)]).all()


def test_the_worst_error_of_every_stretch_is_found_and_gaps_have_none():
    reference = np.zeros(10_000, np.float32)
    rebuilt = reference.copy()
    rebuilt[2_345], rebuilt[7_001] = -0.7, 0.4
    reference[9_000:] = np.nan
    worst = worst_by_bin(reference, rebuilt, 100)
    assert worst[23] == pytest.approx(0.7)
    assert worst[70] == pytest.approx(0.4)
    assert np.isnan(worst[90:]).all()
    assert np.nansum(worst) == pytest.approx(1.1)


@pytest.fixture(scope="module")
def day() -> tuple[Ecg, Ecg, pd.DataFrame, CodeStrip]:
    """A day of twelve (equal) leads, its reconstruction, its beats and the codes of one lead."""
    rng = np.random.default_rng(0)
    lead = np.tile(rng.normal(0, 0.5, 360 * 3600).astype(np.float32), 24)
    names = tuple(f"L{i}" for i in range(12))
    recording, rebuilt = (Ecg(np.broadcast_to(values, (12, len(lead))), 360.0, names) for values in (lead, lead * np.float32(0.9)))
    times = np.arange(0.4, recording.seconds, 0.8)
    strip = CodeStrip(rng.integers(0, 512, (6, round(recording.seconds / 0.0889))), rng.integers(0, 255, (6, 512, 3), np.uint8), 0.0889)
    return recording, rebuilt, table(times, [list(STATUS)[i % 4] for i in range(len(times))]), strip


VIEWS = [View(), View(lead=11, start=80_000.0, speed=12.5), View(lead=3, start=43_210.5, speed=100.0, gain=40.0, dark=True)]


@pytest.mark.parametrize("view", VIEWS)
def test_no_window_of_a_day_with_twelve_leads_reaches_a_megabyte(day, view):
    recording, rebuilt, beats, strip = day
    assert len(figure(recording, rebuilt, view, beats=beats, strip=strip).to_json()) < MEGABYTE


def test_neither_the_overview_nor_the_average_beats_of_a_day_reach_a_megabyte(day):
    recording, rebuilt, beats, _ = day
    assert len(overview(recording, rebuilt, beats=beats).to_json()) < MEGABYTE
    assert len(average_beats(recording, rebuilt, beats).to_json()) < MEGABYTE


def test_the_overview_marks_every_stretch_in_which_a_beat_was_lost_or_added():
    recording, times = spikes(seconds=1800.0)
    happened = ["kept"] * len(times)
    happened[100] = happened[101] = "lost"
    happened[2000] = "added"
    picture = overview(recording, recording, beats=table(times, happened))
    assert traces(picture, "lost")[0].x == pytest.approx([times[100]], abs=5)
    assert traces(picture, "added")[0].x == pytest.approx([times[2000]], abs=5)


@pytest.mark.parametrize("rate", [100.0, 360.0, 20_000.0])
def test_every_spike_of_the_window_is_in_the_picture_at_its_time(rate):
    recording, times = spikes(rate=rate)
    view = View(lead=1, start=20.0)
    picture = figure(recording, recording, view)
    seen = times[(times >= 20.0) & (times <= 30.0)]
    for name in ("Original", "Reconstruction"):
        x, y = drawn(traces(picture, name)[0])
        assert np.allclose(x[y > 2.5], seen, atol=0.5 / rate)
        assert len(x) <= 4003
    assert np.nanmax(np.abs(drawn(traces(picture, "Error")[0])[1])) == 0


def test_every_spike_stands_in_the_overview_of_half_an_hour():
    recording, _ = spikes(seconds=1800.0, leads=1)
    lonely = recording.signals.copy()
    lonely[0, lonely[0] > 2.5] = 0.0
    lonely[0, 324_321] = 3.0
    picture = overview(Ecg(lonely, 360.0, ("L0",)), Ecg(lonely, 360.0, ("L0",)))
    x, y = drawn(picture.data[0])
    assert x[np.argmax(y)] == pytest.approx(324_321 / 360.0)
    assert np.max(y) == pytest.approx(3.0)


def test_a_gap_in_the_window_stays_a_gap_in_both_signals_and_in_the_error():
    recording, _ = spikes()
    signals = recording.signals.copy()
    signals[:, 3600:3960] = np.nan
    broken = Ecg(signals, 360.0, recording.leads)
    picture = figure(broken, broken, View(start=5.0))
    for name in ("Original", "Reconstruction", "Error"):
        x, y = drawn(traces(picture, name)[0])
        assert np.isnan(y[(x > 10.001) & (x < 10.999)]).all()
        assert np.isfinite(y[(x < 9.999) | (x > 11.001)]).all()
    said = [note for note in picture.layout.annotations if note.text == "not recorded"]
    assert [note.x for note in said] == [pytest.approx(10.5, abs=0.01)]
    assert len([note for note in all_leads(broken, broken, View(start=5.0)).layout.annotations if note.text == "not recorded"]) == 2


def test_the_original_can_be_seen_below_a_reconstruction_that_equals_it_and_the_selected_beat_is_named():
    recording, times = spikes()
    for picture in (figure(recording, recording, chosen=times[3]), all_leads(recording, recording, chosen=times[3])):
        below, above = (traces(picture, name)[0].line for name in ("Original", "Reconstruction"))
        assert below.width >= 2 * above.width
        assert below.color != above.color
        assert [shape.name for shape in picture.layout.shapes if shape.showlegend] == ["selected beat"]


def test_a_beat_is_marked_by_colour_and_by_symbol_and_only_inside_the_window():
    recording, times = spikes()
    happened = [list(STATUS)[i % 4] for i in range(len(times))]
    for dark in (False, True):
        picture = figure(recording, recording, View(start=20.0, dark=dark), beats=table(times, happened))
        marks = [traces(picture, status)[0] for status in STATUS]
        assert len({mark.marker.symbol for mark in marks}) == len({mark.marker.color for mark in marks}) == 4
        shown = np.sort(np.concatenate([mark.x for mark in marks]))
        assert np.array_equal(shown, times[(times >= 20.0) & (times <= 30.0)])
        for mark in marks:
            assert all(happened[round((time - 0.4) / 0.8)] == mark.name for time in mark.x)


def test_paper_boxes_are_square_at_every_speed_and_gain():
    recording, _ = spikes()
    for speed, gain in ((25.0, 10.0), (50.0, 10.0), (25.0, 5.0), (12.5, 20.0)):
        layout = figure(recording, recording, View(speed=speed, gain=gain)).layout
        assert layout.yaxis.scaleanchor == "x"
        fine = np.array([float(time) for time in re.findall(r"M (\S+),0", layout.shapes[0].path)])
        box_s, box_mv = np.diff(fine).mean(), layout.yaxis.minor.dtick
        assert box_s == pytest.approx(1 / speed, rel=1e-3)  # 1 mm
        assert box_mv == pytest.approx(1 / gain)
        assert box_mv * layout.yaxis.scaleratio == pytest.approx(box_s, rel=1e-3)


def test_the_same_code_has_the_same_colour_wherever_it_stands():
    recording, _ = spikes()
    palette = colours(np.random.default_rng(0).normal(size=(512, 32)))
    codes = np.random.default_rng(1).integers(0, 512, (3, 700))
    for start in (0.0, 31.0):
        picture = figure(recording, recording, View(start=start), strip=CodeStrip(codes, np.stack([palette] * 3), 0.0889))
        cells = next(trace for trace in picture.data if trace.type == "heatmap")
        scale = np.array([[int(part) for part in re.findall(r"\d+", colour)] for _, colour in cells.colorscale])
        assert np.array_equal(scale[cells.z], palette[cells.customdata])
        first = int(start // 0.0889)
        assert np.array_equal(cells.customdata, codes[:, first : first + cells.z.shape[1]])
        assert cells.x0 == pytest.approx((first + 0.5) * 0.0889)


def test_names_from_a_file_cannot_become_markup():
    recording, times = spikes(leads=1)
    named = Ecg(recording.signals, 360.0, ("<b>II</b><script>",))
    told = figure(named, named, View(), beats=table(times, kind="<i>")).to_json()
    assert "<b>II" not in told.encode().decode("unicode_escape")
    assert "<script>" not in told.encode().decode("unicode_escape")


def test_the_average_beat_is_the_mean_of_the_beats_and_ignores_broken_ones():
    recording, times = spikes()
    signals = recording.signals.copy()
    signals[0, :] = 0.0
    at = np.rint(times * 360).astype(int)
    signals[0, at] = np.where(np.arange(len(at)) % 2, 1.0, 3.0)
    signals[0, at[10] + 5] = np.nan
    mean = average(Ecg(signals, 360.0, recording.leads), 0, times)
    assert mean is not None
    whole = [i for i in range(len(at)) if i != 10 and at[i] >= 126 and at[i] + 198 < signals.shape[1]]
    expected = signals[0, at[whole]].astype(float)
    middle = np.flatnonzero(mean.times == 0)[0]
    assert mean.beats == len(whole)
    assert mean.mean[middle] == pytest.approx(expected.mean())
    assert mean.spread[middle] == pytest.approx(expected.std())
    assert average(Ecg(np.full_like(signals, np.nan), 360.0, recording.leads), 0, times) is None


def test_average_beats_shows_every_class_that_is_there_and_no_added_beat():
    recording, times = spikes()
    beats = pd.concat([table(times[:20]), table(times[20:25], kind="V"), table(times[25:30], "added", "S")])
    picture = average_beats(recording, recording, beats)
    said = [note.text for note in picture.layout.annotations]
    assert [text.split(":")[0] for text in said] == ["Class N", "Class V"]
    assert len(traces(picture, "Original")) == len(traces(picture, "Reconstruction")) == 2


def test_the_caliper_reads_both_signals_at_its_legs_and_between_them():
    recording, times = spikes()
    rebuilt = Ecg(recording.signals * np.float32(0.5), 360.0, recording.leads)
    legs = Caliper(float(times[3]) - 0.05, float(times[3]))
    rows = measure(recording, rebuilt, 0, legs).set_index("signal")
    first, last = recording.signals[0, round(legs.start * 360)], recording.signals[0, round(legs.stop * 360)]
    assert rows.loc["Original", "difference"] == pytest.approx(float(last - first), abs=1e-6)
    assert rows.loc["Original", "second"] == pytest.approx(3.0)
    assert rows.loc["Reconstruction", "range"] == pytest.approx(rows.loc["Original", "range"] / 2, rel=1e-5)
    assert measure(recording, rebuilt, 0, Caliper(legs.stop, legs.start)).set_index("signal").equals(rows)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (59.9, "0:59"), (727, "12:07"), (9.997, "0:10"), (3723, "1:02:03"), (86_399, "23:59:59")]
)
def test_times_are_written_as_on_a_clock(seconds, said):
    assert clock(seconds) == said


def test_similar_code_vectors_get_similar_colours_and_the_map_does_not_depend_on_signs():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(8, 16)) * 5
    vectors = np.repeat(centres, 32, axis=0) + rng.normal(size=(256, 16)) * 0.1
    shades = colours(vectors).astype(float).reshape(8, 32, 3)
    within = np.linalg.norm(shades - shades.mean(axis=1, keepdims=True), axis=-1).mean()
    between = np.linalg.norm(shades.mean(axis=1)[:, None] - shades.mean(axis=1), axis=-1)[~np.eye(8, dtype=bool)].mean()
    assert within < between / 3
    assert np.allclose(principal_components(vectors, 3), principal_components(vectors[::-1], 3)[::-1])


def test_components_are_uncorrelated_and_ordered_by_variance():
    vectors = np.random.default_rng(0).normal(size=(300, 6)) * [1, 5, 3, 0.5, 2, 0.1]
    covariance = np.cov(principal_components(vectors, 4).T)
    assert np.allclose(covariance, np.diag(np.diag(covariance)), atol=1e-9)
    assert (np.diff(np.diag(covariance)) < 0).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_loading_of_every_component_is_positive(sign):
    vectors = sign * np.random.default_rng(1).normal(size=(300, 6)) * [1, 5, 3, 0.5, 2, 0.1]
    directions = np.linalg.lstsq(vectors - vectors.mean(axis=0), principal_components(vectors, 6), rcond=None)[0]
    assert (directions[np.abs(directions).argmax(axis=0), np.arange(6)] > 0).all()
