"""Where the planes of DICOM files lie (PS3.3 C.7.6.2), in order along their common normal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pydicom import Dataset

_LPS = np.diag([-1.0, -1.0, 1.0])  # towards left, posterior, superior -> RAS
_TURNED = 0.02  # by which the directions of planes of one volume differ at most
_UNEVEN = 0.05  # of the usual distance, by which distances between planes differ at most without being mentioned


class Stack(NamedTuple):
    """Planes put on each other."""

    order: tuple[int, ...]  # of all planes, file by file and frame by frame, those that are kept
    affine: np.ndarray | None  # (4, 4): (column, row, plane) -> mm, RAS; None when the files do not say
    said: tuple[str, ...]


class _Plane(NamedTuple):
    position: np.ndarray | None  # (3,) mm, of the first pixel
    directions: np.ndarray | None  # (2, 3): along a row, along a column
    spacing: tuple[float, float]  # mm between rows, and between columns
    thickness: float  # mm, to the next plane where the positions do not tell
    number: int


def stack(files: list[Dataset]) -> Stack:
    """The planes of all files in order; those that lie in another direction, or twice in one place, are left out and mentioned."""
    planes = [plane for file in files for plane in _planes(file)]
    placed = [i for i, plane in enumerate(planes) if plane.position is not None and plane.directions is not None]
    if not placed:
        order = sorted(range(len(planes)), key=lambda i: (planes[i].number, i))
        return Stack(tuple(order), None, ())
    said = []
    kept = _alike(planes, placed)
    if len(kept) < len(planes):
        said.append(f"{len(planes) - len(kept)} images that lie in another direction, or nowhere, were left out.")
    row, column = planes[kept[0]].directions  # type: ignore[misc]
    normal = np.cross(row, column)
    heights = {i: float(planes[i].position @ normal) for i in kept}
    order = sorted(kept, key=lambda i: (heights[i], planes[i].number, i))
    once = [i for place, i in enumerate(order) if not place or heights[i] - heights[order[place - 1]] > 1e-3]
    if len(once) < len(order):
        said.append(f"{len(order) - len(once)} images that lie where another one does (echoes, times) were left out.")
    steps = np.diff([heights[i] for i in once])
    step = float(np.median(steps)) if len(steps) else planes[once[0]].thickness
    if len(steps) and np.abs(steps - step).max() > _UNEVEN * step:
        said.append(f"The slices are not evenly spaced: {steps.min():.3g} to {steps.max():.3g} mm were taken as {step:.3g} mm.")
    along = (planes[once[-1]].position - planes[once[0]].position) / len(steps) if len(steps) else normal * step  # type: ignore[operator]
    between_rows, between_columns = planes[once[0]].spacing
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = row * between_columns, column * between_rows, along
    affine[:3, 3] = planes[once[0]].position
    affine[:3] = _LPS @ affine[:3]
    return Stack(tuple(once), affine, tuple(said))


def _alike(planes: list[_Plane], placed: list[int]) -> list[int]:
    """The planes that lie in the direction that most of them have."""
    named = [tuple(np.round(planes[i].directions.ravel() / _TURNED).astype(int)) for i in placed]  # type: ignore[union-attr]
    common, _ = Counter(named).most_common(1)[0]
    chosen = planes[placed[named.index(common)]].directions
    return [i for i in placed if np.abs(planes[i].directions - chosen).max() < _TURNED]  # type: ignore[operator]


def _planes(file: Dataset) -> list[_Plane]:
    """One for every frame."""
    frames = max(1, int(_numbers(file.get("NumberOfFrames"), 1, 1.0)[0]))
    offsets = _numbers(file.get("GridFrameOffsetVector"), frames, np.nan) if frames > 1 else np.zeros(1)
    shared, single = _first(file.get("SharedFunctionalGroupsSequence")), list(file.get("PerFrameFunctionalGroupsSequence") or [])
    found = []
    for frame in range(frames):
        places = [file, shared, single[frame] if frame < len(single) else None]
        plane = _plane(places, int(_numbers(file.get("InstanceNumber"), 1, 0.0)[0]))
        if frame and not single:  # frames without places of their own: one after the other along the normal
            step = offsets[frame] - offsets[0] if np.isfinite(offsets).all() else frame * plane.thickness
            if plane.position is not None and plane.directions is not None:
                plane = plane._replace(position=plane.position + np.cross(*plane.directions) * step)
        found.append(plane)
    return found


def _plane(places: list[Any], number: int) -> _Plane:
    position = _told(places, "PlanePositionSequence", "ImagePositionPatient", 3)
    directions = _told(places, "PlaneOrientationSequence", "ImageOrientationPatient", 6)
    spacing = _told(places, "PixelMeasuresSequence", "PixelSpacing", 2)
    apart = _told(places, "PixelMeasuresSequence", "SpacingBetweenSlices", 1)
    thick = _told(places, "PixelMeasuresSequence", "SliceThickness", 1)
    rows, columns = (float(size) for size in spacing) if spacing is not None and (spacing > 0).all() else (1.0, 1.0)
    thickness = next((float(one[0]) for one in (apart, thick) if one is not None and one[0] > 0), 1.0)
    turned = None if directions is None else directions.reshape(2, 3)
    if turned is not None and (np.abs(np.linalg.norm(turned, axis=1) - 1).max() > 0.1 or abs(turned[0] @ turned[1]) > 0.1):
        turned = None
    return _Plane(position, turned, (rows, columns), thickness, number)


def _told(places: list[Any], group: str, word: str, count: int) -> np.ndarray | None:
    """Numbers that a file says of itself, of all its frames, or of one of them; the last one that does counts."""
    found = None
    for place in places:
        for where in (place, _first(place.get(group)) if place is not None else None):
            values = _numbers(where.get(word), count, np.nan) if where is not None else np.full(count, np.nan)
            if np.isfinite(values).all():
                found = values
    return found


def _numbers(value: Any, count: int, missing: float) -> np.ndarray:
    """(count,) float64; `missing` where they are fewer, or none."""
    try:
        given = np.atleast_1d(np.asarray(value if value is not None else [], np.float64))
    except (TypeError, ValueError):
        given = np.zeros(0)
    return given if len(given) == count else np.full(count, missing)


def _first(sequence: Any) -> Any:
    try:
        return sequence[0] if sequence else None
    except (TypeError, IndexError):
        return None
