"""Random windows of training recordings: stateless, so that a resumed run sees what an uninterrupted one would have seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vqvae.datasets.splits import record_folder
from vqvae.modalities import modality
from vqvae.training.config import Source

FLIPPED = 0.1  # share of windows turned upside down: electrodes may be swapped, but most are not, and codes are few
LOUDNESS = 0.15  # standard deviation of the log gain


def read_source(kind: str, data: Path, source: Source) -> list[np.ndarray]:
    """The series (T,) of all recordings of a source, one per lead, as the network sees them."""
    reader = modality(kind)
    rows: list[np.ndarray] = []
    folder = record_folder(data / source.folder)
    for record in source.records:
        rows.extend(np.ascontiguousarray(row[0]) for row in reader.to_tensors(reader.read(folder / record)).values)
    return rows


class Windows:
    """Draws batches of windows (B, 1, length) from series of several sources."""

    def __init__(self, sources: Sequence[Sequence[np.ndarray]], shares: Sequence[float], length: int, seed: int) -> None:
        self._series = [[row for row in rows if len(row) > length] for rows in sources]
        if not all(self._series):
            raise ValueError(f"every training source needs a recording longer than {length} samples")
        self._shares = np.asarray(shares) / np.sum(shares)
        self._length, self._seed = length, seed

    def batch(self, step: int, size: int, rank: int = 0) -> Tensor:
        """Batch number `step`: the same for the same seed, step and rank.  Random places, signs and gains."""
        random = np.random.default_rng([self._seed, rank, step])
        windows = np.empty((size, 1, self._length), np.float32)
        for window in windows[:, 0]:
            rows = self._series[random.choice(len(self._shares), p=self._shares)]
            row = rows[random.integers(len(rows))]
            start = random.integers(len(row) - self._length)
            gain = np.exp(LOUDNESS * random.standard_normal()) * (-1 if random.random() < FLIPPED else 1)
            window[:] = row[start : start + self._length] * np.float32(gain)
        return torch.from_numpy(windows)
