"""The app without a browser: what its choices lead to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import cache, choices_ecg, inputs, words
from vqvae.modalities.protocol import Report, Score

ROOT = Path(__file__).parents[1]


def opened(**address: str) -> AppTest:
    """The ECG page as a link opens it."""
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=120)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    app.switch_page("screens/ecg.py")
    for key, value in address.items():
        app.query_params[key] = value
    return app.run()


def address(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def verdict(app: AppTest) -> str:
    boxes = [*app.success, *app.warning, *app.error]
    assert len(boxes) == 1
    return str(boxes[0].value)


def picture(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[1].proto.spec)


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


@pytest.fixture(scope="module")
def first() -> AppTest:
    """The page as it opens with nothing on the desk; tests must not touch it."""
    return opened()


def test_an_empty_desk_opens_the_first_example_with_its_worst_beat_in_the_middle(first):
    assert not first.exception
    assert "beats kept" in verdict(first)
    assert first.title[0].value.startswith("ECG: ")
    worst = first.dataframe[0].value.iloc[0]["time"]
    low, high = picture(first)["layout"]["xaxis"]["range"]
    assert low < worst < high
    assert first.session_state[choices_ecg.CHOSEN] == pytest.approx(worst)


def test_the_address_tells_the_whole_view(first):
    known = address(first)
    assert set(known) == {"example", "checkpoint", "level", "lead", "t"}
    again = opened(**known)
    assert verdict(again) == verdict(first)
    assert picture(again)["layout"]["xaxis"] == picture(first)["layout"]["xaxis"]
    assert address(again) == known


@pytest.mark.parametrize(
    "broken",
    [
        {"example": "../../etc/passwd", "checkpoint": "<script>", "level": "99", "lead": "XX", "t": "-5"},
        {"example": "", "level": "1e9", "t": "nan", "checkpoint": "..", "lead": ""},
    ],
)
def test_an_address_that_makes_no_sense_opens_what_there_is(first, broken):
    app = opened(**broken)
    assert not app.exception
    assert app.title[0].value == first.title[0].value
    assert 1 <= app.session_state[inputs.LEVEL] <= 6
    assert address(app)["lead"] == address(first)["lead"]


def test_more_bits_bring_less_error_and_say_so(first):
    app = opened()
    app.select_slider(key=inputs.LEVEL).set_value(6).run()
    assert not app.exception
    said = {name: metrics(page)["Waveform error, all leads"] for name, page in (("low", first), ("high", app))}
    error = {name: float(text.split("\u202f")[0]) for name, text in said.items()}
    assert error["high"] < error["low"]
    assert metrics(app)["Bit rate per lead"] != metrics(first)["Bit rate per lead"]
    changes = {metric.label: metric.delta for metric in app.metric}
    assert changes["Waveform error, all leads"].startswith("-")
    assert changes["Bit rate per lead"].startswith("+")
    assert address(app)["level"] == "6"
    assert address(app)["t"] == address(first)["t"]


def test_going_through_the_worst_beats_follows_the_table():
    app = opened(example="ventricular")
    times = app.dataframe[0].value["time"].to_numpy()
    seen = [app.session_state[choices_ecg.CHOSEN]]
    for _ in range(3):
        button(app, "Next worst").click().run()
        seen.append(app.session_state[choices_ecg.CHOSEN])
    assert np.allclose(seen, times[:4])
    low, high = picture(app)["layout"]["xaxis"]["range"]
    assert low < times[3] < high
    button(app, "Worst beat").click().run()
    assert app.session_state[choices_ecg.CHOSEN] == pytest.approx(times[0])


def test_beats_can_be_filtered_by_class():
    app = opened(example="ventricular")
    every = app.dataframe[0].value
    assert {"N", "V"} <= set(every["class"])
    pills = next(group for group in app.get("button_group") if group.label == "Class")
    pills.set_value(["V"]).run()
    some = app.dataframe[0].value
    assert set(some["class"]) == {"V"}
    assert len(some) == (every["class"] == "V").sum()


def test_another_lead_is_drawn_and_measured(first):
    app = opened()
    app.selectbox(key=choices_ecg.LEAD).set_value("V5").run()
    assert picture(app)["layout"]["yaxis"]["title"]["text"] == "V5 (mV)"
    assert address(app)["lead"] == "V5"
    assert not app.exception


def test_the_caliper_measures_between_two_typed_times():
    app = opened()
    next(toggle for toggle in app.toggle if toggle.label == "Caliper").set_value(True).run()
    start = app.session_state[choices_ecg.TIME]
    app.number_input(key=choices_ecg.FROM).set_value(start + 1.0)
    app.number_input(key=choices_ecg.TO).set_value(start + 1.4).run()
    assert any("400\u202fms" in text.value for text in app.markdown)
    assert list(app.dataframe[0].value["signal"]) == ["Original", "Reconstruction"]
    assert len([shape for shape in picture(app)["layout"]["shapes"] if shape["type"] == "line"]) == 2


def test_every_example_opens_from_home_with_one_click():
    for name in cache.examples("ecg"):
        app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=120).run()
        app.button(key=f"open.{name}").click().run()
        assert not app.exception
        assert app.session_state[inputs.SOURCE] == name
        assert "kept" in verdict(app)


def test_the_command_shown_repeats_the_view(first):
    shown = next(code.value for code in first.code)
    known = address(first)
    assert shown.split()[:5] == ["python", "-m", "vqvae", "reconstruct", f"example:{known['example']}"]
    assert f"--levels {known['level']} --lead {known['lead']}" in shown


def test_every_score_of_the_report_stands_on_the_page_with_its_definition(first):
    written = " ".join(str(cell) for table in first.table for cell in table.value.to_numpy().ravel())
    written += " ".join(caption.value for caption in first.caption)
    for name in ("prdn", "snr", "r_peak_f1_150ms", "qrs_duration_change", "sdnn_change", "st_level_change", "annotated_r_peak_f1_36ms"):
        assert words.score_title(name) in written


def test_no_medical_use_is_said_once(first):
    assert sum("not a medical device" in caption.value for caption in first.caption) == 1


@pytest.mark.parametrize("text", ["**b**", "<img src=x>", "$x$", ":red[no]", "[a](http://b)", "# h", "a_b*c`d`", "1. x", "~~s~~", "\\"])
def test_markdown_in_a_name_is_shown_not_obeyed(text):
    shown = words.plain(text)
    assert "".join(part[1:] if part.startswith("\\") and len(part) > 1 else part for part in _escapes(shown)) == text
    assert not any(char in "*<$:[#`~" for char in _bare(shown))


def _escapes(text: str) -> list[str]:
    parts, i = [], 0
    while i < len(text):
        step = 2 if text[i] == "\\" else 1
        parts.append(text[i : i + step])
        i += step
    return parts


def _bare(text: str) -> str:
    return "".join(part for part in _escapes(text) if len(part) == 1)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (2271, "", "2\u202f271"),
        (127.4, "bit/s", "127\u202fbit/s"),
        (7.949, "%", "7.95\u202f%"),
        (0.0, "mV", "0.00\u202fmV"),
        (99.998, "%", "> 99.9\u202f%"),
        (100.0, "%", "100\u202f%"),
        (31.06, "", "31.1"),
        (float("nan"), "%", "–"),
        (float("inf"), "dB", "∞"),
        (86_400.2, "s", "86\u202f400\u202fs"),
    ],
)
def test_numbers_have_three_digits_narrow_spaces_and_a_unit(value, unit, said):
    assert words.number(value, unit) == said


def test_a_file_that_grew_is_called_larger():
    assert words.times_smaller(32.4) == "32.4 times smaller"
    assert words.times_smaller(109.64) == "109.6 times smaller"
    assert words.times_smaller(0.8333) == "1.20 times larger"


def test_a_change_says_whether_it_is_good():
    better = Score("prdn", 8.0, "%", 0.0, "")
    assert words.change(better, Report((Score("prdn", 10.0, "%", 0.0, ""),), {})) == ("-2.00\u202fpp", "inverse")
    assert words.change(Score("f1", 99.0, "%", 100.0, ""), Report((Score("f1", 98.0, "%", 100.0, ""),), {})).colour == "normal"
    assert words.change(better, Report((better,), {})) == ("no change", "off")
    assert words.change(better, None).text is None
    assert words.change(better._replace(value=9.99), Report((Score("prdn", 10.0, "%", 0.0, ""),), {})) == ("-0.01\u202fpp", "off")
    assert words.change(better, Report((Score("prdn", float("nan"), "%", 0.0, ""),), {})).text is None


def test_the_shelf_keeps_what_was_used_last_and_stays_within_its_room():
    shelf = cache.Shelf(room=3000)
    made = []

    def make(name: str):
        return shelf.get(name, lambda: made.append(name) or np.zeros(125))  # 1000 bytes

    for name in "abca":
        make(name)
    assert made == ["a", "b", "c"]
    make("d")
    assert [shelf.holds(name) for name in "abcd"] == [True, False, True, True]
    shelf.get("huge", lambda: np.zeros(10_000))
    assert shelf.holds("huge")
    assert not any(shelf.holds(name) for name in "abcd")


def test_the_weight_of_a_result_is_that_of_its_arrays_and_files():
    recording = cache.example("normal")
    arrays = [recording.signals, *(part for part in vars(recording.beats).values() if isinstance(part, np.ndarray))]
    assert cache.weigh(recording) == sum(array.nbytes for array in arrays)
    assert cache.weigh((np.zeros(10), "text", np.zeros(5), b"file")) == 124


def test_the_same_files_have_the_same_name_and_other_files_another():
    files = {"a.hea": b"x", "a.dat": b"yz"}
    assert cache.digest(files) == cache.digest(dict(reversed(files.items())))
    assert cache.digest(files) != cache.digest({"a.hea": b"xy", "a.dat": b"z"})
    assert cache.digest(files) != cache.digest({"a.heax": b"", "a.dat": b"yz"})


def csv(values: np.ndarray) -> bytes:
    return "\n".join(["II", *(f"{value:.4f}" for value in values)]).encode()


def test_a_refused_file_makes_room_for_the_next_one_and_says_why_it_was_refused():
    app = opened()
    app.file_uploader[0].upload("notes.docx", b"PK", "application/octet-stream").run()
    assert "notes" in app.sidebar.error[0].value
    assert not app.file_uploader[0].value
    app.file_uploader[0].upload("holter.csv", csv(cache.example("normal").signals[1, : 360 * 20]), "text/csv").run()
    assert len(app.sidebar.error) == 1
    assert "notes" not in app.sidebar.error[0].value
    app.number_input(key=inputs.RATE).set_value(360.0).run()
    assert not app.exception
    assert app.title[0].value == "ECG: holter"
    assert not app.sidebar.error


def test_a_link_to_what_is_not_here_says_so_until_something_else_is_opened(first):
    assert not first.info
    assert "drop that file here again" in opened(level="2", lead="V1", t="3").info[0].value
    app = opened(example="no such")
    assert "no such" in app.info[0].value
    app.selectbox(key=inputs.SOURCE).set_value("ventricular").run()
    assert not app.info


def test_the_table_shows_plain_numbers_and_nothing_where_there_is_none(first):
    table = first.dataframe[0].value
    numbers = table[["shift", "qrs_change"]].to_numpy()
    assert numbers.dtype == float
    assert not (np.signbit(numbers) & (numbers == 0)).any()
    assert first.dataframe[0].proto.placeholder == ""
    assert all(status.isascii() or status[0] in "○△✕" for status in table["status"])


def test_a_score_of_one_lead_names_it_and_a_short_recording_is_measured_in_seconds(first):
    assert f"QRS width kept, lead {address(first)['lead']}" in metrics(first)
    app = opened()
    app.file_uploader[0].upload("short.csv", csv(cache.example("normal").signals[1, : 360 * 10]), "text/csv").run()
    app.number_input(key=inputs.RATE).set_value(360.0).run()
    assert "1 lead, 10 s, 360 Hz." in app.caption[0].value + app.caption[1].value
    assert "QRS width kept" in metrics(app)


@pytest.mark.parametrize(("screen", "title"), [("screens/ecg.py", "ECG"), ("screens/piano.py", "Piano")])
def test_without_a_checkpoint_the_page_says_what_to_do_and_home_still_opens(monkeypatch, screen, title):
    monkeypatch.setattr(cache, "checkpoint_names", lambda kind: ())
    app = AppTest.from_file(str(ROOT / "app/main.py"), default_timeout=120).run()
    assert not app.exception
    assert not app.error
    app.switch_page(screen).run()
    assert not app.exception
    assert app.title[0].value == title
    assert f"for {title} recordings in `checkpoints/`" in app.error[0].value
