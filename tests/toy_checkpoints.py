"""Folders of checkpoints to stand in for the shipped ones: a small one of the fine family among them, one of notes alone, or of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from vqvae import checkpoint
from vqvae.codec.state import pack_several
from vqvae.codec.static_tables import learn
from vqvae.config import to_json, write_json
from vqvae.modalities import ecg, piano
from vqvae.networks.fine import FineConfig, FineVQVAE
from vqvae.networks.frames import FramesConfig
from vqvae.networks.planes import Mender, MenderConfig, PlanesVQVAE
from vqvae.networks.vqvae import ModelConfig, QuantizerConfig
from vqvae.training.config import START, TABLES, Source
from vqvae.training.fine import FineCheckpointConfig, FineTraining
from vqvae.training.fine_planes import FinePlanesConfig, FinePlanesTraining
from vqvae.training.loop import ordered
from vqvae.training.mending import MendingTraining
from vqvae.training.notes import NotesConfig, NotesTraining
from vqvae.training.planes import PlanesConfig, PlanesModel, PlanesTraining

FINE, NOTES = "toy-fine", "toy-notes"
QUALITIES = (0.5, 1.5, 2.5)
PLANE_QUALITIES = (2.0, 3.0, 4.0)


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


def save_planes(folder: Path, kind: Any, volume: np.ndarray, levels: int = 3) -> None:
    """A checkpoint with codebooks of images of one kind, by k-means on a volume (X, Y, S) alone; its mender changes nothing."""
    shape = ModelConfig(FramesConfig(2, 8, width=8, dilations=(1,)), QuantizerConfig(codebook_size=64, levels=levels))
    source = (Source("synthetic", ("a",)),)
    model = PlanesModel(shape, MenderConfig((8,)))
    config = PlanesConfig(folder.name, kind.name, model, PlanesTraining(source, source), kind.describe_preprocessing())
    torch.manual_seed(0)
    network = PlanesVQVAE(model.vqvae, model.mender)
    latents = network.vqvae.encoder(torch.from_numpy(np.moveaxis(volume, 2, 0)[:, None].astype(np.float32)))
    for level in range(levels):
        network.refined.initialise_level(level, latents, torch.Generator().manual_seed(level))
        network = ordered(network)
    checkpoint.save(folder, config, network)


def save_fine_planes(folder: Path, kind: Any) -> None:
    """A fine checkpoint of images of one kind with three bit rates: the wavelet codec, since its mender changes nothing."""
    source = (Source("synthetic", ("a",)),)
    training = FinePlanesTraining(source, source, MendingTraining(), qualities=PLANE_QUALITIES)
    config = FinePlanesConfig(folder.name, kind.name, MenderConfig((8,)), training, PLANE_QUALITIES, kind.describe_preprocessing())
    torch.manual_seed(0)
    checkpoint.save(folder, config, Mender(config.model))
