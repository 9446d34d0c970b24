"""Synthetic ECGs of any length whose beats, wave boundaries and noise are known exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg import morphology, rhythm
from vqvae.modalities.ecg.delineation import Boundaries
from vqvae.modalities.ecg.noise import Noise, noise_block
from vqvae.modalities.ecg.recording import Beats, Ecg

_BLOCK = 1 << 16  # samples made at a time
_LEAD_IN = 0.4  # s before the first QRS


class Gap(NamedTuple):
    """Leads that recorded nothing for a while."""

    leads: tuple[str, ...]
    start: float  # s
    stop: float  # s


@dataclass(frozen=True)
class Scenario:
    """What to synthesise."""

    name: str = "synthetic"
    seconds: float = 60.0
    rate: float = 360.0  # Hz
    leads: tuple[str, ...] = morphology.LEADS
    heart_rate: float = 70.0  # beats/min
    fibrillation: bool = False  # irregular, no P waves, fine oscillation instead
    ventricular: float = 0.0  # share of single ventricular beats
    bigeminy: tuple[float, float] | None = None  # s, from and to: every second beat is ventricular
    noise: Noise | None = None
    gaps: tuple[Gap, ...] = field(default=())

    def __post_init__(self) -> None:
        morphology.from_independent(self.leads)
        if not 25 <= self.heart_rate <= 220:
            raise ValueError(f"heart_rate must lie between 25 and 220 beats/min, got {self.heart_rate}")
        if self.seconds < 2 or self.rate < 100:
            raise ValueError(f"a synthetic ECG needs at least 2 s at 100 Hz, got {self.seconds} s at {self.rate} Hz")
        if not 0 <= self.ventricular <= 0.3:
            raise ValueError(f"the share of single ventricular beats must lie between 0 and 0.3, got {self.ventricular}")

    @property
    def samples(self) -> int:
        """Length in samples."""
        return round(self.seconds * self.rate)


class Synthetic(NamedTuple):
    """A recording and the truth about it."""

    ecg: Ecg  # `beats` are the true R-peaks: the largest deflection of lead II
    clean: np.ndarray  # (C, T) float32, mV: no noise, no gaps
    boundaries: Boundaries  # of every beat, the same in all leads; NaN where there is no P or the recording ends earlier


class Heart(NamedTuple):
    """One synthetic heart: everything that chance decided, so that any stretch can be drawn on its own."""

    scenario: Scenario
    beats: rhythm.Schedule
    boundaries: Boundaries
    f_waves: np.ndarray  # (8,) phases of the fibrillation


def synthesise(scenario: Scenario | None = None, seed: int = 0) -> Synthetic:
    """Make the recording described by `scenario`, the same for the same `seed`.

    Works block by block: apart from the result no more than a few MB are held, so a day of two leads can be made.
    """
    scenario = scenario or Scenario()
    heart = make_heart(scenario, seed)
    clean = np.empty((len(scenario.leads), scenario.samples), np.float32)
    for start, stop in _blocks(scenario.samples):
        clean[:, start:stop] = draw(heart, start, stop)
    signals = _add_noise(clean, scenario, seed) if scenario.noise or scenario.gaps else clean
    for gap in scenario.gaps:
        for lead in gap.leads:
            if lead in scenario.leads:
                signals[scenario.leads.index(lead), round(gap.start * scenario.rate) : round(gap.stop * scenario.rate)] = np.nan
    beats = _beats(heart)
    inside = Boundaries(*(np.where((marks >= 0) & (marks < scenario.seconds), marks, np.nan) for marks in heart.boundaries))
    return Synthetic(Ecg(signals, scenario.rate, scenario.leads, scenario.name, beats=beats), clean, inside)


def make_heart(scenario: Scenario, seed: int) -> Heart:
    """Decide when the heart beats and how each beat looks."""
    rng = np.random.default_rng([seed, 1])
    make = rhythm.fibrillation if scenario.fibrillation else rhythm.sinus
    intervals = make(scenario.seconds, scenario.heart_rate, rng)
    run = None
    if scenario.bigeminy is not None:
        first, last = np.searchsorted(np.cumsum(intervals), scenario.bigeminy)
        run = (int(first), int(last))
    ectopic = rhythm.pick_ectopic(len(intervals), scenario.ventricular, run, rng)
    beats = rhythm.schedule(intervals, ectopic, _LEAD_IN, scenario.seconds, rng)
    return Heart(scenario, beats, _boundaries(beats, scenario.fibrillation), rng.uniform(0, 2 * np.pi, 8))


def _boundaries(beats: rhythm.Schedule, fibrillation: bool) -> Boundaries:
    """Where the waves of each beat begin and end, by construction."""
    length = np.where(beats.ventricular, morphology.qrs_length(morphology.VENTRICULAR), morphology.qrs_length(morphology.NORMAL))
    qt = rhythm.QT_CORRECTED * np.cbrt(beats.pace) + np.where(beats.ventricular, 0.06, 0.0)  # Fridericia 1920
    no_p = beats.ventricular | fibrillation
    p_on = np.where(no_p, np.nan, beats.qrs_on - rhythm.PR_INTERVAL * beats.pace**0.25)
    return Boundaries(p_on, p_on + morphology.p_length(morphology.NORMAL), beats.qrs_on, beats.qrs_on + length, beats.qrs_on + qt)


def _beats(heart: Heart) -> Beats:
    offset = np.where(heart.beats.ventricular, morphology.r_peak(morphology.VENTRICULAR), morphology.r_peak(morphology.NORMAL))
    return Beats(heart.beats.qrs_on + offset, np.where(heart.beats.ventricular, "V", "N"))


def draw(heart: Heart, start: int, stop: int) -> np.ndarray:
    """Samples `start`…`stop` of the clean recording, (C, stop - start) float32 mV; any split gives the same samples."""
    rate = heart.scenario.rate
    vector = np.zeros((3, stop - start))
    near = (heart.beats.qrs_on > start / rate - 1.0) & (heart.beats.qrs_on < stop / rate + 1.0)
    for ventricular, bumps in ((False, morphology.NORMAL), (True, morphology.VENTRICULAR)):
        chosen = np.flatnonzero(near & (heart.beats.ventricular == ventricular))
        for bump in bumps:
            vector += np.outer(bump.vector, _train(heart, bump, chosen, start, stop))
    leads = morphology.from_independent(heart.scenario.leads) @ morphology.DOWER
    t = np.arange(start, stop) / rate
    if heart.scenario.fibrillation:
        vector += np.outer((0.03, 0.055, -0.05), _f_waves(t, heart.f_waves))
    return (leads @ vector).astype(np.float32)


def _train(heart: Heart, bump: morphology.Bump, chosen: np.ndarray, start: int, stop: int) -> np.ndarray:
    """One kind of bump in all of the `chosen` beats, (stop - start,)."""
    rate = heart.scenario.rate
    p_on, _, qrs_on, qrs_off, t_off = (marks[chosen] for marks in heart.boundaries)
    anchor = {"p": p_on, "qrs": qrs_on, "t": qrs_off}[bump.wave]
    unit = t_off - qrs_off if bump.wave == "t" else np.ones(len(chosen))
    present = np.isfinite(anchor)
    chosen, anchor, unit = chosen[present], anchor[present], unit[present]
    begin, peak, end = (anchor + unit * moment for moment in (bump.begin, bump.peak, bump.end))
    first = np.floor(begin * rate).astype(np.int64)
    width = int(np.ceil((end - begin).max() * rate)) + 2 if len(chosen) else 0
    places = first[:, None] + np.arange(width)
    values = morphology.profile(places / rate, begin[:, None], peak[:, None], end[:, None]) * heart.beats.strength[chosen, None]
    inside = (places >= start) & (places < stop)
    return np.bincount(places[inside] - start, values[inside], minlength=stop - start)


def _f_waves(t: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Fibrillation of the atria: a wandering saw-tooth at 6 Hz that waxes and wanes, amplitude about 1."""
    turn = 2 * np.pi * 6.1 * t + 1.1 * np.sin(2 * np.pi * 0.31 * t + phases[0]) + 0.7 * np.sin(2 * np.pi * 0.83 * t + phases[1])
    size = 1 + 0.3 * np.sin(2 * np.pi * 0.17 * t + phases[2]) + 0.2 * np.sin(2 * np.pi * 0.47 * t + phases[3])
    return size * (np.sin(turn) - 0.35 * np.sin(2 * turn + 0.4) + 0.12 * np.sin(3 * turn))


