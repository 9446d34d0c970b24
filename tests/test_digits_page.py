"""The Digits page without a browser: what it shows, what a changed code does, what is drawn and dropped."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from app import canvas, choices_digits
from app.kinds import KINDS
from app.views import digits_grid
from vqvae import checkpoint, pipeline
from vqvae.modalities import digits
from vqvae.modalities.digits.normalising import normalised

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # s


def opened(**address: str) -> AppTest:
    """The page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE)
    for key, value in ({"example": "drawn-digits"} | address).items():
        app.query_params[key] = value
    app.run()
    app = app.switch_page("screens/digits.py").run()
    assert not app.exception
    return app


@pytest.fixture(autouse=True)
def without_toys():
    """Nothing that another test's stand-ins have left in the cache."""
    st.cache_resource.clear()
    st.cache_data.clear()


def number(app: AppTest, label: str) -> Any:
    return next(widget for widget in app.number_input if widget.label == label)


def button(app: AppTest, label: str) -> Any:
    return next(widget for widget in app.button if widget.label == label)


def address(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def said(app: AppTest) -> str:
    return next(caption.value for caption in app.caption if caption.value.startswith("This digit"))


def test_the_page_shows_what_the_library_finds_and_a_changed_code_changes_the_digit_until_it_is_reset():
    app = opened(digit="13", row="4", column="4")
    assert [tab.label for tab in app.tabs] == ["Digit by digit", "Scores", "Codes", "Details"]
    assert not any("came with the link" in caption.value for caption in app.caption)
    model = pipeline.load("digits")
    recording = digits.example("drawn-digits")
    encoded = pipeline.encode(model, recording)
    report = pipeline.compare(model, recording, pipeline.decode(model, encoded))
    metrics = {metric.label: metric.value for metric in app.metric}
    assert float(metrics["Mean squared error"]) == pytest.approx(report.value("mse"), rel=0.01)
    assert number(app, "Code").value == encoded.codes[0, 0, 3, 3, 12]
    before = said(app)
    assert "changed" not in before
    assert not app.info

    near = digits_grid.nearest("digits", int(encoded.codes[0, 0, 3, 3, 12]))
    button(app, str(near[0])).click().run()
    assert number(app, "Code").value == near[0]
    assert "1 cell changed" in said(app)
    assert [box.value.partition(":")[0] for box in app.info] == ["Verdict, scores, tabs and downloads are of the unchanged codes"]
    assert {metric.label: metric.value for metric in app.metric} == metrics
    number(app, "Code").set_value(511).run()
    assert "1 cell changed" in said(app)
    number(app, "Column").set_value(5).run()
    number(app, "Code").set_value(511).run()
    assert "2 cells changed" in said(app)
    assert said(app).split(";")[0] != before.split(";")[0]
    assert [address(app)[name] for name in ("digit", "row", "column")] == ["13", "4", "5"]
    assert address(app)["codes"] == "4.4.511-4.5.511"
    two = said(app)
    again = opened(**address(app))
    assert said(again) == two
    assert number(again, "Code").value == 511
    button(again, "Undo change").click().run()
    assert "1 cell changed" in said(again)
    assert address(again)["codes"] == "4.4.511"
    button(app, "Undo change").click().run()
    button(app, "Undo change").click().run()
    assert number(app, "Column").value == 5
    number(app, "Column").set_value(4).run()
    assert number(app, "Code").value == near[0]  # what it was before the last change of this cell
    button(app, "Reset").click().run()
    assert said(app) == before
    assert not app.info
    assert "codes" not in address(app)
    assert button(app, "Undo change").disabled
    number(app, "Digit, of 40").set_value(2).run()
    assert said(app) != before
    assert not app.exception


def test_under_the_canvas_stands_what_becomes_of_a_drawing_and_no_ink_of_it_is_lost():
    app = opened()
    assert any("scaled to 20 pixels and centred by mass" in caption.value for caption in app.caption)
    low = np.zeros((112, 112))
    low[4:108, 54:60], low[96:108, 20:100] = 1, 1  # all the weight is at its foot, above which its mass would be centred
    found = normalised(low, "The drawing").image
    rows = np.flatnonzero(found.max(axis=1) > 128)
    assert np.ptp(rows) + 1 == 20
    assert (found > 128).sum(axis=1)[rows[-1]] > 10  # the foot is inside


def test_a_link_to_a_digit_or_cell_that_there_is_not_opens_the_nearest_one():
    app = opened(digit="999", row="0", column="88")
    assert [number(app, name).value for name in ("Digit, of 40", "Row", "Column")] == [40, 1, 7]


def test_codes_in_a_link_that_there_are_not_and_those_of_another_digit_are_passed_over():
    plain = said(opened(digit="3"))
    for codes in ("8.1.5", "1.1.512", "0.1.5", "1.1", "--", "1.1.-5", "<b>"):
        assert said(opened(digit="3", codes=codes)) == plain, codes
    assert "1 cell changed" in said(opened(digit="3", codes="8.1.5-4.4.511"))
    assert "changed" not in said(opened(digit="3", codes="4.4.511", example="no such"))
    own = pipeline.encode(pipeline.load("digits"), digits.example("drawn-digits")).codes[0, 0, 3, 3, 2]
    assert said(opened(digit="3", codes=f"4.4.{own}")) == plain  # the code that was there is no change


def test_a_link_holds_a_digit_of_the_reader_s_own_with_its_changed_codes():
    seven = digits.excerpt(digits.example("scanned-digits"), 28, 29)
    text = choices_digits.packed(seven.images[0])
    assert len(text) < 700
    view = {"checkpoint": "digits", "level": "1", "digit": "1", "row": "2", "column": "6", "codes": "2.6.511", "image": text}
    app = opened(kind="digits", example="", **view)
    assert app.title[0].value == "Digits: drawing"
    assert any("came with the link" in caption.value for caption in app.caption)
    assert [tab.label for tab in app.tabs] == ["Scores", "Codes", "Details"]
    assert [box.value.partition(":")[0] for box in app.info] == ["Verdict, scores, tabs and downloads are of the unchanged codes"]
    assert "1 cell changed" in said(app)
    assert np.array_equal(app.session_state["desk.opened"][app.session_state["desk.source"]].images, seven.images)
    assert address(app) == {
        "checkpoint": "digits",
        "level": "1",
        "digit": "1",
        "row": "2",
        "column": "6",
        "codes": "2.6.511",
        "image": text,
    }
    for bad in ("x", "%%%", choices_digits.packed(np.zeros((9, 9), np.uint8)), choices_digits.packed(np.zeros((2000, 2000), np.uint8))):
        assert choices_digits.unpacked(bad) is None
        assert opened(image=bad).title[0].value == "Digits: Drawn digits"


def photo(paper: int = 150) -> bytes:
    """A digit as a phone sees it: dark ink off the centre of grey paper, JPEG."""
    picture = np.random.default_rng(0).normal(paper, 4, (600, 450))
    picture[300:520, 60:90] = 50
    file = io.BytesIO()
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=60)
    return file.getvalue()


