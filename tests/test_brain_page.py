"""The Brain MRI page without a browser: it says and hands over what the library finds, and nothing is computed twice."""

from __future__ import annotations

import base64
from collections import Counter
from threading import Event

import nibabel
import numpy as np
import pytest
from brain_pages import (
    PATIENCE,
    SLICES,
    address,
    arrived,
    button,
    expected,
    few_slices,
    first,
    image,
    opened,
    phantom,
    verdict,
    viewer,
    waited,
)

from app import cache, choices_brain, inputs, slices, words
from app.choices_brain import CELL, CODES, CURSOR, HELD, MODE, SIDE
from app.slices import ORDER
from app.views import brain as views
from app.views import brain_codes, brain_files, summary
from vqvae import pipeline
from vqvae.modalities import brain
from vqvae.modalities.brain import Volume
from vqvae.modalities.brain.figures import ssim_map
from vqvae.modalities.brain.noise import denoised, with_noise
from vqvae.modalities.brain.verdict import verdict as judge
from vqvae.modalities.brain.verdict import worst_slices

ODD = [{"at": "0,1,1"}, {"at": "9999,1,1"}, {"at": "1;2"}, {"view": "x"}, {"side": "y"}, {"codes": "99"}, {"greys": "9,3"}]
__all__ = ["few_slices", "first", "phantom"]  # fixtures


def test_verdict_and_numbers_are_those_of_the_library(first, phantom):
    _, report, rate, _ = expected(phantom, 2)
    assert first.title[0].value == "Brain MRI: Brain"
    assert judge(report).text in verdict(first)
    assert words.number(rate.value, "bit/pixel") in verdict(first)
    metrics = {metric.label: metric.value for metric in first.metric}
    assert metrics["SSIM of the brain"] == words.number(report.value("ssim_brain"))
    assert metrics["PSNR"] == words.number(report.value("psnr"), "dB")
    assert metrics["Bit rate"] == words.number(rate.value, "bit/pixel")
    assert [metric.label for metric in first.metric][:2] == ["SSIM of the brain", "SSIM"]


def test_every_score_stands_on_the_page_with_its_definition(first, phantom):
    written = " ".join(str(cell) for table in first.table for cell in table.value.to_numpy().ravel())
    for score in expected(phantom, 2)[1].scores:
        assert words.score_title(score.name) in written
        assert words.plain(score.definition) in written


def test_the_viewer_is_handed_the_slices_at_the_cursor_as_they_are_and_never_the_volume(first, phantom):
    rebuilt = expected(phantom, 2)[0]
    data, (low, high) = viewer(first), phantom.window
    x, y, s = data["cursor"]
    assert data["sizes"] == list(phantom.voxels.shape)
    for volume, name in ((phantom, "original"), (rebuilt, "reconstruction")):
        greys = np.rint(np.clip((volume.voxels - low) / (high - low), 0, 1) * 255)
        assert np.array_equal(image(data["slices"][f"2:{s}"], name), greys[:, ::-1, s].T)
        assert np.array_equal(image(data["slices"][f"1:{y}"], name), greys[:, y, ::-1].T)
        assert np.array_equal(image(data["slices"][f"0:{x}"], name), greys[x, :, ::-1].T)
    assert {place.split(":")[0] for place in data["slices"]} == {"0", "1", "2"}
    for axis, at in enumerate(data["cursor"]):
        numbers = [int(place.split(":")[1]) for place in data["slices"] if place.startswith(f"{axis}:")]
        assert max(abs(number - at) for number in numbers) <= (slices.AHEAD if axis == 2 else slices.ASIDE)


def test_slices_that_the_viewer_has_are_not_sent_again_and_the_nearest_come_first(phantom):
    sight = slices.Sight("", "", "", {}, "original", False, (60, 80, 3), 1, 0, (0, 255), 0, frozenset({"1:80", "1:81", "2:3"}), None, {})
    found = list(slices.wanted(phantom, sight))
    assert found[0] == (1, 79)
    assert not {(1, 80), (1, 81), (2, 3)} & set(found)
    assert {(1, 80 + step) for step in range(2, slices.AHEAD + 1)} < set(found)
    assert {(0, 60 + step) for step in range(-slices.ASIDE, slices.ASIDE + 1)} < set(found)
    distances = [abs(at - 80) for axis, at in found if axis == 1]
    assert distances == sorted(distances)


