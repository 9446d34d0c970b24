"""What the command line knows of each kind of data: which options concern it, and how its recordings are chosen and read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from vqvae.datasets import digits, images
from vqvae.datasets.pieces import piece_name, pieces
from vqvae.datasets.splits import record_folder, select, split_of
from vqvae.modalities.brain.writing import SUFFIXES as IMAGES
from vqvae.modalities.piano.uploads import SUFFIXES


def _divided(folder: Path, split: str) -> list[str]:
    """Of a data set whose splits are known; ValueError where this one is none of them."""
    found = split_of(folder)
    if split not in found._fields:
        raise ValueError(f"{folder.name} has no split {split!r}; it has: {', '.join(found._fields)}")
    return list(getattr(found, split))


class Kind(NamedTuple):
    """One kind of data."""

    choosing: str  # the option that names recordings of a folder
    listed: Callable[[Path, list[str] | None], dict[str, Any]]  # folder, names (all when None) -> what `read` takes, by name
    reading: Mapping[str, str]  # options that its `read` takes, and what it calls them
    others: frozenset[str]  # further options that concern it
    suffixes: frozenset[str]  # of the one file that a recording is written as; none where it is several
    ratios: str = ""  # compression ratios that scores of its codecs are read off at; none where they are compared at qualities
    grid: Sequence[float] = ()  # ratios at which files are made for that, where not the usual ones
    divided: Callable[[Path, str], list[str]] = _divided
    """Names of the recordings in a split of a folder."""
    cautions: Callable[[Path], Sequence[str]] = lambda folder: ()
    """What to know of a folder's split."""
    levels: Sequence[float] = ()  # without ratios: opponents' qualities; none where they are to make files of the checkpoints' sizes

    @property
    def options(self) -> frozenset[str]:
        """Every option that concerns it and not all kinds."""
        return self.others | {self.choosing, *self.reading} | ({"ratios"} if self.ratios else set())


def _records(folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    return {name: record_folder(folder) / name for name in select(folder, chosen)}


def _pieces(folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    return {piece_name(path, folder): path for path in pieces(folder, chosen)}


def _digits(folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    return digits.parts(folder) if chosen is None else digits.selected(folder, chosen)


def _people(folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    return dict(images.people(folder) if chosen is None else images.selected(folder, chosen))


LEVELS = (1.0, 2.1, 3.0, 4.0, 5.0, 6.0)  # qualities at which opponents code notes
KINDS = MappingProxyType(
    {
        "ecg": Kind("records", _records, {"rate": "rate"}, frozenset(("lead", "leads", "noise", "seconds")), frozenset(), "8,16,32,64"),
        "piano": Kind("pieces", _pieces, {"track": "part"}, frozenset(("from", "to", "audio", "seconds")), SUFFIXES, levels=LEVELS),
        "digits": Kind(
            "records", _digits, {}, frozenset(), frozenset((".npz", ".png")),
            divided=lambda folder, split: [*digits.TEST] if split == "test" else _divided(folder, split),
        ),
        "brain": Kind(
            "records", _people, {"volume": "volume"}, frozenset(("slices", "alone", "noise")), frozenset((*IMAGES, ".gz")), "14,28,57,114",
            (13.3, 28.4, 59.0, 120.0),
            lambda folder, split: [*images.people(folder, split)], lambda folder: images.survey(folder).said,
        ),
    }
)  # fmt: skip


def require_fit(kind: str, options: argparse.Namespace) -> None:
    """ValueError for an option that was given and does not concern this kind of data."""
    known = frozenset[str]().union(*(each.options for each in KINDS.values()))
    for name in sorted(known - KINDS[kind].options):
        if getattr(options, name, None) is not None:
            raise ValueError(f"--{name} is not for recordings of this kind ({kind}): leave it out")


def in_folder(kind: str, folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    """The recordings of a folder, by the name that results call each; all of them when none are chosen."""
    return KINDS[kind].listed(folder, chosen)
