"""The loop that every training runs in: steps, validations, the best weights kept, and going on where a run stopped."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

from vqvae.training.run_folder import Resumed, RunFolder

WARM_UP = 100  # steps


class Progress(NamedTuple):
    """Where a training stands."""

    step: int  # so many are done
    steps: int


class Check(NamedTuple):
    """What a validation found."""

    score: float  # the lower the better; infinite for weights that are not to be kept
    weights: nn.Module  # what is kept when no score was lower before
    row: dict[str, Any]  # for metrics.jsonl


def warm_cosine(step: int, steps: int) -> float:
    """Share of the highest learning rate: a warm-up, then one cosine down to a hundredth."""
    return min(1.0, (step + 1) / WARM_UP) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))


@dataclass(frozen=True)
class Course:
    """One training: what it changes, how long it is, and what its steps and validations do."""

    model: nn.Module
    optimizer: Optimizer
    steps: int
    check_every: int  # steps between validations
    learn: Callable[[int], Tensor]  # takes step number …; returns its loss ()
    check: Callable[[int, float], Check]  # after step number …, which had this loss
    schedule: Callable[[int, int], float] = warm_cosine  # (step, steps) -> share of the optimizer's learning rates


def descend(loss: Tensor, optimizer: Optimizer, longest: float) -> None:
    """One step down the gradient of `loss`, which is cut to the norm `longest`."""
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([parameter for group in optimizer.param_groups for parameter in group["params"]], longest)
    optimizer.step()


def run_course(course: Course, folder: RunFolder, progress: Callable[[Progress], bool]) -> Path:
    """Take the steps that are left to take in a run folder; returns the folder of the best weights.

    `progress` hears of every step and stops the training by returning False; what was learned is kept.
    """
    rates = [group["lr"] for group in course.optimizer.param_groups]
    at = folder.resume(course.model, course.optimizer) or Resumed(0, math.inf)
    for step in range(at.step, course.steps):
        for group, rate in zip(course.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * course.schedule(step, course.steps)
        loss = course.learn(step)
        going = progress(Progress(step + 1, course.steps))
        if (step + 1) % course.check_every == 0 or step + 1 == course.steps or not going:
            found = course.check(step, loss.item())
            folder.record(step=step + 1, **found.row)
            if found.score < at.best:
                folder.keep_best(found.weights)
            at = Resumed(step + 1, min(at.best, found.score))
            folder.keep_last(course.model, course.optimizer, at)
            folder.status("running" if going else "stopped", step + 1, course.steps)
        if not going:
            return folder.best
    folder.status("done", course.steps, course.steps)
    return folder.best