def test_an_empty_file_is_named_with_a_way_out_and_nothing_that_was_open_or_dropped_with_it_is_lost():
    app = opened()
    zone = next(zone for zone in app.file_uploader if zone.label.startswith("Or upload"))
    zone.set_value([("a.jpg", photo(), "image/jpeg")]).run()
    assert app.title[0].value == "Digits: a"
    assert not app.error
    zone = next(zone for zone in app.file_uploader if zone.label.startswith("Or upload"))
    assert not zone.value
    zone.set_value([("b.jpg", b"", "image/jpeg")]).run()
    assert app.title[0].value == "Digits: a"
    assert "b.jpg is empty, it has 0 bytes: save or copy it again" in app.error[0].value.replace("\\", "")
    zone = next(zone for zone in app.file_uploader if zone.label.startswith("Or upload"))
    zone.set_value([("c.jpg", photo(), "image/jpeg"), ("c.jpg", photo(90), "image/jpeg"), ("d.jpg", b"", "image/jpeg")]).run()
    assert app.title[0].value == "Digits: c"
    assert "2 digits" in app.caption[0].value + app.caption[1].value + app.caption[2].value
    assert "2 other images opened" in app.error[0].value.replace("\\", "")
    app.selectbox(key="desk.source").set_value("drawn-digits").run()
    assert not app.error


def test_an_image_stays_on_the_page_it_is_dropped_on_and_a_click_opens_it_as_the_other():
    app = opened()
    light = io.BytesIO()
    seven = digits.example("scanned-digits").images[28]
    Image.fromarray(np.kron(seven, np.ones((10, 10), np.uint8))).save(light, "PNG")
    app.sidebar.file_uploader[0].set_value([("seven.png", light.getvalue(), "image/png")]).run()
    assert app.title[0].value == "Digits: seven"
    assert any("Opened as Digits" in caption.value for caption in app.sidebar.caption)
    found = app.session_state["desk.opened"][app.session_state["desk.source"]].images[0]
    assert np.corrcoef(found.ravel(), seven.ravel())[0, 1] > 0.8
    button(app, "Open as Brain MRI").click().run()
    assert not app.exception
    assert app.title[0].value == "Brain MRI: seven"
    assert len(app.session_state["desk.opened"]) == 2
    app.switch_page("screens/brain.py").run()  # where the reader is by now
    app.sidebar.file_uploader[0].set_value([("one.jpg", photo(), "image/jpeg")]).run()
    assert app.title[0].value == "Brain MRI: one"  # and no digit, which it looks like
    button(app, "Open as Digits").click().run()
    assert app.title[0].value == "Digits: one"


