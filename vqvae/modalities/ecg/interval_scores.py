"""Scores about the shape of beats: durations, ST level and wave boundaries, beat by beat on the measured lead."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.ecg.beats import TOLERANCE, match
from vqvae.modalities.ecg.delineation import TOLERANCE as CSE_TOLERANCE
from vqvae.modalities.ecg.intervals import Analysis
from vqvae.modalities.protocol import Score

_BOUNDARY_NAMES = {"p_on": "P onset", "p_off": "P end", "qrs_on": "QRS onset", "qrs_off": "QRS end (J point)", "t_off": "T end"}
_INTERVALS = {  # score -> what it is, in words
    "qrs_duration": ("qrs", "QRS duration"),
    "pr": ("pr", "PR interval (P onset to QRS onset)"),
    "qt": ("qt", "QT interval (QRS onset to T end)"),
    "qtc": ("qtc", "QTc interval (Bazett: QT over the square root of the RR interval before)"),
}
_WITHIN = 10.0  # ms
_OF = "the original's beats that have one on the measured lead; a lost beat or no answer in the reconstruction counts as outside"


def interval_scores(original: Analysis, rebuilt: Analysis, rate: float) -> list[Score]:
    """Every change is measured on pairs of beats within 150 ms, reconstruction minus original."""
    pairs = match(original.peaks / rate, rebuilt.peaks / rate, TOLERANCE)

    def changes(before: np.ndarray, after: np.ndarray, scale: float) -> np.ndarray:
        """One value per beat that has an answer in the original; NaN where the reconstruction has none."""
        partner = np.full(len(before), np.nan)
        partner[pairs.reference] = after[pairs.found]
        return (scale * (partner - before))[np.isfinite(before)]

    scores = []
    for name, (field, words) in _INTERVALS.items():
        change = changes(getattr(original, field), getattr(rebuilt, field), 1000)
        scores.append(_mean_change(f"{name}_change", change, "ms", words))
        scores.append(_inside(f"{name}_within_10ms", change, _WITHIN, f"Share of beats whose {words} changed by at most 10 ms, of {_OF}."))
    st = changes(original.st, rebuilt.st, 1)
    scores.append(_mean_change("st_level_change", st, "mV", "ST level (60 ms after the J point, over the PQ level)"))
    for (name, words), seconds in zip(_BOUNDARY_NAMES.items(), CSE_TOLERANCE, strict=True):
        tolerance = 1000 * seconds
        change = changes(getattr(original.boundaries, name), getattr(rebuilt.boundaries, name), 1000)
        said = f"Share of beats whose {words} moved by at most {tolerance:.1f} ms (CSE 2σ tolerance), of {_OF}."
        scores.append(_inside(f"{name}_within_cse", change, tolerance, said))
    return [*scores, _no_answer(original, rebuilt, pairs.reference, pairs.found)]


def _mean_change(name: str, change: np.ndarray, unit: str, words: str) -> Score:
    known = np.abs(change[np.isfinite(change)])
    said = f"Mean absolute change of the {words}, over the beats that have one in both, on the measured lead."
    return Score(name, float(known.mean()) if len(known) else float("nan"), unit, 0.0, said)


def _inside(name: str, change: np.ndarray, tolerance: float, definition: str) -> Score:
    value = 100 * float(np.mean(np.abs(change) <= tolerance + 1e-3)) if len(change) else float("nan")  # NaN is not inside
    return Score(name, value, "%", 100.0, definition)


def _no_answer(original: Analysis, rebuilt: Analysis, reference: np.ndarray, found: np.ndarray) -> Score:
    answered = np.zeros(len(original.peaks), bool)
    answered[reference] = np.isfinite(original.qrs[reference]) & np.isfinite(rebuilt.qrs[found])
    value = 100 * float(np.mean(~answered)) if len(answered) else float("nan")
    said = "Share of the original's beats without a QRS duration in the original, in the reconstruction, or in both, on the measured lead."
    own = 100 * float(np.mean(np.isnan(original.qrs))) if len(answered) else 0.0
    return Score("qrs_no_answer", value, "%", own, said)
