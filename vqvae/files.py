"""What all `.vqz` files have in common, whichever codec made them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from vqvae.codec.container import MAX_CHUNK, Contents
from vqvae.codec.protocol import Damage
from vqvae.codec.vqz import even_chunk

ShapeOf = Callable[..., tuple[int, ...]]
"""Quality and the sides of a row's values, one after the other -> the shape of its codes."""


def require(contents: Contents, found: Any) -> None:
    """ValueError unless a codec is the one that made a file."""
    if contents.codec != found.name:
        raise ValueError(f"this file was made by {contents.codec}, not by {found.name}: give what made it")
    if not found.sha256.startswith(contents.sha256):
        made, here = contents.sha256[:12], found.sha256[:12]
        raise ValueError(f"this file was made by another version of {found.name} ({made}…, here is {here}…): give what made it")


def require_fit(kind: Any, contents: Contents, qualities: tuple[float, float], shape: ShapeOf) -> None:
    """ValueError unless layout, codes and quality of a file agree; to be known before anything is made of what it claims."""
    kind.check_layout(contents.layout)
    low, high = qualities
    if not low <= contents.quality <= high:
        stated = f"a quality of {contents.quality:g}, but {contents.codec} takes {low:g} to {high:g}"
        raise ValueError(f"the file states {stated}: it is damaged or forged")
    rows = kind.rows(contents.layout)
    if contents.shape[0] != rows:
        raise ValueError(f"the file states {rows} rows, but has codes of {contents.shape[0]}: it is damaged or forged")
    needed = shape(contents.quality, *kind.sides(contents.layout))
    if contents.shape[1:] != needed:
        stated = f"its quality and length need {' by '.join(map(str, needed))} a row"
        raise ValueError(f"the file's codes have the shape {contents.shape}, but {stated}: it is damaged or forged")


def chunk_frames(kind: Any, chunk: float | None, frame: float, shape: tuple[int, ...], together: int = 1) -> int:
    """Frames that are written together for chunks as long as asked, or as usual when None: fewer where that is more than a chunk holds.

    frame: values along the last side that a frame stands for; shape: of all codes of a recording, frames last; together: frames, about,
    that are transformed together: no chunk ends among them, since what is lost of them harms the others.
    """
    wanted = kind.CHUNKS.usual if chunk is None else chunk
    most = max(1, MAX_CHUNK // max(1, math.prod(shape[:-1])))
    found = even_chunk(shape[-1], max(1, min(most // 2, round(wanted * kind.CHUNKS.values / frame))))
    stretch = even_chunk(shape[-1], together)
    return min(shape[-1], stretch * max(1, min(most // stretch, round(found / stretch)))) if found < shape[-1] else found


def require_chunk(kind: Any, chunk: float | None) -> None:
    """ValueError for chunks of no length."""
    if chunk is not None and not chunk > 0:
        raise ValueError(f"chunks of {chunk:g} {kind.CHUNKS.unit} are not possible: give a length above 0")


def _frame(length: int, frames: int) -> int:
    """Values in each of so many frames, the last of which may be shorter, even by far: a power of two where one fits, then the only one."""
    least = -(-length // frames)
    even = 1 << (least - 1).bit_length()
    return even if -(-length // even) == frames else least


def stretches(kind: Any, contents: Contents, damage: tuple[Damage, ...]) -> tuple[tuple[float, float], ...]:
    """What is lost, with what depends on it: starts and stops as the modality's `lost` counts them; those that touch are one."""
    layout, length = contents.layout, kind.length(contents.layout)
    frame = _frame(length, max(1, contents.shape[-1]))
    found: list[tuple[float, float]] = []
    for harm in sorted(harm for harm in damage if harm.stop > harm.start):
        start, stop = kind.lost(layout, min(harm.start * frame, length), min(harm.stop * frame, length))
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, stop))
    return tuple(found)


def holes(kind: Any, contents: Contents, damage: tuple[Damage, ...]) -> dict[str, Any]:
    """The layout of a file, with gaps where frames are lost; ValueError when that is everywhere."""
    layout, lost = contents.layout, stretches(kind, contents, damage)
    if lost and lost[0] == kind.lost(layout, 0, kind.length(layout)):
        raise ValueError("nothing in the file could be decoded, it is damaged throughout: get another copy, or encode the recording again")
    changed: dict[str, Any] = kind.with_gaps(layout, lost)
    return changed
