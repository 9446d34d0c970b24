"""What is measured at every beat: wave boundaries, intervals and ST level, on one lead."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.delineation import Boundaries, Delineator
from vqvae.modalities.ecg.detection import find_r_peaks
from vqvae.modalities.ecg.recording import Ecg

_ST_DELAY = 0.060  # s after the J point
_PQ_LENGTH = 0.016  # s before QRS onset that define the isoelectric level
_ST_LENGTH = 0.008  # s averaged around J + 60 ms
_QUALITY_BEATS = 300
_GAP = 0.2  # s without any lead that make an RR interval unknown


class Analysis(NamedTuple):
    """Everything measured on one recording; computed once for an original and used again when the level changes."""

    peaks: np.ndarray  # (B,) int64 sample indices of the R-peaks
    rr: np.ndarray  # (B,) float64 s, from the beat before; NaN at the first beat and across gaps
    lead: int  # the lead that is measured
    boundaries: Boundaries  # of B beats on that lead, s
    st: np.ndarray  # (B,) float64 mV, level 60 ms after the J point over the level just before QRS onset

    @property
    def qrs(self) -> np.ndarray:
        """(B,) QRS duration in s."""
        return self.boundaries.qrs_off - self.boundaries.qrs_on

    @property
    def pr(self) -> np.ndarray:
        """(B,) PR interval in s, P onset to QRS onset."""
        return self.boundaries.qrs_on - self.boundaries.p_on

    @property
    def qt(self) -> np.ndarray:
        """(B,) QT interval in s, QRS onset to T end."""
        return self.boundaries.t_off - self.boundaries.qrs_on

    @property
    def qtc(self) -> np.ndarray:
        """(B,) QT interval in s corrected for the RR interval before it (Bazett: QT / sqrt(RR))."""
        return self.qt / np.sqrt(self.rr)


def analyse(recording: Ecg, lead: str | int | None = None, delineate: Delineator | None = None) -> Analysis:
    """Find the beats on all leads and measure them on `lead` (a name or index; None for the clearest one).

    Without `delineate` there are no boundaries (NaN).  ValueError for a lead that the recording does not have.
    """
    peaks = find_r_peaks(recording.signals, recording.rate)
    index = lead_index(recording, lead) if lead is not None else clearest_lead(recording, peaks)
    if delineate is None or not len(peaks):
        boundaries = Boundaries(*(np.full(len(peaks), np.nan) for _ in Boundaries._fields))
    else:
        boundaries = delineate(recording.signals[index], recording.rate, peaks)
    return Analysis(peaks, rr_intervals(recording, peaks), index, boundaries, _st_level(recording, index, boundaries))


def lead_index(recording: Ecg, lead: str | int) -> int:
    """Position of a lead; ValueError when the recording has none of that name."""
    if isinstance(lead, int):
        return lead
    if lead not in recording.leads:
        raise ValueError(f"there is no lead {lead!r}; this recording has {', '.join(recording.leads)}")
    return recording.leads.index(lead)


def clearest_lead(recording: Ecg, peaks: np.ndarray | None = None) -> int:
    """The lead whose QRS complexes stand out most, as an index.

    Their median peak-to-peak height within 60 ms of the R-peak is divided by the mean change from sample to sample elsewhere, over at most
    300 beats spread over the recording; of equals lead II is taken, else the first.  Without `peaks` (B,) the beats are found first.
    """
    peaks = find_r_peaks(recording.signals, recording.rate) if peaks is None else peaks
    some = peaks[np.linspace(0, len(peaks) - 1, min(len(peaks), _QUALITY_BEATS)).astype(int)] if len(peaks) else peaks
    best, best_value = 0, (-1.0, False)
    for index, (name, signal) in enumerate(zip(recording.leads, recording.signals, strict=True)):
        value = (_clarity(signal, recording.rate, some), name.upper() in ("II", "MLII"))
        if value > best_value:
            best, best_value = index, value
    return best


def _clarity(signal: np.ndarray, rate: float, peaks: np.ndarray) -> float:
    near, far = max(1, round(0.06 * rate)), round(0.3 * rate)
    offsets = np.arange(-far, far + 1)
    at = peaks[:, None] + offsets
    rows = np.where((at >= 0) & (at < len(signal)), signal[np.clip(at, 0, len(signal) - 1)], np.nan)
    rows = rows[np.isfinite(rows).all(axis=1)].astype(np.float64)
    if not len(rows):
        return 0.0
    qrs = np.abs(offsets) <= near
    height = np.median(np.ptp(rows[:, qrs], axis=1))
    rest = np.abs(np.diff(rows, axis=1))[:, ~qrs[1:]].mean()
    return float(height / rest) if rest > 0 else 0.0


def rr_intervals(recording: Ecg, peaks: np.ndarray) -> np.ndarray:
    """(B,) s from the beat before; NaN at the first beat and where no lead was recorded for more than 0.2 s in between."""
    rr = np.full(len(peaks), np.nan)
    rr[1:] = np.diff(peaks) / recording.rate
    missing = np.ones(recording.signals.shape[1], bool)
    for signal in recording.signals:
        missing &= np.isnan(signal)
    edges = np.flatnonzero(np.diff(missing, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    long = starts[ends - starts > _GAP * recording.rate]
    after = np.searchsorted(peaks, long)
    rr[after[after < len(peaks)]] = np.nan
    return rr


def _st_level(recording: Ecg, lead: int, boundaries: Boundaries) -> np.ndarray:
    """(B,) mV: mean around J + 60 ms minus mean just before QRS onset."""
    onset, end = boundaries.qrs_on, boundaries.qrs_off
    signal, rate = recording.signals[lead], recording.rate
    return _mean(signal, rate, end + _ST_DELAY, _ST_LENGTH) - _mean(signal, rate, onset - _PQ_LENGTH / 2, _PQ_LENGTH)


def _mean(signal: np.ndarray, rate: float, centres: np.ndarray, length: float) -> np.ndarray:
    """Mean of the signal over `length` s around each centre (s); NaN where a sample is missing or the centre is unknown."""
    half = round(length * rate / 2)
    answered = np.isfinite(centres)
    at = np.rint(np.where(answered, centres, 0) * rate).astype(np.int64)[:, None] + np.arange(-half, half + 1)
    inside = answered & (at[:, 0] >= 0) & (at[:, -1] < len(signal))
    means = signal[np.clip(at, 0, max(len(signal) - 1, 0))].astype(np.float64).mean(axis=1) if len(signal) else np.full(len(at), np.nan)
    return np.where(inside, means, np.nan)
