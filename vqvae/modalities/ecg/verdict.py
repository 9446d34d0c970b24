"""The report of a comparison in one or two plain sentences, with a grade and the reasons for it."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from vqvae.modalities.protocol import Report

Grade = Literal["good", "fair", "poor"]
GRADES: tuple[Grade, ...] = ("good", "fair", "poor")

SPACE = "\u202f"
"""Between thousands, and before a unit: narrow, and never the end of a line."""

LIMITS = {  # what is judged: at most so much for "good", at most so much for "fair"
    "lost or added beats": (0.1, 1.0),  # % of the original's beats
    "moved beats": (1.0, 5.0),  # % of the original's beats, by more than 36 ms
    "QRS width": (10.0, 30.0),  # % of beats whose QRS duration changed by more than 10 ms or was lost
    "error": (9.0, 20.0),  # % PRDN; 9 % is the end of Zigel's band "good" (IEEE TBME 2000; 47:1422)
}
"""The grade of a comparison is the worst of these four."""


class Verdict(NamedTuple):
    """What a reader needs first."""

    text: str
    grade: Grade
    reasons: tuple[str, ...]  # one sentence for everything that was judged, worst first


def verdict(report: Report) -> Verdict:
    """Judge a report of `compare`; what it cannot tell (no beats, no intervals) is left out."""
    status = report.events["beats"]["status"]
    kept, moved, lost, added = (int((status == name).sum()) for name in ("kept", "moved", "lost", "added"))
    total = kept + moved + lost
    prdn, changed = report.value("prdn"), 100 - report.value("qrs_duration_within_10ms")
    beats, width = f"{_count(lost, 'beat')} lost and {number(added)} added", f"more than 10{SPACE}ms, or was lost,"
    judged = [
        (_percent_of(lost + added, total), "lost or added beats", f"{beats}."),
        (_percent_of(moved, total), "moved beats", f"{_count(moved, 'beat')} moved by more than 36{SPACE}ms."),
        (changed, "QRS width", f"QRS width changed by {width} in {share(changed)} of beats."),
        (prdn, "error", f"The error is {share(prdn)} of the signal around its mean (PRDN)."),
    ]
    graded = [(_grade(value, *LIMITS[name]), said + _limits(name)) for value, name, said in judged if not math.isnan(value)]
    if not graded:
        return Verdict("There is nothing to compare: no lead carries a signal.", "poor", ())
    graded.sort(key=lambda item: -item[0])
    return Verdict(_text(kept, moved, lost, added, changed, prdn), GRADES[graded[0][0]], tuple(said for _, said in graded))


def _text(kept: int, moved: int, lost: int, added: int, changed: float, prdn: float) -> str:
    total = kept + moved + lost
    if not total + added:
        return f"No beats were found. The error is {share(prdn)} of the signal (PRDN)."
    if not total:
        return f"No beats in the original, {number(added)} in the reconstruction. The error is {share(prdn)} of the signal (PRDN)."
    beats = f"All {number(total)} beats kept" if kept == total > 1 else f"{number(kept)} of {_count(total, 'beat')} kept"
    happened = [f"{number(count)} {name}" for count, name in ((moved, "moved"), (lost, "lost"), (added, "added")) if count]
    said = ", ".join([beats, *happened]) + "."
    if math.isnan(changed):
        return f"{said} The error is {share(prdn)} of the signal (PRDN)."
    if changed == 0:
        return f"{said} QRS width changed by more than 10{SPACE}ms in none."
    return f"{said} QRS width changed by more than 10{SPACE}ms in {share(changed)} of beats."


def _percent_of(part: int, whole: int) -> float:
    return 100 * part / whole if whole else math.nan if not part else 100.0


def _grade(value: float, good: float, fair: float) -> int:
    return 0 if value <= good else 1 if value <= fair else 2


def _limits(name: str) -> str:
    good, fair = LIMITS[name]
    return f" Good up to {share(good)}, fair up to {share(fair)}."


def number(value: int) -> str:
    """2271 -> "2 271", with narrow spaces."""
    return f"{value:,}".replace(",", SPACE)


def _count(value: int, noun: str) -> str:
    return f"{number(value)} {noun}" if value == 1 else f"{number(value)} {noun}s"


def share(percent: float) -> str:
    """A percentage for reading: three digits at most, never rounded to 0 or 100 when it is neither."""
    if math.isnan(percent):
        return "unknown"
    if 0 < percent < 0.1:
        return f"less than 0.1{SPACE}%"
    if 99.9 < percent < 100:
        return f"more than 99.9{SPACE}%"
    digits = 0 if percent >= 100 else 1
    return f"{percent:.{digits}f}".removesuffix(".0") + f"{SPACE}%"
