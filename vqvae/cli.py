"""`python -m vqvae …`: one thin sub-command per task.  Exit status 0, or 2 with one sentence on standard error."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        options = _parser().parse_args(given)
        options.command = ["python", "-m", "vqvae", *given]
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on, as in `… | head`: no error, and nothing left to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, OSError) as error:
        print(f"vqvae: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("vqvae: stopped; what was finished is kept", file=sys.stderr)
        return 2
    return 0


class _Parser(argparse.ArgumentParser):
    """What cannot be parsed is one sentence like everything else, without the usage lines."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message} (see {self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    about = "Recordings through a discrete codebook and back, and what survived."
    parser = _Parser(prog="python -m vqvae", description=about)
    commands = parser.add_subparsers(dest="task", required=True, metavar="COMMAND")

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
    which = many.add_mutually_exclusive_group()
    which.add_argument("--records", metavar="A,B", help="these records only")
    which.add_argument("--split", choices=("training", "validation"), help="the records of this split of a known data set")
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
        recording = _read(kind, file, options.rate)
        analysis = pipeline.analyse(checkpoint, recording, options.lead)
        with Told() as told:
            encoded = pipeline.encode(checkpoint, recording, lambda share: told("encoding", share))
            rebuilt = pipeline.decode(checkpoint, encoded, level, lambda share: told("decoding", share))
        report = pipeline.compare(checkpoint, recording, rebuilt, analysis=analysis)
        options.output.mkdir(parents=True, exist_ok=True)
        written = kind.write(kind.marked(rebuilt, report), options.output / recording.name)
        if options.report:
            write_json(options.report, evaluation.single(checkpoint, recording, encoded, level, report, options.command))
        cost = pipeline.rate(checkpoint, encoded, recording, level)
        lead = recording.leads[analysis.lead]
        size = f"{cost.value:.0f} {cost.unit} per lead, {cost.compression_ratio:.1f} times smaller; measured on lead {lead}."
        print(f"{recording.name}: {kind.verdict(report).text} {size}")
        print("  wrote " + ", ".join(str(path) for path in written))


def _read(kind: Any, file: str, rate: float | None) -> Any:
    name = file.removeprefix("example:")
    return kind.example(name) if name != file else kind.read(Path(file), rate=rate)


def _require_targets(kind: Any, options: argparse.Namespace) -> None:
    """ValueError when writing would replace an input, or the output for another input."""
    files = [Path(file) for file in options.files if not file.startswith("example:")]
    taken = {path.resolve(): f"the input {path}" for file in files for path in (*kind.targets(file), file)}
    for file in options.files:
        name = _read(kind, file, options.rate).name
        for target in kind.targets(options.output / name):
            if holder := taken.get(target.resolve()):
                raise ValueError(f"the reconstruction of {file} would replace {holder}: choose another --output")
            taken[target.resolve()] = f"{target}, the reconstruction of {file}"
    if options.report and (holder := taken.get(options.report.resolve())):
        raise ValueError(f"the report would replace {holder}: choose another --report")


def evaluate(options: argparse.Namespace) -> None:
    """CHECKPOINT over the records of DIR -> METRICS.json and a table."""
    from vqvae import checkpoint as checkpoints
    from vqvae.config import require_writable, write_json
    from vqvae.datasets.splits import record_folder, select, split_of

    if options.output:
        require_writable(options.output)
    chosen = None if options.records is None else list(dict.fromkeys(filter(None, map(str.strip, options.records.split(",")))))
    if options.split:
        chosen = list(getattr(split_of(options.data), options.split))
    paths = [record_folder(options.data) / name for name in select(options.data, chosen)]
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


def train(options: argparse.Namespace) -> None:
    """CONFIG.json -> a run folder with the best weights in `best/`."""
    from vqvae.config import from_json, read_object
    from vqvae.training.config import CodebookConfig
    from vqvae.training.delineation import DelineatorConfig, train_delineator
    from vqvae.training.loop import train as train_codebook

    if (options.config is None) == (options.resume is None):
        raise ValueError("give either a CONFIG.json to start with or --resume RUN to go on")
    source = options.config or options.resume / "config.json"
    settings = read_object(source)
    delineator = settings.get("task", "codebook") == "delineator"
    config: Any = from_json(DelineatorConfig, settings) if delineator else from_json(CodebookConfig, settings)
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
            else:
                best = train_codebook(config, options.data, run, progress)
        except KeyboardInterrupt:
            stopped.asked = True
    if stopped.asked:
        print(f"stopped; go on with: python -m vqvae train --resume {shlex.quote(str(run))} --data {shlex.quote(str(options.data))}")
    else:
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


class Stopped:
    """Whether the program has been asked to stop (Ctrl-C or SIGTERM), so that work can end in order; asked twice, it ends at once."""

    asked = False

    def __enter__(self) -> Stopped:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _ask(self, *_: object) -> None:
        self.asked = True
        self.__exit__()

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


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