def _add_noise(clean: np.ndarray, scenario: Scenario, seed: int) -> np.ndarray:
    """A noisy copy: one factor for all leads makes the ratio of the whole recording exactly what was asked for."""
    if scenario.noise is None:
        return clean.copy()
    signals = np.empty_like(clean)
    derive = morphology.from_independent(scenario.leads)
    power = 0.0
    for start, stop in _blocks(scenario.samples):
        block = noise_block(scenario.noise, scenario.rate, scenario.seconds, start, stop, np.any(derive, axis=0), seed)
        signals[:, start:stop] = derive @ block
        power += float(np.square(signals[:, start:stop], dtype=np.float64).sum())
    factor = np.float32(np.sqrt(_power(clean) / power / 10 ** (scenario.noise.snr / 10)))
    for start, stop in _blocks(scenario.samples):
        signals[:, start:stop] = clean[:, start:stop] + factor * signals[:, start:stop]
    return signals


def _power(signals: np.ndarray) -> float:
    """Energy of (C, T), each lead's mean removed, in double precision without a second copy."""
    energy, total = 0.0, np.zeros(len(signals))
    for start, stop in _blocks(signals.shape[1]):
        block = signals[:, start:stop].astype(np.float64)
        energy += float(np.square(block).sum())
        total += block.sum(axis=1)
    return energy - float(np.square(total).sum()) / signals.shape[1]


def _blocks(samples: int) -> Iterator[tuple[int, int]]:
    for start in range(0, samples, _BLOCK):
        yield start, min(start + _BLOCK, samples)
