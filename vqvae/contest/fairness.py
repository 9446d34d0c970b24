"""Whether codecs that were trained can be compared on a recording: who saw what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vqvae.config import read_object
from vqvae.datasets.splits import listed

_TRAINED = "figures here say nothing about other patients"
_CHOSEN = "figures here may be a little too good"


class Split(NamedTuple):
    """Records, each as folder/name, or patterns of their paths, "asap/Haydn/*", that a checkpoint has to do with."""

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
    training = {name: found.training for name, found in splits.items()}
    validation = {name: found.validation for name, found in splits.items()}
    said = []
    for done, records, so in (("trained", training, _TRAINED), ("chosen", validation, _CHOSEN)):
        same = {
            name: frozenset(record for record in _known(own) if record.rsplit("/", 1)[-1] == recording) for name, own in records.items()
        }
        for found, names in _together(same).items():
            said.append(f"{_were(names)} {done} on a record of this name, {' and '.join(sorted(found))}: if it is this one, {so}.")
    (mine, first), *others = _together(training).items() or [(frozenset(), [])]
    for theirs, other in others:
        crossed = [sorted(mine & validation[name]) for name in other] + [sorted(theirs & validation[name]) for name in first]
        one_has = next((f"; {records[0]} trained one and validated the other" for records in crossed if records), "")
        said.append(f"{_were(first)} trained on other records than {_listed(other)}{one_has}: compare only on records that none has seen.")
    return tuple(said)


def _known(records: frozenset[str]) -> Iterator[str]:
    """Every record by name, those that a pattern stands for as far as their data set lists them."""
    for record in records:
        folder, _, pattern = record.partition("/")
        if "*" in pattern:
            yield from (f"{folder}/{name}" for name in listed(folder, pattern))
        else:
            yield record


def _together(records: Mapping[str, frozenset[str]]) -> dict[frozenset[str], list[str]]:
    """Checkpoints by the records that they have in common; without those that have none."""
    groups: dict[frozenset[str], list[str]] = {}
    for name, own in records.items():
        if own:
            groups.setdefault(own, []).append(name)
    return groups


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _were(names: Sequence[str]) -> str:
    return f"{_listed(names)} {'was' if len(names) == 1 else 'were'}"
