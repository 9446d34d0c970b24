"""Checkpoints for the fidelity of images and volumes: wavelet coefficients with one step, chosen by rate and distortion, mended."""

from __future__ import annotations

import numpy as np

from vqvae.checkpoint import Checkpoint
from vqvae.codec.choice import Choice
from vqvae.codec.protocol import Coder, Step
from vqvae.families import plane_codes
from vqvae.families.lifting import SLICE_LEVELS
from vqvae.families.mending import BESIDE_GAPS, mended
from vqvae.families.protocol import Template
from vqvae.metrics.rate import bits_per_code
from vqvae.networks.planes import Mender
from vqvae.training.fine_planes import FinePlanesConfig, coarseness

LINEAR = 0.4  # of the time that decoding takes, about
FADING = 1.25  # qualities above the last level within which mending ends: beyond what it learned from, it costs up to 7 dB


class FinePlanes:
    """Quality is -log2 of the step, where the window of intensities is 1: one more halves the step."""

    coders: tuple[str, ...] = ("adaptive",)
    frame = 1 << SLICE_LEVELS
    together = plane_codes.SEGMENT
    beside_gaps = BESIDE_GAPS
    about = (
        "CDF 9/7 wavelet coefficients within and across slices with one step, chosen by rate and distortion, through our adaptive coder; "
        "a network mends the decoded slices, looking at those beside them."
    )

    def __init__(self, checkpoint: Checkpoint) -> None:
        config, model = checkpoint.config, checkpoint.model
        if not isinstance(config, FinePlanesConfig) or not isinstance(model, Mender):
            raise ValueError(f"{checkpoint.name} is not a fine checkpoint of images")
        self._checkpoint, self._config, self._mender = checkpoint, config, model
        self.levels, self.title = len(config.qualities), f"Fine ({checkpoint.name})"
        self.qualities = (config.qualities[0] - 1.5, config.qualities[-1] + 3)

    def quality(self, level: int) -> float:
        """The quality of a level, from the configuration."""
        return self._config.qualities[level - 1]

    def shape(self, quality: float, sides: tuple[int, ...]) -> tuple[int, ...]:
        """Codes (G, X, Y, S / G) of a volume of sides (X, Y, S), in groups of G slices."""
        return plane_codes.shape_of(sides)

    def encode(self, values: np.ndarray, quality: float, chunk: int, progress: Step | None = None) -> Choice:
        """values (1, 1, X, Y, S) -> codes (1, G, X, Y, S / G)."""
        return plane_codes.encode(values[0, 0], quality, self._config.training.trade, chunk, self._checkpoint.states, progress)

    def decode(self, codes: np.ndarray, quality: float, template: Template = None, progress: Step | None = None) -> np.ndarray:
        """codes (1, G, X, Y, T) -> values (1, 1, X, Y, G T) float32; the last slices may be more than there were."""
        linear = plane_codes.decode(codes, quality)
        if progress:
            progress(LINEAR)
        weight = min(1.0, 1.0 - (quality - self._config.qualities[-1]) / FADING)
        if weight <= 0:
            return linear[None, None]
        rest = progress and (lambda share: progress(LINEAR + (1 - LINEAR) * share))
        found = mended(self._mender, linear, coarseness(quality), rest)
        return (found if weight == 1 else linear + np.float32(weight) * (found - linear))[None, None]

    def coder(self, name: str, shape: tuple[int, ...], quality: float) -> Coder:
        """The entropy coder `name` for codes of this shape (1, G, X, Y, T)."""
        if name not in self.coders:
            raise ValueError(f"{self._checkpoint.name} has no coder {name!r}; it has: {', '.join(self.coders)}")
        return plane_codes.coder_of(shape[1:], self._checkpoint.states)

    def fixed_bits(self, codes: np.ndarray) -> int:
        """Bits of the codes when each takes what the largest magnitude of its place in a group needs, sign included."""
        most = np.abs(codes).max(axis=(0, 2, 3, 4), initial=0)
        return sum(bits_per_code(2 * int(m) + 1) for m in most) * codes[0, 0].size

    def usual_rates(self, seconds: float) -> tuple[float, ...]:
        """Bits per pixel: a rule of thumb from brains, where twice the bits halve the step."""
        return tuple(0.1 * 2 ** (0.9 * (quality - 2.0)) for quality in self._config.qualities)
