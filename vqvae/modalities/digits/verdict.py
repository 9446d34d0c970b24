"""The report of a comparison in one or two plain sentences, with a grade and the reasons for it."""

from __future__ import annotations

import math

from vqvae.modalities.digits.recording import SIDE
from vqvae.modalities.protocol import Report
from vqvae.modalities.wording import GRADES, Verdict, count, graded_as, number, percent_of, share

PIXELS = SIDE * SIDE
LIMITS = {  # what is judged: at most so much for "good", at most so much for "fair"
    "error": (
        3.0,
        12.0,
    ),  # pixels, of `wrong`; a Gaussian blur of 0.5 pixels costs 1.2, one of 0.8 pixels 6.4, one of 1.2 pixels 14 (MNIST)
    "strokes": (2.0, 10.0),  # % of the digits that are spoilt
}
SPOILT = 0.5  # `stroke` of a digit from which on a piece of a stroke is missing, added or moved: a blur or a shift by a pixel stays below
WORDS = {  # of digits whose strokes are where they were, by the grade of the error
    "good": "every stroke is where it was",
    "fair": "every stroke is there, but shades and edges differ",
    "poor": "every stroke is there, but shades and edges are far off",
}


def verdict(report: Report) -> Verdict:
    """Judge a report of `compare`: its grade is the worse of the error and of the share of digits whose strokes are spoilt."""
    table = report.events["images"]
    if not len(table):
        return Verdict("There is nothing to compare: there are no digits.", "poor", ())
    error, spoilt = wrong(report.value("mse")), int((table["stroke"] > SPOILT).sum())
    values = {"error": error, "strokes": percent_of(spoilt, len(table))}
    said = {
        "error": f"The error equals {error:.1f} of a digit's {PIXELS} pixels turned from black to white: squared differences of ink, "
        "0 to 1, added up. "
        f"Good up to {LIMITS['error'][0]:g}, fair up to {LIMITS['error'][1]:g}.",
        "strokes": f"{count(spoilt, 'digit')} of which a piece of a stroke is missing, added or moved. "
        f"Good up to {share(LIMITS['strokes'][0])} of all, fair up to {share(LIMITS['strokes'][1])}.",
    }
    grades = {name: graded_as(value, *LIMITS[name]) for name, value in values.items() if not math.isnan(value)}
    order = sorted(grades, key=lambda name: -grades[name])
    kept = _spoilt(spoilt, len(table)) if spoilt else WORDS[GRADES[grades["error"]]]
    each = " per digit" if len(table) > 1 else ""
    text = f"{count(len(table), 'digit')}: {kept}. The error{each} equals {error:.1f} of {PIXELS} pixels turned from black to white."
    return Verdict(text, GRADES[grades[order[0]]], tuple(said[name] for name in order))


def wrong(squared: float) -> float:
    """A mean squared error as so many pixels of a digit turned from black to white, to a tenth: what is read is what is judged."""
    return round(squared * PIXELS, 1)


def _spoilt(spoilt: int, digits: int) -> str:
    whose = "a piece of a stroke" if digits == 1 else f"{number(spoilt)} of them have a piece of a stroke"
    return f"{whose} {'is ' if digits == 1 else ''}missing, added or moved"
