"""Dropped files: whether they are digits, and where to read them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from vqvae.modalities import archives
from vqvae.modalities.digits import arrays
from vqvae.modalities.digits.normalising import on_paper
from vqvae.modalities.digits.pictures import SUFFIXES, colourful, picture_of, size_of
from vqvae.modalities.digits.reading import ARRAYS, KNOWN, looks_like_idx

SMALL = 64  # pixels along the longer side, up to which an image is taken for a digit whatever it shows
HEAD = 1 << 16  # bytes of an image that tell its size


def recognises(name: str, file: BinaryIO) -> bool:
    """Whether a file is for `read`: images of 28 × 28 pixels in an array, one of MNIST's own files, a small image, or ink on one paper."""
    suffix = Path(name).suffix.lower()
    if suffix in SUFFIXES:
        head = file.read(HEAD)
        size = size_of(head)
        return size is not None and (max(size) <= SMALL or _shows_ink(head + file.read(), name))
    if suffix == ".npz":
        return _holds_digits(file)
    if suffix == ".npy":
        return arrays.holds_digits(file)
    start = file.read(4)
    return start == arrays.IDX or (start[:2] == arrays.GZIP and "idx" in name)


def takes(name: str) -> bool:
    """Whether a file of this name may be one of digits, whatever `recognises` finds in it."""
    return _matters(name)


def _shows_ink(data: bytes, name: str) -> bool:
    try:
        return on_paper(picture_of(data, name)) and not colourful(data)
    except ValueError:
        return False  # whoever opens it will say so


def _holds_digits(file: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return any(Path(name).suffix == ".npy" for name in archive.namelist()) and bool(arrays.members(archive))
    except archives.DAMAGE:
        return False  # whoever opens it will say so


def receive(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put uploaded files, by name, into the empty `folder`, and say which path to hand to `read`: the file, or the folder for several.

    Names lose their folders; archives are unpacked.  Raises ValueError with one sentence when there are no digits; what was put into
    `folder` by then is removed.
    """
    return archives.receive_into(folder, files, "an image of a digit", _matters, lambda source: _main(folder, source))


def _main(folder: Path, source: str) -> Path:
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() != ".zip")
    pictures = [path for path in paths if path.suffix.lower() in SUFFIXES]
    others = [path for path in paths if path.suffix.lower() in ARRAYS or looks_like_idx(path)]
    if len(pictures) > 1 and not others:
        return folder
    found = pictures + others or (paths if len(paths) == 1 else [])
    if not found:
        raise ValueError(f"{source[:80]} holds no digits: {KNOWN} would work.")
    if len(found) > 1:
        raise ValueError(f"These are {len(found)} files, {', '.join(path.name for path in found[:4])}: drop one array, or images alone.")
    return found[0]


def _matters(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES | ARRAYS
