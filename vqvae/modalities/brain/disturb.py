"""Noise on request, in the words of the command line."""

from __future__ import annotations

from dataclasses import replace

from vqvae.modalities.brain.noise import with_noise
from vqvae.modalities.brain.recording import Volume

KIND = "rician"


def disturbed(recording: Volume, noise: str, seed: int = 0) -> Volume:
    """The image with noise; noise: "rician:5" for a standard deviation of 5 % of the window.  ValueError for any other words."""
    kind, _, percent = noise.rpartition(":")
    try:
        amount = float(percent)
    except ValueError:
        amount = -1.0
    if kind != KIND or not 0 < amount <= 100:
        raise ValueError(f"--noise {noise!r} is not {KIND}:PERCENT of the window, as in {KIND}:5")
    said = f"Rician noise of {amount:g} % of the window was added, seed {seed}."
    return replace(with_noise(recording, amount, seed), said=(*recording.said, said))
