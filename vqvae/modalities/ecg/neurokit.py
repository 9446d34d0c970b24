"""NeuroKit's delineators (Makowski et al. 2021, doi 10.3758/s13428-020-01516-y) behind our contract, to be measured beside ours."""

from __future__ import annotations

import warnings

import numpy as np

from vqvae.modalities.ecg.delineation import Boundaries, Delineator

METHODS = ("dwt", "cwt", "peak", "prominence")
"""NeuroKit's methods; `peak` answers P onset and T end only."""

_EVENTS = ("ECG_P_Onsets", "ECG_P_Offsets", "ECG_R_Onsets", "ECG_R_Offsets", "ECG_T_Offsets")


def neurokit_delineator(method: str, clean: bool = True) -> Delineator:
    """One of NeuroKit's methods as a `Delineator`.

    Args:
        method: one of `METHODS`.
        clean: filter with NeuroKit's `ecg_clean` first, as its manual asks; its wavelet methods place QRS onsets better without.

    Raises:
        ValueError: a method NeuroKit does not have.
    """
    if method not in METHODS:
        raise ValueError(f"NeuroKit delineates by one of {', '.join(METHODS)}, not {method!r}")

    def delineate(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
        import neurokit2

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            signal = neurokit2.ecg_clean(lead, sampling_rate=round(rate)) if clean else lead
            try:
                _, waves = neurokit2.ecg_delineate(signal, peaks, sampling_rate=round(rate), method=method)
            except (ZeroDivisionError, IndexError, TypeError, ValueError):  # what it raises on signals it cannot read
                waves = {}
        events = [np.asarray(waves.get(name, []), dtype=np.float64) for name in _EVENTS]
        found = [_before(event, peaks) for event in events[:3]] + [_after(event, peaks) for event in events[3:]]
        return Boundaries(*(samples / rate for samples in found))

    return delineate


def _before(events: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """The last event between the previous R-peak and each R-peak (B,), NaN where there is none; NeuroKit's lists may be ragged."""
    ordered = np.concatenate([[-np.inf], np.sort(events[~np.isnan(events)])])
    chosen = ordered[np.searchsorted(ordered, peaks) - 1]
    return np.where(chosen > np.concatenate([[-1], peaks[:-1]]), chosen, np.nan)


def _after(events: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """The first event between each R-peak and the next (B,), NaN where there is none."""
    ordered = np.concatenate([np.sort(events[~np.isnan(events)]), [np.inf]])
    chosen = ordered[np.searchsorted(ordered, peaks, side="right")]
    return np.where((chosen < np.concatenate([peaks[1:], [np.inf]])) & np.isfinite(chosen), chosen, np.nan)
