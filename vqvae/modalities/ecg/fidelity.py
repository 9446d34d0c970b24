"""How far the reconstruction lies from the original, sample by sample and lead by lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.recording import Ecg

_BLOCK = 1 << 18  # samples worked on at a time


class Fidelity(NamedTuple):
    """One value per lead (C,), over the samples present in both recordings; NaN where a lead has no answer."""

    prdn: np.ndarray  # %, 100 ‖x − x̂‖ / ‖x − mean(x)‖
    prd: np.ndarray  # %, 100 ‖x − x̂‖ / ‖x‖, on the mV values as stored
    snr: np.ndarray  # dB, -20 log10(PRDN / 100); infinite when nothing was lost
    max_error: np.ndarray  # mV
    gaps: np.ndarray  # %, samples missing in either


class _Sums(NamedTuple):
    samples: int
    mean: float
    power: float  # Σ x²
    error: float  # Σ (x − x̂)²
    worst: float  # max |x − x̂|


def fidelity(reference: Ecg, reconstruction: Ecg) -> Fidelity:
    """Compare every lead; memory does not grow with length."""
    rows = [_lead(x, y) for x, y in zip(reference.signals, reconstruction.signals, strict=True)]
    return Fidelity(*np.array(rows, np.float64).reshape(-1, 5).T)


def _lead(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float, float]:
    sums = _sums(x, y)
    spread = sum(float(np.sum((block - sums.mean) ** 2)) for block, _ in _valid(x, y))
    # a flat lead may differ from its own mean by rounding alone
    prdn = _percent(sums.error, spread if spread > 1e-12 * sums.power else 0.0)
    with np.errstate(divide="ignore"):
        snr = float(-20 * np.log10(prdn / 100))
    gaps = 100 * (1 - sums.samples / len(x)) if len(x) else float("nan")
    return prdn, _percent(sums.error, sums.power), snr, sums.worst if sums.samples else float("nan"), gaps


def _percent(error: float, power: float) -> float:
    return float(100 * np.sqrt(error / power)) if power > 0 else float("nan")


def _valid(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Blocks of the samples that are finite in both, in float64."""
    for start in range(0, len(x), _BLOCK):
        a, b = x[start : start + _BLOCK], y[start : start + _BLOCK]
        both = np.isfinite(a) & np.isfinite(b)
        yield a[both].astype(np.float64), b[both].astype(np.float64)


def _sums(x: np.ndarray, y: np.ndarray) -> _Sums:
    count, total, power, error, worst = 0, 0.0, 0.0, 0.0, 0.0
    for a, b in _valid(x, y):
        if len(a):
            difference = a - b
            count += len(a)
            total += float(a.sum())
            power += float(a @ a)
            error += float(difference @ difference)
            worst = max(worst, float(np.abs(difference).max()))
    return _Sums(count, total / max(count, 1), power, error, worst)
