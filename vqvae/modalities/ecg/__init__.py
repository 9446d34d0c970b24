"""Electrocardiograms: reading, tensors, scores, figures, examples."""

from __future__ import annotations

from vqvae.modalities.ecg.beats import marked
from vqvae.modalities.ecg.examples import example, examples
from vqvae.modalities.ecg.figures import figure
from vqvae.modalities.ecg.reading import NeedsRate, read
from vqvae.modalities.ecg.recording import Beats, Ecg
from vqvae.modalities.ecg.scores import analyse, compare
from vqvae.modalities.ecg.tensors import FRAMES, describe_preprocessing, extent, restore, to_tensors
from vqvae.modalities.ecg.uploads import receive
from vqvae.modalities.ecg.verdict import verdict
from vqvae.modalities.ecg.writing import targets, write

name = "ecg"

__all__ = [
    "FRAMES",
    "Beats",
    "Ecg",
    "NeedsRate",
    "analyse",
    "compare",
    "describe_preprocessing",
    "example",
    "examples",
    "extent",
    "figure",
    "marked",
    "name",
    "read",
    "receive",
    "restore",
    "targets",
    "to_tensors",
    "verdict",
    "write",
]
