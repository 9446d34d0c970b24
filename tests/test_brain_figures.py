"""Pictures of images: true to scale, the right way up, in one window, and never too heavy."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
import pytest
from brain_cases import affine, ramp, save_nifti

from vqvae.modalities import brain
from vqvae.modalities.brain.contest_window import Row, difference, errors, multiples, whole, worst_slices
from vqvae.modalities.brain.figures import TITLES, View, course, figure, histogram, ssim_map
from vqvae.modalities.brain.planes import plane, planes
from vqvae.modalities.brain.recording import Source, Volume


@pytest.fixture(scope="module")
def pair() -> tuple[Volume, Volume]:
    phantom = brain.middle(brain.example(), 4)
    return phantom, replace(phantom, voxels=phantom.voxels * 0.9)


def levels(trace) -> np.ndarray:
    z = trace.to_plotly_json()["z"]
    if isinstance(z, dict):
        return np.frombuffer(base64.b64decode(z["bdata"]), z["dtype"]).reshape([int(part) for part in z["shape"].split(",")])
    return np.asarray(z)


def test_places_in_pictures_are_told_in_pixels_and_those_in_volumes_in_mm(pair):
    for source, unit in ((Source(), " pixels<"), (Source("nii", "|u1", "RAS"), " mm<")):
        volumes = [replace(volume, source=source) for volume in pair]
        panels = [panel for panel in figure(*volumes).data if panel.type == "heatmap" and panel.hovertemplate]
        assert panels
        assert all(unit in panel.hovertemplate for panel in panels)


@pytest.mark.parametrize("axes", ["RAS", "LPS", "ASR", "SPL"])
@pytest.mark.parametrize("spacing", [(1.0, 1.5, 4.0), (4.0, 1.0, 1.5), (1.0, 4.0, 1.5)])
def test_letters_say_where_the_patients_sides_are_however_the_file_lies(tmp_path, axes, spacing):
    where = affine(axes, spacing)
    volume = brain.read(save_nifti(tmp_path / "a.nii", ramp((5, 6, 7)), where))
    ways = {"L": (0, -1), "R": (0, 1), "P": (1, -1), "A": (1, 1), "I": (2, -1), "S": (2, 1)}
    for found in planes(volume, (2, 2, 2)):
        assert found.name == {0: "sagittal", 1: "coronal", 2: "axial"}[volume.axes[found.through]]
        for side, (letter, sign) in {found.across: (found.letters[1], 1), found.up: (found.letters[3], 1)}.items():
            step = volume.affine[:3, side]
            assert (int(np.argmax(np.abs(step))), sign) == ways[letter]
            assert step[np.argmax(np.abs(step))] > 0
        assert {found.letters[0] + found.letters[1], found.letters[2] + found.letters[3]} <= {"LR", "PA", "IS"}
        assert (found.letters[3] == "S") == (found.name != "axial")


def test_a_plane_is_that_of_the_voxels_rows_from_the_bottom():
    voxels = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)
    volume = Volume("made", voxels, source=Source("nii", "<f4", "RAS"))
    assert np.array_equal(plane(volume, 2, 1).of(voxels), voxels[:, :, 1].T)
    assert np.array_equal(plane(volume, 0, 1).of(voxels), voxels[1].T)
    assert np.array_equal(plane(volume, 1, 2).of(voxels), voxels[:, 2].T)


def test_pictures_that_say_nothing_of_sides_have_no_letters():
    assert plane(Volume("png", np.zeros((4, 4, 1), np.float32)), 2, 0).letters == ("", "", "", "")


def test_every_plane_shows_original_reconstruction_error_and_similarity_true_to_scale(pair):
    picture = figure(*pair)
    assert [trace.name for trace in picture.data if trace.type == "heatmap"] == [*TITLES] * 3
    for number, trace in enumerate([trace for trace in picture.data if trace.type == "heatmap"], 1):
        axis = str(number) if number > 1 else ""
        assert picture.layout[f"yaxis{axis}"].scaleanchor == f"x{axis}"
        assert picture.layout[f"yaxis{axis}"].scaleratio == 1
        shown = planes(pair[0], (0, 0, 0))[(number - 1) // 4]
        assert (trace.dx, trace.dy) == (pair[0].spacing[shown.across], pair[0].spacing[shown.up])
    single = replace(pair[0], voxels=pair[0].voxels[:, :, :1])
    assert len([trace for trace in figure(single, single).data if trace.type == "heatmap"]) == 4


def test_original_and_reconstruction_are_shown_in_the_originals_window_or_the_one_asked_for(pair):
    for window in (None, (20.0, 120.0)):
        low, high = window or pair[0].window
        traces = figure(*pair, View((60, 70, 1), window)).data
        for trace, volume in zip(traces[:2], pair, strict=False):
            expected = np.clip(np.rint((volume.voxels[:, :, 1].T - low) * 255 / (high - low)), 0, 255)
            assert np.array_equal(levels(trace), expected)


def test_errors_are_grey_where_there_are_none_and_say_which_way_they_go(pair):
    low, high = pair[0].window
    brighter = replace(pair[0], voxels=pair[0].voxels + 0.1 * (high - low))
    middle, upper = (levels(figure(pair[0], other).data[2]) for other in (pair[0], brighter))
    assert np.isin(middle, (127, 128)).all()
    assert upper == pytest.approx(np.full_like(upper, 191), abs=1)


def test_the_map_of_similarity_is_that_of_the_score(pair):
    table = brain.compare(*pair).events["slices"]
    found = ssim_map(*(one.voxels[:, :, 2] for one in pair), pair[0].window)
    assert found[pair[0].voxels[:, :, 2] > 10 / 255 * pair[0].window[1]].mean() == pytest.approx(table["ssim_brain"][2], abs=1e-6)


def test_large_images_stay_light():
    large = Volume("large", np.random.default_rng(0).random((700, 500, 300)).astype(np.float32), span=(0.0, 1.0))
    assert len(figure(large, large).to_json()) < 3_000_000


@pytest.mark.parametrize(("score", "worst"), [("ssim_brain", 3), ("gradient_error", 2)])
def test_the_course_along_the_volume_marks_the_worst_slice(pair, score, worst):
    table = brain.compare(*pair).events["slices"].assign(ssim_brain=(0.9, 0.8, 0.7, 0.2), gradient_error=(1, 9, 2, 20), brain=(5, 5, 5, 0))
    line, ring = course(table, score, place=0).data
    assert list(line.x) == [1, 2, 3, 4]
    assert np.isnan(line.y[3])
    assert list(ring.x) == [worst]


def test_slices_with_a_trace_of_brain_are_faint_in_the_course_and_never_its_worst(pair):
    table = brain.compare(*pair).events["slices"].assign(ssim_brain=(0.9, 0.8, 0.1, 0.2), brain=(5000, 6000, 3, 0))
    line, faint, ring = course(table).data
    assert np.isnan(line.y[2:]).all()
    assert faint.opacity < 0.5
    assert faint.y[2] == 0.1
    assert np.isnan(np.delete(faint.y, 2)).all()
    assert list(ring.x) == [2]


def test_a_histogram_counts_voxels_before_and_after(pair):
    before, after = histogram(*pair, bins=10).data
    edges = np.linspace(*pair[0].window, 11)
    assert list(before.y) == np.histogram(pair[0].voxels, edges)[0][1:].tolist()
    assert list(after.y) == np.histogram(pair[1].voxels, edges)[0][1:].tolist()


def test_codecs_stand_beside_the_original_in_one_window_and_are_enlarged_together(pair):
    rows = {name: Row(pair[1], f"{name}: SSIM 0.9") for name in ("brain-fine", "jpeg", "webp")}
    picture = multiples(pair[0], rows, 2)
    assert [trace.name for trace in picture.data] == ["Original", "● brain-fine: SSIM 0.9", *(trace.name for trace in picture.data[2:])]
    assert {trace.name.split(": ")[0][2:] for trace in picture.data[1:]} == set(rows)
    assert all(picture.layout[f"xaxis{number}"].matches == "x" for number in (2, 3, 4))
    assert not picture.layout.xaxis5.visible
    wrong = errors(pair[0], rows, 2)
    expected = np.clip(np.rint(((pair[1].voxels - pair[0].voxels)[:, :, 2].T / pair[0].window[1] / 0.4 + 0.5) * 255), 0, 255)
    assert levels(wrong.data[0]) == pytest.approx(expected, abs=1)


def test_differences_are_those_between_best_and_worst_codec_in_every_slice(pair):
    table = brain.compare(*pair).events["slices"]
    tables = [table.assign(ssim_brain=values, brain=(9, 9, 0, 9)) for values in ((0.9, 0.8, 0.1, 0.7), (0.6, 0.8, 0.9, 0.5))]
    found = difference(tables)
    assert found == pytest.approx([0.3, 0, np.nan, 0.2], nan_ok=True)
    assert worst_slices(found).tolist() == [0, 3, 1]
    assert difference(tables[:1]) == pytest.approx([0.1, 0.2, np.nan, 0.3], nan_ok=True)
    bars = whole(found, 3).data[0]
    assert list(bars.x) == [1, 2, 3, 4]
    assert list(bars.y) == pytest.approx([0.3, 0, 0, 0.2])
