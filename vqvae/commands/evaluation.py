"""`evaluate`: a checkpoint scored on many recordings."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vqvae.commands.arguments import LEAD, Add, folder_of, selected, selection
from vqvae.commands.terminal import Told


def add(command: Add) -> None:
    """Declare `evaluate`."""
    many = command("evaluate", evaluate, "Score a checkpoint on a folder of recordings.")
    many.add_argument("checkpoint", metavar="CHECKPOINT", help="a folder, or a name that `list` shows")
    selection(many)
    many.add_argument("--levels", type=int, metavar="N", help="this bit rate only, from 1 for the least; all of them when left out")
    many.add_argument("--lead", help=LEAD)
    many.add_argument("--output", type=Path, metavar="METRICS.json", help="scores, with units, definitions and those of every recording")


def evaluate(options: argparse.Namespace) -> None:
    """CHECKPOINT over the records of DIR -> METRICS.json and a table."""
    from vqvae import checkpoint as checkpoints
    from vqvae.config import require_writable, write_json

    if options.output:
        require_writable(options.output)
    folder = checkpoints.find(options.checkpoint)
    paths = selected(options, checkpoints.kind(folder))
    result = _delineation(folder, options, paths) if checkpoints.task(folder) == "delineator" else _codes(folder, options, paths)
    if options.output:
        write_json(options.output, result)


def _codes(folder: Path, options: argparse.Namespace, paths: dict[str, Path]) -> dict[str, Any]:
    from vqvae import evaluation, pipeline
    from vqvae.cards import table

    checkpoint = pipeline.load(folder)
    asked = {} if options.lead is None else {"lead": options.lead}
    levels = None if options.levels is None else [options.levels]
    with Told() as told:
        result = evaluation.evaluate(checkpoint, paths, levels, told, folder_of(options), **asked)
    result = {**evaluation.provenance(folder, options.command), **result}
    print(table(result))
    return result


def _delineation(folder: Path, options: argparse.Namespace, paths: dict[str, Path]) -> dict[str, Any]:
    from vqvae.cards import table
    from vqvae.delineator import evaluate_delineator
    from vqvae.evaluation import answers, provenance

    names = list(paths)
    data = {"folder": options.data.name, "recordings": names}
    result = {**provenance(folder, options.command), "data": data, **answers(evaluate_delineator(folder, options.data, names))}
    print(table(result))
    return result
