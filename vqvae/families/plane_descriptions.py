"""What the adaptive coder has to know of wavelet coefficients of images and volumes, and of codebook indices on a plane.

Channels of a frame are the coefficients of one slice, or of a group of slices, band after band from coarse to fine.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vqvae.codec.description import Description, Feature, Identity, Magnitude, Selection, Term
from vqvae.codec.features import Features
from vqvae.families.lifting import PLANE_LEVELS

LOWEST, ALONG_Y, ALONG_X, DIAGONAL = range(4)  # where a band's high frequencies lie
PLANE_BANDS = 3 * PLANE_LEVELS + 1
PLACE = 4  # coefficients whose places agree but for this many bits, at full size, share what was learned of the place

# Neighbours of a coefficient: in its band (W, N, NW, NE, WW, NN); of its parent, its siblings and the coefficient in the slice before,
# each with the four around it; two slices before; parent across slices with the four around it; the lowest band at this place.
W, N, NW, NE, WW, NN = range(6)
PARENT, SIBLING, BEFORE, ABOVE = 6, 11, 17, 23
OTHER_SIBLING, TWO_BEFORE, LOW = 16, 22, 28
NEIGHBOURS = 29
CROSS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))


class Band(NamedTuple):
    """One band of a slice in Mallat's layout."""

    x: int
    y: int
    width: int  # along x
    height: int  # along y
    kind: int
    level: int  # halvings


class Plane(NamedTuple):
    """Coefficients of a group of slices in coding order."""

    description: Description
    order: np.ndarray  # (M,) place in (G, X, Y), flattened, of every channel


def bands(width: int, height: int) -> list[Band]:
    """Bands of a slice of these sides, coarse to fine."""
    found = [Band(0, 0, width >> PLANE_LEVELS, height >> PLANE_LEVELS, LOWEST, PLANE_LEVELS)]
    for level in range(PLANE_LEVELS, 0, -1):
        w, h = width >> level, height >> level
        found += [Band(0, h, w, h, ALONG_Y, level), Band(w, 0, w, h, ALONG_X, level), Band(w, h, w, h, DIAGONAL, level)]
    return found


def slice_band(place: int, slice_levels: int) -> tuple[int, int, int]:
    """Band across slices of place 0…2 ** slice_levels - 1 in a group: its kind (0: mean; 1: finest …), its first place, its width."""
    if place == 0:
        return 0, 0, 1
    coarseness = place.bit_length() - 1
    return slice_levels - coarseness, 1 << coarseness, 1 << coarseness


@lru_cache(maxsize=4)
def coefficients(width: int, height: int, slice_levels: int, hash_bits: int = 16) -> Plane:
    """Wavelet coefficients of groups of 2 ** slice_levels slices; the lowest band of the means is coded as differences in time."""
    group, size = 1 << slice_levels, width * height
    layers = bands(width, height)
    order = np.concatenate([_places(band, height) for band in layers])
    rank = np.empty(size, np.int64)
    rank[order] = np.arange(size)
    plane = np.zeros((size, NEIGHBOURS), np.int32)
    ids = np.zeros((size, 3), np.int64)
    for index, band in enumerate(layers):
        _fill(plane, ids, band, index, layers[0], rank.reshape(width, height))
    distances, kinds = _across(plane, slice_levels, size, layers, rank.reshape(width, height))
    number, place, level = (np.tile(column, group) for column in ids.T)
    kind = np.repeat(kinds, size)
    features, contexts, selection = _contexts(slice_levels > 0)
    lowest = (number == 0) & (kind == 0)
    description = Description(
        distances=distances, lags=np.zeros(NEIGHBOURS), ids=np.stack([number + PLANE_BANDS * kind, place, level + 8 * kind], axis=1),
        bits=np.zeros(group * size), features=features, contexts=contexts, classes=number + PLANE_BANDS * kind, selection=selection,
        activity=np.zeros(group * size), differences=lowest, hash_bits=hash_bits, unary=18, rate=250, limit=250,
    )  # fmt: skip
    flat = (np.arange(group)[:, None] * size + order).ravel()
    return Plane(description, flat)


