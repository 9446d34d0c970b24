"""The Compare page on digits: what it says is what the library finds."""

from __future__ import annotations

import json

import numpy as np
import pytest
import streamlit as st
from compare_pages import button, opened, plain, verdict

from app import choices_compare
from app.compared import COMPARED
from vqvae import codecs
from vqvae.contest.entries import prepare
from vqvae.contest.results import Result
from vqvae.modalities import digits
from vqvae.modalities.digits.contest_window import Row, errors, multiples

CODECS = ("digits", "jpeg-sheet", "webp-sheet")
AT = choices_compare.KEYS["digits"]


@pytest.fixture(autouse=True)
def without_toys():
    """Nothing that another test's stand-ins have left in the cache."""
    st.cache_resource.clear()
    st.cache_data.clear()


def test_digits_are_compared_at_a_size_that_the_checkpoint_reaches_and_seen_through_every_codec():
    app = opened(kind="digits", example="drawn-digits", codecs=",".join(CODECS))
    assert not app.exception
    assert "side by side as one picture, whose header counts" in plain(app.caption[0].value + app.caption[1].value + app.caption[2].value)
    recording = digits.example("drawn-digits")
    amount, usual = COMPARED["digits"].amount(recording), COMPARED["digits"].usual
    size = amount.to_bytes(usual[1](amount), usual[0])
    contest = prepare("digits", recording)
    found = {a.codec: a for a in contest.compare([codecs.codec(name) for name in CODECS], size) if isinstance(a, Result)}
    assert len(found["digits"].data) <= size
    table = app.dataframe[0].value
    assert dict(zip(table["codec"], table["mse"], strict=True)) == pytest.approx({n: r.truth.value("mse") for n, r in found.items()})
    assert table["codec"].iloc[0] == "digits"
    assert "digits keeps most" in verdict(app)
    pictures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert len(pictures[1]["data"]) == 1 + len(CODECS)
    assert any("same digits" in title.value for title in app.subheader)
    next(box for box in app.number_input if box.label == "From digit").set_value(20).run()
    assert not app.exception
    assert app.session_state[AT.time] == 19
    assert app.query_params["t"] in ("20", ["20"])
    button(app, "Differ most").click().run()
    assert app.session_state[AT.time] != 19


def test_the_window_holds_the_digits_asked_for_through_every_codec():
    reference = digits.example("drawn-digits")
    blank = digits.Digits("blank", np.zeros_like(reference.images))
    rows = {"digits": Row(reference, "digits"), "other": Row(blank, "other")}
    drawn = multiples(reference, rows, 38, 12)
    assert [np.asarray(trace.z).shape for trace in drawn.data] == [(28, 56)] * 3
    assert np.array_equal(drawn.data[1].z[:, 28:], reference.images[39])
    wrong = errors(reference, rows, 5, 2)
    assert not np.asarray(wrong.data[0].z).any()
    assert np.array_equal(wrong.data[1].z[:, :28], -reference.images[5].astype(int))
