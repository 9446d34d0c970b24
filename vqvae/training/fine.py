"""Training of a fine checkpoint's decoder: what rate-distortion choice and coarse steps lose, learned back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from vqvae.config import to_json
from vqvae.networks.fine import FineConfig, FineVQVAE
from vqvae.training.config import FORMAT, Source, require_format
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import Check, Course, Progress, descend, run_course

EDGE = 12  # frames at each end of a window that count for nothing, as they lack surroundings
FLOOR = 0.005  # squared steps added to the linear decoder's error: below it nothing is gained
FLIPPED = 0.25  # share of windows turned upside down
CHECKED = 4000  # frames per recording at a validation


@dataclass(frozen=True)
class FineTraining:
    """How a fine checkpoint is trained."""

    training: tuple[Source, ...]
    validation: tuple[Source, ...]  # other patients; they choose the best weights and are never trained on
    seed: int = 0
    steps: int = 20000
    batch_size: int = 32  # windows
    window: int = 96  # frames
    learning_rate: float = 1.5e-3  # at the top of one cosine cycle
    polishing_steps: int = 8000  # more, with templates of the decoder's own output besides
    polishing_rate: float = 1e-3
    finest: float = 0.025  # quantizer step, in standard deviations of a lead
    coarsest: float = 1.7
    rates: int = 12  # steps in a geometric row from the finest to the coarsest
    trade: float = 0.08  # squared steps that a bit is worth when codes are chosen
    check_every: int = 1000


@dataclass(frozen=True)
class FineCheckpointConfig:
    """All of a fine checkpoint's config.json."""

    name: str
    modality: str
    model: FineConfig
    training: FineTraining
    qualities: tuple[float, ...] = (-0.5, 0.5, 1.25, 2.0, 2.75, 3.5, 4.25, 5.0)  # -log2 of the step at every bit rate that is offered
    preprocessing: dict[str, Any] = field(default_factory=dict)
    task: str = "fine"
    format: int = FORMAT

    def __post_init__(self) -> None:
        require_format(self.format)


class Coded(NamedTuple):
    """One recording at every quantizer step, in S steps, N rows, F frames of D samples."""

    values: np.ndarray  # (N, F * D) float32
    codes: np.ndarray  # (S, N, F, D) integers
    templates: np.ndarray  # (V, S, N, F, D) latents of templates: of the linear reconstruction, then of the decoder's own
    steps: np.ndarray  # (S,)


class Batch(NamedTuple):
    """Windows of W frames."""

    values: Tensor  # (B, 1, W * D)
    codes: Tensor  # (B, D, W)
    templates: Tensor  # (B, D, W) in steps
    steps: Tensor  # (B,)


class Stage(NamedTuple):
    """One cosine cycle of training."""

    steps: int
    learning_rate: float


def train_fine(
    config: FineCheckpointConfig,
    training: Sequence[Sequence[Coded]],
    validation: Sequence[Coded],
    run: Path,
    stage: Stage,
    begin: FineVQVAE | None = None,
    progress: Callable[[Progress], bool] = lambda _: True,
) -> Path:
    """Train the decoder on coded recordings of every source, continuing what `run` holds; returns the folder of the best weights.

    begin: the model to go on from; a new one when None.
    """
    settings = config.training
    shares = [source.share for source in settings.training]
    folder = RunFolder(run)
    folder.start(to_json(config))
    torch.manual_seed(settings.seed)
    model = FineVQVAE(config.model)
    if begin is not None:
        model.load_state_dict(begin.state_dict())
    optimizer = torch.optim.AdamW(model.decoder.refine.parameters(), stage.learning_rate, weight_decay=1e-3)

    def learn(step: int) -> Tensor:
        loss = fine_loss(model, draw(training, shares, settings, step))
        descend(loss, optimizer, 0.5)
        return loss

    def check(_step: int, loss: float) -> Check:
        remaining = check_fine(model, validation)
        return Check(remaining, model, {"loss": round(loss, 4), "remaining": round(remaining, 5)})

    return run_course(Course(model, optimizer, stage.steps, settings.check_every, learn, check), folder, progress)


def fine_loss(model: FineVQVAE, batch: Batch) -> Tensor:
    """Error over the linear decoder's, so that every record and rate counts alike; errors in squared steps, mean over windows."""
    latents = model.quantizer.decode(batch.codes)
    inner = slice(EDGE * model.encoder.frame, -EDGE * model.encoder.frame)
    step = batch.steps[:, None, None]
    rebuilt = model.decoder(latents, batch.templates, batch.steps)
    with torch.no_grad():
        linear = model.decoder.synthesise(latents * step)
    error, before = (((values - batch.values) / step)[:, 0, inner].square().mean(dim=1) for values in (rebuilt, linear))
    return (error / (before + FLOOR)).mean()


def draw(sources: Sequence[Sequence[Coded]], shares: Sequence[float], settings: FineTraining, step: int) -> Batch:
    """Batch number `step`, the same for the same seed and step: random recordings, rows, rates, places and signs."""
    random = np.random.default_rng([settings.seed, step])
    values, codes, templates, steps = [], [], [], []
    for _ in range(settings.batch_size):
        source = sources[int(random.choice(len(sources), p=np.asarray(shares) / np.sum(shares)))]
        coded = source[int(random.integers(len(source)))]
        rate, row = random.integers(len(coded.steps)), random.integers(len(coded.values))
        start = random.integers(coded.codes.shape[2] - settings.window + 1)
        place = slice(start, start + settings.window)
        sign = -1 if random.random() < FLIPPED else 1
        frame = coded.codes.shape[3]
        values.append(sign * coded.values[row, None, start * frame : (start + settings.window) * frame])
        codes.append(sign * coded.codes[rate, row, place].T)
        seen = coded.templates[random.integers(len(coded.templates)), rate, row, place]
        templates.append(sign * seen.T.astype(np.float32) / coded.steps[rate])
        steps.append(coded.steps[rate])
    stacked = (np.stack(part).astype(np.float32) for part in (values, codes, templates, steps))
    return Batch(*(torch.from_numpy(part) for part in stacked))


@torch.no_grad()
def check_fine(model: FineVQVAE, coded: Sequence[Coded]) -> float:
    """Error over the linear decoder's, RMS of each recording's first row at each rate, geometric mean; with the last templates."""
    logs = []
    for recording in coded:
        frames = min(CHECKED, recording.codes.shape[2])
        values = torch.from_numpy(recording.values[:1, None, : frames * model.encoder.frame])
        for rate, step in enumerate(recording.steps):
            codes = torch.from_numpy(recording.codes[rate, :1, :frames].astype(np.float32)).movedim(-1, 1)
            templates = torch.from_numpy(recording.templates[-1, rate, :1, :frames].astype(np.float32)).movedim(-1, 1)
            batch = Batch(values, codes, templates / float(step), torch.tensor([step], dtype=torch.float32))
            logs.append(0.5 * math.log(fine_loss(model, batch).item()))
    return math.exp(sum(logs) / len(logs))
