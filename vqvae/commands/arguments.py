"""How a sub-command is declared, and arguments that several of them take."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol


class Add(Protocol):
    """Declares a sub-command: its name, what runs it, and one sentence about it; returns the parser that takes its arguments."""

    def __call__(self, name: str, run: Callable[[argparse.Namespace], None], about: str) -> argparse.ArgumentParser: ...


def read(kind: Any, file: str, rate: float | None) -> Any:
    """The recording in a file, what a `.vqz` file decodes to, or a bundled one when `file` is example:NAME."""
    name = file.removeprefix("example:")
    if name != file:
        return kind.example(name)
    if file.lower().endswith(".vqz") and Path(file).is_file():
        from vqvae.codecs import decode

        with naming(file):
            opened = decode(Path(file).read_bytes())
        for harm in opened.damage:
            print(f"{file}: {harm.sentence}", file=sys.stderr)
        return opened.recording
    return kind.read(Path(file), rate=rate)


@contextmanager
def naming(file: str | Path) -> Iterator[None]:
    """Say of which file it is that something is wrong."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{file} cannot be read: {error}") from error


def listed(text: str) -> list[str]:
    """ "A, B,A" -> ["A", "B"]."""
    return list(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))


def selection(parser: argparse.ArgumentParser) -> None:
    """Which records of which folder."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of WFDB records")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--records", metavar="A,B", help="these records only")
    which.add_argument("--split", choices=("training", "validation"), help="the records of this split of a known data set")


def selected(options: argparse.Namespace) -> list[Path]:
    """The records that `selection` names; ValueError when one is missing."""
    from vqvae.datasets.splits import record_folder, select, split_of

    chosen = None if options.records is None else listed(options.records)
    if options.split:
        chosen = list(getattr(split_of(options.data), options.split))
    return [record_folder(options.data) / name for name in select(options.data, chosen)]


def one_thread() -> None:
    """Let every codec compute on one core, as two are at work at a time."""
    import torch

    torch.set_num_threads(1)
