"""The Piano page without a browser: it says and hands over what the library finds, and nothing is computed twice."""

from __future__ import annotations

import json
import re
from collections import Counter

import numpy as np
import pytest
from piano_pages import (
    NOTES,
    address,
    button,
    columns,
    expected,
    first,
    minuet,
    opened,
    short_pieces,
    told,
    verdict,
)

from app import cache, choices_piano, inputs, words
from vqvae import pipeline
from vqvae.families import family
from vqvae.modalities import piano
from vqvae.modalities.looks import clock
from vqvae.modalities.piano.scores_passages import worst_passages
from vqvae.modalities.piano.verdict import verdict as judge

__all__ = ["first", "minuet", "short_pieces"]  # fixtures


def test_verdict_and_numbers_are_those_of_the_library(first, minuet):
    _, report, rate = expected(minuet, 2)
    assert first.title[0].value == "Piano: Minuet"
    assert judge(report).text in verdict(first)
    assert words.number(rate.value, "bit/note") in verdict(first)
    assert words.count(rate.bytes, "byte") in verdict(first)
    metrics = {metric.label: metric.value for metric in first.metric}
    f1 = report.value("note_f1_onset_offset_velocity_10ms")
    assert metrics["Notes right, 10\u202fms"] == words.number(f1, "%")
    assert metrics["Onset error"] == words.number(report.value("onset_error_ms"), "ms")
    assert metrics["Bit rate"] == words.number(rate.value, "bit/note")


def test_the_page_says_what_this_file_takes_beside_what_is_usual_and_what_its_bytes_are_for(first, minuet):
    rate = expected(minuet, 2)[2]
    beside = " ".join(caption.value for caption in first.sidebar.caption)
    assert f"**{words.number(rate.value, 'bit/note')}**" in beside
    assert words.number(cache.nominal_rates(NOTES)[1], "bit/note") in beside
    said = next(caption.value for caption in first.caption if caption.value.startswith("The file's"))
    whole, *some = (int(size) for size in re.findall(r"(?<=[ ,])\d+(?= )", said.partition("Small numbers")[0].replace("\u202f", "")))
    assert whole == rate.bytes == sum(some)
    assert len(some) == 1 + len(rate.apart)


def test_every_score_stands_on_the_page_with_its_definition(first, minuet):
    written = " ".join(str(cell) for table in first.table for cell in table.value.to_numpy().ravel())
    written += " ".join(caption.value for caption in first.caption)
    for score in expected(minuet, 2)[1].scores:
        assert words.score_title(score.name) in written
        assert words.plain(score.definition) in written or np.isnan(score.value)


@pytest.mark.parametrize("side", ["original", "reconstruction"])
def test_the_player_is_handed_every_note_of_both_rolls_and_how_long_it_sounds_under_the_pedal(side):
    app, played = opened(example="nocturne", level="2"), cache.example("nocturne")
    rebuilt, report, _ = expected(played, 2)
    recording = played if side == "original" else rebuilt
    handed = told(app)["notes"]
    assert handed["key"] == told(app)["player"]["key"]
    assert (piano.sounding_ends(recording) > recording.notes.end + 0.1).any()
    found = columns(handed[side])
    assert found["onset"] == pytest.approx(recording.notes.onset, abs=1e-4)
    assert found["end"] == pytest.approx(recording.notes.end, abs=1e-4)
    assert found["ring"] == pytest.approx(piano.sounding_ends(recording), abs=1e-4)
    assert np.array_equal(found["pitch"], recording.notes.pitch)
    assert np.array_equal(found["velocity"], recording.notes.velocity)
    table = report.events["notes"].sort_values("reference" if side == "original" else "found")
    kept = table[(table["reference"] >= 0) & (table["found"] >= 0)]
    errors = found["onset_error_ms"]
    assert errors[np.isfinite(errors)] == pytest.approx(kept["onset_error_ms"].to_numpy(), abs=1e-3)


def test_changing_how_it_is_drawn_computes_nothing_and_sends_no_notes_again(monkeypatch):
    app = opened(level="2")
    before = told(app)["notes"]
    calls: Counter[str] = Counter()
    for name in ("encode", "pack", "decode", "compare", "analyse"):
        real = getattr(pipeline, name)
        monkeypatch.setattr(pipeline, name, lambda *a, real=real, name=name, **k: (calls.update([name]), real(*a, **k))[1])
    app.session_state[choices_piano.MODE] = "difference"
    app.toggle(key=choices_piano.SOUNDING).set_value(False).run()
    button(app, "Play the worst").click().run()
    app.switch_page("screens/ecg.py").run()
    calls.clear()
    app.switch_page("screens/piano.py").run()
    assert not app.exception
    assert not calls
    look = told(app)["player"]["look"]
    assert (look["mode"], look["shade"], look["sounding"]) == ("difference", "onset_error_ms", False)
    assert told(app)["notes"] == before


def test_the_worst_passages_are_listed_and_a_click_sends_the_player_there(minuet):
    app = opened(level="1")
    worst = worst_passages(expected(minuet, 1)[1].events["notes"], 50)
    assert list(app.dataframe[0].value["at"]) == [clock(start) for start in worst["start"]]
    assert "jump" not in told(app)
    for rank, label in ((0, "Play the worst"), (1, "Play the next"), (2, "Play the next"), (0, "Play the worst")):
        button(app, label).click().run()
        jump = told(app)["jump"]
        assert jump["at"] == pytest.approx(max(0, worst["start"][rank % len(worst)] - 1))
    assert jump["count"] == 4
    assert told(app)["player"]["start"] <= worst["start"][0] <= told(app)["player"]["start"] + 15


def test_a_link_reopens_the_view_and_nonsense_opens_what_there_is():
    app = opened(checkpoint=NOTES, level="4", t="3.5")
    assert told(app)["player"]["start"] == 3.5
    assert address(app) == {"example": "minuet", "checkpoint": NOTES, "level": "4", "t": "3.5", "at": "3.5"}
    odd = opened(example="no such", level="99", t="-1", checkpoint="../..")
    assert odd.session_state[inputs.LEVEL] <= 6
    odd = opened(t="nan", **{"from": "9", "to": "3"})
    assert odd.title[0].value == "Piano: Minuet"
    assert set(address(odd)) == {"example", "checkpoint", "level", "t", "at"}


def test_the_tab_of_codes_says_where_the_bits_go(minuet):
    app = opened(level="2")
    app.session_state["piano.tabs"] = "Codes"
    app.run()
    assert not app.exception
    rate = expected(minuet, 2)[2]
    table = next(table.value for table in app.table if "What it is" in table.value)
    assert list(table["Bits per note"]) == [words.number(bits) for bits in (rate.value, *rate.apart.values())]
    fixed = family(pipeline.load(NOTES)).fixed_bits(pipeline.encode(pipeline.load(NOTES), minuet, 2).codes)
    assert any(words.count(-(-fixed // 8), "byte") in text.value for text in app.markdown)
    assert sum(int(cell.replace("\u202f", "")) for cell in table["Bytes"]) == pytest.approx(rate.bytes, abs=2)


def test_note_by_note_shows_the_window_of_the_rolls(minuet):
    app = opened(level="2", t="3.5")
    app.session_state["piano.tabs"] = "Note by note"
    app.run()
    assert not app.exception
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert chart["layout"]["xaxis"]["range"] == [3.5, 18.5]
