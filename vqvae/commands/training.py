"""`train`: a checkpoint from a configuration."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from vqvae.commands.arguments import Add
from vqvae.commands.terminal import Stopped, Told


def add(command: Add) -> None:
    """Declare `train`."""
    learn = command("train", train, "Train a checkpoint; a run that was stopped goes on where it stopped.")
    learn.add_argument("config", type=Path, nargs="?", metavar="CONFIG.json", help="such as checkpoints/ecg/config.json")
    learn.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder that holds the training data's folders")
    learn.add_argument("--run", type=Path, metavar="RUN", dest="folder", help="the run's folder; runs/NAME when left out")
    learn.add_argument("--resume", type=Path, metavar="RUN", help="go on with this run, with its own configuration")


def train(options: argparse.Namespace) -> None:
    """CONFIG.json -> a run folder with the best weights in `best/`."""
    from vqvae.coder_training import learn_coders
    from vqvae.config import from_json, read_object
    from vqvae.training.autoencoder import AutoencoderConfig, train_autoencoder
    from vqvae.training.coding import train_fine_checkpoint
    from vqvae.training.config import CodebookConfig
    from vqvae.training.delineation import DelineatorConfig, train_delineator
    from vqvae.training.fine import FineCheckpointConfig
    from vqvae.training.loop import train as train_codebook

    if (options.config is None) == (options.resume is None):
        raise ValueError("give either a CONFIG.json to start with or --resume RUN to go on")
    source = options.config or options.resume / "config.json"
    settings = read_object(source)
    task = settings.get("task", "codebook")
    delineator = task == "delineator"
    configs = {"delineator": DelineatorConfig, "autoencoder": AutoencoderConfig, "vae": AutoencoderConfig, "fine": FineCheckpointConfig}
    config: Any = from_json(configs.get(task, CodebookConfig), settings)
    run = options.resume or options.folder or Path("runs") / settings.get("name", source.parent.name)
    with Told() as told, Stopped() as stopped:

        def progress(at: Any) -> bool:
            told(f"step {at.step} of {at.steps}", at.step / at.steps)
            if stopped.asked and delineator:
                raise KeyboardInterrupt  # its run folder holds what was known at the last check
            return not stopped.asked

        try:
            if delineator:
                best = train_delineator(config, options.data / "ludb", run, bool(options.resume), progress)
            elif task == "fine":
                best = train_fine_checkpoint(config, options.data, run, told, progress)
            elif task in configs:
                best = train_autoencoder(config, options.data, run, progress)
            else:
                best = train_codebook(config, options.data, run, progress)
                if not stopped.asked:
                    learn_coders(best, options.data, told)
        except KeyboardInterrupt:
            stopped.asked = True
    if stopped.asked:
        print(f"stopped; go on with: python -m vqvae train --resume {shlex.quote(str(run))} --data {shlex.quote(str(options.data))}")
    else:
        print(f"best weights: {best}")
