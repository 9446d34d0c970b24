"""Training of the ECG delineator's segmenter on LUDB."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vqvae.config import to_json
from vqvae.datasets.splits import record_folder, select
from vqvae.modalities.ecg.delineation import LENGTH
from vqvae.networks.segmenter import Segmentation, Segmenter, SegmenterConfig
from vqvae.training.beat_examples import Beats, DistortionConfig, Examples, distorted, plain, read_beats
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import Check, Course, Progress, descend, run_course


@dataclass(frozen=True)
class DelineatorConfig:
    """Everything that decides what comes out of training."""

    modality: str = "ecg"
    task: str = "delineator"
    segmenter: SegmenterConfig = field(default_factory=SegmenterConfig)
    distortion: DistortionConfig = field(default_factory=DistortionConfig)
    last_record: int = 120  # of LUDB; records 1 to this one, and no others, are read
    held_out_every: int = 8  # of these, every so-manieth record only chooses the best weights
    seed: int = 0
    steps: int = 2500
    batch_size: int = 128
    learning_rate: float = 3e-3  # the highest; one cycle with a cosine down to nothing
    weight_decay: float = 0.02
    average: float = 0.99  # decay of the moving average of the weights, which is what is kept
    sharpness: float = 2.0  # samples: the standard deviation of the belief that is asked for around a mark
    check_every: int = 250  # steps


class Loss(NamedTuple):
    """Negative log-likelihood of the marks."""

    total: Tensor  # ()
    boundaries: Tensor  # (5,) cross-entropy in nats, in the order of `Boundaries`
    presence: Tensor  # () binary cross-entropy in nats


def segmentation_loss(said: Segmentation, examples: Examples, sharpness: float) -> Loss:
    """Cross-entropy to a narrow bell around every mark, plus that of the waves' presence; what is not known counts nothing."""
    targets = torch.from_numpy(examples.targets).float()
    known = ~targets.isnan()
    samples = torch.arange(LENGTH, dtype=torch.float32)
    bell = torch.exp(-0.5 * ((samples - targets.nan_to_num(0.0)[..., None]) / sharpness) ** 2)
    bell = bell / bell.sum(dim=2, keepdim=True)
    surprise = -(bell * said.boundaries.log_softmax(dim=2)).sum(dim=2) * known
    present = torch.from_numpy(examples.present).float()
    asked = ~present.isnan()
    doubt = functional.binary_cross_entropy_with_logits(said.presence, present.nan_to_num(0.0), reduction="none") * asked
    presence = doubt.sum() / asked.sum().clamp_min(1)
    total = surprise.sum() / known.sum().clamp_min(1) + presence
    return Loss(total, surprise.sum(dim=0) / known.sum(dim=0).clamp_min(1), presence)


def train_delineator(config: DelineatorConfig, data: Path, run: Path, progress: Callable[[Progress], bool] = lambda _: True) -> Path:
    """Train on LUDB's records in `data`, continuing what `run` holds to the bit; returns the folder of the best weights.

    `data` is the folder of the records, or the one that LUDB was downloaded into.  `progress` hears of every step and stops the
    training by returning False; what was learned is kept.
    """
    taught, held_out = _beats(config, data)  # before anything is written
    folder = RunFolder(run)
    folder.start(to_json(config))
    torch.manual_seed(config.seed)
    network = Segmenter(config.segmenter)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(config.average), use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)

    def learn(step: int) -> Tensor:
        examples = _drawn(config, taught, step)
        network.train()
        loss = segmentation_loss(network(torch.from_numpy(examples.windows)[:, None]), examples, config.sharpness).total
        descend(loss, optimizer, 1.0)
        average.update_parameters(network)
        return loss

    def check(_step: int, _loss: float) -> Check:
        loss = held_out_loss(average.module, held_out, config.sharpness)
        row = {"held_out_loss": loss.total.item(), "boundaries": loss.boundaries.tolist(), "presence": loss.presence.item()}
        return Check(loss.total.item(), average.module, row)

    both = nn.ModuleDict({"network": network, "average": average})
    return run_course(Course(both, optimizer, config.steps, config.check_every, learn, check, _cycle), folder, progress)


def _beats(config: DelineatorConfig, data: Path) -> tuple[Beats, Beats]:
    """The beats to train on, and those held out."""
    folder = record_folder(data)
    numbers = [int(name) for name in select(folder, [str(number) for number in range(1, config.last_record + 1)])]
    taught = read_beats(folder, [number for number in numbers if number % config.held_out_every])
    return taught, read_beats(folder, [number for number in numbers if number % config.held_out_every == 0])


def _drawn(config: DelineatorConfig, beats: Beats, step: int) -> Examples:
    """One batch, and the seed of the network's dropout; both depend on seed and step only."""
    random = np.random.default_rng([config.seed, step])
    torch.manual_seed(config.seed * 1_000_003 + step)
    return distorted(beats, random.integers(len(beats.peaks), size=config.batch_size), config.distortion, random)


def _cycle(step: int, steps: int) -> float:
    """Share of the highest learning rate: a straight rise over the first tenth, then half a cosine."""
    done = step / steps
    return (done + 0.002) / 0.102 if done < 0.1 else 0.5 * (1 + math.cos(math.pi * (done - 0.1) / 0.9))


def held_out_loss(network: nn.Module, beats: Beats, sharpness: float) -> Loss:
    """Loss over all `beats` as they are, undistorted."""
    network.eval()
    examples = plain(beats, np.arange(len(beats.peaks)))
    with torch.inference_mode():
        blocks = np.array_split(examples.windows, max(1, len(beats.peaks) // 256))
        parts = [network(torch.from_numpy(windows)[:, None]) for windows in blocks]
        said = Segmentation(torch.cat([part.boundaries for part in parts]), torch.cat([part.presence for part in parts]))
        return segmentation_loss(said, examples, sharpness)
