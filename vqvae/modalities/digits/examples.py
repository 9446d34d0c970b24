"""Digits to start with, bundled or drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vqvae.modalities.digits.normalising import centred
from vqvae.modalities.digits.recording import Digits
from vqvae.modalities.digits.strokes import DIGITS, SHAPES, Points, drawn

EACH = 4  # of every digit
_STEEP = 1.6  # contrast of what is scaled up from 8 × 8


class Example(NamedTuple):
    """What an example is."""

    name: str
    title: str
    description: str
    make: Callable[[int], np.ndarray]  # seed -> (N, 28, 28) uint8


def _scanned(seed: int) -> np.ndarray:
    """Digits from the set that scikit-learn brings along, 8 × 8 pixels of 16 greys, scaled up smoothly."""
    from PIL import Image
    from sklearn.datasets import load_digits

    bundle = load_digits()
    found = []
    for label in range(10):
        own = bundle.images[bundle.target == label]
        for place in range(EACH):
            small = own[(seed * EACH + place) % len(own)].astype(np.float32) / 16
            large = np.asarray(Image.fromarray(np.pad(small, 1)).resize((100, 100), Image.Resampling.BICUBIC))
            found.append(centred(np.clip(_STEEP * (large - 0.5) + 0.6, 0.0, 1.0) * (large > 0.1)))
    return _bytes(found)


def _drawn(shapes: tuple[tuple[Points, ...], ...], seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return _bytes([drawn(strokes, random) for strokes in shapes for _ in range(EACH)])


def _bytes(images: list[np.ndarray]) -> np.ndarray:
    return np.clip(np.rint(255 * np.stack(images)), 0, 255).astype(np.uint8)


_EXAMPLES = {
    one.name: one
    for one in (
        Example(
            "scanned-digits", "Scanned digits",
            "Four of each digit out of the UCI optical recognition set, which scikit-learn brings along, scaled up from 8 × 8 pixels.",
            _scanned,
        ),
        Example(
            "drawn-digits", "Drawn digits", "Four of each digit, drawn along curves by an unsteady pen.", lambda seed: _drawn(DIGITS, seed),
        ),
        Example(
            "strange-shapes", "Strange shapes",
            "Letters, a heart, a cross, a spiral and a square: what happens to shapes that a codebook of digits has never seen.",
            lambda seed: _drawn(SHAPES, seed),
        ),
    )
}  # fmt: skip


def examples() -> tuple[str, ...]:
    """Names of the examples, the best known first."""
    return tuple(_EXAMPLES)


def describe(name: str) -> Example:
    """Title and description of an example; ValueError naming the choices when there is none of that name."""
    if name not in _EXAMPLES:
        raise ValueError(f"no example of digits is called {name!r}; there are: {', '.join(_EXAMPLES)}")
    return _EXAMPLES[name]


def example(name: str = "", seed: int = 0) -> Digits:
    """The example called `name`, the first one by default."""
    found = describe(name or examples()[0])
    return Digits(found.name, found.make(seed))
