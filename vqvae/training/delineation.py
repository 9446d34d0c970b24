"""Training of the ECG delineator's segmenter on LUDB: one loop, resumable to the bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vqvae.config import from_json, read_json, to_json, write_bytes, write_json
from vqvae.datasets.splits import record_folder, select
from vqvae.modalities.ecg.delineation import LENGTH
from vqvae.networks.segmenter import Segmentation, Segmenter, SegmenterConfig
from vqvae.training.beat_examples import Beats, DistortionConfig, Examples, distorted, plain, read_beats
from vqvae.training.run_folder import opened


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


class Progress(NamedTuple):
    """Where a training stands."""

    step: int
    steps: int
    loss: float  # held-out; NaN before the first check


def train_delineator(
    config: DelineatorConfig, data: Path, run: Path, resume: bool = False, progress: Callable[[Progress], object] | None = None
) -> Path:
    """Train on the LUDB folder `data`; the run folder holds config.json, metrics.jsonl, status.json, last/ and best/.

    Args:
        config: with `resume`, it must be the run's own.
        data: folder of LUDB's records, or the one that LUDB was downloaded into.
        run: where everything is written.
        resume: go on from `run/last`; the outcome is that of a training never interrupted.
        progress: called after every step.

    Returns:
        The folder of the best weights: model.safetensors and config.json.

    Raises:
        ValueError: the run exists and `resume` is False, it was started with another configuration, or records are missing.
    """
    _check_run(config, run, resume)
    folder = record_folder(data)
    numbers = [int(name) for name in select(folder, [str(number) for number in range(1, config.last_record + 1)])]
    taught = read_beats(folder, [number for number in numbers if number % config.held_out_every])
    held_out = read_beats(folder, [number for number in numbers if number % config.held_out_every == 0])
    state = _State(config)
    if resume and (run / "last").exists():
        state.load(run / "last")
    run.mkdir(parents=True, exist_ok=True)  # only now: data that cannot be read leave no run behind
    write_json(run / "config.json", to_json(config))
    loss = state.best
    while state.step < config.steps:
        _take_step(state, taught)
        if state.step % config.check_every == 0 or state.step == config.steps:
            loss = _check(state, held_out, run)
        if progress is not None:
            progress(Progress(state.step, config.steps, loss))
    return run / "best"


def _check_run(config: DelineatorConfig, run: Path, resume: bool) -> None:
    settings = run / "config.json"
    if settings.exists() and not resume:
        raise ValueError(f"{run.name} holds a training already: resume it or choose another folder")
    if settings.exists() and from_json(DelineatorConfig, read_json(settings)) != config:
        raise ValueError(f"{run.name} was started with other settings: resume it with its own config.json")


class _State:
    """All that changes while training; saved whole, so that a resumed run is the same run."""

    def __init__(self, config: DelineatorConfig) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.network = Segmenter(config.segmenter)
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(config.average), use_buffers=True)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
        self.step = 0
        self.best = float("nan")

    def save(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        moments = self.optimizer.state_dict()["state"]
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        tensors |= {f"optimizer.{index}.{name}": value for index, entry in moments.items() for name, value in entry.items()}
        about = {"step": str(self.step), "best": repr(self.best)}
        write_bytes(folder / "state.safetensors", safetensors.torch.save({k: v.contiguous() for k, v in tensors.items()}, metadata=about))

    def load(self, folder: Path) -> None:
        with opened(folder / "state.safetensors") as stored:
            self._restore(stored.tensors)
            self.step, self.best = int(stored.about["step"]), float(stored.about["best"])

    def _restore(self, tensors: dict[str, Tensor]) -> None:
        parts: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimizer": {}}
        for name, value in tensors.items():
            part, rest = name.split(".", 1)
            parts[part][rest] = value
        self.network.load_state_dict(parts["network"])
        self.average.load_state_dict(parts["average"])
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in parts["optimizer"].items():
            index, rest = name.split(".", 1)
            moments.setdefault(int(index), {})[rest] = value
        self.optimizer.load_state_dict({"state": moments, "param_groups": self.optimizer.state_dict()["param_groups"]})


def _take_step(state: _State, beats: Beats) -> None:
    """One batch; what is drawn at a step depends on seed and step only."""
    config = state.config
    rng = np.random.default_rng([config.seed, state.step])
    torch.manual_seed(config.seed * 1_000_003 + state.step)
    examples = distorted(beats, rng.integers(len(beats.peaks), size=config.batch_size), config.distortion, rng)
    for group in state.optimizer.param_groups:
        group["lr"] = config.learning_rate * _cycle(state.step / config.steps)
    state.network.train()
    loss = segmentation_loss(state.network(torch.from_numpy(examples.windows)[:, None]), examples, config.sharpness)
    state.optimizer.zero_grad()
    loss.total.backward()
    nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
    state.optimizer.step()
    state.average.update_parameters(state.network)
    state.step += 1


def _cycle(done: float) -> float:
    """Share of the highest learning rate: a straight rise over the first tenth, then half a cosine."""
    return (done + 0.002) / 0.102 if done < 0.1 else 0.5 * (1 + np.cos(np.pi * (done - 0.1) / 0.9))


def _check(state: _State, held_out: Beats, run: Path) -> float:
    """Loss of the averaged weights on the held-out records; keeps them when they are the best so far."""
    loss = held_out_loss(state.average.module, held_out, state.config.sharpness)
    value = float(loss.total)
    if not value >= state.best:
        state.best = value
        (run / "best").mkdir(exist_ok=True)
        weights = {name: tensor.contiguous() for name, tensor in state.average.module.state_dict().items()}
        write_bytes(run / "best" / "model.safetensors", safetensors.torch.save(weights))
        write_json(run / "best" / "config.json", to_json(state.config))
    state.save(_made(run / "last"))
    entry = {"step": state.step, "held_out_loss": value, "boundaries": loss.boundaries.tolist(), "presence": float(loss.presence)}
    with open(run / "metrics.jsonl", "a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")
    write_json(run / "status.json", {"step": state.step, "steps": state.config.steps, "best_held_out_loss": state.best})
    return value


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def held_out_loss(network: nn.Module, beats: Beats, sharpness: float) -> Loss:
    """Loss over all `beats` as they are, undistorted."""
    network.eval()
    examples = plain(beats, np.arange(len(beats.peaks)))
    with torch.inference_mode():
        blocks = np.array_split(examples.windows, max(1, len(beats.peaks) // 256))
        parts = [network(torch.from_numpy(windows)[:, None]) for windows in blocks]
        said = Segmentation(torch.cat([part.boundaries for part in parts]), torch.cat([part.presence for part in parts]))
        return segmentation_loss(said, examples, sharpness)
