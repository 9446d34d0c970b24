"""What the entropy coders of a codebook begin with, learned on the recordings that the codebook was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from vqvae import checkpoint as checkpoints
from vqvae.checkpoint import Checkpoint
from vqvae.codec import static_tables
from vqvae.codec.descriptions import indices
from vqvae.codec.learning import learn_start
from vqvae.codec.state import pack
from vqvae.config import write_bytes
from vqvae.datasets.splits import record_folder
from vqvae.families import family
from vqvae.metrics.rate import bits_per_code
from vqvae.modalities import modality
from vqvae.networks.vqvae import VQVAE
from vqvae.training.coding import CHUNK, excerpt_starts
from vqvae.training.config import START, TABLES, CodebookConfig

EXCERPTS = 2  # of a long recording
THRIFTS = (0.0, 0.6)  # below the whole number of levels: codes as they are at high and at low rates
Told = Callable[[str, float], None]


def learn_coders(folder: Path, data: Path, told: Told) -> None:
    """Write a codebook's start state and static tables into its folder, from the training recordings below `data`.

    Whatever was there before is not used.
    """
    for name in (START, TABLES):
        (folder / name).unlink(missing_ok=True)
    checkpoint = checkpoints.load(folder)
    config, model = checkpoint.config, checkpoint.model
    if not isinstance(config, CodebookConfig) or not isinstance(model, VQVAE):
        raise ValueError(f"{checkpoint.name} has no codebook whose indices could be counted")
    codes = _codes(checkpoint, data, told)
    size = model.quantizer.codebook_size
    bits, levels = bits_per_code(size), checkpoint.levels
    tables = static_tables.learn([codes_at for rates in codes for codes_at in rates], size)
    start = learn_start(lambda rows: indices(levels, bits, rows), codes, progress=lambda share: told("learning the coder", share))
    write_bytes(folder / TABLES, tables.pack())
    write_bytes(folder / START, pack(start))


def _codes(checkpoint: Checkpoint, data: Path, told: Told) -> list[list[np.ndarray]]:
    """Codes (N, Q, T) of every training recording, at several rates."""
    config, own = checkpoint.config, family(checkpoint)
    kind = modality(config.modality)
    paths = [record_folder(data / source.folder) / record for source in config.training.training for record in source.records]
    found = []
    for done, path in enumerate(paths):
        told("coding the recordings", done / len(paths))
        values = excerpts(kind.to_tensors(kind.read(path)).values, checkpoint.model.encoder.frame)
        found.append([own.encode(values, checkpoint.levels - thrift, CHUNK).codes for thrift in THRIFTS])
    return found


def excerpts(values: np.ndarray, frame: int) -> np.ndarray:
    """values (N, 1, T) -> stretches of CHUNK frames, spread over a long recording, one after the other; a short one as it is."""
    starts = excerpt_starts(values.shape[2] // frame, EXCERPTS)
    return np.concatenate([values[:, :, start * frame : (start + CHUNK) * frame] for start in starts], axis=2)
