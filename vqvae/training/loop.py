"""Training of a codebook, top to bottom."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from vqvae.config import to_json
from vqvae.networks.refinement import Refinement
from vqvae.networks.vqvae import VQVAE, build
from vqvae.quantizers import RefinedResidualQuantizer
from vqvae.training.config import CodebookConfig, TrainingConfig
from vqvae.training.losses import Objective
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import Check, Course, Progress, run_course
from vqvae.training.windows import Windows, read_source

RESTARTS_UNTIL = 0.25  # of all steps: what is moved later has no time to settle
Model = TypeVar("Model", bound=nn.Module)
CHECKED_FRAMES = 6750  # per series at a validation: 10 minutes of ECG


def train(config: CodebookConfig, data: Path, run: Path, progress: Callable[[Progress], bool] = lambda _: True) -> Path:
    """Train a codebook on the recordings below `data`, continuing what `run` holds; returns the folder of the best weights.

    `progress` hears of every step and stops the training by returning False; what was learned is kept.
    """
    from lightning_fabric import Fabric

    settings = config.training
    windows, series = _data(config, data)  # before anything is written
    folder = RunFolder(run)
    folder.start(to_json(config))
    fabric = Fabric(accelerator="auto", devices=1, precision=settings.precision)  # type: ignore[arg-type]
    fabric.launch()
    fabric.seed_everything(settings.seed, verbose=False)
    model = build(config.model)
    plain = _optimizer(model, settings)
    objective, optimizer = fabric.setup(Objective(model), plain)

    def learn(step: int) -> Tensor:
        _prepare(model, windows, settings, step, fabric.device)
        values = windows.batch(step, settings.batch_size, fabric.global_rank).to(fabric.device)
        loss: Tensor = objective(values, _levels(model, settings, step))
        optimizer.zero_grad()
        fabric.backward(loss)
        fabric.clip_gradients(objective, optimizer, max_norm=1.0)
        optimizer.step()
        return loss

    def check(step: int, loss: float) -> Check:
        prdn = errors(model, series, _levels(model, settings, step), fabric.device)
        row = {"loss": round(loss, 4), "levels": len(prdn), "prdn": [round(value, 3) for value in prdn]}
        return Check(_score(model, prdn), ordered(model), row)

    return run_course(Course(model, plain, settings.steps, settings.check_every, learn, check), folder, progress)


def _data(config: CodebookConfig, data: Path) -> tuple[Windows, list[np.ndarray]]:
    """Windows to train on, and the series (T,) of the validation recordings."""
    settings = config.training
    sources = [read_source(config.modality, data, source) for source in settings.training]
    length = settings.window * config.model.network.frame
    windows = Windows(sources, [source.share for source in settings.training], length, settings.seed)
    return windows, [row for source in settings.validation for row in read_source(config.modality, data, source)]


def _levels(model: VQVAE, settings: TrainingConfig, step: int) -> int:
    """How many levels train at a step."""
    return min(model.quantizer.levels, step // settings.grow_every + 1)


def _prepare(model: VQVAE, windows: Windows, settings: TrainingConfig, step: int, device: torch.device) -> None:
    """Start a level, or restart unused code vectors, when it is time."""
    level, now = divmod(step, settings.grow_every)
    if now == 0 and level < model.quantizer.levels:
        _grow(model, level, windows, settings, device)
    if step and step % settings.restart_every == 0 and step < RESTARTS_UNTIL * settings.steps:
        _restart(model, windows, settings, step, device)


def _score(model: VQVAE, prdn: Sequence[float]) -> float:
    """Logarithm of the levels' geometric mean PRDN; infinite until all levels are there."""
    return float(np.mean(np.log(prdn))) if len(prdn) == model.quantizer.levels else math.inf


@torch.no_grad()
def ordered(model: Model) -> Model:
    """The same model with every codebook in the order of its vectors' norms, so that an index tells how much happens, to coders too."""
    copy: Any = deepcopy(model)
    for quantizer in copy.quantizer.quantizers:
        order = quantizer.codebook.norm(dim=1).argsort(stable=True)
        for tensor in (*quantizer.parameters(), *quantizer.buffers()):
            if tensor.shape[:1] == order.shape:  # the vectors, and what is counted for each
                tensor.copy_(tensor[order].clone())
    return copy


def _optimizer(model: VQVAE, settings: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW with a rate of its own for codebooks; a refined model's transform stays the orthonormal one it starts as."""
    if isinstance(model.quantizer, RefinedResidualQuantizer):
        model.encoder.requires_grad_(False)
        model.decoder.requires_grad_(False)
    codebooks = list(model.quantizer.quantizers.parameters())
    known = set(map(id, codebooks))
    others = [parameter for parameter in model.parameters() if parameter.requires_grad and id(parameter) not in known]
    groups = [{"params": others, "lr": settings.learning_rate, "weight_decay": 1e-3}]
    if codebooks:
        groups.append({"params": codebooks, "lr": settings.codebook_learning_rate, "weight_decay": 0.0})
    return torch.optim.AdamW(groups)


@torch.no_grad()
def _grow(model: VQVAE, level: int, windows: Windows, settings: TrainingConfig, device: torch.device) -> None:
    """Start a level: its codebook by k-means on what the levels before it leave, its refiner at the error that then remains."""
    quantizer = model.quantizer
    if not isinstance(quantizer, RefinedResidualQuantizer):
        if level == 0:
            quantizer.initialise(model.encoder(windows.batch(settings.steps, settings.kmeans_windows).to(device)))
        return
    latents = model.encoder(windows.batch(settings.steps + level, settings.kmeans_windows).to(device))
    quantizer.initialise_level(level, latents, torch.Generator().manual_seed(settings.seed + level), iterations=20)
    error = quantizer.trace(latents, level + 1)[2][-1] - latents
    refiner = quantizer.refiners[level]
    if isinstance(refiner, Refinement):
        refiner.typical.copy_(0.5 * torch.log(error.square().mean()))


def _restart(model: VQVAE, windows: Windows, settings: TrainingConfig, step: int, device: torch.device) -> None:
    """Give code vectors that hardly any latents choose another start."""
    if isinstance(model.quantizer, RefinedResidualQuantizer):
        latents = model.encoder(windows.batch(settings.steps + step, settings.kmeans_windows // 2).to(device))
        model.quantizer.restart_unused(latents, _levels(model, settings, step), torch.Generator().manual_seed(settings.seed + step))


@torch.no_grad()
def errors(model: VQVAE, series: Sequence[np.ndarray], levels: int, device: torch.device) -> tuple[float, ...]:
    """PRDN in % at 1…`levels` levels over the start of every series, mean over series."""
    model.eval()
    totals = np.zeros(levels)
    for row in series:
        values = torch.from_numpy(row[: CHECKED_FRAMES * model.encoder.frame])[None, None].to(device)
        power = (values - values.mean()).square().sum()
        totals += [100 * float(((rebuilt - values).square().sum() / power).sqrt()) for rebuilt in _each_level(model, values, levels)]
    model.train()
    return tuple(float(total) / len(series) for total in totals)


def _each_level(model: VQVAE, values: Tensor, levels: int) -> list[Tensor]:
    """The reconstructions (B, 1, *S) at 1…`levels` levels."""
    latents = model.encoder(values)
    if isinstance(model.quantizer, RefinedResidualQuantizer):
        return [model.decoder(estimate.latents) for estimate in model.quantizer.trace(latents, levels)[1]]
    codes = model.quantizer.encode(latents, levels)
    return [model.decode(codes[:, : level + 1]) for level in range(levels)]
