"""Folders of checkpoints to stand in for the shipped ones: a small one of the fine family among them, or one of notes alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from vqvae import checkpoint
from vqvae.codec.state import pack_several
from vqvae.codec.static_tables import learn
from vqvae.config import to_json, write_json
from vqvae.modalities import ecg, piano
from vqvae.networks.fine import FineConfig, FineVQVAE
from vqvae.training.config import START, TABLES, Source
from vqvae.training.fine import FineCheckpointConfig, FineTraining
from vqvae.training.notes import NotesConfig, NotesTraining

FINE, NOTES = "toy-fine", "toy-notes"
QUALITIES = (0.5, 1.5, 2.5)


def save_fine(folder: Path) -> None:
    """A fine checkpoint with three bit rates; untrained, so that it is the wavelet codec, and with tables of made-up codes."""
    model, source = FineConfig(width=8, dilations=(1,)), (Source("synthetic", ("a",)),)
    training = FineTraining(training=source, validation=source)
    config = FineCheckpointConfig(folder.name, "ecg", model, training, QUALITIES, ecg.describe_preprocessing())
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


def save_notes(folder: Path) -> None:
    """A checkpoint of notes with six bit rates, whose coder begins with nothing learned."""
    source = (Source("synthetic", ("a",)),)
    config = NotesConfig(folder.name, "piano", NotesTraining(source, source), preprocessing=piano.describe_preprocessing())
    folder.mkdir(parents=True)
    write_json(folder / "config.json", to_json(config))
    (folder / START).write_bytes(pack_several({}))
