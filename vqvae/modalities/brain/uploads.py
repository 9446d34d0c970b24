"""Dropped files: which of them are the image."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from vqvae.modalities import archives
from vqvae.modalities.brain.contents import content_of, is_image
from vqvae.modalities.brain.dicom import SUFFIXES as DICOM
from vqvae.modalities.brain.names import name_of, person_of
from vqvae.modalities.brain.nifti import SUFFIXES as VOLUMES
from vqvae.modalities.brain.pictures import size_of
from vqvae.modalities.brain.reading import of_folder

SUFFIXES = frozenset((*VOLUMES, ".gz", *DICOM, ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".npy"))
LEAST_SIDE = 65  # pixels along the longer side: smaller pictures are no slices
_LOOKED_INTO = 8  # files of an archive, when their names do not tell


def recognises(name: str, file: BinaryIO) -> bool:
    """Whether a file of this name and with these contents is for `read`: by its suffix, its first bytes, or what is in an archive."""
    if Path(name).suffix.lower() == ".npz":
        return False  # several arrays by name are no volume
    found = content_of(name, file)
    if found == "picture":
        return max(size_of(file), default=LEAST_SIDE) >= LEAST_SIDE
    if found == "array":
        return is_image(file)
    return _archive_holds_image(file) if found == "archive" else bool(found)


def takes(name: str) -> bool:
    """Whether a file of this name may be an image, whatever `recognises` finds in it."""
    return _matters(name)


def _archive_holds_image(file: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [one for one in archive.infolist() if not one.is_dir() and not archives.plain(one.filename).startswith(".")]
            for member in sorted(members, key=lambda one: not _matters(one.filename))[:_LOOKED_INTO]:
                with archive.open(member) as inside:
                    if content_of(member.filename, inside) not in ("", "archive"):  # type: ignore[arg-type]
                        return True
    except archives.DAMAGE:
        return False  # whoever opens it will say so
    return False


def receive(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put uploaded files, by name, into the empty `folder`, and say which path to hand to `read`: a file, or a folder of slices.

    Names lose their folders; archives are unpacked.  Raises ValueError with one sentence when there is not exactly one image; what was put
    into `folder` by then is removed.
    """
    called = next((name_of(Path(archives.plain(name))) for name in files if name.lower().endswith(".zip")), "")

    def main(source: str) -> Path:
        found = of_folder(folder, source)
        if len(found) == 1:
            return found[0]
        inner = folder / (called or person_of(found[0]))
        while inner.exists():
            inner = inner.with_name(f"{inner.name}_")
        inner.mkdir()
        for path in found:
            path.rename(inner / path.name)
        return inner

    return archives.receive_into(folder, files, "an image", _matters, main)


def _matters(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES
