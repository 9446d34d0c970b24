"""Training of codebooks of images: residual codebooks of lapped blocks, then the network that mends decoded slices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vqvae.config import to_json
from vqvae.networks.planes import MenderConfig, PlanesVQVAE
from vqvae.networks.vqvae import ModelConfig
from vqvae.quantizers import RefinedResidualQuantizer
from vqvae.training.config import FORMAT, Source
from vqvae.training.loop import ordered
from vqvae.training.mending import MendingTraining
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import Check, Course, Progress, descend, run_course

SCALE_WEIGHT = 0.05  # of the likelihood that teaches refiners to predict the remaining error
RESTARTS_UNTIL = 0.4  # of all steps
LOUDNESS = 0.08  # standard deviation of the log gain
CHECKED = 48  # slices at a validation, spread over all
EDGE = 1  # cells at the border of a window that lack neighbours and are not scored


@dataclass(frozen=True)
class PlanesModel:
    """All that is needed to build a `PlanesVQVAE`."""

    vqvae: ModelConfig
    mender: MenderConfig


@dataclass(frozen=True)
class PlanesTraining:
    """How a codebook of images is trained.

    A codebook of kind "refined" uses all of it.  One of another kind learns end to end, on whole slices as they are: `window`, `flipped`,
    `codebook_learning_rate`, `grow_every`, `restart_every`, `mending` and `seen` stand in its config.json too, and change nothing.
    """

    training: tuple[Source, ...]
    validation: tuple[Source, ...]  # other people; they choose the best weights and are never trained on
    seed: int = 0
    steps: int = 3000
    batch_size: int = 16  # windows
    window: int = 128  # pixels along both sides
    flipped: bool = True  # half of the windows are mirrored along the first side
    learning_rate: float = 2e-3  # at the top of one cosine cycle
    codebook_learning_rate: float = 5e-4
    grow_every: int = 100  # steps from one level's k-means start to the next level's
    kmeans_windows: int = 192
    restart_every: int = 200
    check_every: int = 250
    mending: MendingTraining = field(default_factory=MendingTraining)
    taught: int = 30  # people whose codes teach the coder
    seen: int = 60  # people whose decoded slices teach the mender
    count: int = 30  # that counters start with: how much the coder trusts what it was taught
    thrifts: tuple[float, ...] = (0.5, 0.4, 0.3)  # times its worth that a bit counts in each level when codes are chosen


@dataclass(frozen=True)
class PlanesConfig:
    """All of config.json of a checkpoint with codebooks of images."""

    name: str
    modality: str
    model: PlanesModel
    training: PlanesTraining
    preprocessing: dict[str, Any] = field(default_factory=dict)
    task: str = "planes"
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.format > FORMAT:
            raise ValueError(f"config.json has format {self.format}, newer than {FORMAT}: update this program to read it")


class Crops:
    """Draws batches of windows (B, 1, W, W) from volumes (X, Y, S), the same for the same seed and step."""

    def __init__(self, volumes: Sequence[np.ndarray], settings: PlanesTraining) -> None:
        self._volumes, self._settings = volumes, settings

    def batch(self, step: int, size: int) -> Tensor:
        """Batch number `step`: random places, mirrored or not, with random gains."""
        settings, random = self._settings, np.random.default_rng([self._settings.seed, step])
        extents = [min(settings.window, extent) for extent in self._volumes[0].shape[:2]]
        found = np.empty((size, 1, *extents), np.float32)
        for window in found[:, 0]:
            volume = self._volumes[int(random.integers(len(self._volumes)))]
            x, y = (random.integers(extent - own + 1) for extent, own in zip(volume.shape, extents, strict=False))
            window[:] = volume[x : x + extents[0], y : y + extents[1], random.integers(volume.shape[2])]
            window *= np.exp(LOUDNESS * random.standard_normal())
            if settings.flipped and random.random() < 0.5:
                window[:] = window[::-1].copy()
        return torch.from_numpy(found)


def train_codebooks(
    config: PlanesConfig, volumes: Sequence[np.ndarray], checks: Sequence[np.ndarray], run: Path, progress: Callable[[Progress], bool]
) -> Path:
    """Train the codebooks on volumes (X, Y, S), continuing what `run` holds; returns the folder of the best weights."""
    settings, crops = config.training, Crops(volumes, config.training)
    folder = RunFolder(run)
    folder.start(to_json(config))
    torch.manual_seed(settings.seed)
    model = PlanesVQVAE(config.model.vqvae, config.model.mender)
    quantizer = model.refined
    optimizer = torch.optim.AdamW([
        {"params": list(quantizer.refiners.parameters()), "lr": settings.learning_rate, "weight_decay": 1e-3},
        {"params": list(quantizer.quantizers.parameters()), "lr": settings.codebook_learning_rate, "weight_decay": 0.0},
    ])  # fmt: skip
    slices = spread(checks)

    def learn(step: int) -> Tensor:
        _prepare(model, crops, settings, step)
        loss = codebook_loss(quantizer, model.vqvae.encoder(crops.batch(step, settings.batch_size)), _levels(model, settings, step))
        descend(loss, optimizer, 1.0)
        return loss

    def check(step: int, loss: float) -> Check:
        decibels = level_psnr(model, slices, _levels(model, settings, step))
        score = -float(np.mean(decibels)) if len(decibels) == quantizer.levels else math.inf
        return Check(score, ordered(model), {"loss": round(loss, 4), "psnr": [round(value, 2) for value in decibels]})

    return run_course(Course(model, optimizer, settings.steps, settings.check_every, learn, check), folder, progress)


def spread(volumes: Sequence[np.ndarray]) -> Tensor:
    """Slices (B, 1, X, Y), spread evenly over volumes (X, Y, S) of the same sides."""
    places = [(number, place) for number, volume in enumerate(volumes) for place in range(volume.shape[2])]
    chosen = [places[round(i * (len(places) - 1) / max(1, CHECKED - 1))] for i in range(min(CHECKED, len(places)))]
    return torch.from_numpy(np.stack([volumes[number][:, :, place] for number, place in chosen])[:, None].astype(np.float32))


def codebook_loss(quantizer: RefinedResidualQuantizer, latents: Tensor, levels: int) -> Tensor:
    """Latents (B, D, x, y) -> loss (): every level right at once, each counting relative to its own error."""
    loss = latents.new_zeros(())
    inner = (slice(None), slice(EDGE, -EDGE), slice(EDGE, -EDGE))
    for estimate in quantizer.trace(latents, levels)[1]:
        errors = (estimate.latents - latents).square().mean(dim=1)[inner]
        variance = estimate.scale[:, 0].square()[inner]
        surprise = 0.5 * (errors.detach() / variance + torch.log(variance)).mean()
        loss = loss + errors.mean() / errors.mean().detach() + SCALE_WEIGHT * surprise
    return loss / levels


def _levels(model: PlanesVQVAE, settings: PlanesTraining, step: int) -> int:
    return min(model.refined.levels, step // settings.grow_every + 1)


@torch.no_grad()
def _prepare(model: PlanesVQVAE, crops: Crops, settings: PlanesTraining, step: int) -> None:
    """Start a level by k-means, or restart code vectors that are hardly used, when it is time."""
    quantizer, (level, now) = model.refined, divmod(step, settings.grow_every)
    if now == 0 and level < quantizer.levels:
        latents = model.vqvae.encoder(crops.batch(settings.steps + level, settings.kmeans_windows))
        quantizer.initialise_level(level, latents, torch.Generator().manual_seed(settings.seed + level), iterations=12)
        error = quantizer.trace(latents, level + 1)[2][-1] - latents
        quantizer.refiners[level].typical.copy_(0.5 * torch.log(error.square().mean()))  # type: ignore[operator]
    if step and step % settings.restart_every == 0 and step < RESTARTS_UNTIL * settings.steps:
        latents = model.vqvae.encoder(crops.batch(settings.steps + step, settings.kmeans_windows // 2))
        quantizer.restart_unused(latents, _levels(model, settings, step), torch.Generator().manual_seed(settings.seed + step))


@torch.no_grad()
def level_psnr(model: PlanesVQVAE, slices: Tensor, levels: int) -> list[float]:
    """PSNR in dB of slices (B, 1, X, Y) at 1…`levels` levels, without mending, mean over slices."""
    latents = model.vqvae.encoder(slices)
    rebuilt = [model.vqvae.decoder(estimate.latents) for estimate in model.refined.trace(latents, levels)[1]]
    return [float(-10 * torch.log10((values - slices).square().mean(dim=(1, 2, 3)) + 1e-12).mean()) for values in rebuilt]


def level_coarseness(level: int, levels: int) -> float:
    """What a mender is told of codes of the first `level` of `levels` levels: 1 for the fewest to -1 for all."""
    return 1.0 - 2.0 * (level - 1) / max(1, levels - 1)
