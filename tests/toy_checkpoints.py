"""A folder of checkpoints to stand in for the shipped ones, with a small one of the fine family among them."""

from __future__ import annotations

from pathlib import Path

import torch

from vqvae import checkpoint
from vqvae.modalities.ecg import describe_preprocessing
from vqvae.networks.fine import FineConfig, FineVQVAE
from vqvae.training.config import Source
from vqvae.training.fine import FineCheckpointConfig, FineTraining

FINE = "toy-fine"
QUALITIES = (0.5, 1.5, 2.5)


def save_fine(folder: Path) -> None:
    """A fine checkpoint with three bit rates; untrained, so that it is the wavelet codec."""
    model, source = FineConfig(width=8, dilations=(1,)), (Source("synthetic", ("a",)),)
    training = FineTraining(training=source, validation=source)
    config = FineCheckpointConfig(folder.name, "ecg", model, training, QUALITIES, describe_preprocessing())
    torch.manual_seed(0)
    checkpoint.save(folder, config, FineVQVAE(model))


def stand_in(folder: Path) -> Path:
    """The shipped checkpoints and the toy in one folder."""
    for shipped in checkpoint.folders():
        (folder / shipped.name).symlink_to(shipped)
    save_fine(folder / FINE)
    return folder
