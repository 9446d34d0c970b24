"""`download` and `list`: what there is, and how to get it."""

from __future__ import annotations

import argparse
from pathlib import Path

from vqvae.commands.arguments import Add
from vqvae.commands.terminal import Told


def add(command: Add) -> None:
    """Declare `download` and `list`."""
    fetch = command("download", download, "Download a data set: resumable, every file checked by its sha256.")
    fetch.add_argument("dataset", metavar="DATASET", help="mitdb, ludb, asap or mnist; oasis and adni say where they are to be had")
    fetch.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder for its files")
    command("list", listing, "Show checkpoints, examples and data sets.")


def download(options: argparse.Namespace) -> None:
    """DATASET -> DIR."""
    from vqvae.datasets.download import download as fetch

    with Told() as told:
        files = fetch(options.dataset, options.output, progress=lambda done, total: told(f"{done} of {total} files", done / total))
    print(f"{len(files)} files in {options.output}, every sha256 as published")


def listing(options: argparse.Namespace) -> None:
    """What there is to use."""
    from vqvae import baselines
    from vqvae import checkpoint as checkpoints
    from vqvae.datasets.registry import DATASETS, ELSEWHERE
    from vqvae.modalities import modality, names

    for folder in checkpoints.folders():
        print(f"checkpoint  {folder.name}  ({checkpoints.task(folder)})")
    for opponent in baselines.names():
        print(f"opponent    {opponent}")
    for kind in names():
        for example in modality(kind).examples():
            print(f"example     {kind}  example:{example}")
    for dataset in DATASETS.values():
        print(f"data set    {dataset.name}  {dataset.title}, {dataset.licence}")
    for name in ELSEWHERE:
        print(f"data set    {name}  asks for a registration: `download {name}` says where")
