"""Which beat is which: one-to-one matching of two lists of R-peaks, and what became of every beat."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqvae.modalities.ecg.delineation import Boundaries
from vqvae.modalities.ecg.intervals import Analysis
from vqvae.modalities.ecg.recording import Beats, Ecg
from vqvae.modalities.protocol import Report

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 0.150
"""s; ANSI/AAMI EC57: two R-peaks within it are the same beat."""

STRICT_TOLERANCE = 0.036
"""s; a beat that moved further than this is not where it was."""


_BEFORE, _AFTER = 0.250, 0.450  # s around the R-peak that belong to a beat
_CHUNK = 2000  # beats worked on at a time

Episodes = tuple[tuple[float, float], ...]


class Matches(NamedTuple):
    """Pairs of beats of two lists, by position in the lists, ascending in both."""

    reference: np.ndarray  # (M,) int64
    found: np.ndarray  # (M,) int64


def match(reference: np.ndarray, found: np.ndarray, tolerance: float) -> Matches:
    """Pair two ascending lists of times (s) one to one: most pairs within `tolerance`, then least total shift."""
    reach = tolerance + 1e-6  # a shift of exactly the tolerance counts, whatever the rounding
    first, last = np.searchsorted(found, reference - reach), np.searchsorted(found, reference + reach, "right")
    rivals = np.searchsorted(reference, found + reach, "right") - np.searchsorted(reference, found - reach)
    one = np.flatnonzero(last - first == 1)
    simple = one[rivals[first[one]] == 1]
    contested = np.setdiff1d(np.flatnonzero(last > first), simple, assume_unique=True)
    pairs = np.array(_assign(reference, found, contested.tolist(), first.tolist(), last.tolist()), np.int64).reshape(-1, 2)
    left, right = np.concatenate([simple, pairs[:, 0]]), np.concatenate([first[simple], pairs[:, 1]])
    order = np.argsort(left)
    return Matches(left[order].astype(np.int64), right[order].astype(np.int64))


def _assign(reference: np.ndarray, found: np.ndarray, rows: list[int], first: list[int], last: list[int]) -> list[tuple[int, int]]:
    """Best pairs for the beats `rows`, each with the partners first[row]…last[row] - 1, by dynamic programming.

    Sorted lists need no crossing pairs, so `best[j]` (most pairs, least shift, with the partners before j) is all that a row needs to know
    of the rows before it, and only its own window changes: the work is the number of pairs within the tolerance.
    """
    best: dict[int, tuple[int, float]] = {}
    beyond = (0, 0.0)  # value of `best` past the last partner seen
    steps: list[dict[int, str]] = []
    for row in rows:
        now = {first[row]: best.get(first[row], beyond)}
        step: dict[int, str] = {}
        for j in range(first[row], last[row]):
            count, cost = best.get(j, beyond)
            options = {"pair": (count + 1, cost - abs(float(found[j] - reference[row]))), "left": now[j], "up": best.get(j + 1, beyond)}
            step[j + 1] = max(options, key=options.__getitem__)
            now[j + 1] = options[step[j + 1]]
        best, beyond = now, now[last[row]]
        steps.append(step)
    return _trace(rows, steps, last)


def _trace(rows: list[int], steps: list[dict[int, str]], last: list[int]) -> list[tuple[int, int]]:
    """Walk the choices of `_assign` backwards."""
    pairs: list[tuple[int, int]] = []
    position = last[rows[-1]] if rows else 0
    for row, step in zip(reversed(rows), reversed(steps), strict=True):
        position = min(position, last[row])
        while step.get(position) == "left":
            position -= 1
        if step.get(position) == "pair":
            position -= 1
            pairs.append((row, position))
    return pairs


def without_flutter(original: Analysis, rebuilt: Analysis, flutter: Episodes, rate: float) -> tuple[Analysis, Analysis]:
    """Both analyses without the beats in the episodes (s), which have no R-peaks to find (EC57 leaves them out too).

    A beat of the reconstruction is in an episode when its partner is, so that a small shift over an episode's edge loses no beat.
    """
    if not flutter:
        return original, rebuilt
    gone, also = (in_flutter(analysis.peaks / rate, flutter) for analysis in (original, rebuilt))
    pairs = match(original.peaks / rate, rebuilt.peaks / rate, TOLERANCE)
    also[pairs.found] = gone[pairs.reference]
    return _only(original, ~gone), _only(rebuilt, ~also)


def in_flutter(times: np.ndarray, flutter: Episodes) -> np.ndarray:
    """(N,) bool: which times (s) lie in an episode."""
    return np.logical_or.reduce([(times >= start) & (times <= end) for start, end in flutter] or [np.zeros(len(times), bool)])


def _only(analysis: Analysis, kept: np.ndarray) -> Analysis:
    """The beats `kept` (B,) bool; an RR interval from a beat that is left out is unknown."""
    rr = np.where(np.concatenate([[False], kept[:-1]]) if len(kept) else kept, analysis.rr, np.nan)
    boundaries = Boundaries(*(values[kept] for values in analysis.boundaries))
    return analysis._replace(peaks=analysis.peaks[kept], rr=rr[kept], boundaries=boundaries, st=analysis.st[kept])


def beats_table(reference: Ecg, reconstruction: Ecg, original: Analysis, rebuilt: Analysis) -> pd.DataFrame:
    """One row per beat in the order of time: every beat of the original, and those that only the reconstruction has.

    time (s; in the original, for added beats in the reconstruction), class (annotated AAMI class, "" without one), status (kept; moved by
    more than 36 ms; lost: no beat within 150 ms; added), shift (ms, positive = later), qrs_original, qrs_reconstruction, qrs_change (ms, on
    the measured lead), worst_error (mV, any lead, from 250 ms before to 450 ms after the R-peak or half-way to the next one), severity (see
    `severity`).  NaN where there is no answer.
    """
    import pandas as pd

    rows = _rows(original, rebuilt, reference.rate)
    lost, added = rows.found < 0, rows.reference < 0
    peaks = np.where(added, _pick(rebuilt.peaks, rows.found), _pick(original.peaks, rows.reference)).astype(np.int64)
    shift = 1000 * (_pick(rebuilt.peaks, rows.found) - _pick(original.peaks, rows.reference)) / reference.rate
    status = np.select([added, lost, np.abs(shift) > 1000 * STRICT_TOLERANCE + 1e-3], ["added", "lost", "moved"], "kept")
    before, after = 1000 * _pick(original.qrs, rows.reference), 1000 * _pick(rebuilt.qrs, rows.found)
    worst = _worst_errors(reference, reconstruction, peaks)
    columns = {
        "time": peaks / reference.rate,
        "class": _classes(reference, original, rebuilt, rows),
        "status": status,
        "shift": shift,
        "qrs_original": before,
        "qrs_reconstruction": after,
        "qrs_change": after - before,
        "worst_error": worst,
        "severity": severity(status, shift, after - before, worst),
    }
    return pd.DataFrame(columns)


def _rows(original: Analysis, rebuilt: Analysis, rate: float) -> Matches:
    """All beats of both recordings in the order of time; -1 where one of them has no partner."""
    pairs = match(original.peaks / rate, rebuilt.peaks / rate, TOLERANCE)
    partner = np.full(len(original.peaks), -1)
    partner[pairs.reference] = pairs.found
    added = np.setdiff1d(np.arange(len(rebuilt.peaks)), pairs.found)
    reference = np.concatenate([np.arange(len(partner)), np.full(len(added), -1)])
    found = np.concatenate([partner, added])
    order = np.argsort(np.concatenate([original.peaks, rebuilt.peaks[added]]), kind="stable")
    return Matches(reference[order], found[order])


def marked(reconstruction: Ecg, report: Report) -> Ecg:
    """A reconstruction with the R-peaks found in it, of the classes annotated in the original (Q where there is none), and its flutter."""
    table = report.events["beats"]
    table = table[table["status"] != "lost"]
    times = table["time"].to_numpy() + table["shift"].fillna(0.0).to_numpy() / 1000
    order = np.argsort(times, kind="stable")
    classes = table["class"].replace("", "Q").to_numpy().astype("<U1")[order]
    flutter = tuple(report.events["flutter"].itertuples(index=False, name=None))
    return replace(reconstruction, beats=Beats(times[order], classes, flutter))


def severity(status: np.ndarray, shift: np.ndarray, qrs_change: np.ndarray, worst_error: np.ndarray) -> np.ndarray:
    """What "worst first" means: lost and added beats (200 and more), then moved ones (100 and more), then kept ones.

    Within each group the larger of |QRS change| / 10 ms, |shift| / 10 ms and worst error / 0.1 mV, times ten, at most 99.
    """
    group = np.select([np.isin(status, ("lost", "added")), status == "moved"], [200.0, 100.0], 0.0)
    damage = np.fmax(np.fmax(np.abs(qrs_change) / 10, np.abs(shift) / 10), worst_error / 0.1)
    return group + np.minimum(10 * np.nan_to_num(damage), 99)


def _pick(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """values[at], NaN where `at` is negative."""
    out = np.full(len(at), np.nan)
    out[at >= 0] = values[at[at >= 0]]
    return out


def _classes(reference: Ecg, original: Analysis, rebuilt: Analysis, rows: Matches) -> np.ndarray:
    """(B,) annotated class of each beat, "" where no annotated beat is paired with it within 150 ms."""
    named = []
    for peaks in (original.peaks, rebuilt.peaks):
        classes = np.full(len(peaks) + 1, "", dtype="<U1")  # one more, which -1 picks
        if reference.beats is not None:
            pairs = match(reference.beats.times, peaks / reference.rate, TOLERANCE)
            classes[pairs.found] = reference.beats.classes[pairs.reference]
        named.append(classes)
    return np.where(rows.reference < 0, named[1][rows.found], named[0][rows.reference])


def _worst_errors(reference: Ecg, reconstruction: Ecg, peaks: np.ndarray) -> np.ndarray:
    """(B,) mV: largest absolute sample error of each beat on any lead; NaN where all samples are missing."""
    rate, samples = reference.rate, reference.signals.shape[1]
    middle = (peaks[1:] + peaks[:-1] + 1) // 2
    starts = np.maximum(peaks - round(_BEFORE * rate), np.concatenate([[0], middle]))
    ends = np.minimum(peaks + round(_AFTER * rate) + 1, np.concatenate([np.maximum(middle, 1), [samples]]))
    worst = np.full(len(peaks), np.nan)
    for low in range(0, len(peaks), _CHUNK):
        some = slice(low, low + _CHUNK)
        first, last = int(starts[some][0]), int(ends[some][-1])
        error = np.full(last - first + 1, np.nan, np.float32)  # one more, so that every end is an index
        for x, y in zip(reference.signals, reconstruction.signals, strict=True):
            error[:-1] = np.fmax(error[:-1], np.abs(x[first:last] - y[first:last]))
        bounds = np.stack([starts[some], np.maximum(ends[some], starts[some] + 1)], axis=1).ravel() - first
        worst[some] = np.fmax.reduceat(error, np.minimum(bounds, len(error) - 1))[::2]
    return worst
