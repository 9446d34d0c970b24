"""The report of a comparison in one or two plain sentences, with a grade and the reasons for it."""

from __future__ import annotations

import math

from vqvae.modalities.protocol import Report
from vqvae.modalities.wording import GRADES, Verdict, count, graded_as, number, percent_of, share

LIMITS = {  # what is judged: at most so much for "good", at most so much for "fair"
    "error": (0.004, 0.015),  # mse over all digits; MNIST's own ink varies by 0.095 about its mean
    "likeness": (0.05, 0.15),  # 1 - ssim
    "spoilt": (2.0, 10.0),  # % of the digits whose own mse is above SPOILT
}
PLAIN = " Shades and edges differ."
SPOILT = 0.015  # mse of a digit of which strokes are missing or moved


def verdict(report: Report) -> Verdict:
    """Judge a report of `compare`: its grade is the worst of error, likeness and the share of digits that are spoilt."""
    table = report.events["images"]
    if not len(table):
        return Verdict("There is nothing to compare: there are no digits.", "poor", ())
    error, alike = report.value("mse"), report.value("ssim")
    spoilt = int((table["mse"] > SPOILT).sum())
    values = {"error": error, "likeness": 1 - alike, "spoilt": percent_of(spoilt, len(table))}
    said = {
        "error": f"Mean squared error {error:.4f}. Good up to {LIMITS['error'][0]}, fair up to {LIMITS['error'][1]}.",
        "likeness": f"Structural similarity {alike:.3f}. Good from {1 - LIMITS['likeness'][0]}, fair from {1 - LIMITS['likeness'][1]}.",
        "spoilt": f"{count(spoilt, 'digit')} with an error above {SPOILT}: strokes are missing or moved. "
        f"Good up to {share(LIMITS['spoilt'][0])} of all, fair up to {share(LIMITS['spoilt'][1])}.",
    }
    grades = {name: graded_as(value, *LIMITS[name]) for name, value in values.items() if not math.isnan(value)}
    order = sorted(grades, key=lambda name: -grades[name])
    decisive = PLAIN if order[0] == "likeness" and grades["likeness"] and not spoilt else ""
    return Verdict(f"{_summary(len(table), spoilt, error)}{decisive}", GRADES[grades[order[0]]], tuple(said[name] for name in order))


def _summary(digits: int, spoilt: int, error: float) -> str:
    kept = "every stroke is where it was" if not spoilt else f"{number(spoilt)} with strokes missing or moved"
    return f"{count(digits, 'digit')}: {kept}; mean squared error {error:.4f}."
