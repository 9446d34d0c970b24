"""How a sub-command is declared, and arguments that several of them take."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from vqvae.rates import Rate


MIDI = (".mid", ".midi", ".kar", ".rmi", ".smf")


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
    if rate is not None and kind.name != "ecg":
        raise ValueError("--rate is for recordings of samples: leave it out")
    return kind.read(Path(file), rate=rate) if kind.name == "ecg" else kind.read(Path(file))


def kind_of(file: str) -> str:
    """The modality of a recording, told by the name of its file, or by what a `.vqz` file says of itself."""
    from vqvae.modalities import modality, names

    name = file.removeprefix("example:")
    if name != file:
        return next((kind for kind in names() if name in modality(kind).examples()), "ecg")
    if file.lower().endswith(".vqz") and Path(file).is_file():
        from vqvae.codec.container import unpack

        with naming(file):
            return str(unpack(Path(file).read_bytes()).contents.layout.get("modality", "ecg"))
    return "piano" if file.lower().endswith(MIDI) else "ecg"


def first_checkpoint(kind: str) -> str:
    """The checkpoint that commands use for a modality when none is named: its codebook where there is one."""
    from vqvae.checkpoint import names

    found = names(kind)
    if not found:
        raise ValueError(f"there is no checkpoint for recordings of this kind ({kind}): name one with --checkpoint")
    return kind if kind in found else found[0]


@contextmanager
def naming(file: str | Path) -> Iterator[None]:
    """Say of which file it is that something is wrong."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{file} cannot be read: {error}") from error


def stated_rate(cost: Rate) -> str:
    """A rate in words."""
    if cost.unit == "bit/s":
        return f"{cost.value:.0f} bit/s per lead, {cost.compression_ratio:.1f} times smaller"
    apart = ", ".join(f"{name.removesuffix('_bits_per_note')} {value:.2f}" for name, value in cost.apart.items())
    return f"{cost.value:.2f} {cost.unit} (apart from that: {apart}), {cost.compression_ratio:.1f} times smaller"


def listed(text: str) -> list[str]:
    """ "A, B,A" -> ["A", "B"]."""
    return list(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))


def selection(parser: argparse.ArgumentParser) -> None:
    """Which recordings of which folder."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of WFDB records, or of MIDI files in folders")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--records", metavar="A,B", help="these records only")
    which.add_argument("--pieces", metavar="A,B", help='MIDI files whose paths match one of these patterns: "Haydn/*,Schubert/*"')
    which.add_argument("--split", choices=("training", "validation"), help="the recordings of this split of a known data set")


def selected(options: argparse.Namespace, kind: str = "ecg") -> dict[str, Path]:
    """The recordings that `selection` names, by the name that results call each; ValueError when one is missing."""
    from vqvae.datasets.pieces import piece_name, pieces
    from vqvae.datasets.splits import record_folder, select, split_of

    unfit = "records" if kind == "piano" else "pieces"
    if getattr(options, unfit) is not None:
        raise ValueError(f"--{unfit} does not choose recordings of this kind ({kind}): use --{'pieces' if kind == 'piano' else 'records'}")
    asked = options.pieces if kind == "piano" else options.records
    chosen = None if asked is None else listed(asked)
    if options.split:
        chosen = list(getattr(split_of(options.data), options.split))
    if kind == "piano":
        return {piece_name(path, options.data): path for path in pieces(options.data, chosen)}
    return {name: record_folder(options.data) / name for name in select(options.data, chosen)}


def folder_of(options: argparse.Namespace) -> str:
    """What results call the folder that `selection` names."""
    from vqvae.datasets.splits import record_folder

    return record_folder(options.data.absolute()).name


def one_thread() -> None:
    """Let every codec compute on one core, as two are at work at a time."""
    import torch

    torch.set_num_threads(1)
