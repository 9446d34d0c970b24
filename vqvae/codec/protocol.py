"""What an entropy coder and a codec offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

Step = Callable[[float], None]
"""Told how much is done, 0 to 1; may raise to stop."""


class Coder(Protocol):
    """Integers <-> bytes, for one chunk at a time; every chunk starts anew."""

    name: str  # "static" or "adaptive"

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (N, Q, T) integers -> payload; ValueError for a code that this coder cannot write."""

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (N, Q, T) of this shape; ValueError when the payload cannot be one of them."""


class Damage(NamedTuple):
    """A chunk that could not be read."""

    chunk: int  # counted from 0
    start: int  # first frame lost
    stop: int  # frame after the last one lost
    sentence: str


class Decompressed(NamedTuple):
    """A recording out of a file, and what of it is lost."""

    recording: Any
    damage: tuple[Damage, ...]  # what is damaged comes back as a gap


class Codec(Protocol):
    """A recording <-> the bytes of a `.vqz` file, headers included; more quality takes more bytes."""

    @property
    def name(self) -> str:
        """As results, files and pages call it: "ecg-fine", "wavelet-adaptive"."""

    @property
    def title(self) -> str:
        """The name in words."""

    @property
    def about(self) -> str:
        """One sentence: what it does."""

    @property
    def modality(self) -> str:
        """The kind of recordings it takes."""

    @property
    def qualities(self) -> tuple[float, float]:
        """The least and the most that can be asked for; anything between as well."""

    def compress(self, recording: Any, quality: float, progress: Step | None = None) -> bytes: ...

    def decompress(self, data: bytes, progress: Step | None = None) -> Decompressed: ...
