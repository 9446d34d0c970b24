"""A checkpoint of gestures: what it is trained on and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vqvae.networks.gestures import GestureShape
from vqvae.training.config import FORMAT, Source, require_format


@dataclass(frozen=True)
class GestureTraining:
    """How codebooks, the networks between them and the coder are trained."""

    training: tuple[Source, ...]  # pieces by patterns: "Bach/*"
    validation: tuple[Source, ...]  # never trained on
    seed: int = 0
    notes: int = 1200  # of every performance, where it is longer
    performances: int = 400  # drawn from those to train on
    rounds: int = 10  # of Lloyd's algorithm, in the first level
    later_rounds: int = 8  # in every later one
    thrift: float = 0.2  # squared tolerances that a bit of the first level is worth
    later_thrift: float = 0.1  # what a bit of the later levels is worth, in the steeper measure of `gesture_search`
    steps: tuple[int, ...] = (500, 500, 200, 100, 100, 60, 60, 60)  # of the network after each level: the first ones guess most
    batch_size: int = 16  # windows of `span` notes
    span: int = 256
    learning_rate: float = 3e-3


@dataclass(frozen=True)
class GesturesConfig:
    """All of a gesture checkpoint's config.json."""

    name: str
    modality: str
    model: GestureShape
    training: GestureTraining
    preprocessing: dict[str, Any] = field(default_factory=dict)
    task: str = "gestures"
    format: int = FORMAT

    def __post_init__(self) -> None:
        require_format(self.format)
        if len(self.training.steps) != self.model.levels:
            raise ValueError(f"{self.model.levels} levels need as many numbers of steps, got {len(self.training.steps)}")
