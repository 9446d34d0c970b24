"""Dropped files: which of them are the image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from vqvae.modalities import archives

SUFFIXES = frozenset((".nii", ".hdr", ".img", ".mgh", ".mgz", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dcm", ".npy"))


def recognises(name: str, file: BinaryIO) -> bool:
    """Whether a file of this name and with these contents is for `read`."""
    return _matters(name)


def receive(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put uploaded files, by name, into the empty `folder`, and say which path to hand to `read`."""
    return archives.receive_into(folder, files, "an image", _matters, lambda source: main_file(folder, source))


def main_file(folder: Path, source: str) -> Path:
    """The one file in `folder` to hand to `read`."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() not in (".zip", ".img"))
    if not paths:
        raise ValueError(f"{source[:80]} holds no image.")
    return paths[0]


def _matters(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(".nii.gz") or Path(lower).suffix in SUFFIXES
