"""What disturbs an ECG: the drift of the baseline, muscles, the mains, and electrodes that move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_TILE = 4096  # white noise is drawn in tiles of this many samples, so that any stretch can be had on its own
_MUSCLE_TAPS = 61


@dataclass(frozen=True)
class Noise:
    """How much noise, and the share of each kind (RMS, relative to each other)."""

    snr: float  # dB: power of the clean recording (mean removed) over power of the noise, all leads together
    wander: float = 1.0
    muscle: float = 0.4
    mains: float = 0.3
    motion: float = 0.8
    mains_frequency: float = 50.0  # Hz


def noise_block(noise: Noise, rate: float, seconds: float, start: int, stop: int, wanted: np.ndarray, seed: int) -> np.ndarray:
    """Samples `start`…`stop` of the noise on each independent lead, (8, stop - start), zero where not `wanted`.

    Any split gives the same samples.  Each kind has about the RMS that its share says; the caller scales the sum.
    """
    t = np.arange(start, stop) / rate
    out = np.zeros((len(wanted), stop - start))
    for lead in np.flatnonzero(wanted):
        rng = np.random.default_rng([seed, 2, int(lead)])
        out[lead] = noise.wander * _wander(t, rng) + noise.mains * _mains(t, noise.mains_frequency, rng)
        out[lead] += noise.muscle * _muscle(rate, start, stop, [seed, 3, int(lead)])
        out[lead] += noise.motion * _motion(t, seconds, rng)
    return out


def _wander(t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Breath and skin: slow waves between 0.05 and 0.4 Hz, RMS 1."""
    frequencies = np.array([0.05, 0.11, 0.19, 0.25, 0.38]) * rng.uniform(0.9, 1.1, 5)
    sizes, phases = np.array([1.0, 0.7, 0.5, 0.8, 0.25]), rng.uniform(0, 2 * np.pi, 5)
    waves = sum(size * np.sin(2 * np.pi * f * t + phase) for size, f, phase in zip(sizes, frequencies, phases, strict=True))
    return waves / np.sqrt(0.5 * np.square(sizes).sum())


def _mains(t: np.ndarray, frequency: float, rng: np.random.Generator) -> np.ndarray:
    """The mains and its third harmonic, swelling slowly, RMS about 1."""
    phases = rng.uniform(0, 2 * np.pi, 3)
    swell = 1 + 0.3 * np.sin(2 * np.pi * 0.07 * t + phases[0])
    return 1.35 * swell * (np.sin(2 * np.pi * frequency * t + phases[1]) + 0.15 * np.sin(6 * np.pi * frequency * t + phases[2]))


def _muscle(rate: float, start: int, stop: int, seed: list[int]) -> np.ndarray:
    """White noise above 20 Hz that comes and goes, RMS about 1."""
    half = _MUSCLE_TAPS // 2
    t = np.arange(-half, half + 1) / rate
    low = np.sinc(40 * t) * np.hamming(_MUSCLE_TAPS)
    kernel = -low / low.sum()
    kernel[half] += 1
    first = start - half
    tiles = range(first // _TILE, (stop + half - 1) // _TILE + 1)
    white = np.concatenate([np.random.default_rng([*seed, tile + 1]).standard_normal(_TILE) for tile in tiles])
    white = white[first - tiles[0] * _TILE :][: stop - start + 2 * half]
    burst = 1 + 0.5 * np.sin(2 * np.pi * 0.043 * np.arange(start, stop) / rate + seed[-1])
    return burst * np.convolve(white, kernel / np.sqrt(np.square(kernel).sum()), "valid") / 1.06


def _motion(t: np.ndarray, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """An electrode pulled at random moments, about every 12 s: a quick shift that settles over a second, RMS about 1."""
    count = max(1, round(seconds / 12))
    times = np.sort(rng.uniform(0, seconds, count))
    sizes, settle = rng.choice([-1.0, 1.0], count) * rng.uniform(2.5, 5, count), rng.uniform(0.3, 0.9, count)
    out = np.zeros(len(t))
    near_by = (times < t[-1]) & (times + 12 * settle > t[0])
    for time, size, decay in zip(times[near_by], sizes[near_by], settle[near_by], strict=True):
        near = slice(*np.searchsorted(t, [time, time + 12 * decay]))
        since = t[near] - time
        out[near] += size * (1 - np.exp(-since / 0.04)) * np.exp(-since / decay)
    return out
