"""Training of a codebook, top to bottom."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vqvae.config import to_json
from vqvae.networks.refinement import Refinement
from vqvae.networks.vqvae import VQVAE, build
from vqvae.quantizers import RefinedResidualQuantizer
from vqvae.training.config import CodebookConfig, TrainingConfig
from vqvae.training.losses import Objective
from vqvae.training.run_folder import Resumed, RunFolder
from vqvae.training.windows import Windows, read_source

WARM_UP = 100  # steps
RESTARTS_UNTIL = 0.25  # of all steps: what is moved later has no time to settle
CHECKED_FRAMES = 6750  # per series at a validation: 10 minutes of ECG


class Progress(NamedTuple):
    """Where a training stands."""

    step: int
    steps: int
    prdn: tuple[float, ...]  # validation, % per level; empty before the first check


def train(config: CodebookConfig, data: Path, run: Path, progress: Callable[[Progress], bool] = lambda _: True) -> Path:
    """Train a codebook on the recordings below `data`, continuing what `run` holds; returns the folder of the best weights.

    `progress` hears of every step and stops the training by returning False; what was learned is kept.
    """
    from lightning_fabric import Fabric

    settings = config.training
    windows, checks = _data(config, data)  # before anything is written
    folder = RunFolder(run)
    folder.start(to_json(config))
    fabric = Fabric(accelerator="auto", devices=1, precision=settings.precision)  # type: ignore[arg-type]
    fabric.launch()
    fabric.seed_everything(settings.seed, verbose=False)
    model = build(config.model)
    optimizer = _optimizer(model, settings)
    at = folder.resume(model, optimizer) or Resumed(0, math.inf)
    objective, optimizer = fabric.setup(Objective(model), optimizer)
    prdn: tuple[float, ...] = ()
    for step in range(at.step, settings.steps):
        levels = _prepare(model, windows, settings, step, fabric.device)
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * _schedule(step, settings.steps)
        loss = objective(windows.batch(step, settings.batch_size, fabric.global_rank).to(fabric.device), levels)
        optimizer.zero_grad()
        fabric.backward(loss)
        fabric.clip_gradients(objective, optimizer, max_norm=1.0)
        optimizer.step()
        going = progress(Progress(step + 1, settings.steps, prdn))
        if (step + 1) % settings.check_every == 0 or step + 1 == settings.steps or not going:
            prdn = check(model, checks, levels, fabric.device)
            folder.record(step=step + 1, loss=round(loss.item(), 4), levels=levels, prdn=[round(value, 3) for value in prdn])
            at = _keep(folder, model, optimizer, Resumed(step + 1, at.best), prdn)
            folder.status("running" if going else "stopped", step + 1, settings.steps)
        if not going:
            return run / "best"
    folder.status("done", settings.steps, settings.steps)
    return run / "best"


def _data(config: CodebookConfig, data: Path) -> tuple[Windows, list[np.ndarray]]:
    """Windows to train on, and the series (T,) of the validation recordings."""
    settings = config.training
    sources = [read_source(config.modality, data, source) for source in settings.training]
    length = settings.window * config.model.network.frame
    windows = Windows(sources, [source.share for source in settings.training], length, settings.seed)
    return windows, [row for source in settings.validation for row in read_source(config.modality, data, source)]


def _prepare(model: VQVAE, windows: Windows, settings: TrainingConfig, step: int, device: torch.device) -> int:
    """Start a level or restart unused code vectors when it is time; returns the levels that train at this step."""
    level, now = divmod(step, settings.grow_every)
    if now == 0 and level < model.quantizer.levels:
        _grow(model, level, windows, settings, device)
    levels = min(model.quantizer.levels, level + 1)
    if step and step % settings.restart_every == 0 and step < RESTARTS_UNTIL * settings.steps:
        _restart(model, windows, levels, settings, step, device)
    return levels


def _keep(folder: RunFolder, model: VQVAE, optimizer: torch.optim.Optimizer, at: Resumed, prdn: tuple[float, ...]) -> Resumed:
    """Save the last weights, and the best ones when all levels are there and their PRDN, a geometric mean, is the lowest so far."""
    mean = float(np.mean(np.log(prdn)))
    if len(prdn) == model.quantizer.levels and mean < at.best:
        at = Resumed(at.step, mean)
        folder.keep_best(ordered(model))
    folder.keep_last(model, optimizer, at.step, at.best)
    return at


@torch.no_grad()
def ordered(model: VQVAE) -> VQVAE:
    """The same model with every codebook in the order of its vectors' norms, so that an index tells how much happens, to coders too."""
    copy = deepcopy(model)
    for quantizer in copy.quantizer.quantizers:
        order = quantizer.codebook.norm(dim=1).argsort(stable=True)  # type: ignore[operator]
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
    groups = [{"params": others, "lr": settings.learning_rate, "initial_lr": settings.learning_rate, "weight_decay": 1e-3}]
    if codebooks:
        rate = settings.codebook_learning_rate
        groups.append({"params": codebooks, "lr": rate, "initial_lr": rate, "weight_decay": 0.0})
    return torch.optim.AdamW(groups)


def _schedule(step: int, steps: int) -> float:
    """Warm-up, then one cosine down to a hundredth."""
    return min(1.0, (step + 1) / WARM_UP) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))


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


def _restart(model: VQVAE, windows: Windows, levels: int, settings: TrainingConfig, step: int, device: torch.device) -> None:
    """Give code vectors that hardly any latents choose another start."""
    if isinstance(model.quantizer, RefinedResidualQuantizer):
        latents = model.encoder(windows.batch(settings.steps + step, settings.kmeans_windows // 2).to(device))
        model.quantizer.restart_unused(latents, levels, torch.Generator().manual_seed(settings.seed + step))


@torch.no_grad()
def check(model: VQVAE, series: Sequence[np.ndarray], levels: int, device: torch.device) -> tuple[float, ...]:
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