def _places(band: Band, height: int) -> np.ndarray:
    """Flat places of a band's coefficients, row after row."""
    return ((band.x + np.arange(band.width))[:, None] * height + band.y + np.arange(band.height)).ravel()


def _fill(plane: np.ndarray, ids: np.ndarray, band: Band, number: int, lowest: Band, rank: np.ndarray) -> None:
    """How far back, in its slice, the neighbours of a band's coefficients lie, and what is known of their places."""
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(band.width), np.arange(band.height), indexing="ij"))
    own = rank[band.x + x, band.y + y]

    def put(neighbour: int, nx: np.ndarray, ny: np.ndarray, other: Band) -> None:
        inside = (nx >= 0) & (ny >= 0) & (nx < other.width) & (ny < other.height)
        found = own - rank[other.x + np.clip(nx, 0, other.width - 1), other.y + np.clip(ny, 0, other.height - 1)]
        plane[own[inside], neighbour] = found[inside]

    for neighbour, (dx, dy) in enumerate(((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0))):
        put(neighbour, x + dx, y + dy, band)
    for step, (dx, dy) in enumerate(CROSS):
        if band.kind != LOWEST and band.level < PLANE_LEVELS:
            put(PARENT + step, x // 2 + dx, y // 2 + dy, Band(band.x // 2, band.y // 2, band.width // 2, band.height // 2, 0, 0))
        if band.kind in (ALONG_X, DIAGONAL):
            sibling = band._replace(x=0, y=band.height) if band.kind == ALONG_X else band._replace(y=0)
            put(SIBLING + step, x + dx, y + dy, sibling)
    if band.kind == DIAGONAL:
        put(OTHER_SIBLING, x, y, band._replace(x=0))
    if band.kind != LOWEST:
        put(LOW, x * lowest.width // band.width, y * lowest.height // band.height, lowest)
    place = ((x << band.level) >> PLACE) * 64 + ((y << band.level) >> PLACE)
    ids[own] = np.stack([np.full(len(own), number), place, np.full(len(own), band.level + 8 * (band.kind == LOWEST))], axis=1)


def _across(plane: np.ndarray, slice_levels: int, size: int, layers: list[Band], rank: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Distances of a group of slices, those to other slices among them, and the kind of band across slices of each."""
    if not slice_levels:
        return plane, [0]
    group = 1 << slice_levels
    tiled = np.tile(plane, (group, 1, 1))
    around = _cross_of(layers, rank)
    kinds = []
    for place in range(group):
        kind, first, width = slice_band(place, slice_levels)
        kinds.append(kind)
        back = (1 if place > first else group - width + 1) * size
        tiled[place, :, BEFORE : BEFORE + 5] = np.where(around.known, around.distance + back, 0)
        # Two before the first place of a band that is wider than 1 lies one place on in the group before: this is a place of another band.
        # Files and what coders begin with depend on it, and mending it saves them 0.02 to 0.1 %: to be mended with the next format.
        two = back + (1 if place - first > 1 else group - width + 1) * size
        tiled[place, :, TWO_BEFORE] = two
        if place > 1:
            above = (place - (first // 2 + (place - first) // 2)) * size
            tiled[place, :, ABOVE : ABOVE + 5] = np.where(around.known, around.distance + above, 0)
    return tiled.reshape(group * size, -1), kinds


class Around(NamedTuple):
    """The coefficient itself and the four around it in its band, for all of a slice."""

    distance: np.ndarray  # (M, 5) how far back in coding order; negative: later
    known: np.ndarray  # (M, 5) whether there is one


def _cross_of(layers: list[Band], rank: np.ndarray) -> Around:
    distance, known = np.zeros((rank.size, 5), np.int32), np.zeros((rank.size, 5), bool)
    for band in layers:
        x, y = (grid.ravel() for grid in np.meshgrid(np.arange(band.width), np.arange(band.height), indexing="ij"))
        own = rank[band.x + x, band.y + y]
        for step, (dx, dy) in enumerate(CROSS):
            nx, ny = x + dx, y + dy
            inside = (nx >= 0) & (ny >= 0) & (nx < band.width) & (ny < band.height)
            found = rank[band.x + np.clip(nx, 0, band.width - 1), band.y + np.clip(ny, 0, band.height - 1)]
            distance[own, step], known[own, step] = own - found, inside
    return Around(distance, known)


class _Sums:
    """Features that are sums of sizes of neighbours."""

    def __init__(self, features: Features) -> None:
        self._features = features

    def weighed(self, scale: int, cap: int, *terms: tuple[int, int]) -> int:
        """Of neighbours and their weights."""
        return self._features(Magnitude(tuple(Term(*term) for term in terms), cap, scale))

    def size(self, neighbour: int, cap: int) -> int:
        """Of one."""
        return self.weighed(0, cap, (neighbour, 1))


def _four(first: int, weight: int = 1) -> tuple[tuple[int, int], ...]:
    """The four around a neighbour, each with this weight."""
    return tuple((first + step, weight) for step in range(1, 5))


INSIDE = ((W, 4), (N, 4), (NW, 2), (NE, 2), (WW, 1), (NN, 1))
PARENTS, SIBLINGS = ((PARENT, 3), *_four(PARENT)), ((SIBLING, 2), (OTHER_SIBLING, 2), *_four(SIBLING))
OTHERS_BEFORE, OTHERS_ABOVE = ((BEFORE, 4), (TWO_BEFORE, 2), *_four(BEFORE, 2)), ((ABOVE, 4), *_four(ABOVE))


def _contexts(across: bool) -> tuple[tuple[Feature, ...], tuple[tuple[int, ...], ...], Selection]:
    """What is learned from: features are numbered as they come up, and files depend on their order."""
    features = Features()
    sums, value = _Sums(features), features.value
    weighed, size = sums.weighed, sums.size
    band, place, level = (features(Identity(column)) for column in range(3))
    everything = tuple((j, 2 * weight) for j, weight in INSIDE + PARENTS + SIBLINGS + ((OTHERS_BEFORE + OTHERS_ABOVE) if across else ()))
    energy, coarse_energy = weighed(5, 23, *everything), weighed(2, 12, *everything)
    near, elder = weighed(3, 9, *INSIDE), weighed(3, 7, *PARENTS)
    contexts: list[tuple[int, ...]] = [
        (band, near, size(PARENT, 3)),
        (band, energy),
        (band, size(W, 3), size(N, 3), size(NW, 2), size(NE, 2)),
        (band, elder, weighed(3, 7, *SIBLINGS), size(PARENT, 3)),
        (band, weighed(3, 4, (SIBLING, 1), (OTHER_SIBLING, 1)), weighed(3, 6, *_four(SIBLING)), near),
        (band, place),
        (band, coarse_energy, weighed(2, 7, (LOW, 1))),
        (band, value(W, 1), value(N, 1), value(BEFORE, 2), value(PARENT, 1)),
        (band, size(WW, 2), size(NN, 2), size(W, 2), size(N, 2), size(BEFORE, 2)),
        (level, energy, size(PARENT, 2)),
        (band, value(SIBLING, 1), value(OTHER_SIBLING, 1), value(PARENT, 1), value(NW, 1), value(NE, 1)),
        (band, place, near),
    ]
    if across:
        contexts += [
            (band, value(BEFORE, 3), weighed(3, 7, *_four(BEFORE, 2))),
            (band, value(BEFORE, 7), value(TWO_BEFORE, 3)),
            (band, near, weighed(3, 9, *OTHERS_BEFORE)),
            (band, near, weighed(3, 9, *OTHERS_ABOVE)),
            (band, weighed(3, 7, *OTHERS_BEFORE), weighed(3, 7, *OTHERS_ABOVE), elder),
        ]
    return tuple(features.found), tuple(contexts), Selection(energy, 24, band, 1)


# Neighbours of a codebook index: earlier levels of its cell; the same level and the first level of cells around it; the slice before.
LAST_LEVEL, LEVEL_BEFORE_LAST, FIRST_LEVEL, CELL_W, CELL_N, CELL_NW, CELL_NE, FIRST_W, FIRST_N, CELL_BEFORE, FIRST_BEFORE = range(11)
NEXT_BEFORE, BELOW_BEFORE, TWO_CELLS_BEFORE, INDEX_NEIGHBOURS = 11, 12, 13, 14  # the slice before, one cell on and one row on
COARSE = 3  # highest bits of an index: codebooks are in the order of their vectors' sizes
PLACES = 12  # parts of a side that are told apart


@lru_cache(maxsize=16)
def plane_indices(width: int, height: int, levels: int, bits: int, hash_bits: int = 16) -> Description:
    """Residual codebook indices of `bits` bits of the cells of a plane, all levels of a cell together; every cell is a row."""
    cells, level = width * height, np.arange(levels)
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(width), np.arange(height), indexing="ij"))
    distances = np.zeros((cells, levels, INDEX_NEIGHBOURS), np.int64)
    for back, neighbour in enumerate((LAST_LEVEL, LEVEL_BEFORE_LAST), 1):
        distances[:, level >= back, neighbour] = back
    distances[:, :, FIRST_LEVEL] = level
    period = cells * levels
    for neighbour, first, dx, dy in ((CELL_W, FIRST_W, 0, 1), (CELL_N, FIRST_N, 1, 0), (CELL_NW, -1, 1, 1), (CELL_NE, -1, 1, -1)):
        inside = (x >= dx) & (y >= dy) & (y - dy < height)
        back = (dx * height + dy) * levels
        distances[inside, :, neighbour] = back
        if first >= 0:
            distances[inside, :, first] = back + level
    distances[:, :, CELL_BEFORE], distances[:, :, FIRST_BEFORE] = period, period + level
    distances[y + 1 < height, :, NEXT_BEFORE] = period - levels
    distances[x + 1 < width, :, BELOW_BEFORE] = period - height * levels
    distances[:, :, TWO_CELLS_BEFORE] = 2 * period
    features, contexts, mixer = _index_contexts(bits)
    place = (x * PLACES // width) * PLACES + y * PLACES // height
    ids = np.stack([np.tile(level, cells), np.repeat(place, levels)], axis=1)
    return Description(
        distances=distances.reshape(period, -1), lags=np.zeros(INDEX_NEIGHBOURS), ids=ids, bits=np.full(period, bits), features=features,
        contexts=contexts, classes=ids[:, 0], selection=Selection(mixer, 8, mixer, 1), activity=np.zeros(period),
        differences=np.zeros(period), rows=cells, hash_bits=hash_bits, limit=250,
    )  # fmt: skip


def _index_contexts(bits: int) -> tuple[tuple[Feature, ...], tuple[tuple[int, ...], ...], int]:
    features = Features()
    level, place = features(Identity(0)), features(Identity(1))

    def whole(neighbour: int) -> int:
        return features.value(neighbour, 65535)

    def coarse(neighbour: int) -> int:
        return features.value(neighbour, 65535, max(0, bits - COARSE))

    last, first, before = whole(LAST_LEVEL), whole(FIRST_LEVEL), whole(CELL_BEFORE)
    west, north = whole(CELL_W), whole(CELL_N)
    contexts = (
        (level,),
        (level, place),
        (level, west),
        (level, north),
        (level, coarse(CELL_W), coarse(CELL_N), coarse(CELL_NE), coarse(CELL_NW)),
        (level, west, north),
        (level, first),
        (level, last),
        (level, first, coarse(FIRST_W), coarse(FIRST_N)),
        (level, before),
        (level, before, coarse(CELL_W), coarse(CELL_N)),
        (level, before, whole(TWO_CELLS_BEFORE)),
        (level, coarse(CELL_BEFORE), coarse(NEXT_BEFORE), coarse(BELOW_BEFORE), coarse(CELL_W), coarse(CELL_N)),
        (level, first, whole(FIRST_BEFORE), coarse(CELL_BEFORE)),
        (level, place, coarse(CELL_BEFORE)),
    )
    mixer = features.size(Term(CELL_W), Term(CELL_N))
    return tuple(features.found), contexts, mixer
