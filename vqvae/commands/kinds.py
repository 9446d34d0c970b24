"""What the command line knows of each kind of data: which options concern it, and how its recordings are chosen and read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from vqvae.datasets import digits
from vqvae.datasets.pieces import piece_name, pieces
from vqvae.datasets.splits import record_folder, select
from vqvae.modalities.piano.uploads import SUFFIXES


class Kind(NamedTuple):
    """One kind of data."""

    choosing: str  # the option that names recordings of a folder
    listed: Callable[[Path, list[str] | None], dict[str, Any]]  # folder, names (all when None) -> what `read` takes, by name
    reading: Mapping[str, str]  # options that its `read` takes, and what it calls them
    others: frozenset[str]  # further options that concern it
    suffixes: frozenset[str]  # of the one file that a recording is written as; none where it is several
    sizes: bool  # whether its codecs are compared at compression ratios, or at qualities

    @property
    def options(self) -> frozenset[str]:
        """Every option that concerns it and not all kinds."""
        return self.others | {self.choosing, *self.reading}


def _records(folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    return {name: record_folder(folder) / name for name in select(folder, chosen)}


def _pieces(folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    return {piece_name(path, folder): path for path in pieces(folder, chosen)}


def _digits(folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    return digits.parts(folder) if chosen is None else digits.selected(folder, chosen)


KINDS = MappingProxyType(
    {
        "ecg": Kind("records", _records, {"rate": "rate"}, frozenset(("lead", "leads", "noise", "ratios")), frozenset(), True),
        "piano": Kind("pieces", _pieces, {"track": "part"}, frozenset(("from", "to", "audio")), SUFFIXES, False),
        "digits": Kind("records", _digits, {}, frozenset(), frozenset((".npz", ".png")), False),
    }
)


def require_fit(kind: str, options: argparse.Namespace) -> None:
    """ValueError for an option that was given and does not concern this kind of data."""
    known = frozenset[str]().union(*(each.options for each in KINDS.values()))
    for name in sorted(known - KINDS[kind].options):
        if getattr(options, name, None) is not None:
            raise ValueError(f"--{name} is not for recordings of this kind ({kind}): leave it out")


def in_folder(kind: str, folder: Path, chosen: list[str] | None) -> dict[str, Any]:
    """The recordings of a folder, by the name that results call each; all of them when none are chosen."""
    return KINDS[kind].listed(folder, chosen)
