"""What images are called: names of files without what tells their format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vqvae.modalities.brain.limits import LONGEST_NAME

_KNOWN = "nii|hdr|img|mgh|mgz|dcm|dicom|ima|png|jpe?g|tiff?|bmp|webp|npy|mnc|par|rec|head|brik|zip"
_SUFFIXES = re.compile(rf"\.({_KNOWN})(\.gz)?$", re.I)
_PLACE = re.compile(r"[_\-. ]*(slice|img|image|s|z)?[_\-. ]*\d+$", re.I)


def name_of(path: Path) -> str:
    """ "case_001_slice_0.nii.png" -> "case_001_slice_0"."""
    name, before = path.name, ""
    while name != before:
        name, before = _SUFFIXES.sub("", name), name
    return "".join(c for c in name if c.isprintable() and c not in "/\\")[:LONGEST_NAME].strip() or "brain"


def person_of(path: Path) -> str:
    """ "case_001_slice_0.nii.png" -> "case_001": whose slice it is."""
    name = name_of(path)
    return _PLACE.sub("", name) or name


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Sorted as people count: slice_2 before slice_10."""
    return sorted(paths, key=lambda path: [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path))])
