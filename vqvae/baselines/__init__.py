"""What a user would try instead: classical codecs, plain autoencoders, scalar grids, entropy coded by the same coders."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from vqvae.baselines.protocol import Baseline

_CLASSICAL = {
    "dct": "dct.Dct",
    "wavelet": "wavelet.Wavelet",
    "wavelet-adaptive": "wavelet.AdaptiveWavelet",
    "smoothing": "smoothing.Smoothing",
    "averaging": "averaging.Averaging",
}
_GRIDS = {"grid": "grid.OrderZeroGrid", "grid-adaptive": "grid.AdaptiveGrid"}  # of notes
_COACH = "ecg-fine"  # whose coder's start state the adaptive wavelet begins with as well: the same kind of codes, the same recordings
_TRAINED = {"autoencoder": "ecg-autoencoder", "vae": "ecg-vae"}  # in folders below checkpoints/


def names(kind: str | None = None) -> tuple[str, ...]:
    """The opponents for one modality, of all where None, the classical ones first."""
    found = {"ecg": (*_CLASSICAL, *_TRAINED), "piano": tuple(_GRIDS)}
    return tuple(name for own in found.values() for name in own) if kind is None else found.get(kind, ())


def baseline(name: str) -> Baseline:
    """The opponent of this name; ValueError naming those there are."""
    if weights := folder(name):
        from vqvae.baselines.learned import Learned

        return Learned(weights)
    if name == "wavelet-adaptive":
        return _coached()
    if name not in _CLASSICAL | _GRIDS:
        raise ValueError(f"there is no opponent {name!r}; there are: {', '.join(names())}")
    module, kind = (_CLASSICAL | _GRIDS)[name].split(".")
    opponent: Baseline = getattr(import_module(f"vqvae.baselines.{module}"), kind)()
    return opponent


def folder(name: str) -> Path | None:
    """Where the weights of an opponent are; None for one without."""
    if name not in _TRAINED:
        return None
    from vqvae.checkpoint import SHIPPED

    return SHIPPED / _TRAINED[name]


def _coached() -> Baseline:
    """The wavelet with our adaptive coder, which begins with what our own checkpoint's has learned; with nothing where that is not here."""
    from vqvae.baselines.wavelet import AdaptiveWavelet
    from vqvae.checkpoint import SHIPPED
    from vqvae.codec.state import unpack
    from vqvae.training.config import START

    file = SHIPPED / _COACH / START
    return AdaptiveWavelet(unpack(file.read_bytes()) if file.exists() else None)
