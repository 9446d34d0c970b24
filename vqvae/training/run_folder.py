"""A run folder: everything about one training, written so that a crash at any moment leaves it readable.

`config.json`, `metrics.jsonl`, `log.txt`, `status.json`, and `last/`, `best/` with weights; no pickle anywhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import safetensors
import torch
from safetensors.torch import save
from torch import Tensor, nn

from vqvae.config import read_json, write_bytes, write_json


class Resumed(NamedTuple):
    """Where a run stopped."""

    step: int
    best: float  # the lowest score so far


class Stored(NamedTuple):
    """What a file of tensors holds."""

    tensors: dict[str, Tensor]
    about: dict[str, str]  # empty when the file says nothing


@contextmanager
def _opened(file: Path) -> Iterator[Stored]:
    """The tensors that a run goes on from; ValueError when they cannot be read, or do not fit what the caller puts them into."""
    try:
        with safetensors.safe_open(file, "pt") as read:
            stored = Stored({name: read.get_tensor(name) for name in read.keys()}, read.metadata() or {})  # noqa: SIM118 (not a dict)
        yield stored
    except (OSError, RuntimeError, KeyError, ValueError, safetensors.SafetensorError) as error:
        run = file.parent.parent.name
        raise ValueError(f"{run}/last/{file.name} is damaged or of another network, so {run} cannot go on: start a new run") from error


class RunFolder:
    """Writes and reads one run folder."""

    def __init__(self, path: Path) -> None:
        self.path, self.best = path, path / "best"
        for folder in (path, path / "last", self.best):
            folder.mkdir(parents=True, exist_ok=True)

    def start(self, config: Any) -> None:
        """Note the configuration of a new run; ValueError when the folder holds another one."""
        if (self.path / "config.json").exists() and read_json(self.path / "config.json") != config:
            raise ValueError(f"{self.path.name} holds a run with another configuration: choose another folder")
        write_json(self.path / "config.json", config)
        write_json(self.best / "config.json", config)  # so that `best` is a checkpoint folder

    def record(self, **row: Any) -> None:
        """Add one line to metrics.jsonl, and the same in words to log.txt."""
        with open(self.path / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        with open(self.path / "log.txt", "a", encoding="utf-8") as file:
            file.write(time.strftime("%H:%M:%S ") + " ".join(f"{key} {value}" for key, value in row.items()) + "\n")

    def status(self, state: str, step: int, steps: int) -> None:
        """What the run is doing: running, stopped, done."""
        write_json(self.path / "status.json", {"state": state, "step": step, "steps": steps, "time": time.time()})

    def keep_best(self, model: nn.Module) -> None:
        """The weights as the best so far."""
        write_bytes(self.best / "model.safetensors", save(model.state_dict()))

    def keep_last(self, model: nn.Module, optimizer: torch.optim.Optimizer, at: Resumed) -> None:
        """All that resuming needs, in one file: weights, optimizer, step."""
        tensors: dict[str, Tensor] = {f"model.{key}": value for key, value in model.state_dict().items()}
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
        metadata = {"step": str(at.step), "best": repr(at.best)}
        write_bytes(self.path / "last" / "state.safetensors", save({key: value.contiguous() for key, value in tensors.items()}, metadata))

    def keep_weights(self, model: nn.Module, step: int) -> None:
        """Weights as they are after a step of a training that needs nothing else to go on."""
        write_bytes(self.path / "last" / "state.safetensors", save(model.state_dict(), {"step": str(step)}))

    def resume_weights(self, model: nn.Module) -> int:
        """Put weights back as `keep_weights` left them; returns after which step, 0 when there is nothing to resume."""
        file = self.path / "last" / "state.safetensors"
        if not file.exists():
            return 0
        with _opened(file) as stored:
            model.load_state_dict(stored.tensors)
            return int(stored.about["step"])

    def resume(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> Resumed | None:
        """Put weights and optimizer back as `keep_last` left them; None when there is nothing to resume."""
        file = self.path / "last" / "state.safetensors"
        if not file.exists():
            return None
        with _opened(file) as stored:
            tensors = stored.tensors
            model.load_state_dict({key.removeprefix("model."): value for key, value in tensors.items() if key.startswith("model.")})
            states: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                if key.startswith("optimizer."):
                    _, index, name = key.split(".", 2)
                    states.setdefault(int(index), {})[name] = value
            optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
            return Resumed(int(stored.about["step"]), float(stored.about["best"]))
