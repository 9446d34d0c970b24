"""What all `.vqz` files have in common, whichever codec made them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vqvae.codec.container import Contents
from vqvae.codec.protocol import Damage

ShapeOf = Callable[[float, int], tuple[int, int]]
"""Quality and samples of the values -> codes of a lead: how many at a time, and how many times."""

_REACH = 1.5  # s beside what is lost that are not what they should be, either; beyond, templates change a few % of a deviation at most


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
    rows = len(contents.layout["leads"])
    if contents.shape[0] != rows:
        raise ValueError(f"the file states {rows} leads, but has codes of {contents.shape[0]}: it is damaged or forged")
    needed = shape(contents.quality, kind.length(contents.layout))
    if contents.shape[1:] != needed:
        stated = f"its quality and length need {needed[0]} by {needed[1]} a lead"
        raise ValueError(f"the file's codes have the shape {contents.shape}, but {stated}: it is damaged or forged")


def frame_seconds(kind: Any, layout: dict[str, Any], frames: int) -> float:
    """Length of one code's piece of signal, s."""
    return float(kind.length(layout) / frames / kind.describe_preprocessing()["rate_hz"])


def stretches(kind: Any, contents: Contents, damage: tuple[Damage, ...]) -> tuple[tuple[float, float], ...]:
    """What is lost, with what depends on it: start and stop in s from the start of the recording; those that touch are one."""
    layout = contents.layout
    seconds, end = frame_seconds(kind, layout, contents.shape[-1]), layout["samples"] / layout["rate"]
    found: list[tuple[float, float]] = []
    for lost in sorted(lost for lost in damage if lost.stop > lost.start):
        start = max(0.0, kind.FRAMES.start + lost.start * seconds - _REACH)
        stop = min(end, kind.FRAMES.start + lost.stop * seconds + _REACH)
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, stop))
    return tuple(found)


def holes(kind: Any, contents: Contents, damage: tuple[Damage, ...]) -> dict[str, Any]:
    """The layout of a file, with gaps where frames are lost; ValueError when that is everywhere."""
    layout, lost = contents.layout, stretches(kind, contents, damage)
    if lost and lost[0] == (0.0, layout["samples"] / layout["rate"]):
        raise ValueError("nothing in the file could be decoded, it is damaged throughout: get another copy, or encode the recording again")
    changed: dict[str, Any] = kind.with_gaps(layout, lost)
    return changed
