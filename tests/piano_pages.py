"""The Piano page without a browser, for tests: opened on short pieces, and what it shows and hands over."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest
from toy_checkpoints import NOTES, save_notes

from app import cache, tasks
from app.jobs import Job
from vqvae import checkpoint, pipeline
from vqvae.modalities import ecg, piano
from vqvae.modalities.piano import Piano

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # s


@pytest.fixture(scope="module", autouse=True)
def short_pieces(tmp_path_factory) -> Iterator[None]:
    """The shipped ECG checkpoints, a toy one of notes, and the examples' first seconds, so that everything takes a moment."""
    folder = tmp_path_factory.mktemp("checkpoints")
    (folder / "ecg").symlink_to(checkpoint.SHIPPED / "ecg")
    save_notes(folder / NOTES)
    st.cache_resource.clear()
    pieces = {name: piano.excerpt(piano.example(name), 0, 16) for name in piano.examples()}
    beats = {name: ecg.excerpt(ecg.example(name), ["II"], 10) for name in ecg.examples()}
    own = cache.Shelf(100_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vqvae.checkpoint.SHIPPED", folder)
        patch.setattr(cache, "example", (pieces | beats).__getitem__)
        patch.setattr(cache, "shelf", lambda: own)
        yield
    st.cache_resource.clear()


def opened(**address: str) -> AppTest:
    """The page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE)
    for key, value in ({"example": "minuet"} | address).items():
        app.query_params[key] = value
    app.run()
    return finished(app.switch_page("screens/piano.py"))


def finished(app: AppTest) -> AppTest:
    """The page once its sounds are there."""
    app.run()
    if work := sound_job(app):
        work.wait(PATIENCE)
        assert not work.running
        app.run()
    assert not app.exception
    return app


def sound_job(app: AppTest) -> Job[Any] | None:
    jobs: dict[str, Any] = app.session_state[tasks.JOBS] if tasks.JOBS in app.session_state else {}  # noqa: SIM401 (it has no get)
    return jobs["sound"][1] if "sound" in jobs else None


def address(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def drop(app: AppTest, name: str, content: bytes) -> AppTest:
    """Drop a performance on any page: its own page opens."""
    app.file_uploader[0].upload(name, content, "audio/midi").run()
    assert not app.exception
    assert app.title[0].value.startswith("Piano: ")
    return finished(app.switch_page("screens/piano.py"))  # which AppTest would leave again


def told(app: AppTest) -> dict[str, dict[str, Any]]:
    """What the browser is handed, by channel; the player's own under "player"."""
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return {data.get("channel", "player"): data for data in found}


def columns(packed: dict[str, dict[str, str]]) -> dict[str, np.ndarray]:
    return {name: np.frombuffer(base64.b64decode(column["data"]), column["kind"]) for name, column in packed.items()}


def expected(recording: Piano, level: int) -> tuple[Piano, Any, pipeline.Rate]:
    """What the library makes of a recording: reconstruction, report and rate."""
    model = pipeline.load(NOTES)
    codes = pipeline.encode(model, recording, level)
    rebuilt = pipeline.decode(model, codes)
    return rebuilt, pipeline.compare(model, recording, rebuilt), pipeline.rate_of(pipeline.pack(model, codes), codes.layout)


def verdict(app: AppTest) -> str:
    boxes = [*app.success, *app.warning, *app.error]
    assert len(boxes) == 1
    return str(boxes[0].value).replace("\\", "")


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


@pytest.fixture(scope="module")
def first() -> AppTest:
    """The page as it opens; tests must not touch it."""
    return opened(level="2")


@pytest.fixture(scope="module")
def minuet() -> Piano:
    return cache.example("minuet")


def decoded_sound(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data))[0]
