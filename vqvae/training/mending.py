"""Training of the network that mends decoded slices: pairs of what was decoded and what was coded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqvae.networks.planes import Mender, neighbours
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import Check, Course, Progress, descend, run_course

RADIUS, SIGMA = 5, 1.5  # of the window of SSIM (Wang et al. 2004, doi 10.1109/TIP.2003.819861)
STABLE = (0.01**2, 0.03**2)  # of SSIM, for values from 0 to 1
FLOORS = (1e-5, 1e-3)  # errors and 1 - SSIM below are not worth more
CHECKED = 24  # slices at a validation


@dataclass(frozen=True)
class MendingTraining:
    """How a `Mender` is trained."""

    steps: int = 2500
    batch_size: int = 8
    window: int = 128  # pixels along both sides
    learning_rate: float = 1.2e-3  # at the top of one cosine cycle
    check_every: int = 250
    seed: int = 0


class Pair(NamedTuple):
    """A volume as it was decoded and as it was."""

    decoded: np.ndarray  # (X, Y, S)
    original: np.ndarray  # (X, Y, S)
    coarseness: float
    alone: bool  # slices were coded one by one, and none is looked at beside the one that is mended


class Windows(NamedTuple):
    """A batch."""

    seen: Tensor  # (B, slices, W, W)
    wanted: Tensor  # (B, 1, W, W)
    coarseness: Tensor  # (B, 1)


def train_mender(
    mender: Mender, config: Any, settings: MendingTraining, pairs: Sequence[Pair], checks: Sequence[Pair], run: Path,
    progress: Callable[[Progress], bool],
) -> Path:  # fmt: skip
    """Train on pairs, continuing what `run` holds, which notes `config`; returns the folder of the best weights."""
    folder = RunFolder(run)
    folder.start(config)
    torch.manual_seed(settings.seed)
    optimizer = torch.optim.AdamW(mender.parameters(), settings.learning_rate, weight_decay=1e-4)
    judged = [draw(checks, mender.slices, settings, step, mirrored=False) for step in range(-CHECKED // settings.batch_size, 0)]

    def learn(step: int) -> Tensor:
        loss = mending_loss(mender, draw(pairs, mender.slices, settings, step))
        descend(loss, optimizer, 1.0)
        return loss

    def check(_step: int, loss: float) -> Check:
        with torch.no_grad():
            remaining = float(torch.stack([mending_loss(mender, batch) for batch in judged]).mean())
        return Check(remaining, mender, {"loss": round(loss, 4), "remaining": round(remaining, 5)})

    return run_course(Course(mender, optimizer, settings.steps, settings.check_every, learn, check), folder, progress)


def draw(pairs: Sequence[Pair], slices: int, settings: MendingTraining, step: int, mirrored: bool = True) -> Windows:
    """Batch number `step`, the same for the same seed and step: random pairs, slices, places, mirrored or not."""
    random = np.random.default_rng([settings.seed, abs(step), int(step < 0)])
    seen, wanted, coarseness = [], [], []
    for _ in range(settings.batch_size):
        pair = pairs[int(random.integers(len(pairs)))]
        place = int(random.integers(pair.original.shape[2]))
        extents = [min(settings.window, extent) for extent in pair.original.shape[:2]]
        x, y = (random.integers(extent - own + 1) for extent, own in zip(pair.original.shape, extents, strict=False))
        window = (slice(x, x + extents[0]), slice(y, y + extents[1]))
        near = neighbours(place, pair.original.shape[2], slices, pair.alone)
        turn = -1 if mirrored and random.random() < 0.5 else 1
        seen.append(np.moveaxis(pair.decoded[window][:, :, near], 2, 0)[:, ::turn].astype(np.float32))
        wanted.append(pair.original[window][None, ::turn, :, place].astype(np.float32))
        coarseness.append([pair.coarseness])
    batch = (torch.from_numpy(np.ascontiguousarray(np.stack(part), np.float32)) for part in (seen, wanted, coarseness))
    return Windows(*batch)


def mending_loss(mender: nn.Module, batch: Windows) -> Tensor:
    """Squared error and 1 - SSIM, each over what it is without mending, so that every rate counts alike."""
    seen = batch.seen.contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        found = mender(seen, batch.coarseness)
    middle = batch.seen.shape[1] // 2
    before = batch.seen[:, middle : middle + 1]
    loss = found.new_zeros((), dtype=torch.float32)
    for measure, floor in zip((_squared, _unlike), FLOORS, strict=True):
        with torch.no_grad():
            least = measure(before, batch.wanted)
        loss = loss + (measure(found.float(), batch.wanted) / (least + floor)).mean()
    return loss / 2


def _squared(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).square().mean(dim=(1, 2, 3))


def _unlike(found: Tensor, wanted: Tensor) -> Tensor:
    return 1 - ssim(found, wanted).mean(dim=(1, 2, 3))


def ssim(found: Tensor, wanted: Tensor) -> Tensor:
    """Structural similarity of images (B, 1, X, Y) of values from 0 to 1 at every place whose window lies inside, eq. 13 of Wang 2004."""
    kernel = _window()

    def mean(values: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(values, kernel[None, None, :, None]), kernel[None, None, None, :])

    a, b = mean(found), mean(wanted)
    aa, bb, ab = mean(found * found), mean(wanted * wanted), mean(found * wanted)
    first, second = STABLE
    return ((2 * a * b + first) * (2 * (ab - a * b) + second)) / ((a * a + b * b + first) * (aa - a * a + bb - b * b + second))


@lru_cache(maxsize=1)
def _window() -> Tensor:
    places = torch.arange(-RADIUS, RADIUS + 1, dtype=torch.float32)
    weights = torch.exp(-places.square() / (2 * SIGMA**2))
    return weights / weights.sum()