def test_home_has_a_heading_for_every_kind_and_names_every_one():
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE).run()
    headings = [text.value.split(": ")[-1] for text in app.markdown if text.value.startswith("#####")]
    assert [heading.rpartition(":")[2].strip() for heading in headings] == [kind.title for kind in KINDS.values()]
    assert all(word in app.markdown[0].value for word in ("ECG", "piano", "brain", "digits"))


def test_home_has_no_side_bar_and_the_desk_is_as_it_was_after_a_visit_there():
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE).run()
    assert not app.sidebar.children
    app.switch_page("screens/ecg.py").run()
    app.selectbox(key="desk.checkpoint").set_value("ecg-fine").run()
    app.select_slider(key="desk.level").set_value(2).run()
    app.switch_page("screens/home.py").run()
    assert not app.sidebar.children
    app.switch_page("screens/ecg.py").run()
    assert app.selectbox(key="desk.checkpoint").value == "ecg-fine"
    assert app.select_slider(key="desk.level").value == 2
    assert not app.exception


def test_the_nearest_codes_are_those_whose_vectors_are_nearest():
    vectors = pipeline.codebooks(pipeline.load("digits"))[0]
    near = digits_grid.nearest("digits", 300)
    distances = np.linalg.norm(vectors - vectors[300], axis=1)
    assert 300 not in near
    assert distances[near].max() <= np.delete(distances, [300, *near]).min()


def told(picture: np.ndarray) -> dict[str, Any]:
    return {"drawing": {"pixels": base64.b64encode(picture.tobytes()).decode(), "side": len(picture)}}


def test_a_drawing_is_taken_as_it_was_told_and_nothing_else_is(monkeypatch):
    picture = np.random.default_rng(0).integers(0, 256, (112, 112), np.uint8)
    state: dict[str, Any] = {"pad": told(picture)}
    monkeypatch.setattr(canvas.st, "session_state", state)
    assert np.array_equal(canvas.drawn("pad"), picture / 255)
    good = state["pad"]["drawing"]
    for bad in (None, "text", {**good, "side": 10**9}, {**good, "side": 100}, {**good, "pixels": "?"}, {"side": 112}):
        state["pad"] = {"drawing": bad}
        assert canvas.drawn("pad") is None
    assert canvas.drawn("nowhere") is None


def test_a_drawing_and_an_image_become_recordings_and_one_drawing_takes_the_place_of_another(monkeypatch):
    laid: list[digits.Digits] = []
    state: dict[str, Any] = {"desk.opened": {}, "desk.source": "drawn-digits", "desk.next": ""}
    for module in (canvas, choices_digits):
        monkeypatch.setattr(module.st, "session_state", state)

    def lay(files: dict[str, bytes], recording: digits.Digits) -> None:
        laid.append(recording)
        state["desk.opened"] = {**state["desk.opened"], f"upload:{len(laid)}": recording}
        ((name, content),) = files.items()
        assert np.array_equal(np.load(io.BytesIO(content))["images"], recording.images), name

    monkeypatch.setattr(choices_digits.uploads, "lay", lay)
    picture = np.zeros((112, 112), np.uint8)
    picture[20:60, 30:36] = 255
    for turn in range(2):
        state[choices_digits.CANVAS] = told(np.rot90(picture, turn).copy())
        choices_digits.take_drawing()
    assert [one.name for one in state["desk.opened"].values()] == ["drawing"]
    assert not np.array_equal(laid[0].images, laid[1].images)
    state[choices_digits.CANVAS] = told(np.zeros((112, 112), np.uint8))
    choices_digits.take_drawing()
    assert len(laid) == 2

    packed = io.BytesIO()
    Image.fromarray(255 - picture).save(packed, "PNG")
    state[choices_digits.drop_zone()] = [SimpleNamespace(name="photo.png", getvalue=packed.getvalue)]
    choices_digits.take_image()
    assert laid[2].name == "photo"
    assert np.array_equal(laid[2].images, laid[0].images)
    state[choices_digits.drop_zone()] = [SimpleNamespace(name="note.png", getvalue=lambda: b"words")]
    choices_digits.take_image()
    assert "note" in state[choices_digits.REFUSED].sentence
    assert len(laid) == 3


def test_the_checkpoint_of_digits_keeps_to_its_aims_on_the_first_test_digits(data):
    model = pipeline.load(checkpoint.SHIPPED / "digits")
    recording = digits.read(data / "mnist" / "mnist.npz" / "x_test" / "0-1000")
    encoded = pipeline.encode(model, recording)
    assert encoded.codes.shape == (1, 1, 7, 7, 1000)
    assert pipeline.compare(model, recording, pipeline.decode(model, encoded)).value("mse") <= 0.002
    assert len(np.unique(encoded.codes)) >= 500
