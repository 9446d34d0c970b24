"""The Brain MRI page without a browser, for tests: opened on a few slices, and what it shows and hands over."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from toy_checkpoints import save_fine_planes, save_planes

from app import cache
from app.tasks import JOBS
from vqvae import checkpoint, pipeline
from vqvae.modalities import brain, ecg
from vqvae.modalities.brain import Volume

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # s
SLICES = 6


@pytest.fixture(scope="module", autouse=True)
def few_slices(tmp_path_factory) -> Iterator[None]:
    """The shipped ECG checkpoint, toy ones of images, and a few slices of the examples, so that everything takes a moment."""
    folder = tmp_path_factory.mktemp("checkpoints")
    (folder / "ecg").symlink_to(checkpoint.SHIPPED / "ecg")
    images = {name: brain.middle(brain.example(name), SLICES) for name in brain.examples()}
    save_planes(folder / "brain", brain, brain.to_tensors(images["phantom"]).values[0, 0])
    save_fine_planes(folder / "brain-fine", brain)
    beats = {name: ecg.excerpt(ecg.example(name), ["II"], 10) for name in ecg.examples()}
    st.cache_resource.clear()
    own = cache.Shelf(100_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vqvae.checkpoint.SHIPPED", folder)
        patch.setattr(cache, "example", (images | beats).__getitem__)
        patch.setattr(cache, "shelf", lambda: own)
        yield
    st.cache_resource.clear()


def opened(**address: str) -> AppTest:
    """The page as a link opens it, with all that is computed beside it."""
    return waited(arrived(**address))


def arrived(**address: str) -> AppTest:
    """The page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE)
    for key, value in ({"example": "phantom"} | address).items():
        app.query_params[key] = value
    app.run()
    app.switch_page("screens/brain.py").run()
    assert not app.exception
    return app


def waited(app: AppTest) -> AppTest:
    """The page once what is computed beside it is there."""
    jobs = app.session_state[JOBS] if JOBS in app.session_state else {}  # noqa: SIM401 -- this state has no get
    for _, work in jobs.values():
        work.wait(PATIENCE)
        app.run()
    return app


def address(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def viewer(app: AppTest) -> dict[str, Any]:
    """What the viewer is handed."""
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return next(data for data in found if "planes" in data)


def image(sent: dict[str, Any], name: str) -> np.ndarray:
    """(height, width) of what was sent."""
    return np.frombuffer(base64.b64decode(sent[name]), np.uint8).reshape(sent["height"], sent["width"])


def expected(recording: Volume, level: int, name: str = "brain") -> tuple[Volume, Any, pipeline.Rate, pipeline.Encoded]:
    """What the library makes of a recording: reconstruction, report, rate and codes."""
    model = pipeline.load(name)
    codes = pipeline.encode(model, recording, level)
    rebuilt = pipeline.decode(model, codes)
    rate = pipeline.rate_of(pipeline.pack(model, codes), codes.layout)
    return rebuilt, pipeline.compare(model, recording, rebuilt), rate, codes


def verdict(app: AppTest) -> str:
    boxes = [*app.success, *app.warning, *app.error]
    assert len(boxes) == 1
    return str(boxes[0].value).replace("\\", "")


def button(app: AppTest, label: str) -> Any:
    return next(button for button in app.button if button.label == label)


@pytest.fixture(scope="module")
def first() -> AppTest:
    """The page as it opens; tests must not touch it."""
    return opened(level="2")


@pytest.fixture(scope="module")
def phantom() -> Volume:
    return cache.example("phantom")
