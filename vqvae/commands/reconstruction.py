"""`reconstruct`: recordings through the codes of a checkpoint and back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vqvae.commands.arguments import Add, read
from vqvae.commands.terminal import Told


def add(command: Add) -> None:
    """Declare `reconstruct`."""
    one = command("reconstruct", reconstruct, "Write what is left of recordings after a trip through a checkpoint's codes.")
    one.add_argument("files", nargs="+", metavar="FILE", help="a recording, or example:NAME for a bundled one")
    one.add_argument("--checkpoint", default="ecg", help="a folder, or a name that `list` shows")
    rates = "bit rate, from 1 for the least: residual levels of a codebook, steps of a fine checkpoint; the most when left out"
    one.add_argument("--levels", type=int, help=rates)
    one.add_argument("--lead", help="the lead that intervals are measured on; the clearest one when left out")
    one.add_argument("--rate", type=float, help="samples per second, for files that do not say")
    one.add_argument("--output", type=Path, required=True, metavar="OUT", help="folder for the reconstructions")
    one.add_argument("--report", type=Path, metavar="REPORT.json", help="scores with units and definitions")


def reconstruct(options: argparse.Namespace) -> None:
    """FILE… -> reconstructions in OUT, and a report."""
    from vqvae import evaluation, pipeline
    from vqvae.config import require_writable, write_json
    from vqvae.modalities import modality

    checkpoint = pipeline.load(options.checkpoint)
    kind: Any = modality(checkpoint.config.modality)
    if options.report and len(options.files) > 1:
        raise ValueError("--report describes one recording: give one FILE, or use evaluate for many")
    level = checkpoint.levels if options.levels is None else options.levels
    require_writable(options.output, folder=True)
    if options.report:
        require_writable(options.report)
    _require_targets(kind, options)
    for file in options.files:
        recording = read(kind, file, options.rate)
        analysis = pipeline.analyse(checkpoint, recording, options.lead)
        with Told() as told:
            encoded = pipeline.encode(checkpoint, recording, level, lambda share: told("encoding", share))
            rebuilt = pipeline.decode(checkpoint, encoded, None, lambda share: told("decoding", share))
        cost = pipeline.rate(checkpoint, encoded)
        report = pipeline.compare(checkpoint, recording, rebuilt, analysis=analysis)
        options.output.mkdir(parents=True, exist_ok=True)
        written = kind.write(kind.marked(rebuilt, report), options.output / recording.name)
        if options.report:
            write_json(options.report, evaluation.single(checkpoint, recording, level, cost, report, options.command))
        lead = recording.leads[analysis.lead]
        size = f"{cost.value:.0f} {cost.unit} per lead, {cost.compression_ratio:.1f} times smaller; measured on lead {lead}."
        print(f"{recording.name}: {kind.verdict(report).text} {size}")
        print("  wrote " + ", ".join(str(path) for path in written))


def _require_targets(kind: Any, options: argparse.Namespace) -> None:
    """ValueError when writing would replace an input, or the output for another input."""
    files = [Path(file) for file in options.files if not file.startswith("example:")]
    taken = {path.resolve(): f"the input {path}" for file in files for path in (*kind.targets(file), file)}
    for file in options.files:
        name = read(kind, file, options.rate).name
        for target in kind.targets(options.output / name):
            if holder := taken.get(target.resolve()):
                raise ValueError(f"the reconstruction of {file} would replace {holder}: choose another --output")
            taken[target.resolve()] = f"{target}, the reconstruction of {file}"
    if options.report and (holder := taken.get(options.report.resolve())):
        raise ValueError(f"the report would replace {holder}: choose another --report")
