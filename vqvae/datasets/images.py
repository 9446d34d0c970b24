"""Images in folders, by person, and which of them train and which validate: never slices of one person on both sides."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from vqvae.datasets.subjects import FOLDERS, Place, split_of, subjects, volume_of
from vqvae.modalities.brain.names import in_order, name_of
from vqvae.modalities.brain.reading import content

TABLE = "slices.csv"
COLUMNS = ("file", "subject", "slice")
SPLITS = ("training", "validation", "test")
HELD_OUT = 8  # one person of so many validates where a folder gives no split
_SCANS = re.compile(r"(?:train|test)/(?:AD|NC)/(\d+)_\d+\.jpe?g$", re.IGNORECASE)  # the ADNI teaching set


class Person(NamedTuple):
    """The image of one person, or one of them."""

    name: str
    subject: str  # whose it is
    split: str
    files: tuple[Path, ...]  # what `read` takes: one file, or slices in order


class Survey(NamedTuple):
    """Everybody in a folder."""

    people: tuple[Person, ...]
    said: tuple[str, ...]  # what to know of their split, a sentence each


def people(folder: Path, split: str = "") -> dict[str, tuple[Path, ...]]:
    """Name -> files, which is what `read` takes, of everybody in a folder, in a split of it ("training", "validation", "test") where given.

    Folders of NIfTI or other volumes, of slices with a `slices.csv`, the OASIS and ADNI teaching sets, and any others of pictures or DICOM
    files; `subjects` says whose each is.  ValueError when the folder is missing, holds no image, or nobody is in the split.
    """
    if split and split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; there are: {', '.join(SPLITS)}")
    everybody = survey(folder).people
    found = {person.name: person.files for person in everybody if not split or person.split == split}
    if not found:
        there = ", ".join(sorted({person.split for person in everybody}))
        raise ValueError(f"{folder} has nobody in the split {split!r}; it has: {there}")
    return found


def selected(folder: Path, names: list[str]) -> dict[str, tuple[Path, ...]]:
    """The same of people by name; ValueError naming who is missing and who is there."""
    there = people(folder)
    missing = [name for name in names if name not in there]
    if missing or not names:
        shown = ", ".join([*there][:12]) + (f", … ({len(there)} in all)" if len(there) > 12 else "")
        raise ValueError(f"{folder} has no image called {', '.join(missing) or '(none was named)'}; it has {shown}")
    return {name: there[name] for name in names}


def survey(folder: Path) -> Survey:
    """Everybody in a folder, with a split by person: the folder's own, or one of ours."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    found = _tabled(folder) if (folder / TABLE).is_file() else _found(folder)
    if not found:
        raise ValueError(f"{folder} holds no image: NIfTI, MGH, DICOM, PNG, JPEG and TIFF files work, also in folders below it")
    if not any(person.split for person in found):
        return _divided(folder, found)
    if not any(person.split == "validation" for person in found):
        found = [person._replace(split="validation") if person.split == "test" else person for person in found]
    return Survey(tuple(found), tuple(_warnings(folder, found)))


def _tabled(folder: Path) -> list[Person]:
    """What `slices.csv` lists."""
    rows: dict[tuple[str, str], list[tuple[float, Path]]] = {}
    try:
        with (folder / TABLE).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                said = row.get("split") or ""
                place = (row["subject"], FOLDERS.get(said.lower(), said))
                rows.setdefault(place, []).append((float(row["slice"]), folder / row["file"]))
    except (KeyError, ValueError, TypeError, UnicodeDecodeError, csv.Error):
        raise ValueError(f"{folder / TABLE} has to have the columns {', '.join(COLUMNS)} with a number in the last") from None
    times = Counter(subject for subject, _ in rows)
    return [
        Person(f"{split}/{subject}" if times[subject] > 1 else subject, subject, split, tuple(path for _, path in sorted(files)))
        for (subject, split), files in rows.items()
    ]


def _found(folder: Path) -> list[Person]:
    """What files there are; pictures of one person in one folder are slices of one volume, and so are DICOM files in one folder."""
    groups: dict[Place, list[Path]] = {}
    for path in in_order(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        if "_seg" in path.parent.name.lower():
            continue  # labels, not images
        kind = content(path)
        if kind == "volume" and path.suffix.lower() in (".img", ".rec", ".brik"):
            continue  # the header beside it is read
        below = PurePosixPath(path.relative_to(folder).parent.as_posix())
        if kind in ("volume", "array"):
            groups[Place(below, name_of(path))] = [path]
        elif kind in ("picture", "dicom"):
            groups.setdefault(Place(below, volume_of(name_of(path)) if kind == "picture" else ""), []).append(path)
    called = [place.name or place.below.name or folder.name for place in groups]
    times, whose = Counter(called), subjects([*groups], folder.name)
    return [
        Person(name if times[name] == 1 else str(place.below / place.name), subject, split_of(place.below), tuple(paths))
        for (place, paths), name, subject in zip(groups.items(), called, whose, strict=True)
    ]


def _divided(folder: Path, found: list[Person]) -> Survey:
    """One subject of `HELD_OUT` validates, at least one where there are two."""
    whose = [*dict.fromkeys(person.subject for person in found)]
    shown = ", ".join(whose[:3]) + (f", … ({len(whose)} in all)" if len(whose) > 3 else "")
    if len(whose) == 1:
        alone = f"{folder.name} gives no split, and all is taken for images of one subject, {shown}: nobody validates"
        return Survey(tuple(person._replace(split="training") for person in found), (alone,))
    held = {*sorted(whose, key=lambda subject: hashlib.sha256(subject.encode()).digest())[: max(1, round(len(whose) / HELD_OUT))]}
    said = f"{folder.name} gives no split: one subject of {HELD_OUT} validates, chosen by a hash of the name; taken for subjects: {shown}"
    return Survey(tuple(person._replace(split="validation" if person.subject in held else "training") for person in found), (said,))


def _warnings(folder: Path, found: list[Person]) -> list[str]:
    splits: dict[str, set[str]] = {}
    for person in found:
        splits.setdefault(person.subject, set()).add(person.split)
    shared = [subject for subject, names in splits.items() if len(names) > 1]
    said = []
    if shared:
        which = ", ".join(shared[:3]) + (", …" if len(shared) > 3 else "")
        many = f"{len(shared)} of {len(splits)} subjects ({which})"
        said.append(f"the split of {folder.name} shares {many}: scores are better than on new people")
    if any(_SCANS.search(person.files[0].as_posix()) for person in found[:1]):
        said.append(f"names in {folder.name} tell scans and not people: whether people are shared between its splits cannot be known")
    return said
