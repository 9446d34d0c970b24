"""What a fine checkpoint of images and volumes is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vqvae.networks.planes import MenderConfig
from vqvae.training.config import FORMAT, Source
from vqvae.training.mending import MendingTraining

MIDDLE, SPREAD = 3.0, 2.0  # the quality that counts as neither coarse nor fine, and what is one more


@dataclass(frozen=True)
class FinePlanesTraining:
    """How a fine checkpoint of images is made."""

    training: tuple[Source, ...]
    validation: tuple[Source, ...]  # other people; they choose the best weights and are never trained on
    mending: MendingTraining
    seed: int = 0
    taught: int = 40  # people whose slices and volumes teach the coder
    seen: int = 100  # people whose decoded slices and volumes teach the mender
    qualities: tuple[float, ...] = (1.0, 1.75, 2.5, 3.25, 4.0, 5.0)  # that all of this happens at
    trade: float = 0.1  # squared steps that a bit is worth when codes are chosen
    count: int = 30  # that counters start with: how much the coder trusts what it was taught


@dataclass(frozen=True)
class FinePlanesConfig:
    """All of config.json of a fine checkpoint of images."""

    name: str
    modality: str
    model: MenderConfig
    training: FinePlanesTraining
    qualities: tuple[float, ...] = (1.0, 1.75, 2.5, 3.25, 4.0, 5.0)  # -log2 of the step at every bit rate that is offered
    preprocessing: dict[str, Any] = field(default_factory=dict)
    task: str = "fine-planes"
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.format > FORMAT:
            raise ValueError(f"config.json has format {self.format}, newer than {FORMAT}: update this program to read it")


def coarseness(quality: float) -> float:
    """What a mender is told of a quality: about -1 for a fine one to 1 for a coarse one."""
    return (MIDDLE - quality) / SPREAD