def test_what_the_viewer_has_counts_for_one_answer_and_for_the_same_pictures_only():
    app = opened(level="2", view="error")
    s = viewer(app)["cursor"][2]
    for key, mode, missing in (("other", "error", False), (viewer(app)["key"], "ssim", False), (viewer(app)["key"], "error", True)):
        app.session_state[HELD] = {"key": key, "mode": mode, "places": [f"2:{s}"]}
        app.run()
        assert (f"2:{s}" not in viewer(app)["slices"]) == missing
    app.run()
    assert f"2:{s}" in viewer(app)["slices"]


def test_numbers_of_the_next_lower_bit_rate_do_not_hold_up_the_page(monkeypatch):
    go_on, real = Event(), views._below

    def late(*given):
        go_on.wait(PATIENCE)
        yield from real(*given)

    monkeypatch.setattr(views, "_below", late)
    app = arrived(example="lesion", level="2")
    assert viewer(app)["slices"]
    assert {metric.delta for metric in app.metric} == {summary.WAITING}
    go_on.set()
    assert not {metric.delta for metric in waited(app).metric} & {summary.WAITING, ""}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_place_in_the_body_lies_where_the_letters_say_in_every_view_however_the_slices_were_recorded(axis, flipped):
    place, sides = (7, 2, 9), (8, 10, 12)  # far right, posterior, superior
    order = [*(other for other in range(3) if other != axis), axis]
    voxels = np.zeros([sides[other] for other in order], np.float32)
    voxels[tuple(place[other] for other in order)] = 1
    volume = Volume("a", voxels, axis, source=brain.Source("nii", "<f4", "RAS"))
    assert slices.sizes(volume) == sides
    for shown in ORDER:
        about = slices.view(volume, shown, flipped)
        cut = slices.cut(volume, shown, place[shown])
        row, column = np.argwhere(cut == 1)[0] / np.array(cut.shape)
        column = 1 - column if about["flip"] else column
        near = {about["left"] if column < 0.5 else about["right"], about["top"] if row < 0.5 else about["bottom"]}
        assert near <= {"R", "P", "S"}
        assert not near & {"L", "A", "I"}
    assert slices.view(volume, 2, True)["left"] == "R"
    assert slices.view(volume, 0, flipped)["left"] == "A"


def test_pictures_name_no_sides_and_stay_as_they_were():
    about = slices.view(brain.example("slice"), 2, True)
    assert not about["flip"]
    assert {about[side] for side in ("left", "right", "top", "bottom")} == {""}


def test_looking_elsewhere_computes_nothing_and_sends_other_slices(monkeypatch):
    app = opened(level="2")
    calls: Counter[str] = Counter()
    for name in ("encode", "pack", "decode", "compare", "analyse"):
        real = getattr(pipeline, name)
        monkeypatch.setattr(pipeline, name, lambda *a, real=real, name=name, **k: (calls.update([name]), real(*a, **k))[1])
    app.session_state[CURSOR] = (30, 40, 1)
    app.session_state[MODE] = "ssim"
    app.session_state[SIDE] = "neurological"
    app.run()
    assert not app.exception
    data = viewer(app)
    assert data["cursor"] == [30, 40, 1]
    assert {"0:30", "1:40", "2:1"} <= data["slices"].keys()
    assert not data["planes"][0]["flip"]
    assert address(app)["at"] == "31,41,2"
    app.switch_page("screens/ecg.py").run()
    calls.clear()
    app.switch_page("screens/brain.py").run()
    assert not calls
    assert viewer(app)["cursor"] == [30, 40, 1]


