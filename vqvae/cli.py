"""`python -m vqvae …`: one thin sub-command per task.  Exit status 0, or 2 with one sentence on standard error."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        print(f"{Path(sys.argv[0]).stem if arguments is None else 'vqvae'}: {error}".replace("__main__", "vqvae"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("vqvae: stopped; what was finished is kept", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    about = "Recordings through a discrete codebook and back, and what survived."
    parser = argparse.ArgumentParser(prog="python -m vqvae", description=about)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        return added

    one = command("reconstruct", reconstruct, "Write what is left of recordings after a trip through a codebook.")
    one.add_argument("files", nargs="+", metavar="FILE", help="a recording, or example:NAME for a bundled one")
    one.add_argument("--checkpoint", default="ecg", help="a folder, or a name that `list` shows")
    one.add_argument("--levels", type=int, help="residual levels to use; all when left out")
    one.add_argument("--lead", help="the lead that intervals are measured on; the clearest one when left out")
    one.add_argument("--rate", type=float, help="samples per second, for files that do not say")
    one.add_argument("--output", type=Path, required=True, metavar="OUT", help="folder for the reconstructions")
    one.add_argument("--report", type=Path, metavar="REPORT.json", help="scores with units and definitions")

    many = command("evaluate", evaluate, "Score a checkpoint on a folder of recordings.")
    many.add_argument("checkpoint", metavar="CHECKPOINT")
    many.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of WFDB records")
    many.add_argument("--records", metavar="A,B", help="these records only")
    many.add_argument("--split", choices=("training", "validation"), help="the records of this split of a known data set")
    many.add_argument("--levels", type=int, help="this many residual levels only; every number of them when left out")
    many.add_argument("--lead", help="the lead that intervals are measured on")
    many.add_argument("--output", type=Path, metavar="METRICS.json")

    learn = command("train", train, "Train a checkpoint; a run that was stopped goes on where it stopped.")
    learn.add_argument("config", type=Path, nargs="?", metavar="CONFIG.json", help="such as checkpoints/ecg/config.json")
    learn.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder that holds the training data's folders")
    learn.add_argument("--run", type=Path, metavar="RUN", dest="folder", help="the run's folder; runs/NAME when left out")
    learn.add_argument("--resume", type=Path, metavar="RUN", help="go on with this run, with its own configuration")

    fetch = command("download", download, "Download a data set: resumable, every file checked by its sha256.")
    fetch.add_argument("dataset", metavar="DATASET", help="mitdb or ludb")
    fetch.add_argument("--output", type=Path, required=True, metavar="DIR")
    command("list", listing, "Show checkpoints, examples and data sets.")
    return parser


def reconstruct(options: argparse.Namespace) -> None:
    """FILE… -> reconstructions in OUT, and a report."""
    from vqvae import evaluation, pipeline
    from vqvae.config import write_json
    from vqvae.modalities import modality

    checkpoint = pipeline.load(options.checkpoint)
    kind: Any = modality(checkpoint.config.modality)
    if options.report and len(options.files) > 1:
        raise ValueError("--report describes one recording: give one FILE, or use evaluate for many")
    level = checkpoint.levels if options.levels is None else options.levels
    for file in options.files:
        name = file.removeprefix("example:")
        recording = kind.example(name) if name != file else kind.read(Path(file), rate=options.rate)
        with Told() as told:
            encoded = pipeline.encode(checkpoint, recording, lambda share: told("encoding", share))
            rebuilt = pipeline.decode(checkpoint, encoded, level, lambda share: told("decoding", share))
        report = pipeline.compare(checkpoint, recording, rebuilt, lead=options.lead)
        options.output.mkdir(parents=True, exist_ok=True)
        written = kind.write(rebuilt, options.output / recording.name)
        if options.report:
            command = ["python", "-m", "vqvae", "reconstruct", file, "--checkpoint", options.checkpoint, "--levels", str(level)]
            write_json(options.report, evaluation.single(checkpoint, recording, encoded, level, report, command))
        cost = pipeline.rate(checkpoint, encoded, recording, level)
        size = f"{cost.value:.0f} {cost.unit} per lead, {cost.compression_ratio:.1f} times smaller."
        print(f"{recording.name}: {kind.verdict(report).text} {size}")
        print("  wrote " + ", ".join(str(path) for path in written))


def evaluate(options: argparse.Namespace) -> None:
    """CHECKPOINT over the records of DIR -> METRICS.json and a table."""
    from vqvae import checkpoint as checkpoints
    from vqvae.config import write_json
    from vqvae.datasets.splits import SPLITS, records, select

    chosen = options.records.split(",") if options.records else None
    if options.split:
        if options.data.name not in SPLITS:
            raise ValueError(f"there is no known split of {options.data.name!r}; there are splits of: {', '.join(SPLITS)}")
        chosen = list(getattr(SPLITS[options.data.name], options.split))
    paths = [options.data / name for name in (select(options.data, chosen) if chosen else records(options.data))]
    folder = checkpoints.find(options.checkpoint)
    result = _delineation(folder, options, paths) if checkpoints.task(folder) == "delineator" else _codebook(folder, options, paths)
    if options.output:
        write_json(options.output, result)


def _codebook(folder: Path, options: argparse.Namespace, paths: list[Path]) -> dict[str, Any]:
    from vqvae import evaluation, pipeline
    from vqvae.cards import table

    checkpoint = pipeline.load(folder)
    with Told() as told:
        result = evaluation.evaluate(checkpoint, paths, [options.levels] if options.levels is not None else None, told, lead=options.lead)
    result = {**evaluation.provenance(folder), **result}
    print(table(result))
    return result


def _delineation(folder: Path, options: argparse.Namespace, paths: list[Path]) -> dict[str, Any]:
    from vqvae.cards import table
    from vqvae.delineator import evaluate_delineator
    from vqvae.evaluation import provenance

    names = [path.name for path in paths]
    data = {"folder": options.data.name, "recordings": names}
    result = {**provenance(folder), "data": data, **evaluate_delineator(folder, options.data, names)}
    print(table(result))
    return result


def train(options: argparse.Namespace) -> None:
    """CONFIG.json -> a run folder with the best weights in `best/`."""
    from vqvae.config import from_json, read_json
    from vqvae.training.config import CodebookConfig
    from vqvae.training.delineation import DelineatorConfig, train_delineator
    from vqvae.training.loop import train as train_codebook

    if (options.config is None) == (options.resume is None):
        raise ValueError("give either a CONFIG.json to start with or --resume RUN to go on")
    source = options.config or options.resume / "config.json"
    settings = read_json(source)
    run = options.resume or options.folder or Path("runs") / settings.get("name", source.parent.name)
    with Told() as told:

        def progress(at: Any) -> bool:
            told(f"step {at.step} of {at.steps}", at.step / at.steps)
            return True

        if settings.get("task", "codebook") == "delineator":
            config = from_json(DelineatorConfig, settings)
            ludb = options.data / "ludb"
            best = train_delineator(config, ludb, run, bool(options.resume), lambda at: told("training", at.step / at.steps))
        else:
            best = train_codebook(from_json(CodebookConfig, settings), options.data, run, progress)
    print(f"best weights: {best}")


def download(options: argparse.Namespace) -> None:
    """DATASET -> DIR."""
    from vqvae.datasets.download import download as fetch

    with Told() as told:
        files = fetch(options.dataset, options.output, progress=lambda done, total: told(f"{done} of {total} files", done / total))
    print(f"{len(files)} files in {options.output}, every sha256 as published")


def listing(options: argparse.Namespace) -> None:
    """What there is to use."""
    from vqvae import checkpoint as checkpoints
    from vqvae.datasets.registry import DATASETS
    from vqvae.modalities import modality, names

    for folder in checkpoints.folders():
        print(f"checkpoint  {folder.name}  ({checkpoints.task(folder)})")
    for kind in names():
        for example in modality(kind).examples():
            print(f"example     {kind}  example:{example}")
    for dataset in DATASETS.values():
        print(f"data set    {dataset.name}  {dataset.title}, {dataset.licence}")


class Told:
    """A progress line on standard error, redrawn at most four times a second; silent where nobody watches."""

    def __enter__(self) -> Told:
        self._start, self._shown = time.monotonic(), 0.0
        return self

    def __call__(self, doing: str, share: float) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or now - self._shown < 0.25:
            return
        self._shown = now
        left = (now - self._start) * (1 - share) / share if share > 0 else float("nan")
        bar = "#" * round(30 * share)
        print(f"\r[{bar:<30}] {100 * share:3.0f} %  {left:5.0f} s left  {doing:<40}", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r" + " " * 96 + "\r", end="", file=sys.stderr, flush=True)
