"""What is said of a contest: who is nearest to perfect, and who saw what."""

from __future__ import annotations

import json
import math
from pathlib import Path

from vqvae.contest.fairness import warnings
from vqvae.contest.results import Result, Seconds, distance, ranked, winners
from vqvae.modalities.protocol import Report, Score


def result(codec: str, size: int = 10, limit: int = 10, **scores: float) -> Result:
    perfect = {"snr": math.inf, "f1": 100.0, "against_annotations": 98.0}
    found = tuple(Score(name, value, "", perfect.get(name, 0.0), "") for name, value in scores.items())
    return Result(codec, codec, "", b"x" * size, limit, 0.0, 1.0, "bit/s", 1.0, None, Report(found, {}), None, Seconds(0, 0, 0))


# winners


def test_who_is_nearest_to_perfect_wins_and_equals_share():
    two = [result("a", prdn=3.0, f1=99.0, snr=20.0), result("b", prdn=2.0, f1=99.0, snr=30.0)]
    found = winners([*two, result("c", prdn=9.0, f1=97.0, snr=9.0)])
    assert found == {"prdn": ("b",), "f1": ("a", "b"), "snr": ("b",)}


def test_perfect_is_a_place_not_a_direction():
    assert winners([result("a", against_annotations=99.9), result("b", against_annotations=97.0)]) == {"against_annotations": ("b",)}


def test_no_answer_never_wins():
    assert winners([result("a", prdn=math.nan), result("b", prdn=50.0)]) == {"prdn": ("b",)}
    assert winners([result("a", prdn=math.nan), result("b", prdn=math.nan)]) == {"prdn": ()}


def test_a_file_that_is_too_large_never_wins_and_ranks_last():
    large, small = result("large", size=11, prdn=1.0), result("small", size=9, prdn=5.0)
    assert winners([large, small]) == {"prdn": ("small",)}
    assert [found.codec for found in ranked([large, result("none", prdn=math.nan), small], "prdn")] == ["small", "none", "large"]


def test_lossless_is_the_best_of_all_ratios_of_signal_to_noise():
    assert distance(Score("snr", math.inf, "dB", math.inf, "")) < distance(Score("snr", 300.0, "dB", math.inf, ""))
    assert winners([result("a", snr=math.inf), result("b", snr=math.inf), result("c", snr=90.0)]) == {"snr": ("a", "b")}


# who saw what


def trained(folder: Path, name: str, training: list[str], validation: list[str]) -> Path:
    place = folder / name
    place.mkdir()
    sources = {"training": [{"folder": "mitdb", "records": training}], "validation": [{"folder": "mitdb", "records": validation}]}
    (place / "config.json").write_text(json.dumps({"training": sources}))
    return place


def test_training_on_this_recording_or_on_other_splits_is_said(tmp_path):
    one, other = trained(tmp_path, "one", ["100", "101"], ["114"]), trained(tmp_path, "other", ["100", "114"], ["101"])
    same = trained(tmp_path, "same", ["101", "100"], ["124"])
    assert warnings({"one": one, "same": same}, "upload") == ()
    (said,) = warnings({"one": one}, "101")
    assert said.startswith("one was trained on a record of this name, mitdb/101")
    (said,) = warnings({"one": one}, "114")
    assert said.startswith("one was chosen on a record of this name, mitdb/114")
    (said,) = warnings({"one": one, "other": other}, "upload")
    assert "one was trained on other records than other; mitdb/101 trained one and validated the other" in said


def test_codecs_that_share_a_warning_are_named_in_it_together(tmp_path):
    folders = {name: trained(tmp_path, name, ["100", "101"], ["114"]) for name in ("one", "two", "three")}
    (said,) = warnings(folders, "101")
    assert said.startswith("one, two and three were trained on a record of this name, mitdb/101:")
    folders |= {name: trained(tmp_path, name, ["200"], ["124"]) for name in ("four", "five")}
    chosen, different = warnings(folders, "124")
    assert chosen.startswith("four and five were chosen on a record of this name, mitdb/124:")
    assert different.startswith("one, two and three were trained on other records than four and five:")
