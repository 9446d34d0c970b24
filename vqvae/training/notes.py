"""A fine checkpoint of notes: no network, but a coder that has heard many performances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vqvae.training.config import FORMAT, Source, require_format

Told = Callable[[str, float], None]


@dataclass(frozen=True)
class NotesTraining:
    """What the coder learns from."""

    training: tuple[Source, ...]  # pieces by patterns: "Bach/*"
    validation: tuple[Source, ...]  # never learned from
    seed: int = 0
    notes: int = 1000  # of every performance, where it is longer: the length of an episode
    performances: int = 200  # drawn from those to train on, no piece twice before all have been drawn
    count: int = 8  # that counters start with
    limit: int = 250  # of the counters while they are learned


@dataclass(frozen=True)
class NotesConfig:
    """All of a fine checkpoint's config.json where the modality is notes."""

    name: str
    modality: str
    training: NotesTraining
    qualities: tuple[float, ...] = (1.0, 2.1, 3.0, 4.0, 5.0, 6.0)  # of every bit rate that is offered: rows of the grid's table
    learned: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)  # at which the coder has learned
    preprocessing: dict[str, Any] = field(default_factory=dict)
    task: str = "notes"
    format: int = FORMAT

    def __post_init__(self) -> None:
        require_format(self.format)
