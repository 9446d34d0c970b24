"""What the entropy coders of a checkpoint begin with, learned on the recordings that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from vqvae.training.coding import CHUNK, excerpt_starts, steps_of
from vqvae.training.config import START, TABLES
from vqvae.training.fine import FineCheckpointConfig

EXCERPTS = 2  # of a long recording
THRIFTS = (0.0, 0.6)  # below the whole number of levels: codes as they are at high and at low rates
SYMBOLS = 96  # of signed codes: from magnitude 48 on, a code is the last symbol and a number
Told = Callable[[str, float], None]


def learn_coders(folder: Path, data: Path, told: Told) -> None:
    """Write what a checkpoint's entropy coders begin with into its folder, learned from the training recordings below `data`.

    Whatever was there before is not used, but for the start state of a fine checkpoint: codes chosen from it are what its decoder was
    trained on, and what its tables are counted on.
    """
    if checkpoints.task(folder) == "fine":
        _learn_fine(checkpoints.load(folder), data, told)
    else:
        for name in (START, TABLES):
            (folder / name).unlink(missing_ok=True)
        _learn_codebook(checkpoints.load(folder), data, told)


def _learn_fine(checkpoint: Checkpoint, data: Path, told: Told) -> None:
    """Static tables, the same for every step."""
    config = checkpoint.config
    if not isinstance(config, FineCheckpointConfig):
        raise ValueError(f"{checkpoint.name} is not a fine checkpoint")
    codes = _codes(checkpoint, data, [float(quality) for quality in -np.log2(steps_of(config)[::2])], told)
    write_bytes(checkpoint.folder / TABLES, static_tables.learn(_joined(codes), SYMBOLS, signed=True).pack())


def _learn_codebook(checkpoint: Checkpoint, data: Path, told: Told) -> None:
    """Start state and static tables of a codebook's indices."""
    model = checkpoint.model
    if not isinstance(model, VQVAE):
        raise ValueError(f"{checkpoint.name} has no codebook whose indices could be counted")
    codes = _codes(checkpoint, data, [checkpoint.levels - thrift for thrift in THRIFTS], told)
    size, levels = model.quantizer.codebook_size, checkpoint.levels
    tables, bits = static_tables.learn(_joined(codes), size), bits_per_code(size)
    start = learn_start(lambda rows: indices(levels, bits, rows), codes, progress=lambda share: told("learning the coder", share))
    write_bytes(checkpoint.folder / TABLES, tables.pack())
    write_bytes(checkpoint.folder / START, pack(start))


def _codes(checkpoint: Checkpoint, data: Path, qualities: Sequence[float], told: Told) -> list[list[np.ndarray]]:
    """Codes (N, Q, T) of every training recording, at several rates."""
    config, own = checkpoint.config, family(checkpoint)
    kind = modality(config.modality)
    paths = [record_folder(data / source.folder) / record for source in config.training.training for record in source.records]
    found = []
    for done, path in enumerate(paths):
        told("coding the recordings", done / len(paths))
        values = excerpts(kind.to_tensors(kind.read(path)).values, own.frame)
        found.append([own.encode(values, quality, CHUNK).codes for quality in qualities])
    return found


def _joined(codes: list[list[np.ndarray]]) -> list[np.ndarray]:
    """The rates of every recording one after the other, so that what one recording taught is judged by another."""
    return [np.concatenate(rates, axis=2) for rates in codes]


def excerpts(values: np.ndarray, frame: int) -> np.ndarray:
    """values (N, 1, T) -> stretches of CHUNK frames, spread over a long recording, one after the other; a short one as it is."""
    starts = excerpt_starts(values.shape[2] // frame, EXCERPTS)
    return np.concatenate([values[:, :, start * frame : (start + CHUNK) * frame] for start in starts], axis=2)
