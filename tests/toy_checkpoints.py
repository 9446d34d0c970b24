"""A folder of checkpoints to stand in for the shipped ones, with a small one of the fine family among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from vqvae import checkpoint
from vqvae.codec.static_tables import learn
from vqvae.modalities.ecg import describe_preprocessing
from vqvae.networks.fine import FineConfig, FineVQVAE
from vqvae.training.config import TABLES, Source
from vqvae.training.fine import FineCheckpointConfig, FineTraining

FINE = "toy-fine"
QUALITIES = (0.5, 1.5, 2.5)


def save_fine(folder: Path) -> None:
    """A fine checkpoint with three bit rates; untrained, so that it is the wavelet codec, and with tables of made-up codes."""
    model, source = FineConfig(width=8, dilations=(1,)), (Source("synthetic", ("a",)),)
    training = FineTraining(training=source, validation=source)
    config = FineCheckpointConfig(folder.name, "ecg", model, training, QUALITIES, describe_preprocessing())
    torch.manual_seed(0)
    checkpoint.save(folder, config, FineVQVAE(model))
    spread = 2 / np.arange(1, 33)[:, None]
    codes = [np.rint(np.random.default_rng(seed).laplace(0, spread, (1, 32, 200))).astype(np.int32) for seed in range(2)]
    (folder / TABLES).write_bytes(learn(codes, 16, signed=True).pack())


def stand_in(folder: Path) -> Path:
    """The shipped checkpoints and the toy in one folder."""
    for shipped in checkpoint.folders():
        (folder / shipped.name).symlink_to(shipped)
    save_fine(folder / FINE)
    return folder
