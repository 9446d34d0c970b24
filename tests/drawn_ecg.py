"""ECGs drawn from bells at known places, of which every score can be worked out by hand."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.ecg.delineation import Boundaries
from vqvae.modalities.ecg.recording import Beats, Ecg
from vqvae.modalities.protocol import Report

RATE = 500.0
TIMES = np.arange(1.0, 39.5, 0.8) + 0.02 * np.sin(np.arange(49))
WAVES = ((-0.16, 0.12, 0.02), (0.0, 1.0, 0.012), (0.28, 0.3, 0.04))  # s, mV, s: P, R, T


def drawn(times: np.ndarray, waves: tuple[tuple[float, float, float], ...] = WAVES, seconds: float = 40.0) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    x = sum((h * np.exp(-0.5 * ((t[:, None] - times - d) / w) ** 2)).sum(axis=1) for d, h, w in waves)
    return np.asarray(x, np.float32)


def ecg(*signals: np.ndarray, beats: Beats | None = None, rate: float = RATE) -> Ecg:
    names = ("II", "V1", "V5", "aVR")[: len(signals)]
    return Ecg(np.stack(signals).astype(np.float32), rate, names, beats=beats)


def normal(beats: Beats | None = None) -> Ecg:
    x = drawn(TIMES)
    return ecg(x, -0.5 * x + 0.3, beats=beats)


def moved_by(seconds: float) -> Ecg:
    x = drawn(TIMES + seconds)
    return ecg(x, -0.5 * x + 0.3)


def delineate(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
    t = peaks / rate
    return Boundaries(t - 0.2, t - 0.1, t - 0.04, t + 0.05, t + 0.4)


def only_in(recording: Ecg, **shifts: float):
    """A delineator that answers as `delineate`, except on `recording`, where boundaries are shifted (s)."""

    def answer(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
        plain = delineate(lead, rate, peaks)
        if not np.shares_memory(lead, recording.signals):
            return plain
        return plain._replace(**{name: getattr(plain, name) + shift for name, shift in shifts.items()})

    return answer


def values(report: Report) -> dict[str, float]:
    return {score.name: score.value for score in report.scores}


def edited(drop: tuple[int, ...] = (), add: tuple[float, ...] = ()) -> Ecg:
    x = drawn(np.sort(np.concatenate([np.delete(TIMES, drop), add])))
    return ecg(x, -0.5 * x + 0.3)


def edited_times(times: np.ndarray) -> Ecg:
    x = drawn(times)
    return ecg(x, -0.5 * x + 0.3)
