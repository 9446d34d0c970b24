"""Digits out of arrays: .npz, .npy, and the IDX files in which MNIST is distributed."""

from __future__ import annotations

import gzip
import math
import zipfile
import zlib
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from vqvae.modalities.digits.recording import SIDE

MAX_BYTES = 1 << 28  # of one array: bounds memory
IDX = b"\0\0\x08\x03"  # the first bytes of a file of images: unsigned bytes in three dimensions
GZIP = b"\x1f\x8b"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class Header(NamedTuple):
    """What an array in a file claims to be."""

    shape: tuple[int, ...]
    dtype: np.dtype


def stacked(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """(N, rows, columns) of an array of this shape that can hold images of single digits; None where it cannot."""
    if len(shape) == 1 and shape[0] == SIDE * SIDE:
        return 1, SIDE, SIDE
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        many = shape[1] in (64, SIDE * SIDE) and side * side == shape[1] and shape[0] != shape[1]
        return (shape[0], side, side) if many else (1, *shape)
    if len(shape) == 4 and 1 in (shape[1], shape[3]):
        shape = (shape[0], *shape[2:]) if shape[1] == 1 else shape[:3]
    return shape if len(shape) == 3 and min(shape[1:]) >= 2 and shape[0] >= 1 else None


def holds_digits(file: IO[bytes]) -> bool:
    """Whether a .npy file holds images of 28 × 28 pixels, or such images as rows: smaller arrays can be anything."""
    header = _header(file)
    shape = stacked(header.shape) if header and header.dtype.kind in "buif" else None
    return shape is not None and shape[1:] == (SIDE, SIDE)


class Span(NamedTuple):
    """Images from number `first` up to `stop`; all from there on where that is None."""

    first: int = 0
    stop: int | None = None


ALL = Span()


def npy(path: Path, span: Span = ALL) -> np.ndarray:
    """The images (N, rows, columns) in a .npy file."""
    with path.open("rb") as file:
        return _array(file, path.name, span)


def npz(path: Path, wanted: str = "", span: Span = ALL) -> np.ndarray:
    """The images in the array called `wanted` of a .npz file, or in its test images where there are several."""
    try:
        with zipfile.ZipFile(path) as archive:
            there = members(archive)
            name = wanted or chosen(there, path.name)
            if name not in there:
                raise ValueError(f"{path.name} has no images called {name!r}; it has: {', '.join(there) or 'none'}")
            with archive.open(f"{name}.npy") as file:
                return _array(file, f"{path.name}/{name}", span)
    except _DAMAGE:
        raise ValueError(f"{path.name} is a damaged .npz file: save it again") from None


def members(archive: zipfile.ZipFile) -> list[str]:
    """The arrays in a .npz file that can be images."""
    found = []
    for name in archive.namelist():
        if name.endswith(".npy"):
            with archive.open(name) as file:
                header = _header(file)
            if header and len(header.shape) > 1 and stacked(header.shape) and header.dtype.kind in "buif":
                found.append(name.removesuffix(".npy"))
    return found


def chosen(names: list[str], called: str) -> str:
    """The array to read when none is named: the test images, else the only one."""
    tests = [name for name in names if name.startswith("x") and "test" in name]
    found = tests or names
    if len(found) != 1:
        listed = f"images in {', '.join(names[:8])}: name one, as in {called}/{names[0]}" if names else "no array of images"
        raise ValueError(f"{called} has {listed}")
    return found[0]


def idx(path: Path, span: Span = ALL) -> np.ndarray:
    """The images of an IDX file, packed or not."""
    with path.open("rb") as raw:
        packed = raw.read(2) == GZIP
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            head = file.read(16)
            shape = tuple(int.from_bytes(head[at : at + 4], "big") for at in (4, 8, 12))
            if head[:4] != IDX or len(head) < 16:
                raise ValueError(f"{path.name} holds no images: files of labels, train-labels…, have none; give the file of images")
            first, count = _within(span, shape[0], path.name)
            size = math.prod(shape[1:])
            _require_size(count * size, path.name)
            file.seek(first * size, 1)
            data = file.read(count * size)
    except (zlib.error, EOFError, OSError):
        raise ValueError(f"{path.name} is a damaged .gz file: copy it again") from None
    if len(data) != count * size or not stacked(shape):
        raise ValueError(f"{path.name} states {shape[0]} images of {shape[1]} × {shape[2]} pixels, but ends earlier: copy it again")
    return np.frombuffer(data, np.uint8).reshape(count, *shape[1:])


def whole(values: np.ndarray, name: str) -> np.ndarray:
    """Images of any number type -> from 0 to 1; ValueError for values that are no numbers."""
    if values.dtype.kind == "b":
        return values.astype(np.float32)
    if values.dtype == np.uint8:
        return values.astype(np.float32) / 255
    found = values.astype(np.float32)
    if not np.isfinite(found).all():
        raise ValueError(f"{name} has pixels that are no numbers (NaN or infinite): replace them")
    low, high = min(0.0, float(found.min())), float(found.max())
    top = next((top for top in (1.0, 16.0, 255.0) if high <= top), high)
    return (found - np.float32(low)) / np.float32(max(top - low, 1e-9))


def _array(file: IO[bytes], name: str, span: Span) -> np.ndarray:
    header = _header(file)
    if header is None or header.dtype.kind not in "buif":
        raise ValueError(f"{name} holds no array of numbers: save the images with numpy.save, without pickling")
    shape = stacked(header.shape)
    if shape is None:
        raise ValueError(f"{name} has the shape {header.shape}: images of digits are (N, {SIDE}, {SIDE}), or one image (rows, columns)")
    first, count = _within(span, shape[0], name)
    size = shape[1] * shape[2] * header.dtype.itemsize
    _require_size(count * size, name)
    file.seek(first * size, 1)
    data = file.read(count * size)
    if len(data) != count * size:
        raise ValueError(f"{name} ends before its last pixel: copy it again")
    return np.frombuffer(data, header.dtype).reshape(count, *shape[1:])


def _within(span: Span, images: int, name: str) -> tuple[int, int]:
    """The first image of a span, and how many there are; ValueError when they are not among `images`."""
    stop = images if span.stop is None else span.stop
    if not span.first < stop <= images:
        raise ValueError(f"{name} has {images} images, and {span.first}-{stop} are not among them: count from 0 to {images}")
    return span.first, stop - span.first


def _header(file: IO[bytes]) -> Header | None:
    """What a .npy file says of itself; None for one that is no array, or in an order of columns."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, by_columns, dtype = read(file)
    except ValueError:
        return None
    return None if (by_columns and len(shape) > 1) or dtype.hasobject else Header(shape, dtype)


def _require_size(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise ValueError(f"{name} states images of {size / 1e6:.0f} MB; up to {MAX_BYTES / 1e6:.0f} MB can be read: take a part of them")
