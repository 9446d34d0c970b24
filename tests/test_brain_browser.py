"""A researcher in Chromium: drops a volume, goes through it in three planes, asks for a code, and takes the reconstruction home."""

from __future__ import annotations

import io
import re
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from test_browser import asked, base, browser, context, download, drop, page, settle, verdict

from vqvae import pipeline
from vqvae.modalities import brain

__all__ = ["base", "browser", "context", "page"]  # fixtures
pytestmark = pytest.mark.browser
PLANES = {"Axial": 2, "Coronal": 1, "Sagittal": 0}
PIXELS = """(canvas) => {
  const { width, height } = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  return { width, height, red: Array.from({ length: width * height }, (_, i) => data[4 * i]) };
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """A volume of whole numbers whose first axis runs to the left, with slices apart, in mm and placed by a scanner."""
    voxels = brain.middle(brain.example("phantom"), 10).voxels
    affine = np.diag([-1.0, 1.0, 4.0, 1.0])
    affine[:3, 3] = [80.0, -110.0, -12.0]
    image = nibabel.Nifti1Image((8 * voxels[::-1]).astype("<i2"), affine)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    image.header.set_xyzt_units("mm", "sec")
    path = tmp_path_factory.mktemp("brain") / "own.nii.gz"
    nibabel.save(image, path)
    return path


def view(page: Page, name: str) -> Locator:
    return page.locator(".view").filter(has_text=name)


def place(page: Page, name: str) -> int:
    """The slice that a view shows, from 0."""
    return int(view(page, name).locator("figcaption span").inner_text().split()[0]) - 1


def ready(page: Page, name: str) -> None:
    expect(view(page, name).locator("canvas")).to_have_attribute("data-ready", "true")
    page.wait_for_timeout(100)


def painted(page: Page, name: str) -> np.ndarray:
    """(height, width) of the canvas of a view, as bright as it is red."""
    found = view(page, name).locator("canvas").evaluate(PIXELS)
    return np.array(found["red"], np.uint8).reshape(found["height"], found["width"])


def expected(volume: brain.Volume, name: str, at: int) -> np.ndarray:
    """(height, width): a slice in the radiological view, with the nose of a sagittal one at the left."""
    image = np.take(volume.voxels, at, axis=PLANES[name])[::-1, ::-1].T
    return np.asarray(image / volume.window[1])


def alike(seen: np.ndarray, wanted: np.ndarray) -> float:
    """Correlation of a canvas with the slice that it should show."""
    shrunk = np.asarray(Image.fromarray(seen).resize(wanted.shape[::-1], Image.Resampling.BOX), np.float64)
    return float(np.corrcoef(shrunk.ravel(), np.clip(wanted, 0, 1).ravel())[0, 1])


def choose(page: Page, mode: str) -> None:
    page.get_by_role("radio", name=mode, exact=True).click()
    settle(page)


def test_a_researcher_goes_through_a_volume_in_three_planes_and_takes_it_home(page, file, tmp_path):
    original = brain.read(file)
    page.goto("/")
    drop(page, file)
    expect(page.get_by_role("heading", name="Brain MRI: own")).to_be_visible()
    expect(verdict(page)).to_contain_text("10 slices")
    settle(page)
    assert verdict(page).bounding_box()["y"] < view(page, "Axial").bounding_box()["y"] < 560

    choose(page, "Original")
    for name, axis in PLANES.items():
        before = place(page, name)
        step = -1 if before > original.voxels.shape[axis] // 2 else 1
        view(page, name).locator("canvas").focus()
        for _ in range(3):
            page.keyboard.press("ArrowUp" if step > 0 else "ArrowDown")
        expect(view(page, name).locator("figcaption span")).to_have_text(f"{before + 3 * step + 1} of {original.voxels.shape[axis]}")
        ready(page, name)
        own = alike(painted(page, name), expected(original, name, before + 3 * step))
        assert own > 0.93
        assert own > alike(painted(page, name), expected(original, name, before + 3 * step)[:, ::-1])
        assert own > alike(painted(page, name), expected(original, name, before)) or axis != 2
    settle(page)
    at = [int(number) for number in asked(page)["at"].replace("%2C", ",").split(",")]
    assert [number - 1 for number in at] == [place(page, name) for name in ("Sagittal", "Coronal", "Axial")]

    canvas = view(page, "Coronal").locator("canvas").bounding_box()
    page.mouse.click(canvas["x"] + 0.3 * canvas["width"], canvas["y"] + 0.75 * canvas["height"])
    assert place(page, "Axial") == pytest.approx(0.25 * 10, abs=1)
    assert place(page, "Sagittal") == pytest.approx(0.7 * 176, abs=2)
    for name in PLANES:
        ready(page, name)
        assert alike(painted(page, name), expected(original, name, place(page, name))) > 0.93

    level, checkpoint = int(asked(page)["level"]), asked(page)["checkpoint"]
    found = nibabel.load(download(page, "Reconstruction, all slices (.nii.gz)", tmp_path))
    given = nibabel.load(file)
    assert np.array_equal(found.affine, given.affine)
    assert (found.shape, found.get_data_dtype()) == (given.shape, given.get_data_dtype())
    assert found.header.get_xyzt_units()[0] == given.header.get_xyzt_units()[0]
    model = pipeline.load(checkpoint)
    rebuilt = pipeline.decode(model, pipeline.encode(model, original, level))
    assert np.abs(np.asarray(found.dataobj)[::-1] - rebuilt.voxels).max() <= 1


def test_the_divider_uncovers_the_original_from_the_left_and_the_reconstruction_from_the_right(page):
    page.goto("/brain?example=slab&level=1&at=88,104,12&view=original")
    settle(page)
    ready(page, "Axial")
    pictures = {"original": painted(page, "Axial")}
    choose(page, "Reconstruction")
    pictures["reconstruction"] = painted(page, "Axial")
    assert np.abs(pictures["original"].astype(int) - pictures["reconstruction"]).mean() > 1
    choose(page, "Swipe")
    canvas = view(page, "Axial").locator("canvas")
    box, inner = canvas.bounding_box(), slice(30, -30)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 50, steps=5)
    page.mouse.up()
    page.wait_for_timeout(200)
    seen, width = painted(page, "Axial"), pictures["original"].shape[1]
    left, right = np.s_[inner, 20 : int(0.66 * width)], np.s_[inner, int(0.75 * width) : -20]
    assert np.mean(seen[left] != pictures["original"][left]) < 0.02  # where the cursor's line and letters are drawn alike
    assert np.mean(seen[right] != pictures["reconstruction"][right]) < 0.02
    canvas.focus()
    for _ in range(20):
        page.keyboard.press("[")
    assert np.mean(painted(page, "Axial")[:, 30:] != pictures["reconstruction"][:, 30:]) < 0.02


def test_a_click_on_a_cell_tells_its_code_and_leads_to_other_places_that_use_it(page):
    page.goto("/brain?example=slab&checkpoint=brain&level=1&at=88,104,12&codes=1")
    settle(page)
    ready(page, "Axial")
    box = view(page, "Axial").locator("canvas").bounding_box()
    page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + 0.3 * box["height"])
    said = page.get_by_text("of level 1, in column")
    expect(said).to_be_visible()
    settle(page)
    model = pipeline.load("brain")
    codes = pipeline.encode(model, brain.example("slab"), 1).codes[0, 0]
    code = int(said.inner_text().split()[1])
    cell = [int(word.strip(",.")) - 1 for word in said.inner_text().split("column ")[1].split(" of the grid")[0].split(", row ")]
    assert codes[cell[0], cell[1], 11] == code
    uses = page.get_by_role("button", name=re.compile(r"^Slice \d+:")).first
    number = int(uses.inner_text().split("Slice ")[1].split(":")[0])
    assert (codes[:, :, number - 1] == code).any()
    uses.click()
    expect(view(page, "Axial").locator("figcaption span")).to_have_text(f"{number} of 32")


def test_the_curve_leads_to_a_slice_and_window_and_level_change_the_greys_at_once(page):
    page.goto("/brain?example=slab&level=1&at=88,104,12&view=original")
    settle(page)
    ready(page, "Axial")
    before = painted(page, "Axial")
    page.locator(".level").focus()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    assert painted(page, "Axial")[60:-60, 60:-60].mean() > before[60:-60, 60:-60].mean() + 10
    settle(page)
    assert "greys" in asked(page)
    course = page.locator(".course")
    box = course.bounding_box()
    course.click(position={"x": box["width"] - 12, "y": 50})
    expect(view(page, "Axial").locator("figcaption span")).to_have_text("32 of 32")
    course.press("ArrowLeft")
    expect(view(page, "Axial").locator("figcaption span")).to_have_text("31 of 32")


def test_the_words_at_the_pointer_are_gone_while_window_and_level_are_drawn_over(page):
    page.goto("/brain?example=slab&level=1&at=88,104,12&view=original")
    settle(page)
    ready(page, "Axial")
    box, tip = view(page, "Axial").locator("canvas").bounding_box(), view(page, "Axial").locator(".tip")
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    expect(tip).to_be_visible()
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 80, steps=3)
    expect(tip).to_be_hidden()
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(tip).to_be_visible()


def test_two_flat_views_lie_below_each_other_beside_the_tall_one(page, tmp_path):
    thick = brain.middle(brain.example("phantom"), 6).voxels
    nibabel.save(nibabel.Nifti1Image(thick, np.diag([1.0, 1.0, 6.0, 1.0])), tmp_path / "thick.nii.gz")
    page.goto("/brain?example=slice&level=1")
    settle(page)
    drop(page, tmp_path / "thick.nii.gz")
    expect(page.get_by_role("heading", name="Brain MRI: thick")).to_be_visible()
    ready(page, "Sagittal")
    axial, coronal, sagittal = (view(page, name).bounding_box() for name in PLANES)
    assert coronal["x"] == sagittal["x"] > axial["x"] + axial["width"]
    assert coronal["y"] + coronal["height"] < sagittal["y"]
    assert sagittal["y"] + sagittal["height"] <= axial["y"] + axial["height"] + 1


def test_what_cannot_be_read_is_refused_in_a_sentence_and_the_brain_stays(page, file):
    page.goto("/brain?example=slice&level=1")
    settle(page)
    title = page.locator("h1").first.inner_text()
    drop(page, {"name": "cut.nii.gz", "mimeType": "application/gzip", "buffer": file.read_bytes()[:2000]})
    complaint = page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(complaint).to_contain_text("cut.nii.gz")
    settle(page)
    assert page.locator("h1").first.inner_text() == title
    assert page.locator(".view").count() == 2
    saved = io.BytesIO()
    Image.fromarray(np.tile(np.arange(96, dtype=np.uint8), (64, 1))).save(saved, "png")
    drop(page, {"name": "mine.png", "mimeType": "image/png", "buffer": saved.getvalue()})
    expect(page.get_by_role("heading", name="Brain MRI: mine")).to_be_visible()
    expect(complaint).to_have_count(0)
