"""What a training of a codebook is told; the same object lies in the checkpoint it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vqvae.networks.vqvae import ModelConfig

FORMAT = 1  # of config.json; raised when an older program could not read it
START, TABLES = "start.bin", "tables.bin"  # beside the weights: what the adaptive coder begins with, and the static coder's tables


def require_format(number: int) -> None:
    """ValueError for a config.json of a format that came later."""
    if number > FORMAT:
        raise ValueError(f"config.json has format {number}, newer than {FORMAT}: update this program to read it")


@dataclass(frozen=True)
class Source:
    """Recordings below the data folder."""

    folder: str  # "mitdb"
    records: tuple[str, ...]
    share: float = 1.0  # of the training windows, relative to the other sources


@dataclass(frozen=True)
class TrainingConfig:
    """How a codebook is trained."""

    training: tuple[Source, ...]
    validation: tuple[Source, ...]  # other patients; they choose the best weights and are never trained on
    seed: int = 0
    steps: int = 8000
    batch_size: int = 32  # windows
    window: int = 96  # frames
    learning_rate: float = 2e-3  # at the top of one cosine cycle
    codebook_learning_rate: float = 5e-4
    grow_every: int = 200  # steps from one level's k-means start to the next level's
    kmeans_windows: int = 1024
    restart_every: int = 500  # steps between restarts of code vectors that are hardly used
    check_every: int = 500  # steps between validations
    precision: str = "32-true"  # in Lightning Fabric's words


@dataclass(frozen=True)
class CodebookConfig:
    """All of a codebook checkpoint's config.json."""

    name: str
    modality: str
    model: ModelConfig
    training: TrainingConfig
    preprocessing: dict[str, Any] = field(default_factory=dict)
    task: str = "codebook"
    format: int = FORMAT

    def __post_init__(self) -> None:
        require_format(self.format)
