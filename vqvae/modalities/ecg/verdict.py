"""The report of a comparison in one or two plain sentences, with a grade and the reasons for it."""

from __future__ import annotations

import math
from typing import NamedTuple

from vqvae.modalities.protocol import Report
from vqvae.modalities.wording import GRADES, SPACE, Verdict, count, graded_as, number, percent_of, share

LIMITS = {  # what is judged: at most so much for "good", at most so much for "fair"
    "lost or added beats": (0.1, 1.0),  # % of the original's beats
    "moved beats": (1.0, 5.0),  # % of the original's beats, by more than 36 ms
    "QRS width": (10.0, 30.0),  # % of beats whose QRS duration changed by more than 10 ms or was lost
    "error": (9.0, 20.0),  # % PRDN; 9 % is the end of Zigel's band "good" (IEEE TBME 2000; 47:1422)
}
"""The grade of a comparison is the worst of these four."""


def verdict(report: Report) -> Verdict:
    """Judge a report of `compare`; what it cannot tell (no beats, no intervals) is left out."""
    table = report.events["beats"]
    counts = _Counts(*(int((table["status"] == name).sum()) for name in _Counts._fields))
    prdn, changed = report.value("prdn"), 100 - report.value("qrs_duration_within_10ms")
    width = _width(changed, int(table["qrs_original"].notna().sum()), counts.total)
    judged = _judged(counts, changed, width, prdn)
    graded = [(graded_as(j.value, *LIMITS[j.name]), j) for j in judged if not math.isnan(j.value)]
    if not graded:
        return Verdict("There is nothing to compare: no lead carries a signal.", "poor", ())
    graded.sort(key=lambda item: -item[0])
    worst = graded[0][0]
    decisive = [j for grade, j in graded if grade == worst > 0]
    said = [_beats(counts), *(j.plain for j in decisive if j.plain), *_rest(counts, changed, width, prdn, {j.name for j in decisive})]
    said += _flutter(report)
    return Verdict(" ".join(said), GRADES[worst], tuple(j.reason + _limits(j.name) for _, j in graded))


class _Counts(NamedTuple):
    """What became of the beats."""

    kept: int
    moved: int
    lost: int
    added: int

    @property
    def total(self) -> int:
        """Beats of the original."""
        return self.kept + self.moved + self.lost


class _Judged(NamedTuple):
    """One thing that is judged."""

    name: str  # in LIMITS
    value: float  # %
    reason: str  # a sentence for the list
    plain: str  # the sentence that the verdict itself gains where this decided it; empty where it already says so


def _judged(counts: _Counts, changed: float, width: str, prdn: float) -> list[_Judged]:
    lost, moved = percent_of(counts.lost + counts.added, counts.total), percent_of(counts.moved, counts.total)
    lost_said = f"{count(counts.lost, 'beat')} lost and {number(counts.added)} added"
    lost_said += f": {share(lost)} of the original's beats." if counts.total else "."
    moved_said = f"{count(counts.moved, 'beat')} moved by more than 36{SPACE}ms: {share(moved)} of the original's beats."
    too_many = f"Too many beats were lost or added: {share(lost)}." if counts.total else ""
    width_said = f"QRS width changed by more than 10{SPACE}ms, or was lost, {width}."
    error_said = f"The error is {share(prdn)} of the signal around its mean (PRDN)."
    too_large = f"The waveform error is large: {_error(prdn)}"
    return [
        _Judged("lost or added beats", lost, lost_said, too_many),
        _Judged("moved beats", moved, moved_said, f"Too many beats moved by more than 36{SPACE}ms: {share(moved)}."),
        _Judged("QRS width", changed, width_said, f"Too often, {_changed(width)}"),
        _Judged("error", prdn, error_said, too_large),
    ]


def _beats(counts: _Counts) -> str:
    total = counts.total
    if not total:
        return f"No beats in the original, {number(counts.added)} in the reconstruction." if counts.added else "No beats were found."
    beats = f"All {number(total)} beats kept" if counts.kept == total > 1 else f"{number(counts.kept)} of {count(total, 'beat')} kept"
    happened = [f"{number(count)} {name}" for name, count in zip(counts._fields[1:], counts[1:], strict=True) if count]
    return ", ".join([beats, *happened]) + "."


def _rest(counts: _Counts, changed: float, width: str, prdn: float, decisive: set[str]) -> list[str]:
    """What the verdict ends with where nothing worse was said: the QRS widths, or the error where they are unknown."""
    if counts.total and not math.isnan(changed):
        return [] if "QRS width" in decisive else [_changed(width)]
    return [] if "error" in decisive else [f"The error is {_error(prdn)}"]


def _flutter(report: Report) -> list[str]:
    episodes = report.events["flutter"]
    seconds = float((episodes["end"] - episodes["start"]).sum())
    length = f"{seconds / 60:.1f}".removesuffix(".0") + f"{SPACE}min" if seconds >= 60 else f"{seconds:.0f}{SPACE}s"
    return [f"{length} of ventricular flutter are not scored beat by beat."] if len(episodes) else []


def _changed(width: str) -> str:
    return f"QRS width changed by more than 10{SPACE}ms {width}."


def _error(prdn: float) -> str:
    return f"{share(prdn)} of the signal (PRDN)."


def _width(changed: float, known: int, total: int) -> str:
    """In how many beats QRS width changed, and of how many where not every beat has one."""
    if known < total:
        return f"in {share(changed) if changed else 'none'} of the {count(known, 'beat')} with a QRS width"
    return f"in {share(changed)} of beats" if changed else "in none"


def _limits(name: str) -> str:
    good, fair = LIMITS[name]
    return f" Good up to {share(good)}, fair up to {share(fair)}."