def test_the_map_of_similarity_is_that_of_the_slice_shown(phantom):
    app = opened(level="2", view="ssim", at="60,80,3")
    rebuilt = expected(phantom, 2)[0]
    wanted = ssim_map(phantom.voxels[:, ::-1, 2].T, rebuilt.voxels[:, ::-1, 2].T, phantom.window)
    assert image(viewer(app)["slices"]["2:2"], "ssim") == pytest.approx(255 * np.clip(wanted, 0, 1), abs=0.51)


def test_the_page_opens_at_the_worst_slice_and_lists_the_others_after_it(phantom):
    app = opened(level="1")
    worst = worst_slices(expected(phantom, 1)[1].events["slices"])["place"].to_numpy()
    assert viewer(app)["cursor"][2] == worst[0]
    assert list(app.dataframe[0].value["place"]) == [*(worst + 1)]
    assert viewer(app)["course"]["worst"] == worst[0]
    for rank, label in ((0, "Worst"), (1, "Next"), (2, "Next"), (0, "Worst")):
        button(app, label).click().run()
        assert viewer(app)["cursor"][2] == worst[rank]
    assert viewer(app)["jump"] == 4


def test_a_link_reopens_the_view():
    link = {"example": "phantom", "checkpoint": "brain", "level": "2", "at": "31,41,2", "view": "error", "side": "neurological"}
    link |= {"codes": "1", "greys": "20,120"}
    app = opened(**link)
    data = viewer(app)
    assert data["cursor"] == [30, 40, 1]
    assert (data["mode"], data["planes"][0]["flip"], data["shades"]) == ("error", False, {"low": 20, "high": 120})
    assert address(app) == link


@pytest.mark.parametrize("odd", ODD)
def test_a_link_with_nonsense_opens_what_there_is(odd):
    app = opened(level="2", **odd)
    assert app.title[0].value == "Brain MRI: Brain"
    assert app.session_state[CODES] <= 2


def test_the_chosen_cell_names_its_code_and_every_place_that_uses_it(phantom):
    codes = expected(phantom, 2)[3].codes[0, 1]
    app = opened(level="2", codes="2", at="80,100,4")
    grid = viewer(app)["grid"]
    assert (grid["columns"], grid["rows"]) == codes.shape[:2]
    sent = viewer(app)["slices"]["2:3"]["codes"]
    assert np.array_equal(np.frombuffer(base64.b64decode(sent), "<u2").reshape(codes.shape[:2]), codes[:, :, 3])
    app.session_state[CELL] = choices_brain.Cell(9, 12)
    app.run()
    code = codes[9, 12, 3]
    said = next(text.value for text in app.markdown if text.value.startswith("**Code"))
    assert f"**Code {code}**" in said
    assert f"in {words.count(int((codes[:, :, 3] == code).sum()), 'cell')} of this slice" in said
    assert f"in {words.number(int((codes == code).sum()))} of all {words.number(codes.size)} cells" in said
    other = next(b for b in app.button if b.label.startswith("Slice "))
    number = int(other.label.split(":")[0].split()[1])
    assert (codes[:, :, number - 1] == code).any()
    other.click().run()
    assert viewer(app)["cursor"][2] == number - 1


