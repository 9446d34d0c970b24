"""What the Brain MRI page says and hands over in words: of one slice, of what is no brain, of what is lost, and in its tables."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
from brain_pages import PATIENCE, ROOT, SLICES, expected, few_slices, first, opened, phantom, verdict
from PIL import Image
from streamlit.testing.v1 import AppTest

from app import cache, decoded, words
from app.views import brain as brain_page
from app.views import brain_files, brain_slices
from vqvae import pipeline
from vqvae.cards import HEADLINES

__all__ = ["few_slices", "first", "phantom"]  # fixtures


def test_no_two_downloads_have_one_name_and_pictures_are_of_the_slice_shown(first):
    app = opened(level="2", at="80,100,4")
    labels = [found.label for found in app.get("download_button")]
    assert len(set(labels)) == len(labels)
    assert {"Original, slice 4 (.png)", "Reconstruction, slice 4 (.png)", "Reconstruction, all slices (.nii.gz)"} <= set(labels)
    assert "slice" not in " ".join(found.label for found in opened(example="slice", level="2").get("download_button"))


def test_the_course_in_the_viewer_has_the_verdicts_digits_and_says_which_slices_decide_nothing():
    table = pd.DataFrame({"place": (2, 0, 1), "brain": (4000, 5000, 9), "ssim_brain": (0.911505, 0.95, 0.004)})
    found = brain_slices.course(table)
    assert f"{found['values'][2]:.3f}" == "0.912"
    assert (found["worst"], found["faint"]) == (2, [1])
    assert "Faint: only a trace of brain" in found["title"]
    assert "Faint" not in brain_slices.course(table.assign(brain=5000))["title"]


def test_one_score_has_one_name_on_the_page_and_in_every_table():
    name = HEADLINES["ssim_brain"]
    assert (name, name) == (words.score_title("ssim_brain"), brain_page.HEADLINE["ssim_brain"])
    assert name in cache.text("brain_verdict")


def test_the_table_has_positions_where_there_are_any():
    table = pd.DataFrame({"place": (0, 1), "position": np.nan, "ssim_brain": (0.9, 0.8)})
    assert list(brain_slices.worded(table)) == ["place", "ssim_brain"]
    assert list(brain_slices.worded(table.assign(position=(1.0, 2.0)))) == ["place", "position", "ssim_brain"]


def test_what_is_said_of_a_chosen_cell_stands_right_below_the_views():
    app = opened(level="2", codes="1")
    drawn = [str(element.proto) for element in app.main if not hasattr(element, "children")]
    views, cell, pictures = ([what in words for words in drawn].index(True) for what in ("Click or drag", "Click into the pic", "(.png)"))
    assert views < cell < pictures


def test_the_table_of_slices_counts_from_1_and_has_units_in_its_headers(first, phantom):
    shown = cache.Shown(phantom, None, None, b"", None, expected(phantom, 2)[1], "")
    lines = brain_files.table(shown).splitlines()
    assert lines[0] == (
        "slice,position_mm,brain_pixels,ssim,ssim_brain,ms_ssim,psnr_db,mse_of_window_squared,mae_of_window,gradient_error_percent"
    )
    assert [line.split(",")[0] for line in lines[1:]] == [str(number + 1) for number in range(SLICES)]
    written = {column["label"] for column in json.loads(first.dataframe[0].proto.columns).values() if column.get("label")}
    assert {"PSNR (dB)", "MAE (window = 1)", "Edge error (%)"} <= written


def test_slices_beside_lost_ones_are_said_to_be_less_exact(phantom):
    model = pipeline.load("brain")
    data = bytearray(pipeline.pack(model, pipeline.encode(model, phantom, 2), chunk=2))
    whole = decoded.open_file("a.vqz", bytes(data))
    data[-3] ^= 255
    damaged = decoded.open_file("a.vqz", bytes(data))
    assert damaged.damaged
    assert "is left empty. Slices right beside these were mended without them" in damaged.told
    assert "right beside" not in whole.told


def test_of_a_single_slice_nothing_is_said_of_several():
    app = opened(example="slice", level="2")
    assert "Slice by slice" not in [tab.label for tab in app.tabs]
    said = " ".join(caption.value for caption in app.caption)
    assert "its slices" not in said
    assert "the same place in both pictures" in said


def test_a_photograph_is_said_to_be_no_brain_where_the_verdict_stands():
    pixels = np.random.default_rng(0).integers(50, 255, (96, 96, 3)).astype(np.uint8)
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "png")
    app = opened(level="2")
    app.file_uploader[0].upload("photo.png", packed.getvalue(), "image/png").run()
    app.switch_page("screens/brain.py").run()
    assert "does not look like a T1 brain slice" in verdict(app)
    assert "in colour" in verdict(app)
    assert "Fine structure" not in verdict(app)


def test_a_link_without_a_recording_says_no_more_than_is_known():
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE)
    app.query_params.update({"kind": "brain", "level": "2"})
    app.run()
    app.switch_page("screens/brain.py").run()
    said = " ".join(box.value for box in app.info)
    assert "names no recording" in said
    assert "was to a file" not in said


def test_an_empty_file_is_called_empty():
    for name in ("cut.nii.gz", "cut.png", "cut.dcm"):
        found = cache.receive({name: b""}, None)
        assert found.sentence == f"{name} is empty (0 bytes): its upload or copy was cut off; get the file again."
