"""NeuroKit's delineators (Makowski et al. 2021, doi 10.3758/s13428-020-01516-y) behind our contract, to be measured beside ours."""

from __future__ import annotations

import warnings

import numpy as np

from vqvae.modalities.ecg.delineation import Boundaries, Delineator

METHODS = ("dwt", "cwt", "peak", "prominence")
"""NeuroKit's methods; `peak` answers P onset and T end only."""

_NAMES = Boundaries("ECG_P_Onsets", "ECG_P_Offsets", "ECG_R_Onsets", "ECG_R_Offsets", "ECG_T_Offsets")  # type: ignore[arg-type]


def neurokit_delineator(method: str) -> Delineator:
    """One of NeuroKit's methods as a `Delineator`; ValueError for a name it does not have."""
    if method not in METHODS:
        raise ValueError(f"NeuroKit delineates by one of {', '.join(METHODS)}, not {method!r}")

    def delineate(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
        import neurokit2

        nothing = np.full(len(peaks), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cleaned = neurokit2.ecg_clean(lead, sampling_rate=round(rate))
            try:
                _, waves = neurokit2.ecg_delineate(cleaned, peaks, sampling_rate=round(rate), method=method)
            except (ZeroDivisionError, IndexError, TypeError, ValueError):  # what it raises on signals it cannot read
                return Boundaries(nothing, nothing, nothing, nothing, nothing)
        return Boundaries(*(_per_beat(waves.get(name, []), peaks, before) / rate for name, before in zip(_NAMES, (1, 1, 1, 0, 0), strict=True)))

    return delineate


def _per_beat(events: object, peaks: np.ndarray, before: int) -> np.ndarray:
    """Of all events the one nearest to each R-peak on its side and not past the neighbouring R-peak; NeuroKit's lists may be ragged."""
    found = np.asarray(events, dtype=np.float64)
    found = np.sort(found[~np.isnan(found)])
    at = np.searchsorted(found, peaks)
    if before:
        chosen = np.where(at > 0, found[np.maximum(at - 1, 0)] if len(found) else np.nan, np.nan)
        limit = np.concatenate([[-np.inf], peaks[:-1]])
        return np.where(chosen > limit, chosen, np.nan)
    chosen = np.where(at < len(found), found[np.minimum(at, len(found) - 1)] if len(found) else np.nan, np.nan)
    limit = np.concatenate([peaks[1:], [np.inf]])
    return np.where(chosen < limit, chosen, np.nan)