def test_cells_lie_where_the_network_sees_them_also_when_sides_are_padded():
    voxels = np.zeros((45, 70, 1), np.float32)
    voxels[30, 41] = 200
    values, layout = brain.to_tensors(Volume("a", voxels, span=(0.0, 255.0)))
    codes = np.zeros((1, 1, values.shape[2] // 8, values.shape[3] // 8, 1), np.int16)
    shown = cache.Shown(None, None, pipeline.Encoded(codes, layout, 1.0), b"", None, None, "")
    grid = brain_codes.grid(shown, 1, choices_brain.Cell(99, 0))
    assert tuple(np.argwhere(values[0, 0, :, :, 0] > 0.5)[0] - grid.pad) == (30, 41)
    assert grid.cell == 8
    assert grid.chosen is None


def test_a_fine_checkpoint_has_no_grid_of_codes():
    app = opened(checkpoint="brain-fine", level="2", codes="1")
    assert viewer(app)["grid"] is None
    assert all(box.label != "Codes over the slice" for box in app.selectbox)


def test_a_single_slice_is_shown_beside_its_reconstruction():
    app = opened(example="slice", level="2", view="error")
    assert [panel.get("mode") for panel in viewer(app)["panels"]] == ["original", None]
    assert list(viewer(app)["slices"]) == ["2:0"]
    assert not any(b.label == "Worst" for b in app.button)


def test_an_uploaded_volume_is_shown_and_comes_back_as_it_was(tmp_path):
    volume = brain.middle(brain.example("phantom"), SLICES)
    path = brain.write(volume, tmp_path / "own.nii.gz")[0]
    app = opened()
    app.file_uploader[0].upload(path.name, path.read_bytes(), "application/gzip").run()
    assert app.title[0].value == "Brain MRI: own"
    app.switch_page("screens/brain.py").run()
    rebuilt = expected(brain.read(path), int(app.session_state[inputs.LEVEL]))[0]
    assert brain_files.own_format(rebuilt) == ".nii.gz"
    (tmp_path / "back.nii.gz").write_bytes(brain_files.written(rebuilt, ".nii.gz"))
    given, back = nibabel.load(path), nibabel.load(tmp_path / "back.nii.gz")
    assert back.shape == given.shape
    assert back.get_data_dtype() == given.get_data_dtype()
    assert np.array_equal(back.affine, given.affine)
    assert back.header.get_xyzt_units() == given.header.get_xyzt_units()
    assert "Reconstruction, all slices (.nii.gz)" in [found.label for found in app.get("download_button")]


def test_of_a_series_the_volume_chosen_is_shown_and_coded(tmp_path, phantom):
    both = np.stack([phantom.voxels, phantom.voxels[::-1]], axis=3).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(both, np.diag([1.0, 1.0, 4.0, 1.0])), tmp_path / "two.nii.gz")
    app = opened()
    app.file_uploader[0].upload("two.nii.gz", (tmp_path / "two.nii.gz").read_bytes(), "application/gzip").run()
    app.switch_page("screens/brain.py").run()
    greys = []
    for number in (1, 2):
        next(box for box in app.number_input if box.label == "Volume").set_value(number).run()
        assert not app.exception
        app.session_state[CURSOR] = (60, 80, 3)
        app.run()
        greys.append(image(viewer(app)["slices"]["2:3"], "original"))
    assert np.array_equal(greys[0], greys[1][:, ::-1])
    assert "--volume 2" in next(code.value for code in app.code)


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b garbage", bytes(400)])
def test_a_bad_upload_is_refused_in_one_sentence_and_the_desk_stays(content):
    app = opened(level="2")
    before = viewer(app)["cursor"]
    app.file_uploader[0].upload("bad.nii.gz", content, "application/gzip").run()
    assert not app.exception
    assert len(app.sidebar.error) == 1
    assert app.title[0].value == "Brain MRI: Brain"
    assert viewer(app)["cursor"] == before


def test_the_trial_with_noise_scores_what_the_library_scores(phantom):
    app = opened(level="2", at="80,100,3")
    app.session_state["brain.tabs"] = "Noise"
    app.session_state["brain.noise"] = 10
    app.run()
    assert not app.exception
    clean = brain.excerpt(phantom, 2, 3)
    noisy = with_noise(clean, 10)
    found = denoised(clean, noisy, expected(noisy, 2)[0])
    said = " ".join(caption.value for caption in app.caption)
    for report in (found.noisy, found.reconstruction, found.blurred):
        assert words.number(report.value("psnr"), "dB") in said
        assert words.number(report.value("ssim_brain")) in said


@pytest.mark.parametrize("tab", ["Slice by slice", "Intensities", "Codes", "Details"])
@pytest.mark.parametrize("name", ["brain", "brain-fine"])
def test_every_tab_opens(tab, name):
    app = opened(level="2", checkpoint=name)
    app.session_state["brain.tabs"] = tab
    app.run()
    assert not app.exception


def test_the_command_on_the_page_repeats_what_it_shows(first):
    shown = next(code.value for code in first.code)
    assert "python -m vqvae reconstruct example:phantom --checkpoint brain --levels 2 --output OUT --report REPORT.json" in shown
    assert cache.examples("brain")
