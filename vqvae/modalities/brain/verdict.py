"""The report of a comparison in a few plain sentences, with a grade and the reasons for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqvae.modalities.protocol import Report
from vqvae.modalities.wording import GRADES, SPACE, Verdict, count, graded_as, number, share

if TYPE_CHECKING:
    import pandas as pd

LIMITS = {  # what is judged: at most so much for "good", at most so much for "fair"
    "structure": (0.05, 0.15),  # 1 - SSIM of the brain, mean of the slices
    "worst slice": (0.1, 0.25),  # 1 - SSIM of the brain, of the worst slice
    "edges": (25.0, 50.0),  # %, error of the gradient
    "tissues": (1.0, 3.0),  # %, change of each volume: grey and white matter, fluid; in Alzheimer's disease a brain loses some 2 % a year
}
"""The grade of a comparison is the worst of these; fluid, which fills what tissue leaves, is held to the same limits."""


APART = 0.05  # of similarity in the brain that one slice lies below the mean before it is called much worse than the others
TRACE = 0.02  # of the pixels that the slice with the most brain has


class _Judged(NamedTuple):
    """One thing that is judged."""

    name: str  # in LIMITS
    value: float
    reason: str  # a sentence for the list
    plain: str  # the sentence that the verdict begins with where this decided it; none where the summary says it
    limits: str  # a sentence with both


def verdict(report: Report) -> Verdict:
    """Judge a report of `compare`, what decided the grade first; what it cannot tell (no three intensities) is left out."""
    table, tissues = report.events["slices"], report.events["tissues"]
    if not (table["brain"] > 0).any():
        return Verdict("There is nothing to compare: the original is dark throughout.", "poor", ())
    judged = [j for j in (*_structure(report, table), _edges(report), *_tissues(tissues)) if not math.isnan(j.value)]
    graded = sorted(((graded_as(j.value, *LIMITS[j.name]), j) for j in judged), key=lambda item: (-item[0], -_excess(*item)))
    worst = graded[0][0]
    decisive = [j.plain for grade, j in graded if grade == worst > 0 and j.plain]
    reasons = tuple(f"{j.reason} {j.limits}" for _, j in graded)
    parts = [*decisive, *_summary(report, table)]
    volumes = _volumes(tissues)
    first = worst > 0 and any(grade == worst and j.name == "tissues" for grade, j in graded)
    return Verdict(" ".join([*volumes, *parts] if first else [*parts, *volumes]), GRADES[worst], reasons)


def doubted(report: Report, doubt: str) -> Verdict:
    """The verdict on what is hardly a brain (`likeness.doubt` says why): how alike the pictures are, not what became of a brain."""
    said = f"Of the whole picture, SSIM is {similar(report.value('ssim'))} (1 is perfect), {_against(report)}."
    return Verdict(f"{doubt} {said}", "fair", (*verdict(report).reasons, "None of this was judged, since it may be no brain."))


def worst_slices(table: pd.DataFrame) -> pd.DataFrame:
    """The slices that have any brain, the one with the least similarity in the brain first; those with a trace of it come last."""
    found = table[table["brain"] > 0].sort_values("ssim_brain", kind="stable")
    return found.iloc[np.argsort(traces(found), kind="stable")]


def traces(table: pd.DataFrame) -> np.ndarray:
    """(rows,) bool: slices with some pixels of brain, but so few that noise may be all there is: they are never called the worst."""
    return np.asarray((table["brain"] > 0) & (table["brain"] < TRACE * table["brain"].max()))


def _excess(grade: int, judged: _Judged) -> float:
    """How far beyond the limit that it broke, or short of the one that it kept."""
    return judged.value / LIMITS[judged.name][1 if GRADES[grade] == "poor" else 0]


def _summary(report: Report, table: pd.DataFrame) -> list[str]:
    """Worst of 32 slices: number 4, structural similarity 0.862 in the brain (1 is perfect). On average 0.931, PSNR 33.1 dB. …"""
    worst, mean, against = _worst(table), similar(report.value("ssim_brain")), _against(report)
    if len(table) == 1:
        found = f"One slice: structural similarity {mean} in the brain (1 is perfect), {against}."
    else:
        seen = int((table["brain"] > 0).sum() - traces(table).sum())
        which = f"the {number(seen)} of {count(len(table), 'slice')} with more than a trace of brain"
        which = which if traces(table).any() else count(len(table), "slice")
        found = f"Worst of {which}: number {worst.number}, structural similarity {similar(worst.similarity)} "
        found += f"in the brain (1 is perfect). On average {mean}, {against}."
    return [found]


def _against(report: Report) -> str:
    psnr = report.value("psnr")
    return "nothing was lost" if psnr == math.inf else f"PSNR {psnr:.1f}{SPACE}dB"


def _volumes(tissues: pd.DataFrame) -> list[str]:
    """Tissue volumes, by intensity: white matter +1.2 % (fair), grey matter −0.4 % (good), fluid +0.5 % (good)."""
    changes = _changes(tissues)
    grades = {name: GRADES[graded_as(round(abs(change), 1), *LIMITS["tissues"])] for name, change in changes.items()}
    together = len(set(grades.values())) == 1
    order = sorted(changes, key=lambda name: -GRADES.index(grades[name]))
    said = [f"{_TISSUES[name]} {_signed(changes[name])}" + ("" if together else f" ({grades[name]})") for name in order]
    all_ = f": {'all ' * (len(said) > 1)}{next(iter(grades.values()))}" if together else ""
    return [f"Tissue volumes, by intensity: {', '.join(said)}{all_}."] if said else []


def _changes(tissues: pd.DataFrame) -> dict[str, float]:
    """By how much every volume changes, %, where that is known."""
    found = {str(name): float(change) for name, change in zip(tissues["tissue"], tissues["change"], strict=True)}
    return {name: found[name] for name in _TISSUES if not math.isnan(found[name])}


class _Worst(NamedTuple):
    """The slice with the least similarity in the brain."""

    number: int  # from 1
    similarity: float


def _worst(table: pd.DataFrame) -> _Worst:
    row = worst_slices(table).iloc[0]
    return _Worst(int(row["place"]) + 1, float(row["ssim_brain"]))


_TISSUES = {"grey": "grey matter", "white": "white matter", "fluid": "fluid"}


def _structure(report: Report, table: pd.DataFrame) -> list[_Judged]:
    mean, worst = report.value("ssim_brain"), _worst(table)
    others = " that show more than a trace of brain" if traces(table).any() else ""
    alone = f"Slice {worst.number} has a structural similarity of {similar(worst.similarity)} in the brain, the least of all{others}."
    apart = mean - worst.similarity >= APART
    plain = f"Slice {worst.number} is much worse than the others." if apart else ""
    found = [_Judged(
        "structure", round(1 - mean, 3), f"Structural similarity in the brain is {similar(mean)}.",
        "Fine structure of the brain is " + ("softened." if 1 - mean <= LIMITS["structure"][1] else "lost."), _from_on("structure"),
    )]  # fmt: skip
    if len(table) > 1:
        found.append(_Judged("worst slice", round(1 - worst.similarity, 3), alone, plain, _from_on("worst slice")))
    return found


def _edges(report: Report) -> _Judged:
    error = report.value("gradient_error")
    said = f"Edges in the brain are off by {share(error)} of their strength."
    return _Judged("edges", round(error, 1), said, said, _up_to("edges"))


def _tissues(tissues: pd.DataFrame) -> list[_Judged]:
    """Every volume by itself; `_volumes` says how each was judged, and comes first where they decide."""
    found = []
    for name, change in _changes(tissues).items():
        much = f"{share(abs(change))} {'more' if change > 0 else 'less'}" if change else "as much"
        found.append(
            _Judged("tissues", round(abs(change), 1), f"Segmented by intensity there is {much} {_TISSUES[name]}.", "", _up_to("tissues"))
        )
    return found


def _signed(change: float) -> str:
    """A change in percent with its sign: +1.2 %, −0.3 %, ±0 %."""
    rounded = round(change, 1)
    return f"{'±' if not rounded else '+' if rounded > 0 else '−'}{abs(rounded):g}{SPACE}%"


def similar(value: float) -> str:
    """A similarity with three digits, never rounded to 1 when it is not."""
    return "above 0.999" if 0.9995 <= value < 1 - 1e-9 else f"{value:.3f}"


def _from_on(name: str) -> str:
    good, fair = (1 - limit for limit in LIMITS[name])
    return f"Good from {good:g}, fair from {fair:g}."


def _up_to(name: str) -> str:
    good, fair = LIMITS[name]
    return f"Good up to {share(good)}, fair up to {share(fair)}."
