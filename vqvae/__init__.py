"""VQ-VAE Explorer's library: recordings through a discrete codebook and back, and what survived.

>>> import vqvae
>>> checkpoint = vqvae.load("ecg")
>>> encoded = vqvae.encode(checkpoint, recording)
>>> rebuilt = vqvae.decode(checkpoint, encoded, levels=3)
>>> report = vqvae.compare(checkpoint, recording, rebuilt)

The names come from `vqvae.pipeline`, which is imported when one of them is first used.
"""

from __future__ import annotations

from typing import Any

__all__ = ["checkpoints", "compare", "decode", "encode", "load", "rate"]


def __getattr__(name: str) -> Any:
    """A public name, resolved when it is asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'vqvae' has no attribute {name!r}")
    from vqvae import pipeline

    return getattr(pipeline, name)


def __dir__() -> list[str]:
    return __all__
