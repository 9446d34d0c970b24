"""Digits to files: an array, or one digit as an image."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np

from vqvae.modalities.digits.recording import Digits
from vqvae.modalities.protocol import Report

ARRAY, IMAGE = ".npz", ".png"


def write(recording: Digits, path: Path) -> list[Path]:
    """Write a .npz file with the array `images` (N, 28, 28) uint8, or a .png of a single digit where `path` says so; returns its path.

    path: `.npz` is put behind it where it has neither suffix.  It is written beside and then renamed.  ValueError for several digits as
    one image.
    """
    (target,) = targets(path)
    data = png(recording) if target.suffix == IMAGE else npz(recording)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(data)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return [target]


def targets(path: Path) -> tuple[Path, ...]:
    """Every file that `write` may make."""
    suffix = path.suffix.lower()
    known = suffix in (ARRAY, IMAGE)
    return (path.parent / f"{path.stem if known else path.name}{suffix if known else ARRAY}",)


def npz(recording: Digits) -> bytes:
    """The digits as a packed .npz file."""
    packed = io.BytesIO()
    np.savez_compressed(packed, images=recording.images)
    return packed.getvalue()


def png(recording: Digits) -> bytes:
    """A single digit as a PNG image of 28 × 28 grey pixels."""
    from PIL import Image

    if recording.count != 1:
        raise ValueError(f"{recording.name} has {recording.count} digits, and an image shows one: write a .npz file")
    packed = io.BytesIO()
    Image.fromarray(recording.images[0]).save(packed, "PNG")
    return packed.getvalue()


def marked(recording: Digits, report: Report) -> Digits:
    """The recording as it is: an array has no place for what a report says."""
    return recording
