"""The wavelet codec for images and volumes, twice: with the textbook's entropy coder, and with the adaptive one of our own checkpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from vqvae.baselines.coders import textbook
from vqvae.baselines.scalar import quantise, require_shape
from vqvae.codec.protocol import Coder
from vqvae.codec.state import State
from vqvae.families import plane_codes
from vqvae.families.plane_descriptions import PLANE_BANDS, bands, slice_band

DEAD = 0.6  # steps below which a coefficient becomes 0; chosen on training slices and volumes at 0.14 and 0.56 bit/pixel


class PlaneWavelet:
    """The transform of our own fine checkpoint: CDF 9/7 in 5 levels within slices and up to 3 across, one step, a dead zone.

    Quality is -log2 of the step, where the window of intensities is 1.
    """

    modality = "brain"
    name = "plane-wavelet"
    title = "Wavelet, order-0 coder"
    about = (
        f"CDF 9/7 wavelet within and, in volumes, across slices; coefficients below {DEAD:g} steps are dropped, the others rounded with "
        "one step; order-0 adaptive arithmetic coder, one set of probabilities per band: what a textbook does."
    )
    qualities = (-1.0, 9.0)
    together = plane_codes.SEGMENT

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (1, 1, X, Y, S) -> codes (1, G, X, Y, S / G) int32, in groups of G slices."""
        return quantise(plane_codes.in_steps(values[0, 0], quality), 1.0, DEAD)[None]

    def shape(self, quality: float, *sides: int) -> tuple[int, ...]:
        """Codes (G, X, Y, S / G) of a volume of sides (X, Y, S)."""
        return plane_codes.shape_of(sides)

    def decode(self, codes: np.ndarray, quality: float, *sides: int) -> np.ndarray:
        """codes (1, G, X, Y, S / G) -> values (1, 1, X, Y, S) float32; ValueError when they do not fit."""
        require_shape(codes, self.shape(quality, *sides))
        return plane_codes.decode(codes, quality)[None, None, :, :, : sides[2]]

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes."""
        return _OrderZero()


class AdaptivePlaneWavelet(PlaneWavelet):
    """The same coefficients, written by the context-mixing coder of our own checkpoint: the hardest opponent."""

    name = "plane-wavelet-adaptive"
    title = "Wavelet, our adaptive coder"

    def __init__(self, starts: Mapping[str, State] | None = None) -> None:
        """starts: what the coder learned beforehand of "slices" and of "volumes"; None: nothing."""
        self._starts = dict(starts or {})
        digests = "".join(f"{name} {state.digest()} " for name, state in sorted(self._starts.items()))
        self.sha256 = hashlib.sha256(digests.encode()).hexdigest() if digests else None  # of what decodes, where that is not code alone
        self.about = (
            "The wavelet's coefficients and dead zone, written by the adaptive context-mixing coder that our own checkpoint uses, "
            + ("which begins with what it learned on its training slices and volumes." if starts else "which begins with nothing learned.")
        )

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes."""
        return _Adaptive(self._starts)


class _Adaptive:
    """Our adaptive coder, for codes (1, G, X, Y, T) of any sides."""

    name = "adaptive"

    def __init__(self, starts: dict[str, State]) -> None:
        self._starts = starts

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (1, G, X, Y, T) integers -> payload."""
        return plane_codes.coder_of(codes.shape[1:], self._starts).encode(codes)

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (1, G, X, Y, T) int32 of this shape; ValueError when the payload cannot be one of them."""
        return plane_codes.coder_of(tuple(shape[1:]), self._starts).decode(data, shape)


class _OrderZero:
    """The textbook's adaptive arithmetic coder, for codes (1, G, X, Y, T) of any sides: one set of probabilities for each band."""

    name = "adaptive"

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (1, G, X, Y, T) integers -> payload."""
        _, *plane, groups = codes.shape
        return _textbook(*plane).encode(codes.reshape(1, -1, groups))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (1, G, X, Y, T) int32 of this shape; ValueError when the payload cannot be one of them."""
        _, *plane, groups = shape
        return _textbook(*plane).decode(data, (1, int(np.prod(plane)), groups)).reshape(shape)


@lru_cache(maxsize=2)
def _textbook(group: int, width: int, height: int) -> Coder:
    """Coefficients of a group of slices, flattened, by band."""
    inside = np.zeros((width, height), np.int64)
    for number, band in enumerate(bands(width, height)):
        inside[band.x : band.x + band.width, band.y : band.y + band.height] = number
    across = np.array([slice_band(place, group.bit_length() - 1)[0] for place in range(group)])
    return textbook((inside + PLANE_BANDS * across[:, None, None]).ravel().tolist(), 1)
