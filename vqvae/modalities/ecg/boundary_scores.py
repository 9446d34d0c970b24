"""How well found wave boundaries agree with marked ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.delineation import TOLERANCE, Boundaries

MATCH = 0.150
"""s: a found boundary further than this from the marked one is another one (EC57's window, used for boundaries by Martinez et al. 2004)."""

DEFINITIONS = {
    "marked": "marked boundaries",
    "sensitivity": "share of the marked boundaries with a found one of the same beat within 150 ms, in percent",
    "precision": "share of the found boundaries, where the marks say whether there is one, within 150 ms of a marked one (+P), in percent",
    "mean_ms": "mean of found minus marked over the pairs within 150 ms",
    "sd_ms": "standard deviation of found minus marked over the pairs within 150 ms",
    "within_tolerance": "share of the marked boundaries found within the CSE 2-sigma tolerance, in percent; a missed one counts as outside",
    "within_of_found": "share of the pairs within 150 ms that lie within the CSE 2-sigma tolerance, in percent",
}
"""What each column of the table says."""


class BoundaryScore(NamedTuple):
    """Agreement over one boundary; definitions in `DEFINITIONS`."""

    marked: int
    sensitivity: float  # %
    precision: float  # %
    mean_ms: float
    sd_ms: float
    tolerance_ms: float
    within_tolerance: float  # %
    within_of_found: float  # %


def delineation_scores(truth: Boundaries, found: Boundaries, known: np.ndarray | None = None) -> dict[str, BoundaryScore]:
    """Agreement boundary by boundary.

    Args:
        truth: (B,) each, s; NaN where the wave is absent.
        found: the same beats.
        known: (5, B) bool; False where the truth says nothing (None: it always says something).
    """
    everywhere = np.ones((5, len(truth.qrs_on)), dtype=bool)
    rows = zip(Boundaries._fields, truth, found, known if known is not None else everywhere, TOLERANCE, strict=True)
    return {name: _score(marked[judged], answered[judged], tolerance) for name, marked, answered, judged, tolerance in rows}


def _score(marked: np.ndarray, found: np.ndarray, tolerance: float) -> BoundaryScore:
    error = found - marked
    error = error[np.abs(error) <= MATCH]
    marks, answers = int(np.sum(~np.isnan(marked))), int(np.sum(~np.isnan(found)))
    inside = int(np.sum(np.abs(error) <= tolerance))
    return BoundaryScore(
        marked=marks,
        sensitivity=_percent(len(error), marks),
        precision=_percent(len(error), answers),
        mean_ms=float(1000 * error.mean()) if len(error) else np.nan,
        sd_ms=float(1000 * error.std()) if len(error) else np.nan,
        tolerance_ms=1000 * tolerance,
        within_tolerance=_percent(inside, marks),
        within_of_found=_percent(inside, len(error)),
    )


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else np.nan


def joined(parts: Sequence[Boundaries]) -> Boundaries:
    """The beats of several leads or records one after the other."""
    return Boundaries(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
