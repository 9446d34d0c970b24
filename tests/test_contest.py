"""Codecs at the same bytes: sizes met, answers, curves."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toy_codec import Toy

from vqvae import baselines, codecs
from vqvae.contest.benchmark import benchmark
from vqvae.contest.curves import Curve, at_ratio
from vqvae.contest.entries import Contest, prepare, size_at
from vqvae.contest.race import race
from vqvae.contest.results import Failed, Result
from vqvae.contest.schema import interpolated
from vqvae.contest.sizes import LEAST, fit
from vqvae.modalities.ecg import Ecg, example, excerpt, sampled, write
from vqvae.modalities.ecg.disturb import Disturbance, disturb
from vqvae.modalities.protocol import Score


@pytest.fixture(scope="module")
def short() -> Ecg:
    return excerpt(example("ventricular"), ["II", "V1"], 12)


@pytest.fixture(scope="module")
def contest(short: Ecg) -> Contest:
    return prepare("ecg", short)


# sizes


@pytest.mark.parametrize("name", ["toy", *baselines.names("ecg")])
@pytest.mark.parametrize("ratio", [6, 24])
def test_a_file_is_at_most_2_percent_smaller_than_asked_for_or_says_why(short, name, ratio):
    codec: Any = Toy() if name == "toy" else codecs.codec(name)
    size = size_at("ecg", short, ratio)
    fitted = fit(codec, short, size)
    assert len(fitted.data) <= size
    assert len(fitted.data) >= LEAST * size or "steps" in fitted.note
    assert codec.compress(short, fitted.quality) == fitted.data


def test_a_long_recording_takes_few_files_as_its_sample_says_what_to_expect():
    piece = excerpt(example("ventricular"), ["II", "V1"])
    long = replace(piece, signals=np.tile(piece.signals, 4), beats=None)
    for name, ratio in (("dct", 8), ("wavelet", 30), ("averaging", 50)):
        fitted = fit(codecs.codec(name), long, size_at("ecg", long, ratio))
        assert fitted.tries <= 3
        assert not fitted.note


def test_what_cannot_be_reached_is_said_and_the_nearest_file_given(short):
    tiny = fit(Toy(), short, 40)
    assert len(tiny.data) > 40
    assert f"has {len(tiny.data)} bytes, more than the 40" in tiny.note
    assert tiny.quality == Toy.qualities[0]
    huge = fit(Toy(), short, 10**6)
    assert f"takes {len(huge.data)} bytes, less than the 1000000" in huge.note
    assert huge.quality == Toy.qualities[1]
    with pytest.raises(ValueError, match="0 bytes"):
        fit(Toy(), short, 0)


def test_of_sizes_in_steps_the_largest_within_is_taken_and_said(short):
    codec = Toy(grain=2.0)
    steps = [len(codec.compress(short, quality)) for quality in (-4.0, -2.0, 0.0, 2.0, 4.0, 6.0)]
    for size in np.geomspace(steps[0] + 1, steps[-1] - 1, 12).astype(int).tolist():
        fitted = fit(codec, short, size)
        assert len(fitted.data) == max(step for step in steps if step <= size)
        assert ("in steps" in fitted.note) == (len(fitted.data) < LEAST * size)


def test_the_search_hears_how_far_it_is_and_can_be_stopped(short):
    heard: list[float] = []
    fit(Toy(), short, 3000, heard.append)
    assert heard == sorted(heard)
    assert heard[0] == 0.0  # while a sample is coded
    assert 0 < heard[-1] <= 1

    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fit(Toy(), short, 3000, stop)


def test_a_sample_is_made_of_pieces_from_the_whole_recording():
    recording = example("normal")
    part = sampled(recording, 12.0)
    assert part.signals.shape[1] == 12 * 360
    assert (part.signals[:, :720] == recording.signals[:, :720]).all()
    assert (part.signals[:, -720:] == recording.signals[:, -720:]).all()
    assert sampled(part, 12.0) is part


def test_an_excerpt_holds_the_leads_and_beats_asked_for(short):
    whole = example("ventricular")
    assert short.leads == ("II", "V1")
    assert (short.signals == whole.signals[[1, 6], : 12 * 360]).all()
    assert short.beats is not None
    assert whole.beats is not None
    assert (short.beats.times == whole.beats.times[whole.beats.times < 12]).all()
    with pytest.raises(ValueError, match="no lead 'X'"):
        excerpt(whole, ["X"])
    with pytest.raises(ValueError, match="holds nothing"):
        excerpt(whole, seconds=0.0)


# comparing


def test_every_codec_answers_with_its_own_file_at_the_same_size(contest):
    entrants: list[Any] = [Toy("a"), Toy("b", qualities=(-2.0, 5.0)), codecs.codec("wavelet")]
    size = contest.size(10)
    found = {answer.codec: answer for answer in contest.compare(entrants, size)}
    assert set(found) == {"a", "b", "wavelet"}
    for answer in found.values():
        assert isinstance(answer, Result)
        assert LEAST * size <= len(answer.data) <= size
        assert answer.rate == pytest.approx(8 * len(answer.data) / 24)
        assert answer.compression_ratio == pytest.approx(2 * 12 * 360 * 16 / 8 / len(answer.data))
        assert answer.faithful is None
    opened = codecs.open_vqz(found["wavelet"].data).decompress(found["wavelet"].data)
    assert (opened.recording.signals == found["wavelet"].reconstruction.signals).all()
    direct = prepare("ecg", contest.recording)._report(contest.recording, contest.analysis, opened.recording)
    assert direct.value("prdn") == found["wavelet"].truth.value("prdn")


def test_codecs_of_one_name_are_told_apart_by_names_given_or_refused(contest):
    found = {answer.codec for answer in contest.compare({"x": Toy(), "y": Toy()}, 3000)}
    assert found == {"x", "y"}
    with pytest.raises(ValueError, match="one name"):
        list(contest.compare([Toy(), Toy()], 3000))


def test_a_codec_that_cannot_take_part_leaves_the_others_alone(contest):
    class Broken(Toy):
        def compress(self, *_: Any, **__: Any) -> bytes:
            raise ValueError("too short for this codec")

    found = {answer.codec: answer for answer in contest.compare([Broken("broken"), Toy("whole")], 3000)}
    assert found["broken"] == Failed("broken", "too short for this codec")
    assert isinstance(found["whole"], Result)


def test_progress_is_told_for_every_codec_and_stops_all_when_it_raises(contest):
    heard: dict[str, list[float]] = {}
    list(contest.compare([Toy("a"), Toy("b")], 3000, lambda name, doing, share: heard.setdefault(name, []).append(share)))
    for shares in heard.values():
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
    assert set(heard) == {"a", "b"}

    def stop(name: str, doing: str, share: float) -> None:
        raise InterruptedError

    toys = [Toy(f"t{i}") for i in range(6)]
    with pytest.raises(InterruptedError):
        list(contest.compare(toys, 3000, stop))
    assert toys[-1].made == 0


def test_answers_come_as_they_are_ready_and_leaving_early_ends_the_rest():
    begun: list[str] = []

    def work(name: str) -> Any:
        def run(doing: Any) -> Any:
            begun.append(name)
            yield name
            doing("more", 0.5)
            yield name

        return run

    running = race({name: work(name) for name in "abcd"}, workers=1)
    assert next(running).answer == "a"
    running.close()
    assert begun == ["a"] or begun == ["a", "b"]


def test_work_that_runs_is_stopped_at_its_next_sign_of_progress():
    steps: list[int] = []

    def count(doing: Any) -> Any:
        for step in range(2000):
            steps.append(step)
            time.sleep(0.001)
            doing("counting", step / 2000)
        yield "done"

    def stop(name: str, doing: str, share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        list(race({"one": count}, stop))
    assert len(steps) < 2000


def test_disturbed_recordings_are_scored_against_the_original_and_against_what_was_given(short):
    noisy = disturb(short, Disturbance(("muscle",), 6.0, 1))
    contest = prepare("ecg", noisy, short, lead="V1")
    (answer,) = contest.compare([Toy()], contest.size(3))
    assert isinstance(answer, Result)
    assert answer.faithful is not None
    own = prepare("ecg", noisy, lead="V1")
    (alone,) = own.compare([Toy()], own.size(3))
    assert isinstance(alone, Result)
    assert answer.data == alone.data
    assert answer.faithful.value("prdn") == alone.truth.value("prdn")
    assert answer.truth.value("prdn") > 2 * answer.faithful.value("prdn")
    assert contest.analysis.lead == 1


def test_an_impossible_ratio_or_an_empty_recording_is_refused(contest, short):
    for ratio in (0.0, -1.0, math.inf, math.nan, 1e9):
        with pytest.raises(ValueError, match="ratio"):
            contest.size(ratio)
    with pytest.raises(ValueError, match="empty"):
        prepare("ecg", replace(short, signals=short.signals[:, :0], beats=None))


# curves


def test_errors_are_read_off_in_logarithms_and_shares_straight():
    curve = Curve.of([(4.0, {"prdn": 1.0, "f1": 100.0}), (16.0, {"prdn": 4.0, "f1": 90.0}), (64.0, {"prdn": 8.0, "f1": 50.0})])
    assert at_ratio(curve, "prdn", 8.0) == pytest.approx(2.0)
    assert at_ratio(curve, "prdn", 32.0) == pytest.approx(4.0 * math.sqrt(2))
    assert at_ratio(curve, "f1", 8.0) == pytest.approx(95.0)
    assert at_ratio(curve, "f1", 16.0) == 90.0


def test_nothing_is_read_off_beyond_the_curve_or_without_an_answer_on_one_side():
    curve = Curve.of([(4.0, {"f1": 100.0}), (16.0, {"f1": math.nan}), (64.0, {"f1": 50.0}), (80.0, {"f1": math.nan})])
    assert curve.reaches(4.0)
    assert not curve.reaches(3.9)
    assert not curve.reaches(81.0)
    assert at_ratio(curve, "f1", 16.0) == pytest.approx(75.0)
    assert math.isnan(at_ratio(curve, "f1", 70.0))


def test_a_curve_covers_the_sizes_once_each_and_ends_where_the_codec_does(contest):
    sizes = [contest.size(ratio) for ratio in (4, 8, 16, 1000)]
    found = [answer for answer in contest.curve([Toy()], sizes) if isinstance(answer, Result)]
    assert [answer.size for answer in found] == sizes
    for answer in found[:3]:
        assert len(answer.data) == pytest.approx(answer.size, rel=0.15)
    assert found[3].quality == Toy.qualities[0]
    assert len(list(contest.curve([Toy()], [*sizes, contest.size(1200)]))) == 4


def test_no_mean_is_given_unless_every_recording_reaches_the_ratio():
    whole = Curve.of([(4.0, {"f1": 90.0}), (64.0, {"f1": 50.0})])
    part = Curve.of([(4.0, {"f1": 100.0}), (16.0, {"f1": 80.0})])
    scores = [Score("f1", math.nan, "%", 100.0, "")]
    found = interpolated({"a": {"1": whole, "2": part}, "b": {"1": whole}}, [16.0, 64.0], scores, ["1", "2"])
    means = {(entry["codec"], entry["compression_ratio"]): entry["scores"]["f1"]["value"] for entry in found}
    assert means == {("a", 16.0): pytest.approx(75.0), ("a", 64.0): None, ("b", 16.0): None, ("b", 64.0): None}
    assert found[1]["recordings"] == {"1": {"f1": 50.0}}


def test_a_recording_that_a_codec_cannot_code_is_named_and_the_rest_measured(tmp_path):
    class Picky(Toy):
        def compress(self, recording: Ecg, quality: float, progress: Any = None) -> bytes:
            if recording.name == "b":
                raise ValueError("not this one")
            return super().compress(recording, quality, progress)

    for name in "ab":
        write(excerpt(example("normal"), ["II"], 8), tmp_path / name)
    found = benchmark("ecg", {name: tmp_path / name for name in "ab"}, [Picky("picky"), Toy()], [8.0], grid=(5.0, 12.0))
    assert found["failed"] == [{"recording": "b", "codec": "picky", "sentence": "not this one"}]
    assert [set(point["recordings"]) for point in found["points"]] == [{"a"}, {"a"}, {"a", "b"}, {"a", "b"}]
    assert [entry["scores"]["prdn"]["value"] is None for entry in found["at_ratios"]] == [True, False]
