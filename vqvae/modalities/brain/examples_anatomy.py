"""A head that is computed: a folded ribbon of grey matter around white matter, with fluid in its furrows and ventricles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RADII = (66.0, 84.0, 62.0)  # mm, of the brain: across, along, up
RIBBON, FURROW = 3.0, 0.8  # mm: thickness of the cortex, and half of a furrow
FOLDS, DEEPEST = 4.4, 15.0  # mm: length scale of the folds, and how deep furrows reach
_VENTRICLES = ((9.0, -2.0, 14.0), (6.0, 32.0, 9.0))  # centre beside the middle, radii, mm
_DEEP = (  # grey matter within the white: thalamus, putamen, caudate nucleus
    ((11.0, -16.0, 6.0), (7.0, 13.0, 9.0)),
    ((26.0, 2.0, 2.0), (5.5, 18.0, 9.0)),
    ((15.0, 20.0, 8.0), (4.5, 10.0, 9.0)),
)


class Tissue(NamedTuple):
    """Shares of every voxel, (X, Y, S) float32 each; what is left of 1 is outside of the brain."""

    grey: np.ndarray
    white: np.ndarray
    fluid: np.ndarray
    lesion: np.ndarray


class Lesion(NamedTuple):
    """A ball of other tissue."""

    centre: tuple[float, float, float]  # mm
    radius: float  # mm


def anatomy(x: np.ndarray, y: np.ndarray, z: np.ndarray, seed: int = 0, lesion: Lesion | None = None) -> Tissue:
    """Tissue at places (X, 1, 1), (1, Y, 1), (1, 1, S) in mm from the middle of the brain, RAS; seed: which folds it has."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, 8).astype(np.float32)
    depth = _depth(x, y, z)
    furrows = np.hypot(_folds(x, y, z, phases), np.maximum(depth - DEEPEST, 0))
    surface = np.minimum(np.minimum(depth, furrows), _fissure(x, y, z, phases))
    inside, ribbon = _share(depth), _share(surface - FURROW)
    ventricles = _share(_mirrored(x, y, z, *_VENTRICLES)) * inside
    deep = np.maximum.reduce([_share(_mirrored(x, y, z, *one)) for one in _DEEP])
    white = _share(surface - FURROW - RIBBON) * (1 - deep)
    tissue = inside * ribbon * (1 - ventricles)
    ball = np.zeros_like(depth) if lesion is None else _ball(x, y, z, lesion) * tissue
    healthy = tissue - ball
    fluid = inside - tissue
    return Tissue(*(np.ascontiguousarray(part, np.float32) for part in (healthy * (1 - white), healthy * white, fluid, ball)))


def _depth(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Below the surface of an egg, mm about; narrower in front."""
    across, along, up = RADII
    radius = np.sqrt((x / (across * (1 - 0.0012 * y))) ** 2 + (y / along) ** 2 + (z / up) ** 2)
    return np.float32(70.0) * (1 - radius)


def _folds(x: np.ndarray, y: np.ndarray, z: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Distance from the middle of the next furrow, mm about: a gyroid whose space is bent, so that no two furrows are alike."""
    around = zip((y, z, x), (z, x, y), phases[:3], phases[3:6], strict=True)
    bends = [5 * np.sin(b / 13 + p) + 3 * np.sin(c / 7 + q) for b, c, p, q in around]
    u, v, w = ((a + bend) / FOLDS for a, bend in zip((x, y, z), bends, strict=True))
    gyroid = np.sin(u) * np.cos(v) + np.sin(v) * np.cos(w) + np.sin(w) * np.cos(u)
    return np.abs(gyroid) * np.float32(FOLDS / 1.3)


def _fissure(x: np.ndarray, y: np.ndarray, z: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Distance from the furrow between the two halves, mm, which are one around the middle."""
    bridge = 1 - np.sqrt((y / 42) ** 2 + ((z - 4) / 26) ** 2)
    return np.hypot(x + np.sin(y / 17 + phases[6]), np.maximum(34 * bridge, 0))


_Triple = tuple[float, float, float]


def _mirrored(x: np.ndarray, y: np.ndarray, z: np.ndarray, centre: _Triple, radii: _Triple) -> np.ndarray:
    """How deep within one of two balls on both sides of the middle, mm about."""
    radius = np.sqrt(((np.abs(x) - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 + ((z - centre[2]) / radii[2]) ** 2)
    return np.float32(min(radii)) * (1 - radius)


def _ball(x: np.ndarray, y: np.ndarray, z: np.ndarray, lesion: Lesion) -> np.ndarray:
    distance = np.sqrt((x - lesion.centre[0]) ** 2 + (y - lesion.centre[1]) ** 2 + (z - lesion.centre[2]) ** 2)
    return _share(lesion.radius - distance)


def _share(depth: np.ndarray) -> np.ndarray:
    """Of a voxel of 1 mm whose middle lies so deep, mm, within something."""
    return np.clip(depth + np.float32(0.5), 0, 1)
