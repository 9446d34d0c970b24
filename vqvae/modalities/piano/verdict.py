"""The report of a comparison in one or two plain sentences, with a grade and the reasons for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from vqvae.modalities.piano.scores_listening import chords
from vqvae.modalities.protocol import Report
from vqvae.modalities.wording import GRADES, SPACE, Verdict, count, graded_as, number, percent_of, share

if TYPE_CHECKING:
    import pandas as pd

LIMITS = {  # what is judged: at most so much for "good", at most so much for "fair"
    "lost or added notes": (0.1, 1.0),  # % of the original's notes
    "moved notes": (1.0, 5.0),  # % of the original's notes, more than 50 ms early or late
    "timing": (8.0, 16.0),  # ms, mean absolute onset error; in even rhythms a few ms to a few % of the beat begin to be heard
    "loudness": (3.0, 8.0),  # mean absolute error of the velocity
    "dynamics": (0.05, 0.2),  # 1 - r of the dynamics curve
    "sounding": (15.0, 30.0),  # % of the time in which keys sound in only one of the two
    "chords": (10.0, 20.0),  # ms, mean change of the time between a chord's first and last onset; melodies are led by some 30 ms
}
"""The grade of a comparison is the worst of these seven, each judged as it is written: what reads 0.95 is 0.95."""

_TOGETHER = 1 / 3  # of their spread, or less of it, is left of chords that are struck together now
_SPREAD = 5.0  # ms; chords that spread less on average are heard as struck together
_HARDLY = 0.5  # of a correlation, below which a course is another one


class _Judged(NamedTuple):
    """One thing that is judged."""

    name: str  # in LIMITS
    value: float
    reason: str  # a sentence for the list
    plain: str  # the sentence that the verdict itself gains where this decided it
    limits: str  # a sentence with both


def verdict(report: Report) -> Verdict:
    """Judge a report of `compare`; what it cannot tell (no course of loudness) is left out."""
    table = report.events["notes"]
    counts = {name: int((table["status"] == name).sum()) for name in ("kept", "moved", "lost", "added")}
    total = counts["kept"] + counts["moved"] + counts["lost"]
    if not total:
        return Verdict("There is nothing to compare: the original has no notes.", "poor", ())
    judged = [j for j in (*_notes(counts, total), *_errors(report)) if not math.isnan(j.value)]
    graded = sorted(((graded_as(j.value, *LIMITS[j.name]), j) for j in judged), key=lambda item: (-item[0], -_excess(*item)))
    worst = graded[0][0]
    decisive = [j.plain for grade, j in graded if grade == worst > 0]
    chords = next((j.plain for grade, j in graded if j.name == "chords" and grade), "")
    if chords and chords not in decisive and _struck_together(*_spreads(table)):  # which is heard first, whatever else was lost
        decisive.append(chords)
    reasons = tuple(f"{j.reason} {j.limits}" for _, j in graded)
    return Verdict(" ".join([_summary(counts, total, report), *decisive]), GRADES[worst], reasons)


def _excess(grade: int, judged: _Judged) -> float:
    """How far beyond the limit that it broke, or short of the one that it kept: what is changed most is heard first."""
    return judged.value / LIMITS[judged.name][1 if GRADES[grade] == "poor" else 0]


def _summary(counts: dict[str, int], total: int, report: Report) -> str:
    """2 410 notes: no note lost; 61 sound more than 50 ms early or late; dynamics curve correlation 0.97."""
    happened = [f"{count(counts['lost'], 'note')} lost" if counts["lost"] else "no note lost"]
    happened += [f"{number(counts['added'])} added"] if counts["added"] else []
    moved = counts["moved"]
    sounds = f"{number(moved) if moved else 'none'} sound{'s' if moved == 1 or not moved else ''}"
    if counts["kept"] + moved:
        happened.append(f"{sounds} more than 50{SPACE}ms early or late")
    dynamics = report.value("dynamics_curve_correlation")
    happened += [] if math.isnan(dynamics) else [f"dynamics curve correlation {rounded(dynamics)}"]
    return f"{count(total, 'note')}: {'; '.join(happened)}."


def _notes(counts: dict[str, int], total: int) -> list[_Judged]:
    lost, moved = percent_of(counts["lost"] + counts["added"], total), percent_of(counts["moved"], total)
    lost_said = f"{count(counts['lost'], 'note')} lost and {number(counts['added'])} added: {share(lost)} of the original's notes."
    moved_said = f"{count(counts['moved'], 'note')} more than 50{SPACE}ms early or late: {share(moved)} of the original's notes."
    plain = (f"Too many notes were lost or added: {share(lost)}.", f"Too many notes are out of time: {share(moved)}.")
    return [
        _Judged("lost or added notes", round(lost, 1), lost_said, plain[0], _up_to("lost or added notes", share)),
        _Judged("moved notes", round(moved, 1), moved_said, plain[1], _up_to("moved notes", share)),
    ]


def _errors(report: Report) -> list[_Judged]:
    onset, loud, opened = (round(report.value(name), 1) for name in ("onset_error_ms", "velocity_error", "chord_spread_change_ms"))
    apart, r = round(100 - report.value("sounding_overlap"), 1), report.value("dynamics_curve_correlation")
    late = f"Notes are {_ms(onset)} early or late on average."
    off = f"Notes are {loud:.1f} of 127 too loud or too soft on average."
    course = f"The dynamics curves correlate with {rounded(r)}."
    held = f"for {share(apart)} of the time in which a key sounds, it sounds in only one of the two."
    struck = f"The time between a chord's first and last note is changed by {_ms(opened)} on average."
    from_on = f"Good from {1 - LIMITS['dynamics'][0]:g}, fair from {1 - LIMITS['dynamics'][1]:g}."
    return [
        _Judged("timing", onset, late, late, _up_to("timing", _ms)),
        _Judged("loudness", loud, off, off, _up_to("loudness", "{:g}".format)),
        _Judged("dynamics", round(1 - r, 2), course, _course(r), from_on),
        _Judged("sounding", apart, f"F{held[1:]}", f"Notes end too early or too late: {held}", _up_to("sounding", share)),
        _Judged("chords", opened, struck, _chords(report), _up_to("chords", _ms)),
    ]


def _course(r: float) -> str:
    """How much of the course of loudness is left, in words."""
    if 1 - r <= LIMITS["dynamics"][1]:
        return "The course of loudness is somewhat changed."
    return "The course of loudness is much changed." if r >= _HARDLY else "The course of loudness is hardly the original's any more."


def _chords(report: Report) -> str:
    """What became of the time between a chord's first and last onset."""
    before, after = _spreads(report.events["notes"])
    if _struck_together(before, after):
        return f"Chords that were spread by {_ms(before)} on average are struck {'together' if after < 0.5 else 'nearly together'}."
    return f"Chords are spread otherwise: the time between first and last note was {_ms(before)} on average, now it is {_ms(after)}."


def _struck_together(before: float, after: float) -> bool:
    """Whether chords were spread, by ms on average, and are not any more."""
    return before >= _SPREAD and after <= _TOGETHER * before


def _spreads(notes: pd.DataFrame) -> tuple[float, float]:
    """The mean time in ms between first and last onset of the chords found in both, before and after; NaN where there are none."""
    own = notes[notes["status"] != "added"]
    found = own.assign(chord=chords(own["time"].to_numpy()), now=own["time"] + own["onset_error_ms"] / 1000).dropna(subset="now")
    chord = found.groupby("chord")[["time", "now"]]
    spread = 1000 * (chord.max() - chord.min())[chord.size() > 1].mean()
    return float(spread["time"]), float(spread["now"])


def _up_to(name: str, written: Callable[[float], str]) -> str:
    good, fair = (written(limit) for limit in LIMITS[name])
    return f"Good up to {good}, fair up to {fair}."


def _ms(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") + f"{SPACE}ms"


def rounded(r: float) -> str:
    """A correlation with two digits, never rounded to 1 when it is not."""
    return "above 0.99" if 0.995 <= r < 1 - 1e-9 else f"{r:.2f}"
