"""The Compare page while codecs are at work, and where they cannot be: what is there is kept, what is asked for goes on."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from compare_pages import PATIENCE, button, finish, jobs, plain, short_examples, verdict, visit
from toy_codec import Toy

from app import choices_compare, compared, contests
from vqvae import codecs

__all__ = ["short_examples"]  # a fixture


def test_a_folder_that_is_no_checkpoint_is_refused_and_the_others_stay():
    app = visit(codecs="dct")
    app.multiselect(key=choices_compare.KEYS["ecg"].codecs).set_value(["dct", "no/such/folder"]).run()
    finish(app)
    assert not app.exception
    assert "no/such/folder" in plain(app.error[0].value)
    assert list(app.dataframe[0].value["codec"]) == ["dct"]


class Held(Toy):
    """A codec that works until it is let go."""

    name = "held"

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = Event(), Event()

    def compress(self, recording: Any, quality: float, progress: Any = None) -> bytes:
        if progress:
            self.begun.set()
            for step in range(100_000):
                if self.go.wait(0.01):
                    break
                progress(step / 100_000)
        return super().compress(recording, quality)


@pytest.fixture
def held(monkeypatch) -> Held:
    """It stands for the slower one of two codecs, "vae"."""
    held, real = Held(), codecs.codec
    monkeypatch.setattr(codecs, "codec", lambda name: held if name == "vae" else real(name))
    monkeypatch.setattr(contests, "names", lambda kind: ("dct", "vae"))
    monkeypatch.setattr(contests, "titles", lambda kind: {})
    return held


def test_results_appear_as_they_come_and_stopping_keeps_them(held):
    app = visit(codecs="dct,vae", ratio="20")
    assert held.begun.wait(PATIENCE)
    work = jobs(app)["table"][1]
    while not work.found:
        work.wait(0.05)
    app.run()
    assert list(app.dataframe[0].value["codec"]) == ["dct"]
    assert "still to come" in verdict(app)
    assert "vae: encoding" in " ".join(plain(caption.value) for caption in app.caption)
    button(app, "Stop").click().run()
    finish(app)
    assert work.stopped
    assert not work.complete
    assert list(app.dataframe[0].value["codec"]) == ["dct"]
    held.go.set()
    button(app, "Go on").click().run()
    finish(app)
    assert set(app.dataframe[0].value["codec"]) == {"dct", "vae"}


def test_other_choices_stop_what_is_under_way(held):
    app = visit(codecs="vae", ratio="21")
    assert held.begun.wait(PATIENCE)
    work = jobs(app)["table"][1]
    app.multiselect(key=choices_compare.KEYS["ecg"].codecs).set_value(["dct"]).run()
    work.wait(PATIENCE)
    assert work.stopped
    assert not work.running


def test_a_very_long_recording_waits_for_the_readers_word(monkeypatch):
    monkeypatch.setitem(compared.COMPARED, "ecg", replace(compared.COMPARED["ecg"], large=1000))
    app = visit(codecs="dct", ratio="23")
    assert not jobs(app)
    assert "memory" in app.info[0].value
    button(app, "Compare").click().run()
    finish(app)
    assert list(app.dataframe[0].value["codec"]) == ["dct"]
