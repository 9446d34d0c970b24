"""Noise on request, at a signal-to-noise ratio that is exact: the same recording as if the patient had moved or the cable hummed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from vqvae.modalities.ecg.noise import Noise, noise_block
from vqvae.modalities.ecg.recording import Ecg

KINDS = {  # kind -> what it is, in one sentence
    "baseline wander": "Slow waves between 0.05 and 0.4 Hz, from breathing and from the skin under the electrode.",
    "muscle": "Noise above 20 Hz that comes and goes, from tensed muscles.",
    "electrode motion": "A quick shift that settles over a second, about every 12 s, from an electrode that is pulled.",
    "mains": "Hum of the mains at 50 Hz with its third harmonic.",
}
_SHARE = dict(zip(KINDS, ("wander", "muscle", "motion", "mains"), strict=True))  # the field of Noise that holds the share of a kind
_SLOWEST = {"muscle": 40.0, "mains": 100.0}  # Hz; a recording at this rate or below has no room for such noise
_BLOCK = 1 << 16  # samples made at a time


@dataclass(frozen=True)
class Disturbance:
    """Which noise, how much of it, and which of the many such noises."""

    kinds: tuple[str, ...]  # of KINDS; several count alike
    snr: float  # dB: power of the lead around its own mean over the power of the noise, the same on every lead
    seed: int = 0

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown or not self.kinds:
            raise ValueError(f"there is no noise called {', '.join(unknown) or '(none was named)'}; there are: {', '.join(KINDS)}")
        if not math.isfinite(self.snr):
            raise ValueError(f"the signal-to-noise ratio must be a number in dB, got {self.snr}")
        if self.seed < 0:
            raise ValueError(f"the seed of the noise must be 0 or more, got {self.seed}")

    def __str__(self) -> str:
        return f"{' and '.join(self.kinds)} at {self.snr:g} dB, seed {self.seed}"


def disturbed(recording: Ecg, noise: str, seed: int = 0) -> Ecg:
    """The recording with noise; noise: "muscle:12" for 12 dB, "muscle+mains:12" for both.  ValueError for any other words."""
    kinds, _, level = noise.rpartition(":")
    try:
        decibels = float(level)
    except ValueError as error:
        raise ValueError(f"--noise {noise!r} is not KIND:DB, as in muscle:12") from error
    return disturb(recording, Disturbance(tuple(filter(None, kinds.split("+"))), decibels, seed))


def disturb(recording: Ecg, disturbance: Disturbance) -> Ecg:
    """`recording` (C, T) with noise on every lead: the same for the same seed, gaps stay gaps, a flat lead stays flat.

    The noise has mean 0 and is independent from lead to lead.  ValueError when the recording cannot hold such noise.
    """
    for kind in disturbance.kinds:
        if recording.rate <= _SLOWEST.get(kind, 0.0):
            raise ValueError(f"{kind} noise is too fast for a recording at {recording.rate:g} Hz: it takes more than {_SLOWEST[kind]:g} Hz")
    signals = np.array(recording.signals, np.float32)
    for lead, signal in enumerate(signals):
        present = np.isfinite(signal)
        clean = signal[present].astype(np.float64)
        power = float(clean.var()) if len(clean) else 0.0
        if power > 1e-12 * float(np.square(clean).mean() if len(clean) else 0.0):  # else flat but for rounding
            noise = _noise(recording, disturbance, lead)[present]
            signal[present] = clean + _scaled(noise, power, disturbance, recording.leads[lead])
    note = f"Noise was added to every lead: {disturbance}."
    return replace(recording, signals=signals, notes=(*recording.notes, note))


def _noise(recording: Ecg, disturbance: Disturbance, lead: int) -> np.ndarray:
    """(T,) noise of one lead, of any power."""
    shares = {share: float(kind in disturbance.kinds) for kind, share in _SHARE.items()}
    noise = Noise(disturbance.snr, **shares)
    count = recording.signals.shape[1]
    wanted = np.arange(lead + 1) == lead
    starts = range(0, count, _BLOCK)
    blocks = [
        noise_block(noise, recording.rate, recording.seconds, start, min(start + _BLOCK, count), wanted, disturbance.seed)[lead]
        for start in starts
    ]
    return np.concatenate(blocks)


def _scaled(noise: np.ndarray, power: float, disturbance: Disturbance, lead: str) -> np.ndarray:
    """`noise` (T,) with mean 0 and the power that the ratio asks for."""
    noise = noise - noise.mean()
    energy = float(np.square(noise).mean())
    if not energy:
        raise ValueError(f"{disturbance} misses everything that lead {lead} recorded: take another seed")
    return noise * np.sqrt(power / energy / 10 ** (disturbance.snr / 10))
