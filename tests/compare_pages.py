"""The Compare page of a test: opened, waited for, read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import cache, tasks
from vqvae.modalities.ecg import excerpt

ROOT = Path(__file__).parents[1]
CODECS = "averaging,wavelet,dct"
PATIENCE = 120  # s


@pytest.fixture(scope="module", autouse=True)
def short_examples() -> Any:
    """The examples, those of an ECG short and of two leads, so that everything takes a moment."""
    made: dict[str, Any] = {name: excerpt(cache.example(name), ["II", "V2"], 12.0) for name in cache.examples("ecg")}
    made |= {name: cache.example(name) for name in cache.examples("piano")}
    patch, own = pytest.MonkeyPatch(), cache.Shelf(100_000_000)
    patch.setattr(cache, "example", made.__getitem__)
    patch.setattr(cache, "shelf", lambda: own)
    yield made
    patch.undo()


def visit(**address: str) -> AppTest:
    """The page as a link opens it, with nothing computed yet."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE)
    for key in {"kind", "example"} & address.keys():
        app.query_params[key] = address[key]
    app.run()
    app.switch_page("screens/compare.py")
    for key, value in ({"codecs": CODECS} | address).items():
        app.query_params[key] = value
    return app.run()


def finish(app: AppTest, kind: str = "table") -> AppTest:
    """Wait for what is being computed, then draw the page."""
    work = jobs(app).get(kind)
    if work:
        work[1].wait(PATIENCE)
        assert not work[1].running
    return app.run()


def opened(**address: str) -> AppTest:
    return finish(visit(**address))


def jobs(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = app.session_state[tasks.JOBS] if tasks.JOBS in app.session_state else {}  # noqa: SIM401 (it has no get)
    return found


def verdict(app: AppTest) -> str:
    boxes = [*app.success, *app.warning, *app.info]
    return plain(next(str(box.value) for box in boxes if "At " in str(box.value)))


def plain(markdown: str) -> str:
    return markdown.replace("\\", "").replace("*", "")


def button(app: AppTest, label: str) -> Any:
    return next(button for button in app.button if button.label == label)
