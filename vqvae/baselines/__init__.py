"""What a user would try instead: classical codecs, plain autoencoders, scalar grids, entropy coded by the same coders."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from vqvae.baselines.protocol import Baseline

_CLASSICAL = {
    "dct": "dct.Dct",
    "wavelet": "wavelet.Wavelet",
    "wavelet-adaptive": "wavelet.AdaptiveWavelet",
    "smoothing": "smoothing.Smoothing",
    "averaging": "averaging.Averaging",
}
_GRIDS = {"grid": "grid.OrderZeroGrid", "grid-adaptive": "grid.AdaptiveGrid"}  # of notes
_PICTURES = {  # of images and volumes
    "jpeg": "pictures.Jpeg",
    "jpeg2000": "pictures.Jpeg2000",
    "webp": "pictures.WebP",
    "plane-wavelet": "plane_wavelet.PlaneWavelet",
    "plane-wavelet-adaptive": "plane_wavelet.AdaptivePlaneWavelet",
}
_SHEETS = {"jpeg-sheet": "sheets.JpegSheet", "jpeg2000-sheet": "sheets.Jpeg2000Sheet", "webp-sheet": "sheets.WebPSheet"}  # of digits
_COACHES = {"wavelet-adaptive": "ecg-fine", "plane-wavelet-adaptive": "brain-fine"}
"""Whose coder's start state an adaptive wavelet begins with as well: the same kind of codes, the same recordings."""
_TRAINED = {"autoencoder": "ecg-autoencoder", "vae": "ecg-vae"}  # in folders below checkpoints/


def names(kind: str | None = None) -> tuple[str, ...]:
    """The opponents for one modality, of all where None, the classical ones first."""
    found = {"ecg": (*_CLASSICAL, *_TRAINED), "piano": tuple(_GRIDS), "brain": tuple(_PICTURES), "digits": tuple(_SHEETS)}
    return tuple(name for own in found.values() for name in own) if kind is None else found.get(kind, ())


def baseline(name: str) -> Baseline:
    """The opponent of this name; ValueError naming those there are."""
    if weights := folder(name):
        from vqvae.baselines.learned import Learned

        return Learned(weights)
    places = _CLASSICAL | _GRIDS | _PICTURES | _SHEETS
    if name not in places:
        raise ValueError(f"there is no opponent {name!r}; there are: {', '.join(names())}")
    module, kind = places[name].split(".")
    opponent: Any = getattr(import_module(f"vqvae.baselines.{module}"), kind)
    made: Baseline = opponent(_start(name)) if name in _COACHES else opponent()
    return made


def folder(name: str) -> Path | None:
    """Where the weights of an opponent are; None for one without."""
    if name not in _TRAINED:
        return None
    from vqvae.checkpoint import SHIPPED

    return SHIPPED / _TRAINED[name]


def _start(name: str) -> Any:
    """What the coder of our own checkpoint has learned, as an adaptive opponent takes it; None where that checkpoint is not here."""
    from vqvae.checkpoint import SHIPPED
    from vqvae.codec.state import unpack, unpack_several
    from vqvae.training.config import START

    file = SHIPPED / _COACHES[name] / START
    if not file.exists():
        return None
    return unpack_several(file.read_bytes()) if name in _PICTURES else unpack(file.read_bytes())
