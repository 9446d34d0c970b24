"""Numbers out of files to intensities: finite, real and grey."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.wording import count

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as JPEG has it
TURNED_GREY = "turned from colour to grey (0.299 red + 0.587 green + 0.114 blue)"


class Real(NamedTuple):
    """Intensities, and what was done to have them."""

    values: np.ndarray  # float32, or whole numbers
    said: tuple[str, ...]  # sentences
    plain: bool  # whether they are the file's own numbers


def real(values: np.ndarray) -> Real:
    """Complex numbers to magnitudes, structured colour to grey; other numbers as they are.  ValueError where it is neither."""
    if values.dtype.names:
        if not {"R", "G", "B"} <= set(values.dtype.names):
            raise ValueError(f"its voxels hold {', '.join(values.dtype.names)[:40]}, which are no intensities")
        channels = np.stack([values[name] for name in "RGB"], axis=-1)
        return Real(grey(channels), (f"The voxels were {TURNED_GREY}.",), False)
    if values.dtype.kind == "c":
        return Real(np.abs(values).astype(np.float32), ("The voxels are complex numbers: their magnitudes were read.",), False)
    if values.dtype.kind not in "biuf":
        raise ValueError("its voxels are no numbers")
    return Real(values, (), True)


def grey(channels: np.ndarray) -> np.ndarray:
    """(…, 3) red, green and blue -> (…) of the same type."""
    mixed = channels[..., :3].astype(np.float32) @ LUMA
    return np.rint(mixed).astype(channels.dtype) if channels.dtype.kind in "ui" else mixed


def finite(values: np.ndarray, file: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values as float32, 0 where there is none, and the sentence that says so; ValueError where nothing is left to see."""
    with np.errstate(over="ignore"):
        voxels = np.array(values, np.float32, order="C")
    missing = ~np.isfinite(voxels)
    without = int(np.count_nonzero(missing))
    if without == voxels.size:
        raise ValueError(f"{file} holds no value that is a finite number: there is nothing to see in it, give another image.")
    known = voxels[~missing] if without else voxels
    least = float(known.min())
    if least == float(known.max()):
        which = "voxel with a finite value" if without else "voxel"
        raise ValueError(f"{file} is the same everywhere, every {which} is {least:g}: there is nothing to see in it, give another image.")
    voxels[missing] = 0
    said = f"{count(without, 'voxel')} without a finite value (NaN or infinite) {'were' if without > 1 else 'was'} read as 0."
    return voxels, (said,) if without else ()
