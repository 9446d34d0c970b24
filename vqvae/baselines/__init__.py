"""What a user would try instead: classical codecs of values (N, 1, T) and plain autoencoders, entropy coded by the same coders."""

from __future__ import annotations

from importlib import import_module

from vqvae.baselines.protocol import Baseline

_CLASSES = {
    "dct": "dct.Dct",
    "wavelet": "wavelet.Wavelet",
    "wavelet-adaptive": "wavelet.AdaptiveWavelet",
    "smoothing": "smoothing.Smoothing",
    "averaging": "averaging.Averaging",
}


def names() -> tuple[str, ...]:
    """The opponents that need no training."""
    return tuple(_CLASSES)


def baseline(name: str) -> Baseline:
    """The opponent of this name; ValueError naming those there are."""
    if name not in _CLASSES:
        raise ValueError(f"there is no opponent {name!r}; there are: {', '.join(_CLASSES)}")
    module, kind = _CLASSES[name].split(".")
    opponent: Baseline = getattr(import_module(f"vqvae.baselines.{module}"), kind)()
    return opponent
