"""Scores about beats: found again, added, moved, and what that does to the rhythm."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from vqvae.modalities.ecg.beats import STRICT_TOLERANCE, TOLERANCE, Matches, match
from vqvae.modalities.ecg.intervals import Analysis
from vqvae.modalities.ecg.recording import BEAT_CLASSES, Beats
from vqvae.modalities.protocol import Score

CLASS_NAMES = dict(zip(BEAT_CLASSES, ("normal", "supraventricular", "ventricular", "fusion", "unclassifiable or paced"), strict=True))
_TOLERANCES = (TOLERANCE, STRICT_TOLERANCE)


def peak_scores(original: Analysis, rebuilt: Analysis, rate: float) -> list[Score]:
    """R-peaks of the reconstruction against those found in the original by the same detector."""
    return _agreement("r_peak", original.peaks / rate, rebuilt.peaks / rate, "R-peaks of the original", "R-peaks of the reconstruction")


def annotated_scores(beats: Beats | None, original: Analysis, rebuilt: Analysis, rate: float) -> list[Score]:
    """R-peaks of the reconstruction, and of the original, against the annotated beats; NaN without annotations.

    What is perfect is what the original itself reaches: a codec that loses nothing inherits the detector's errors.
    """
    known = beats or Beats(np.zeros(0), np.zeros(0, "<U1"))
    times, found = known.times, rebuilt.peaks / rate
    own = original.peaks / rate
    if not len(times):
        found = own = times
    return _measured_by(
        lambda peaks: [
            *_agreement("annotated_r_peak", times, peaks, "annotated beats", "R-peaks of the reconstruction"),
            *_agreement("original_annotated_r_peak", times, own, "annotated beats", "R-peaks found in the original itself"),
            *(score for tolerance in _TOLERANCES for score in _per_class(known, peaks, tolerance)),
        ],
        found,
        own,
    )


def _measured_by(measure: Callable[[np.ndarray], list[Score]], found: np.ndarray, own: np.ndarray) -> list[Score]:
    """The scores of `found`, each with the value for `own` as its perfect one (100 where that is unknown)."""
    reached = [score.perfect if math.isnan(score.value) else score.value for score in measure(own)]
    return [score._replace(perfect=perfect) for score, perfect in zip(measure(found), reached, strict=True)]


def _agreement(name: str, reference: np.ndarray, found: np.ndarray, of: str, those: str) -> list[Score]:
    scores = []
    for tolerance in _TOLERANCES:
        hits, ms = len(match(reference, found, tolerance).reference), round(1000 * tolerance)
        pairs = f"within {ms} ms, one to one"
        scores += [
            _share(f"{name}_sensitivity_{ms}ms", hits, len(reference), f"Share of the {of} that are among the {those} {pairs}."),
            _share(f"{name}_ppv_{ms}ms", hits, len(found), f"Share of the {those} that are among the {of} {pairs}."),
            _share(f"{name}_f1_{ms}ms", 2 * hits, len(reference) + len(found), f"F1 of the {those} against the {of} {pairs}."),
        ]
    return scores


def _share(name: str, part: int, whole: int, definition: str) -> Score:
    return Score(name, 100 * part / whole if whole else float("nan"), "%", 100.0, definition)


def _per_class(beats: Beats, found: np.ndarray, tolerance: float) -> list[Score]:
    pairs = match(beats.times, found, tolerance)
    taken = beats.classes[_nearest(beats.times, found, pairs)] if len(beats.times) else beats.classes
    hit, ms = beats.classes[pairs.reference], round(1000 * tolerance)
    scores = []
    for label in BEAT_CLASSES:
        total, hits, claimed = (int(np.sum(which == label)) for which in (beats.classes, hit, taken))
        name, of = f"{ms}ms_{label.lower()}", f"annotated {CLASS_NAMES[label]} beats (class {label})"
        sensitivity = f"Share of the {of} found in the reconstruction within {ms} ms."
        f1 = f"F1 of the {of} within {ms} ms; an R-peak that no annotated beat is paired with counts against the class of the nearest one."
        scores.append(_share(f"r_peak_sensitivity_{name}", hits, total, sensitivity))
        scores.append(_share(f"r_peak_f1_{name}", 2 * hits, total + claimed if total else 0, f1))
    return scores


def _nearest(times: np.ndarray, found: np.ndarray, pairs: Matches) -> np.ndarray:
    """For every found peak the annotated beat it belongs to: its partner, or else the nearest."""
    after = np.clip(np.searchsorted(times, found), 1, max(len(times) - 1, 1))
    after = np.minimum(after, len(times) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(times[before] - found) <= np.abs(times[after] - found), before, after)
    nearest[pairs.found] = pairs.reference
    return nearest


def rhythm_scores(original: Analysis, rebuilt: Analysis, rate: float) -> list[Score]:
    """Changes of RR intervals, heart rate and its variability."""
    pairs = match(original.peaks / rate, rebuilt.peaks / rate, TOLERANCE)
    same = np.flatnonzero((np.diff(pairs.reference) == 1) & (np.diff(pairs.found) == 1)) + 1  # RR intervals that exist in both
    before, after = 1000 * original.rr[pairs.reference[same]], 1000 * rebuilt.rr[pairs.found[same]]
    known = np.isfinite(before) & np.isfinite(after)
    same, before, after = same[known], before[known], after[known]
    follows = np.flatnonzero(np.diff(same) == 1)
    spread = float(np.std(after, ddof=1) - np.std(before, ddof=1)) if len(before) > 1 else float("nan")
    successive = _rms(np.diff(after)[follows]) - _rms(np.diff(before)[follows])
    both = "the RR intervals between the same two neighbouring beats in both recordings, not across gaps"
    rate_said = "Absolute change of the mean heart rate: 60 s over the mean RR interval of each recording's own beats, not across gaps."
    successive_said = f"Absolute change of RMSSD, the root mean square of successive differences, over {both}; all classes count."
    return [
        Score("rr_change", _mean(np.abs(after - before)), "ms", 0.0, f"Mean absolute change of {both}."),
        Score("heart_rate_change", abs(_heart_rate(rebuilt) - _heart_rate(original)), "1/min", 0.0, rate_said),
        Score("sdnn_change", abs(spread), "ms", 0.0, f"Absolute change of SDNN, the standard deviation of {both}; all classes count."),
        Score("rmssd_change", abs(successive), "ms", 0.0, successive_said),
    ]


def _heart_rate(analysis: Analysis) -> float:
    mean = _mean(analysis.rr[np.isfinite(analysis.rr)])
    return 60 / mean


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")
