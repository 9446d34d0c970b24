"""`evaluate`: a checkpoint scored on many recordings."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vqvae.commands.arguments import Add, selected, selection
from vqvae.commands.terminal import Told


def add(command: Add) -> None:
    """Declare `evaluate`."""
    many = command("evaluate", evaluate, "Score a checkpoint on a folder of recordings.")
    many.add_argument("checkpoint", metavar="CHECKPOINT")
    selection(many)
    many.add_argument("--levels", type=int, help="this bit rate only, from 1 for the least; all of them when left out")
    many.add_argument("--lead", help="the lead that intervals are measured on")
    many.add_argument("--output", type=Path, metavar="METRICS.json")


def evaluate(options: argparse.Namespace) -> None:
    """CHECKPOINT over the records of DIR -> METRICS.json and a table."""
    from vqvae import checkpoint as checkpoints
    from vqvae.config import require_writable, write_json

    if options.output:
        require_writable(options.output)
    paths = selected(options)
    folder = checkpoints.find(options.checkpoint)
    result = _delineation(folder, options, paths) if checkpoints.task(folder) == "delineator" else _codes(folder, options, paths)
    if options.output:
        write_json(options.output, result)


def _codes(folder: Path, options: argparse.Namespace, paths: list[Path]) -> dict[str, Any]:
    from vqvae import evaluation, pipeline
    from vqvae.cards import table

    checkpoint = pipeline.load(folder)
    with Told() as told:
        result = evaluation.evaluate(checkpoint, paths, [options.levels] if options.levels is not None else None, told, lead=options.lead)
    result = {**evaluation.provenance(folder, options.command), **result}
    print(table(result))
    return result


def _delineation(folder: Path, options: argparse.Namespace, paths: list[Path]) -> dict[str, Any]:
    from vqvae.cards import table
    from vqvae.delineator import evaluate_delineator
    from vqvae.evaluation import answers, provenance

    names = [path.name for path in paths]
    data = {"folder": options.data.name, "recordings": names}
    result = {**provenance(folder, options.command), "data": data, **answers(evaluate_delineator(folder, options.data, names))}
    print(table(result))
    return result
