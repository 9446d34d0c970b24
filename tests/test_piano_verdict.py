"""The verdict on a performance: one word for the damage, and sentences that say what decided it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vqvae.modalities.piano import compare, example
from vqvae.modalities.piano.verdict import LIMITS, verdict
from vqvae.modalities.protocol import Report, Score
from vqvae.modalities.wording import SPACE


def report_of(
    kept: int,
    moved: int = 0,
    lost: int = 0,
    added: int = 0,
    onset: float = 4.0,
    velocity: float = 2.0,
    r: float = 0.97,
    overlap: float = 92.0,
    spread: float = 12.0,
    left: float = 8.0,
) -> Report:
    """Of chords of two notes `spread` ms apart, which are `left` ms apart in the reconstruction."""
    status = ["kept"] * kept + ["moved"] * moved + ["lost"] * lost + ["added"] * added
    values = {"onset_error_ms": onset, "velocity_error": velocity, "dynamics_curve_correlation": r, "sounding_overlap": overlap}
    values["chord_spread_change_ms"] = abs(left - spread) if kept + moved > 1 else np.nan
    second = np.arange(len(status)) % 2
    times = np.arange(len(status)) // 2 + second * spread / 1000
    found = pd.Series(status).isin(["kept", "moved"])
    notes = pd.DataFrame({"status": status, "time": times, "onset_error_ms": np.where(found, second * (left - spread), np.nan)})
    return Report(tuple(Score(name, value, "", 0.0, "") for name, value in values.items()), {"notes": notes})


def test_the_verdict_says_what_became_of_the_notes():
    late = f"more than 50{SPACE}ms early or late"
    said = f"2{SPACE}410 notes: no note lost; 20 sound {late}; dynamics curve correlation 0.97."
    assert verdict(report_of(2390, moved=20)).text == said
    assert verdict(report_of(990, lost=10, added=3)).text.startswith(f"1{SPACE}000 notes: 10 notes lost; 3 added; none sounds {late};")
    assert verdict(report_of(1, r=np.nan)).text == f"1 note: no note lost; none sounds {late}."
    assert verdict(report_of(5, moved=1, r=1.0)).text.startswith(
        f"6 notes: no note lost; 1 sounds {late}; dynamics curve correlation 1.00."
    )
    assert "correlation above 0.99" in verdict(report_of(9, r=0.9999)).text
    assert verdict(report_of(0, added=3)).text == "There is nothing to compare: the original has no notes."


@pytest.mark.parametrize(
    ("report", "grade", "decided"),
    [
        (report_of(2000), "good", ""),
        (report_of(1999, lost=1), "good", ""),
        (report_of(1990, lost=10), "fair", f"Too many notes were lost or added: 0.5{SPACE}%."),
        (report_of(1970, lost=15, added=10), "poor", f"Too many notes were lost or added: 1.3{SPACE}%."),
        (report_of(1900, moved=100), "fair", f"Too many notes are out of time: 5{SPACE}%."),
        (report_of(2000, onset=12.0), "fair", f"Notes are 12{SPACE}ms early or late on average."),
        (report_of(2000, onset=17.4), "poor", f"Notes are 17.4{SPACE}ms early or late on average."),
        (report_of(2000, velocity=5.0), "fair", "Notes are 5.0 of 127 too loud or too soft on average."),
        (report_of(2000, r=0.94), "fair", "The course of loudness is somewhat changed."),
        (report_of(2000, r=0.7), "poor", "The course of loudness is much changed."),
        (report_of(2000, r=0.43), "poor", "The course of loudness is hardly the original's any more."),
        (report_of(2000, spread=14.0, left=0.0), "fair", f"Chords that were spread by 14{SPACE}ms on average are struck together."),
        (report_of(2000, spread=25.0, left=4.0), "poor", f"Chords that were spread by 25{SPACE}ms on average are struck nearly together."),
        (report_of(2000, spread=5.0, left=20.0), "fair", f"was 5{SPACE}ms on average, now it is 20{SPACE}ms."),
        (report_of(2000, overlap=75.0), "fair", "Notes end too early or too late: for 25"),
        (
            report_of(0, lost=9, onset=np.nan, velocity=np.nan, r=np.nan, overlap=0.0),
            "poor",
            f"Too many notes were lost or added: 100{SPACE}%.",
        ),
    ],
)
def test_the_grade_is_the_worst_of_seven_and_what_decided_it_is_said(report, grade, decided):
    found = verdict(report)
    assert found.grade == grade
    assert decided in found.text
    assert "Too many" in decided or "Too many" not in found.text
    assert found.text.count("Notes are") == decided.count("Notes are")
    assert len(found.reasons) == len(LIMITS) - sum(np.isnan(score.value) for score in report.scores)
    assert all("Good " in reason and " fair " in reason for reason in found.reasons)


def test_the_reason_that_decided_comes_first_and_two_that_did_are_both_said():
    found = verdict(report_of(1900, lost=100, onset=20.0, velocity=5.0))
    assert "lost or added: 5" in found.text
    assert f"20{SPACE}ms" in found.text
    assert "too loud" not in found.text
    assert "100 notes lost" in found.reasons[0]
    assert f"20{SPACE}ms" in found.reasons[1]


@pytest.mark.parametrize(
    ("report", "first", "second"),
    [
        (report_of(2000, onset=17.4, r=0.3), "The course of loudness", "Notes are 17.4"),
        (report_of(2000, onset=60.0, r=0.75), f"Notes are 60{SPACE}ms", "The course of loudness"),
        (report_of(1995, lost=5, onset=9.0), "Too many notes were lost", f"Notes are 9{SPACE}ms"),
    ],
)
def test_what_is_changed_most_is_said_first(report, first, second):
    found = verdict(report)
    assert 0 < found.text.index(first) < found.text.index(second)


def test_an_untouched_performance_is_good_and_one_played_by_a_coarse_clock_is_poor():
    minuet = example("minuet")
    assert verdict(compare(minuet, minuet)).grade == "good"
    coarse = replace(minuet, notes=minuet.notes._replace(onset=np.rint(minuet.notes.onset / 0.095) * 0.095).sorted())
    assert verdict(compare(minuet, coarse)).grade == "poor"


def test_chords_that_lost_their_spread_are_named_even_where_something_else_decides():
    said = verdict(report_of(2000, onset=17.4, spread=14.0, left=0.0)).text
    assert f"Notes are 17.4{SPACE}ms early or late on average. Chords that were spread by 14{SPACE}ms" in said
    assert "Chords" not in verdict(report_of(2000, onset=17.4, spread=24.0, left=10.0)).text
    assert verdict(report_of(2000, onset=17.4, spread=7.0, left=0.0)).text.endswith(" on average.")


def test_what_is_judged_is_what_is_written():
    good, fair = verdict(report_of(2000, r=0.9451)), verdict(report_of(2000, r=0.9449))
    assert (good.grade, fair.grade) == ("good", "fair")
    assert "correlation 0.95" in good.text
    assert "correlation 0.94" in fair.text
    assert verdict(report_of(2000, onset=8.04)).grade == "good"
    assert verdict(report_of(2000, onset=8.06)).grade == "fair"


def test_every_limit_is_reached_by_more_damage():
    assert all(0 < good < fair for good, fair in LIMITS.values())
