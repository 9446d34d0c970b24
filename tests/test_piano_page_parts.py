"""Parts of a piece on the Piano page: a stretch of it, or one of its tracks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from piano_pages import (
    NOTES,
    PATIENCE,
    ROOT,
    address,
    button,
    columns,
    drop,
    expected,
    finished,
    minuet,
    opened,
    short_pieces,
    told,
    verdict,
)
from streamlit.testing.v1 import AppTest

from app import choices_piano, inputs, words
from vqvae import pipeline
from vqvae.modalities import piano
from vqvae.modalities.piano import Piano
from vqvae.modalities.piano.bars import bars
from vqvae.modalities.piano.parts import Part
from vqvae.modalities.piano.verdict import verdict as judge
from vqvae.modalities.piano.writing import to_bytes

__all__ = ["minuet", "short_pieces"]  # fixtures


def test_a_part_of_the_piece_is_all_that_the_page_is_about(minuet):
    app = opened(level="2")
    app.number_input(key=choices_piano.FROM).set_value(4.0)
    finished(app.number_input(key=choices_piano.TO).set_value(12.0).run())
    part = piano.excerpt(minuet, 4, 12)
    assert 0 < part.count < minuet.count
    assert judge(expected(part, 2)[1]).text in verdict(app)
    assert columns(told(app)["notes"]["original"])["onset"] == pytest.approx(part.notes.onset, abs=1e-4)
    assert "FILE" in app.code[0].value
    held = {"example": "minuet", "checkpoint": NOTES, "level": "2", "from": "4", "to": "12"}
    assert address(app) | {"t": "", "at": ""} == held | {"t": "", "at": ""}
    assert f"minuet-4-12s-{NOTES}-2.vqz" in app.code[0].value
    link = opened(**{"level": "2", "from": "4", "to": "12"})
    assert verdict(link) == verdict(app)
    finished(button(app, "Whole piece").click().run())
    assert judge(expected(minuet, 2)[1]).text in verdict(app)


def test_a_part_can_be_chosen_in_bars_and_a_link_to_it_says_so(minuet):
    app = opened(level="2")
    lines = bars(minuet)
    app.number_input(key=choices_piano.TO_BAR).set_value(5)
    finished(app.number_input(key=choices_piano.FROM_BAR).set_value(3).run())
    inside = (minuet.notes.onset >= lines[2]) & (minuet.notes.onset < lines[5])
    assert 0 < inside.sum() < minuet.count
    assert len(columns(told(app)["notes"]["original"])["onset"]) == inside.sum()
    assert f"{words.count(int(inside.sum()), 'note')}, " in app.caption[0].value + app.caption[1].value
    for page in (app, opened(**address(app))):
        assert page.title[0].value == "Piano: Minuet, bars 3 to 5"
        assert (page.number_input(key=choices_piano.FROM_BAR).value, page.number_input(key=choices_piano.TO_BAR).value) == (3, 5)
    app.number_input(key=choices_piano.FROM_BAR).set_value(1)
    finished(app.number_input(key=choices_piano.TO_BAR).set_value(len(lines) - 1).run())
    assert "from" not in address(app)


def test_of_very_many_tracks_the_largest_can_be_chosen_in_the_order_of_the_file():
    most = choices_piano.MOST_TRACKS
    there = [Part(i << 4, f"track {i + 1}, channel 1", "", 0, notes, False) for i, notes in enumerate([3, 1, 2, *[5] * (most - 2)])]
    assert choices_piano.listed(there) == [there[0], *there[2:]]
    assert choices_piano.listed(there[:5]) == there[:5]


def test_a_part_of_a_file_that_is_gone_is_not_cut_out_of_the_example_that_is_shown_instead(minuet):
    app = drop(opened(level="2"), "mine.mid", to_bytes(minuet))
    app.number_input(key=choices_piano.FROM).set_value(4.0)
    finished(app.number_input(key=choices_piano.TO).set_value(12.0).run())
    link = address(app)
    assert "example" not in link
    assert link["from"] == "4"
    assert app.title[0].value.startswith("Piano: mine, 4 to 12")
    again = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=PATIENCE)
    for key, value in link.items():
        again.query_params[key] = value
    again = finished(again.run().switch_page("screens/piano.py"))
    assert again.title[0].value == "Piano: Minuet"
    assert told(again)["player"]["at"] == 0


def test_a_file_that_breaks_off_says_so_above_the_verdict(minuet):
    app = drop(opened(level="2"), "cut.mid", to_bytes(minuet)[:-60])
    assert "the file breaks off" in app.warning[0].value
    assert "2 remarks on how the file was read" in " ".join(caption.value for caption in app.caption)


def test_the_last_bars_go_on_to_the_end_of_what_sounds(minuet):
    held = minuet.notes.duration + np.where(np.arange(minuet.count) == minuet.count - 1, 9.0, 0.0)
    app = drop(opened(level="2"), "held.mid", to_bytes(replace(minuet, notes=minuet.notes._replace(duration=held))))
    last = app.number_input(key=choices_piano.TO_BAR).value
    finished(app.number_input(key=choices_piano.FROM_BAR).set_value(last - 1).run())
    assert float(address(app)["to"]) >= minuet.notes.onset[-1] + held[-1]
    assert app.title[0].value.endswith(f", bars {last - 1} to {last}")


def test_a_piece_whose_notes_follow_no_bars_is_cut_in_seconds_and_the_page_says_so(minuet):
    played = np.random.default_rng(3).uniform(0, 12, minuet.count)
    app = drop(opened(level="2"), "free.mid", to_bytes(replace(minuet, notes=minuet.notes._replace(onset=played).sorted())))
    assert any("in seconds only" in caption.value for caption in app.caption)
    assert choices_piano.FROM_BAR not in {box.key for box in app.number_input}
    assert choices_piano.FROM in {box.key for box in app.number_input}


def test_a_part_in_which_nothing_is_struck_is_not_taken(minuet):
    app = opened(level="2", **{"from": "15.95", "to": "16"})
    assert (minuet.notes.onset < 15.95).all()
    assert str(minuet.count) in app.caption[0].value + app.caption[1].value


def test_tracks_of_a_file_are_put_together_or_looked_at_alone(minuet, tmp_path):
    from mido import Message, MetaMessage, MidiFile, MidiTrack

    made = MidiFile(type=1)
    for channel, keys in enumerate(([60, 64, 67], [40, 43])):
        track = MidiTrack([MetaMessage("track_name", name=f"<b>{channel}</b>")])
        for key in keys:
            track += [Message("note_on", note=key, velocity=70, channel=channel, time=0)]
            track += [Message("note_on", note=key, velocity=0, channel=channel, time=480)]
        made.tracks.append(track)
    made.save(tmp_path / "two.mid")
    app = drop(opened(level="2"), "two.mid", (tmp_path / "two.mid").read_bytes())
    assert "5 notes" in verdict(app)
    options = app.selectbox(key=choices_piano.TRACK).options
    assert options[0] == "All but drums, as one piano"
    assert options[2].replace("\\", "") == "<b>1</b> (track 2, channel 2): 2 notes"
    finished(app.selectbox(key=choices_piano.TRACK).set_value("track 2, channel 2").run())
    assert "2 notes" in verdict(app)
    assert sorted(columns(told(app)["notes"]["original"])["pitch"]) == [40, 43]
    assert any("FILE stands for the original part" in caption.value for caption in app.caption)
    finished(app.selectbox(key=choices_piano.TRACK).set_value("").run())
    assert "5 notes" in verdict(app)


def test_stopping_the_computation_of_a_part_leaves_the_desk_and_can_be_undone(minuet, monkeypatch):
    app = opened(level="2")
    real = pipeline.encode

    def slow(model: Any, recording: Piano, level: int, progress: Any) -> Any:
        progress(0.5)
        raise ValueError("still at work")  # as the page stands when its reader clicks

    monkeypatch.setattr(pipeline, "encode", slow)
    monkeypatch.setattr("app.panels.PATIENCE", 0.0)
    app.number_input(key=choices_piano.FROM).set_value(5.0).run()
    assert "still at work" in app.error[0].value
    button(app, "Stop").click().run()
    assert any("Nothing was changed" in box.value for box in app.info)
    assert app.session_state[inputs.SOURCE] == "minuet"
    monkeypatch.setattr(pipeline, "encode", real)
    finished(button(app, "Start again").click().run())
    assert judge(expected(piano.excerpt(minuet, 5), 2)[1]).text in verdict(app)
