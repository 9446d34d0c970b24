"""What files are, told by their names and what is in them."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import PurePath
from typing import BinaryIO, Literal

from vqvae.modalities.brain import dicom, nifti

Content = Literal["volume", "dicom", "picture", "array", "archive", ""]

_START = 4096  # bytes that tell
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ")
_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
_WAVEFORM = b"1.2.840.10008.5.1.4.1.1.9."  # what DICOM calls files of curves, with what follows
_MUCH = 16  # rows or columns that a table of signals has at most
_SMALL = 32  # pixels along a side of small images, of which there are many


def content_of(name: str, file: BinaryIO) -> Content:
    """What a file is, empty when it is no image; reads no more than its beginning."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    last, inner = (suffixes or [""])[-1], (suffixes[-2:-1] or [""])[0]
    start = _begin(file)
    if last == ".gz" or (start[:2] == b"\x1f\x8b" and last not in nifti.SUFFIXES):
        last, start = inner, _unpacked(start)
    if dicom.is_dicom(start) or last in dicom.SUFFIXES:
        return "" if _WAVEFORM in start else "dicom"
    if start.startswith(b"PK\x03\x04"):
        return "archive"
    if start.startswith(b"\x93NUMPY"):
        return "array"
    if start.startswith(_PICTURES) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP") or last in _PICTURE_SUFFIXES:
        return "picture"
    return "volume" if last in nifti.SUFFIXES else ""


def _begin(file: BinaryIO) -> bytes:
    file.seek(0)
    start = file.read(_START)
    file.seek(0)
    return start


def _unpacked(start: bytes) -> bytes:
    """The beginning of what a .gz file holds."""
    try:
        with gzip.open(io.BytesIO(start)) as packed:
            return packed.read(_START // 4)
    except (OSError, EOFError, zlib.error):
        return b""


def is_image(array: BinaryIO) -> bool:
    """Whether a .npy file has rows and columns enough for an image, rather than some signals or many small images."""
    from numpy.lib import format as layout

    file = io.BytesIO(_begin(array))
    try:
        version = layout.read_magic(file)
        shape = (layout.read_array_header_1_0 if version == (1, 0) else layout.read_array_header_2_0)(file)[0]
    except (ValueError, EOFError, SyntaxError, TypeError):
        return False
    return len(shape) >= 2 and min(shape[:2]) > _MUCH and sorted(shape)[-2] > _SMALL
