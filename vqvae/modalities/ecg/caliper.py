"""Measuring with the eye: what lies between two points of a recording, and the mean beat of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqvae.modalities.ecg.recording import Ecg

if TYPE_CHECKING:
    import pandas as pd

BEFORE, AFTER = 0.35, 0.55  # s around the R-peak that an average beat shows
AT_MOST = 1000  # beats averaged per class, spread evenly over the recording


class Caliper(NamedTuple):
    """Two points in time that are measured against each other."""

    start: float  # s
    stop: float  # s


class Average(NamedTuple):
    """The mean beat of a class in one signal."""

    times: np.ndarray  # (T,) s from the R-peak
    mean: np.ndarray  # (T,) mV
    spread: np.ndarray  # (T,) mV, one standard deviation
    beats: int  # beats averaged


def measure(reference: Ecg, reconstruction: Ecg, lead: int, caliper: Caliper) -> pd.DataFrame:
    """One row per signal: mV at both legs, the difference between them, and the range of values in between; NaN in a gap."""
    import pandas as pd

    ends = np.rint(np.array(sorted(caliper)) * reference.rate).astype(int).clip(0, reference.signals.shape[1] - 1)
    rows = []
    for name, recording in (("Original", reference), ("Reconstruction", reconstruction)):
        between = recording.signals[lead, ends[0] : ends[1] + 1]
        first, last = float(between[0]), float(between[-1])
        known = between[np.isfinite(between)]
        rows.append((name, first, last, last - first, float(np.ptp(known)) if len(known) else float("nan")))
    return pd.DataFrame(rows, columns=["signal", "first", "second", "difference", "range"])


def average(recording: Ecg, lead: int, times: np.ndarray) -> Average | None:
    """The mean of the beats at `times` (B,) s on one lead; None when no beat lies whole and without a gap in the recording."""
    rate = recording.rate
    offsets = np.arange(-round(BEFORE * rate), round(AFTER * rate) + 1)
    some = times[np.linspace(0, len(times) - 1, min(len(times), AT_MOST)).astype(int)]
    at = np.rint(some * rate).astype(int)[:, None] + offsets
    at = at[(at[:, 0] >= 0) & (at[:, -1] < recording.signals.shape[1])]
    beats = recording.signals[lead][at].astype(np.float64)
    beats = beats[np.isfinite(beats).all(axis=1)]
    return Average(offsets / rate, beats.mean(axis=0), beats.std(axis=0), len(beats)) if len(beats) else None
