"""Brains to open the page with: computed, so that it is known what every voxel holds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.brain.examples_anatomy import Lesion, Tissue, anatomy
from vqvae.modalities.brain.recording import Source, Volume

SIDES = (176, 208)  # pixels of 1 mm
INTENSITIES = {"grey": 128.0, "white": 186.0, "fluid": 44.0, "lesion": 92.0}  # T1-weighted, of 255


class Example(NamedTuple):
    """One image that can be opened by name."""

    name: str
    title: str
    description: str  # one sentence
    first: float  # mm above the middle, of the lowest slice
    slices: int
    step: float = 1.0  # mm from slice to slice
    noise: float = 2.0  # standard deviation, of 255
    bias: float = 0.0  # share by which the scanner's coil is brighter on one side
    lesion: Lesion | None = None
    picture: bool = False


_EXAMPLES = {
    example.name: example
    for example in (
        Example("phantom", "Brain", "A whole computed brain in 32 thick slices, 3.75 mm apart.", -58.0, 32, 3.75),
        Example("slab", "Slab", "32 slices of 1 mm through the ventricles of the same brain.", -4.0, 32),
        Example("slice", "Slice", "One axial slice as an 8-bit picture.", 12.0, 1, picture=True),
        Example(
            "lesion", "Lesion", "A dark lesion of 16 mm in the white matter of the right half, in 24 slices 2 mm apart.",
            0.0, 24, 2.0, lesion=Lesion((30.0, -24.0, 24.0), 8.0),
        ),
        Example("grainy", "Grainy", "A scan with Rician noise, brighter on one side.", 0.0, 16, 2.0, noise=12.0, bias=0.25),
    )
}  # fmt: skip


def examples() -> tuple[str, ...]:
    """Names of the examples, the most telling first."""
    return tuple(_EXAMPLES)


def describe(name: str) -> Example:
    """Title and description of an example; ValueError naming the choices when there is none of that name."""
    if name not in _EXAMPLES:
        raise ValueError(f"no brain example is called {name!r}; there are: {', '.join(_EXAMPLES)}")
    return _EXAMPLES[name]


def example(name: str = "", seed: int = 0) -> Volume:
    """The example called `name` (the first one by default): 8-bit intensities with Rician noise."""
    found = describe(name or examples()[0])
    tissue = truth(found.name, seed)
    clean = np.zeros_like(tissue.grey)
    for part, share in zip(tissue._fields, tissue, strict=True):
        clean += np.float32(INTENSITIES[part]) * share
    x, y, _ = _places(found)
    bright = 1 + found.bias * np.float32(x / SIDES[0] + y / SIDES[1])
    noise = np.random.default_rng(seed + 1).standard_normal((2, *clean.shape), dtype=np.float32) * np.float32(found.noise)
    measured = np.hypot(clean * bright + noise[0], noise[1]) * (clean > 0)  # nothing is left outside of a brain that was cut out
    voxels = np.clip(np.rint(measured), 0, 255).astype(np.float32)
    if found.picture:
        return Volume(found.name, voxels, source=Source(dims=2))
    affine = np.diag([1.0, 1.0, found.step, 1.0])
    affine[:3, 3] = [0.5 - SIDES[0] / 2, 0.5 - SIDES[1] / 2, found.first]
    return Volume(found.name, voxels, 2, (1.0, 1.0, found.step), affine, Source("nii.gz", "|u1", "RAS"))


def truth(name: str = "", seed: int = 0) -> Tissue:
    """What every voxel of an example holds: shares (X, Y, S) of grey and white matter, fluid and lesion."""
    found = describe(name or examples()[0])
    return anatomy(*_places(found), seed, found.lesion)


def _places(found: Example) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where voxels are, mm: (X, 1, 1), (1, Y, 1), (1, 1, S)."""
    x, y = (np.arange(side, dtype=np.float32) + np.float32(0.5 - side / 2) for side in SIDES)
    z = np.float32(found.first) + np.float32(found.step) * np.arange(found.slices, dtype=np.float32)
    return x[:, None, None], y[None, :, None], z[None, None, :]
