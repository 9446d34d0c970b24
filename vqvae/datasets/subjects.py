"""Whose image it is, told by folders and names: rather one subject too few than one person on both sides of a split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

FOLDERS = {"train": "training", "training": "training", "test": "test", **dict.fromkeys(("val", "validate", "validation"), "validation")}
_KNOWN = re.compile(r"sub-[A-Za-z0-9]+|OAS\d_\d{4}|\d{3}_S_\d{4}", re.IGNORECASE)  # BIDS, OASIS, ADNI
_BETWEEN = r"[_\-. ]"
_SCAN = re.compile(  # what tells several images of one person apart: sessions, sequences, how they were processed
    rf"(?:^|(?<={_BETWEEN}))(?:(?:ses|session|visit|run|echo|tp|timepoint|mr){_BETWEEN}?\d+|(?:ses|acq|task|run|rec|dir|space|desc|echo)-[a-z0-9]+"
    r"|t[12](?:w|star|ce|gd|c)?|pdw?|flair|mprage|dwi|dti|swi|bold|anat|func|1\.5t|3t|7t|baseline|follow-?up"
    rf"|orig|raw|brain|defaced?|masked|stripped|n4|mni)(?={_BETWEEN}|$)",
    re.IGNORECASE,
)
_GROUPS = frozenset((  # folders of many people, whose whole name is made of such words
    "ad", "nc", "cn", "hc", "mci", "emci", "lmci", "smc", "patients", "controls", "healthy", "images", "imagestr", "imagests", "labels",
    "labelstr", "labelsts", "masks", "data", "dicom", "dicoms", "nifti", "nii", "mri", "scans", "slices",
))  # fmt: skip
_PLACE = re.compile(rf"{_BETWEEN}*(?:slice|image|img|im|s|z)?{_BETWEEN}*\d+$", re.IGNORECASE)


def split_of(below: PurePosixPath) -> str:
    """The split that folders are of: "training", "validation", "test", or none."""
    return next((FOLDERS[word] for part in reversed(below.parts) for word in reversed(_words(part)) if word in FOLDERS), "")


def volume_of(name: str) -> str:
    """ "case_001_slice_0" -> "case_001": which pictures of a folder are slices of one volume.

    The number of a known subject tells no slice, "OAS1_0001"; empty for names that are nothing but the slice's number: the folder tells.
    """
    known = _KNOWN.search(name)
    end = known.end() if known else 0
    return name[:end] + _PLACE.sub("", name[end:])


class Place(NamedTuple):
    """Where an image lies."""

    below: PurePosixPath  # the folder
    name: str  # of the image there; empty where it is all that lies there


def subjects(places: Sequence[Place], everywhere: str) -> list[str]:
    """Whose the images are that lie in these places below a folder, which is called `everywhere`.

    A name that is known to be a subject's; otherwise the first folder in which images differ, if it is of one person and not of a split,
    a session, a sequence or a group of people; otherwise the image's name, without session and sequence.
    """
    known = [_KNOWN.search(str(place.below / place.name)) for place in places]
    told = [[*filter(None, (*map(_of_folder, place.below.parts), _without_scan(place.name)))] for place in places]
    others = [words for words, found in zip(told, known, strict=True) if not found]
    while others and all(len(words) > 1 for words in others) and len({words[0] for words in others}) == 1:
        for words in others:
            del words[0]
    return [found[0] if found else words[0] if words else everywhere for found, words in zip(known, told, strict=True)]


def _of_folder(name: str) -> str:
    """What the name of a folder says of the subject; empty when nothing."""
    words = _words(name)
    many = any(word in FOLDERS for word in words) or all(word in _GROUPS for word in words)
    return "" if many else _without_scan(name)


def _without_scan(name: str) -> str:
    return re.sub(rf"{_BETWEEN}{{2,}}", "_", _SCAN.sub("", name)).strip("_-. ")


def _words(name: str) -> list[str]:
    return re.split(_BETWEEN, name.lower())
