"""Training of the plain and the variational autoencoder that the codebook is compared with."""

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
from vqvae.networks.autoencoder import Autoencoder, AutoencoderNetworkConfig, build_autoencoder
from vqvae.training.config import FORMAT, Source, require_format
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import Check, Course, Progress, descend, run_course
from vqvae.training.windows import Windows, read_source

EDGE = 4  # frames at either end of a window that lack neighbours and are not scored
PRICE = math.log(2) / 6  # of a bit per sample, in squared steps: what fine uniform quantisation pays (distortion step² / 12)
CHECKED_FRAMES = 3375  # per series at a validation: 5 minutes of ECG


@dataclass(frozen=True)
class AutoencoderTrainingConfig:
    """How an autoencoder is trained."""

    training: tuple[Source, ...]
    validation: tuple[Source, ...]  # other patients; they choose the best weights and are never trained on
    seed: int = 0
    steps: int = 3000
    batch_size: int = 32  # windows
    window: int = 96  # frames
    learning_rate: float = 2e-3  # at the top of one cosine cycle
    coarsest: float = 0.0  # rounding: every window has its own step between 2 ** -coarsest …
    finest: float = 4.5  # … and 2 ** -finest; the plain one only
    noise: float = 0.01  # variance that the decoder allows a sample; the variational one only
    check_every: int = 250  # steps between validations


@dataclass(frozen=True)
class AutoencoderConfig:
    """All of an autoencoder checkpoint's config.json."""

    name: str
    modality: str
    task: str  # "autoencoder" or "vae"
    network: AutoencoderNetworkConfig
    training: AutoencoderTrainingConfig
    preprocessing: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        require_format(self.format)


def train_autoencoder(config: AutoencoderConfig, data: Path, run: Path, progress: Callable[[Progress], bool] = lambda _: True) -> Path:
    """Train on the recordings below `data`, continuing what `run` holds; returns the folder of the best weights.

    `progress` hears of every step and stops the training by returning False; what was learned is kept.
    """
    settings = config.training
    windows, series = _data(config, data)  # before anything is written
    folder = RunFolder(run)
    folder.start(to_json(config))
    torch.manual_seed(settings.seed)
    model = build_autoencoder(config.task, config.network)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=1e-3)

    def learn(step: int) -> Tensor:
        loss = objective(model, config, windows.batch(step, settings.batch_size), step)
        descend(loss, optimizer, 1.0)
        return loss

    def check(_step: int, _loss: float) -> Check:
        loss = _check(model, config, series)
        return Check(loss, model, {"loss": round(loss, 4)})

    return run_course(Course(model, optimizer, settings.steps, settings.check_every, learn, check), folder, progress)


def objective(model: Autoencoder, config: AutoencoderConfig, values: Tensor, step: int) -> Tensor:
    """values (B, 1, T) -> loss (), the same for the same seed and step.

    Plain: the mean logarithm of distortion + PRICE · step² · bits, so that no rate and no recording outweighs the others.
    Variational: the negative evidence lower bound per sample (arXiv:1312.6114, eq. 3) with a Gaussian decoder of fixed variance.
    """
    settings = config.training
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
    share = torch.rand(len(values), generator=generator)
    steps = 2.0 ** -(settings.coarsest + (settings.finest - settings.coarsest) * share)
    passed = model(values, steps, generator)
    inner = slice(EDGE * model.frame, -EDGE * model.frame)
    distortion = (passed.values - values)[:, 0, inner].square().mean(dim=1)  # (B,)
    cost = passed.cost[:, :, EDGE:-EDGE].sum(dim=1).mean(dim=1) / model.frame  # (B,) per sample
    if config.task == "vae":
        return (distortion / (2 * settings.noise) + cost).mean()
    return torch.log(distortion + PRICE * steps.square() * cost + 1e-5).mean()


@torch.no_grad()
def _check(model: Autoencoder, config: AutoencoderConfig, series: Sequence[np.ndarray]) -> float:
    """Mean objective over the start of every series, cut into windows, with steps and noise that are always the same."""
    model.eval()
    losses = []
    length = config.training.window * model.frame
    for number, row in enumerate(series):
        count = min(CHECKED_FRAMES * model.frame, len(row)) // length
        values = torch.from_numpy(row[: count * length].reshape(count, 1, length))
        losses.append(objective(model, config, values, config.training.steps + number).item())
    model.train()
    return sum(losses) / len(losses)


def _data(config: AutoencoderConfig, data: Path) -> tuple[Windows, list[np.ndarray]]:
    """Windows to train on, and the series (T,) of the validation recordings."""
    settings = config.training
    length = settings.window * config.network.frames.frame
    sources = [read_source(config.modality, data, source) for source in settings.training]
    windows = Windows(sources, [source.share for source in settings.training], length, settings.seed)
    series = [row for source in settings.validation for row in read_source(config.modality, data, source)]
    if not series or min(map(len, series)) < length:
        raise ValueError(f"validation needs recordings of at least {length} samples")
    return windows, series
