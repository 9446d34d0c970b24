"""The CDF 9/7 wavelet by lifting, of images and of volumes: coefficients that lie where their bands lie in the plane.

Cohen, Daubechies and Feauveau 1992 (doi 10.1002/cpa.3160450502), the filters of JPEG 2000; lifting after Daubechies and Sweldens 1998
(doi 10.1007/BF02476026).  Ends are mirrored, so that as many coefficients come out as samples went in.  Low and high bands are scaled to
be close to orthonormal: a step has about the same effect in every band.
"""

from __future__ import annotations

import numpy as np

PREDICT, UPDATE = (-1.586134342059924, 0.882911075530934), (-0.052980118572961, 0.443506852043971)
SCALE = 1.149604398860241
PLANE_LEVELS = 5  # halvings of a slice's sides
SLICE_LEVELS = 3  # at most so many halvings across slices


def analyse(volume: np.ndarray, slice_levels: int) -> np.ndarray:
    """volume (X, Y, S), sides multiples of 2 ** levels -> coefficients (X, Y, S) float32.

    Within a slice the band of lowest frequencies comes first along both sides (Mallat's layout); across slices, groups of
    2 ** slice_levels slices hold one mean, then differences from coarse to fine.
    """
    found = np.array(volume, np.float32)
    extents = found.shape[0], found.shape[1]
    for level in range(PLANE_LEVELS):
        x, y = (extent >> level for extent in extents)
        found[:x, :y] = _split(_split(found[:x, :y], 0), 1)
    bands, low = [], found
    for _ in range(slice_levels):
        both = _split(low, 2)
        low, high = np.split(both, 2, axis=2)
        bands.append(high)
    return _grouped([low, *reversed(bands)])


def synthesise(coefficients: np.ndarray, slice_levels: int) -> np.ndarray:
    """Undo `analyse`: coefficients (X, Y, S) -> volume (X, Y, S) float32."""
    low, *bands = _ungrouped(np.asarray(coefficients, np.float32), slice_levels)
    for high in bands:
        low = _join(np.concatenate([low, high], axis=2), 2)
    found = np.array(low)
    extents = found.shape[0], found.shape[1]
    for level in reversed(range(PLANE_LEVELS)):
        x, y = (extent >> level for extent in extents)
        found[:x, :y] = _join(_join(found[:x, :y], 1), 0)
    return found


def _grouped(bands: list[np.ndarray]) -> np.ndarray:
    """Bands across slices, coarse to fine (X, Y, S / n) -> (X, Y, S), the bands of a group of slices side by side."""
    x, y, groups = bands[0].shape
    parts = [band.reshape(x, y, groups, -1) for band in bands]
    return np.concatenate(parts, axis=3).reshape(x, y, -1)


def _ungrouped(coefficients: np.ndarray, slice_levels: int) -> list[np.ndarray]:
    """Undo `_grouped`."""
    x, y = coefficients.shape[:2]
    grouped = coefficients.reshape(x, y, -1, 1 << slice_levels)
    edges = [1 << level for level in range(slice_levels)]
    return [band.reshape(x, y, -1) for band in np.split(grouped, edges, axis=3)]


def _split(samples: np.ndarray, axis: int) -> np.ndarray:
    """Samples -> low band, then high band along an axis of even extent."""
    moved = np.moveaxis(samples, axis, 0)
    even, odd = moved[0::2].astype(np.float32), moved[1::2].astype(np.float32)
    for predict, update in zip(PREDICT, UPDATE, strict=True):
        odd = odd + np.float32(predict) * (even + _after(even))
        even = even + np.float32(update) * (odd + _before(odd))
    return np.moveaxis(np.concatenate([even * np.float32(SCALE), odd / np.float32(SCALE)]), 0, axis)


def _join(bands: np.ndarray, axis: int) -> np.ndarray:
    """Undo `_split`."""
    moved = np.moveaxis(bands, axis, 0)
    half = len(moved) // 2
    even, odd = moved[:half] / np.float32(SCALE), moved[half:] * np.float32(SCALE)
    for predict, update in zip(reversed(PREDICT), reversed(UPDATE), strict=True):
        even = even - np.float32(update) * (odd + _before(odd))
        odd = odd - np.float32(predict) * (even + _after(even))
    joined = np.empty_like(moved, dtype=np.float32)
    joined[0::2], joined[1::2] = even, odd
    return np.moveaxis(joined, 0, axis)


def _after(even: np.ndarray) -> np.ndarray:
    """The even sample after every odd one; the last one is mirrored."""
    return np.concatenate([even[1:], even[-1:]])


def _before(odd: np.ndarray) -> np.ndarray:
    """The odd sample before every even one; the first one is mirrored."""
    return np.concatenate([odd[:1], odd[:-1]])
