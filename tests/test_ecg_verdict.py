"""The verdict: one word for the damage, and sentences that say what decided it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from vqvae.modalities.ecg.verdict import LIMITS, verdict
from vqvae.modalities.protocol import Report, Score
from vqvae.modalities.wording import SPACE, number, share


def report_of(
    kept: int, moved: int = 0, lost: int = 0, added: int = 0, within: float = 97.0, prdn: float = 5.0, unknown: int = 0
) -> Report:
    status = ["kept"] * kept + ["moved"] * moved + ["lost"] * lost + ["added"] * added
    scores = (Score("prdn", prdn, "%", 0.0, ""), Score("qrs_duration_within_10ms", within, "%", 100.0, ""))
    width = [np.nan] * unknown + [90.0] * (len(status) - unknown)
    beats = pd.DataFrame({"status": status, "qrs_original": width})
    return Report(scores, {"beats": beats, "flutter": pd.DataFrame({"start": [], "end": []})})


def test_the_verdict_says_what_became_of_the_beats():
    assert verdict(report_of(2271, lost=2)).text == (
        f"2{SPACE}271 of 2{SPACE}273 beats kept, 2 lost. QRS width changed by more than 10{SPACE}ms in 3{SPACE}% of beats."
    )
    assert verdict(report_of(12, within=100.0)).text == f"All 12 beats kept. QRS width changed by more than 10{SPACE}ms in none."
    assert verdict(report_of(1, within=np.nan)).text == f"1 of 1 beat kept. The error is 5{SPACE}% of the signal (PRDN)."
    assert verdict(report_of(0, within=np.nan)).text == f"No beats were found. The error is 5{SPACE}% of the signal (PRDN)."
    assert verdict(report_of(0, added=3, within=np.nan)).text.startswith("No beats in the original, 3 in the reconstruction.")


def test_the_verdict_of_a_grade_below_good_says_what_decided_it():
    width = f"QRS width changed by more than 10{SPACE}ms"
    assert verdict(report_of(80, prdn=25.8)).text == (
        f"All 80 beats kept. The waveform error is large: 25.8{SPACE}% of the signal (PRDN). {width} in 3{SPACE}% of beats."
    )
    assert f" Too many beats were lost or added: 1.3{SPACE}%. {width}" in verdict(report_of(990, lost=10, added=3)).text
    assert f" Too many beats moved by more than 36{SPACE}ms: 5{SPACE}%. {width}" in verdict(report_of(190, moved=10)).text
    assert verdict(report_of(100, within=60.0)).text == f"All 100 beats kept. Too often, {width} in 40{SPACE}% of beats."
    both = verdict(report_of(90, lost=10, prdn=30.0)).text
    assert "lost or added: 10" in both
    assert "error is large: 30" in both
    assert "large" not in verdict(report_of(100, prdn=9.0)).text
    assert verdict(report_of(9, within=np.nan, prdn=30.0)).text.count("error") == 1


def test_the_verdict_says_how_many_beats_have_a_qrs_width_when_not_all_do():
    assert verdict(report_of(80, unknown=30)).text.endswith(f"10{SPACE}ms in 3{SPACE}% of the 50 beats with a QRS width.")
    assert verdict(report_of(80, unknown=30, within=100.0)).text.endswith("in none of the 50 beats with a QRS width.")


@pytest.mark.parametrize(
    ("report", "grade", "first"),
    [
        (report_of(2000), "good", ""),
        (report_of(1999, lost=1), "good", ""),
        (report_of(1990, lost=10), "fair", f"10 beats lost and 0 added: 0.5{SPACE}% of the original's beats."),
        (report_of(1970, lost=15, added=10), "poor", "15 beats lost and 10 added: 1.3"),
        (report_of(1900, moved=100), "fair", "100 beats moved"),
        (report_of(2000, within=85.0), "fair", "QRS width"),
        (report_of(2000, within=60.0, prdn=10.0), "poor", "QRS width"),
        (report_of(2000, prdn=12.0), "fair", "The error"),
        (report_of(2000, prdn=25.0), "poor", "The error"),
        (report_of(0, added=1, within=np.nan), "poor", "0 beats lost and 1 added."),
    ],
)
def test_the_grade_is_the_worst_of_four_and_its_reason_comes_first(report, grade, first):
    found = verdict(report)
    assert found.grade == grade
    assert found.reasons[0].startswith(first)


def test_every_limit_is_reached_by_more_damage():
    assert all(0 < good < fair for good, fair in LIMITS.values())


def test_numbers_are_written_for_reading():
    assert [number(v) for v in (7, 2271, 1234567)] == ["7", f"2{SPACE}271", f"1{SPACE}234{SPACE}567"]
    written = [share(v).removesuffix(f"{SPACE}%") for v in (0.0, 0.04, 3.0, 12.34, 99.97, 100.0, 250.4)]
    assert written == ["0", "less than 0.1", "3", "12.3", "more than 99.9", "100", "250"]
