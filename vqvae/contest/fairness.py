"""Whether codecs that were trained can be compared on a recording: who saw what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vqvae.config import read_object

_TRAINED = "its figures here say nothing about other patients"
_CHOSEN = "its figures here may be a little too good"


class Split(NamedTuple):
    """Records, each as folder/name, that a checkpoint has to do with."""

    training: frozenset[str]
    validation: frozenset[str]


def split(folder: Path) -> Split:
    """What the checkpoint in `folder` was trained and chosen on, as its config.json says."""
    said = read_object(folder / "config.json").get("training", {})
    return Split(_records(said.get("training", [])), _records(said.get("validation", [])))


def _records(sources: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(f"{source['folder']}/{record}" for source in sources for record in source["records"])


def warnings(folders: Mapping[str, Path], recording: str) -> tuple[str, ...]:
    """What a reader must know of trained codecs (name -> checkpoint folder) before comparing them on a recording of this name.

    Records are told by their names alone: another recording that happens to be called the same is warned of, too.
    """
    splits = {name: split(folder) for name, folder in folders.items()}
    said = []
    for name, found in splits.items():
        for done, records, so in (("trained", found.training, _TRAINED), ("chosen", found.validation, _CHOSEN)):
            if same := sorted(record for record in records if record.rsplit("/", 1)[-1] == recording):
                said.append(f"{name} was {done} on a record of this name, {' and '.join(same)}: if it is this one, {so}.")
    trained = {name: found for name, found in splits.items() if found.training}
    for left, right in _different(trained):
        crossed = sorted(trained[left].training & trained[right].validation) + sorted(trained[right].training & trained[left].validation)
        one_has = f"; {crossed[0]} trained one and validated the other" if crossed else ""
        said.append(f"{left} and {right} were trained on different records{one_has}: compare them only on records that neither has seen.")
    return tuple(said)


def _different(splits: Mapping[str, Split]) -> list[tuple[str, str]]:
    """Every checkpoint that was trained on other records than the first one, beside that one."""
    names = list(splits)
    return [(names[0], name) for name in names[1:] if splits[name].training != splits[names[0]].training]
