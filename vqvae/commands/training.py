"""`train`: a checkpoint from a configuration."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqvae.commands.arguments import Add
from vqvae.commands.terminal import Stopped, Told

if TYPE_CHECKING:
    from vqvae.training.steps import Progress


def add(command: Add) -> None:
    """Declare `train`."""
    learn = command("train", train, "Train a checkpoint; a run that was stopped goes on where it stopped.")
    learn.add_argument("config", type=Path, nargs="?", metavar="CONFIG.json", help="such as checkpoints/ecg/config.json")
    learn.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of the data sets' folders: mitdb, oasis, …")
    learn.add_argument("--run", type=Path, metavar="RUN", dest="folder", help="the run's folder; runs/NAME when left out")
    learn.add_argument("--resume", type=Path, metavar="RUN", help="go on with this run, with its own configuration")


def train(options: argparse.Namespace) -> None:
    """CONFIG.json -> a run folder with the best weights in `best/`."""
    from vqvae.config import read_object

    if (options.config is None) == (options.resume is None):
        raise ValueError("give either a CONFIG.json to start with or --resume RUN to go on")
    source = options.config or options.resume / "config.json"
    settings = read_object(source)
    run = options.resume or options.folder or Path("runs") / settings.get("name", source.parent.name)
    with Told() as told, Stopped() as stopped:
        try:
            best = _trained(settings, options.data, run, told, stopped)
        except KeyboardInterrupt:
            stopped.asked = True
    if stopped.asked:
        print(f"stopped; go on with: python -m vqvae train --resume {shlex.quote(str(run))} --data {shlex.quote(str(options.data))}")
    else:
        print(f"best weights: {best}")


def _trained(settings: dict[str, Any], data: Path, run: Path, told: Told, stopped: Stopped) -> Path:
    """Train what the configuration is of, on the recordings below `data`; returns the folder of the best weights."""
    from vqvae.coder_training import learn_coders
    from vqvae.config import from_json
    from vqvae.training.autoencoder import AutoencoderConfig, train_autoencoder
    from vqvae.training.coding import train_fine_checkpoint
    from vqvae.training.config import CodebookConfig
    from vqvae.training.delineation import DelineatorConfig, train_delineator
    from vqvae.training.fine import FineCheckpointConfig
    from vqvae.training.loop import train as train_codebook

    def progress(at: Progress) -> bool:
        told(f"step {at.step} of {at.steps}", at.step / at.steps)
        return not stopped.asked

    def heard(doing: str, share: float) -> None:
        told(doing, share)
        if stopped.asked:
            raise KeyboardInterrupt

    task = settings.get("task", "codebook")
    if task == "delineator":
        return train_delineator(from_json(DelineatorConfig, settings), data / "ludb", run, progress)
    if task in ("autoencoder", "vae"):
        return train_autoencoder(from_json(AutoencoderConfig, settings), data, run, progress)
    if task in ("notes", "gestures"):
        return _of_performances(task, settings, data, run, heard)
    if task in ("planes", "fine-planes"):
        return _of_images(task, settings, data, run, heard, progress)
    if task == "fine":
        best = train_fine_checkpoint(from_json(FineCheckpointConfig, settings), data, run, told, progress)
    else:
        best = train_codebook(from_json(CodebookConfig, settings), data, run, progress)
    if not stopped.asked:
        learn_coders(best, data, told)
    return best


def _of_images(
    task: str, settings: dict[str, Any], data: Path, run: Path, told: Callable[[str, float], None], progress: Callable[[Progress], bool]
) -> Path:
    """The same for images."""
    from vqvae.config import from_json
    from vqvae.plane_training import train_fine_planes, train_planes
    from vqvae.training.fine_planes import FinePlanesConfig
    from vqvae.training.planes import PlanesConfig

    if task == "planes":
        return train_planes(from_json(PlanesConfig, settings), data, run, told, progress)
    return train_fine_planes(from_json(FinePlanesConfig, settings), data, run, told, progress)


def _of_performances(task: str, settings: dict[str, Any], data: Path, run: Path, told: Callable[[str, float], None]) -> Path:
    """The same for performances."""
    from vqvae.config import from_json
    from vqvae.gesture_training import train_gestures
    from vqvae.note_training import train_notes
    from vqvae.training.gestures import GesturesConfig
    from vqvae.training.notes import NotesConfig

    if task == "notes":
        return train_notes(from_json(NotesConfig, settings), data, run, told)
    return train_gestures(from_json(GesturesConfig, settings), data, run, told)
