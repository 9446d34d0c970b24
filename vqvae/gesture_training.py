"""Training a checkpoint of gestures: codebooks and networks level after level, then what the coder begins with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from vqvae import checkpoint as checkpoints
from vqvae.config import to_json, write_bytes
from vqvae.families import family
from vqvae.families.gestures import AT_A_TIME, Gestures
from vqvae.modalities import modality
from vqvae.networks.gestures import GestureVQVAE
from vqvae.note_training import chosen_paths
from vqvae.training.config import START
from vqvae.training.gesture_coding import learn_gestures
from vqvae.training.gesture_fitting import fit
from vqvae.training.gestures import GesturesConfig
from vqvae.training.run_folder import RunFolder

Told = Callable[[str, float], None]
SILENCE = 0.5  # s before an excerpt


def train_gestures(config: GesturesConfig, data: Path, run: Path, told: Told) -> Path:
    """Train on the performances below `data`, continuing what `run` holds; returns the folder of the checkpoint, `best` in it."""
    values = read_excerpts(config, data, told)
    folder = RunFolder(run)
    folder.start(to_json(config))
    torch.manual_seed(config.training.seed)
    model = GestureVQVAE(config.model)
    fit(model, values, config.training, folder, told)
    checkpoints.save(folder.best, config, model.eval())
    (folder.best / START).unlink(missing_ok=True)
    own = family(checkpoints.load(folder.best))
    if not isinstance(own, Gestures):
        raise ValueError(f"{run.name} did not become a checkpoint of gestures")
    codes = []
    for done, one in enumerate(values):
        told("coding the performances", done / len(values))
        codes.append(own.encode(one, float(own.levels), AT_A_TIME).codes)
    write_bytes(folder.best / START, learn_gestures(own.gesture_coder(own.levels), codes, told))
    folder.status("done", config.model.levels, config.model.levels)
    return folder.best


def read_excerpts(config: GesturesConfig, data: Path, told: Told) -> list[np.ndarray]:
    """Values (1, 4, n) of stretches of performances drawn from those to train on."""
    settings, kind = config.training, modality(config.modality)
    rng = np.random.default_rng([settings.seed, 1])
    paths = chosen_paths(data, settings.training, settings.performances, settings.seed)
    found = []
    for done, path in enumerate(paths):
        told("reading performances", done / len(paths))
        values = kind.to_tensors(kind.read(path)).values
        start = int(rng.integers(max(1, values.shape[2] - settings.notes + 1)))
        excerpt = values[:, :, start : start + settings.notes].copy()
        excerpt[0, 1, 0] = SILENCE
        found.append(excerpt)
    return found
