"""Electrocardiograms: reading, tensors, scores, figures, examples."""

from __future__ import annotations

from vqvae.modalities.ecg.reading import NeedsRate, read
from vqvae.modalities.ecg.uploads import receive
from vqvae.modalities.ecg.writing import write

__all__ = ["NeedsRate", "read", "receive", "write"]
