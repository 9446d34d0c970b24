"""The Compare page on an image: what it says is what the library finds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from brain_pages import few_slices, phantom
from compare_pages import button, opened, plain, verdict
from streamlit.testing.v1 import AppTest

from app import choices_compare, words
from app.compared import COMPARED
from vqvae import codecs
from vqvae.contest.entries import prepare
from vqvae.contest.results import Result, ranked
from vqvae.modalities import brain
from vqvae.modalities.brain.contest_window import difference, worst_slices

__all__ = ["few_slices", "phantom"]  # fixtures
CODECS = ("brain", "jpeg", "webp")
AT, USUAL = choices_compare.KEYS["brain"], COMPARED["brain"]


def visited(**address: str) -> AppTest:
    return opened(**({"kind": "brain", "example": "phantom", "codecs": ",".join(CODECS), "rate": "0.6"} | address))


@pytest.fixture(scope="module")
def first(few_slices) -> AppTest:
    """The page as a link opens it; tests must not touch it."""
    return visited()


@pytest.fixture(scope="module")
def library(few_slices, phantom) -> list[Result]:
    """What the library finds at the same size."""
    size = USUAL.amount(phantom).to_bytes(0.6, "rate")
    contest = prepare("brain", phantom)
    found = [a for a in contest.compare({name: codecs.codec(name) for name in CODECS}, size) if isinstance(a, Result)]
    return ranked(found, USUAL.scores[0])


def pictures(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_the_size_is_said_in_bits_per_pixel_of_the_image_itself(first, phantom):
    amount = USUAL.amount(phantom)
    assert amount.units == phantom.voxels.size
    assert amount.raw_bytes == brain.extent(brain.to_tensors(phantom).layout).raw_bytes
    assert first.session_state[AT.size] == pytest.approx(0.6)
    assert "0.600\u202fbit/pixel" in verdict(first)


def test_codecs_stand_in_the_order_of_similarity_in_the_brain_with_the_scores_of_the_library(first, library):
    table = first.dataframe[0].value
    assert list(table["codec"]) == [result.codec for result in library]
    for name in ("ssim_brain", "ssim", "psnr"):
        assert list(table[name]) == pytest.approx([result.truth.value(name) for result in library])
    assert list(table["bytes"]) == [len(result.data) for result in library]
    assert plain(verdict(first)).count(words.number(library[0].truth.value("ssim_brain")))


def test_the_slice_where_codecs_differ_most_is_shown_through_every_one_and_others_can_be_chosen(library):
    app = visited()
    tables = [result.truth.events["slices"] for result in sorted(library, key=lambda r: CODECS.index(r.codec))]
    order = worst_slices(difference(tables))
    assert int(app.session_state[AT.time]) == order[0]
    window = pictures(app)[1]
    said = " ".join(str(note["text"]) for note in window["layout"]["annotations"])
    assert all(codec in said for codec in ("Original", *CODECS))
    assert sum(trace["type"] == "heatmap" for trace in window["data"]) == 1 + len(CODECS)
    button(app, "Next").click().run()
    assert int(app.session_state[AT.time]) == order[1]
    number = next(box for box in app.number_input if box.label == "Slice")
    assert number.value == order[1] + 1
    number.set_value(3).run()
    assert not app.exception
    assert app.query_params["t"] in ("3", ["3"])
    app.toggle(key=AT.errors).set_value(True).run()
    assert sum(trace["type"] == "heatmap" for trace in pictures(app)[1]["data"]) == len(CODECS)


def test_a_link_opens_the_slice_it_names():
    assert int(visited(t="5").session_state[AT.time]) == 4
    assert 0 <= int(visited(t="99").session_state[AT.time]) < 6


def test_the_difference_along_the_volume_marks_the_slice_shown(first, phantom):
    strip = pictures(first)[0]
    assert len(strip["layout"]["shapes"]) == 1
    shape = strip["layout"]["shapes"][0]
    assert (shape["x0"] + shape["x1"]) / 2 == int(first.session_state[AT.time]) + 1
    assert np.isfinite(phantom.voxels).all()


def test_a_single_slice_is_called_so_and_a_series_says_which_volume_is_compared(few_slices, phantom):
    slice_ = replace(phantom, voxels=phantom.voxels[:, :, :1], series=4)
    assert COMPARED["brain"].facts(slice_).startswith("1 slice of ")
    assert "Volume 1 of the 4 in its file" in COMPARED["brain"].facts(slice_)
    assert "Volume" not in COMPARED["brain"].facts(phantom)
    app = visited(example="slice")
    assert any("same slice" in title.value for title in app.subheader)
    assert not any(box.label == "Slice" for box in app.number_input)
    assert not any(each.label in ("Differ most", "Next") for each in app.button)
