"""Every codec over many recordings, at sizes that cover the useful compression ratios."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vqvae.codec.protocol import Codec
from vqvae.contest.curves import Curve
from vqvae.contest.entries import Contest, prepare
from vqvae.contest.race import Told
from vqvae.contest.results import Failed, Result
from vqvae.contest.schema import figures, interpolated, point
from vqvae.modalities import modality
from vqvae.modalities.protocol import Score

GRID = tuple(3.6 * (112 / 3.6) ** (step / 9) for step in range(10))
"""Compression ratios at which files are made: 3.6 to 112, so that 4 to 100 lie between two of them."""


Cut = Callable[[Any], Any]
"""A recording -> part of it."""
Apart = Callable[[Any], Mapping[str, Any]]
"""A recording -> several, each with what its name gains."""


class _Row(NamedTuple):
    """What is kept of a result."""

    codec: str
    aim: int  # place in the grid
    recording: str
    unit: str
    scores: tuple[Score, ...]
    figures: dict[str, Any]
    seconds: dict[str, float]


def benchmark(
    kind: str,
    paths: Mapping[str, Path],
    codecs: Sequence[Codec],
    ratios: Sequence[float],
    cut: Cut = lambda recording: recording,
    told: Told | None = None,
    grid: Sequence[float] = GRID,
    apart: Apart | None = None,
) -> dict[str, Any]:
    """The schema's "points" and "at_ratios" (`schema.interpolated`) for recordings by name, each shortened by `cut`.

    With `apart`, what that makes of each are recordings of their own.

    "failed" names every recording that a codec could not code, and why.  ValueError when a ratio lies outside the grid.
    """
    if outside := [ratio for ratio in ratios if not grid[0] <= ratio <= grid[-1]]:
        raise ValueError(f"the ratio {outside[0]:g} lies outside {grid[0]:g} to {grid[-1]:g}, where files are made")

    def measured(contest: Contest, tell: Told) -> Iterator[tuple[Result | Failed, int]]:
        sizes = [contest.size(ratio) for ratio in grid]
        for result in contest.curve(codecs, sizes, tell):
            yield result, 0 if isinstance(result, Failed) else sizes.index(result.size)

    rows, failed = _measured(kind, _Source(paths, cut, apart or _whole), codecs, told, measured)
    scores = rows[0].scores if rows else ()
    names = list(dict.fromkeys(name for name in (*(row.recording for row in rows), *(failure["recording"] for failure in failed))))
    return {
        "points": _points(rows),
        "at_ratios": interpolated(_curves(rows), ratios, scores, names),
        "failed": failed,
    }


def benchmark_qualities(
    kind: str,
    paths: Mapping[str, Path],
    codecs: Sequence[Codec],
    qualities: Mapping[str, Sequence[float]],
    cut: Cut = lambda recording: recording,
    told: Told | None = None,
) -> dict[str, Any]:
    """The schema's "points" for recordings by name, each shortened by `cut`: every codec at the qualities given for its name.

    Codecs for which none are given make the largest files within the bytes that those of the first one with qualities have.
    "failed" names every recording that a codec could not code, and why.  ValueError when no codec has qualities.
    """
    leads = [codec for codec in codecs if qualities[codec.name]]
    follow = [codec for codec in codecs if not qualities[codec.name]]
    if not leads:
        raise ValueError(f"{follow[0].name} makes files as large as a checkpoint's: name one of those, too, with --codecs")

    def measured(contest: Contest, tell: Told) -> Iterator[tuple[Result | Failed, int]]:
        sizes: list[int] = []
        for result in contest.at(leads, qualities, tell):
            yield result, 0 if isinstance(result, Failed) else qualities[result.codec].index(result.quality)
            if isinstance(result, Result) and result.codec == leads[0].name:
                sizes.append(len(result.data))
        for place, size in enumerate(sizes if follow else ()):
            yield from ((result, place) for result in contest.compare(follow, size, tell))

    rows, failed = _measured(kind, _Source(paths, cut, _whole), codecs, told, measured)
    return {"points": _points(rows), "failed": failed}


def _whole(recording: Any) -> dict[str, Any]:
    return {"": recording}


class _Source(NamedTuple):
    """Where recordings come from."""

    paths: Mapping[str, Path]
    cut: Cut
    apart: Apart

    def pieces(self, kind: str, name: str) -> dict[str, Any]:
        """What there is of one recording, by name."""
        found = self.apart(self.cut(modality(kind).read(self.paths[name])))
        return {f"{name}/{part}" if part else name: piece for part, piece in found.items()}


def _measured(
    kind: str,
    source: _Source,
    codecs: Sequence[Codec],
    told: Told | None,
    measured: Callable[[Contest, Told], Iterator[tuple[Result | Failed, int]]],
) -> tuple[list[_Row], list[dict[str, str]]]:
    """What `measured` finds on every recording, each with its place in the grid, in the order of the codecs; and what failed."""
    rows: list[_Row] = []
    failed: list[dict[str, str]] = []
    for done, whole in enumerate(source.paths):
        pieces = source.pieces(kind, whole)
        part = 1 / max(1, len(pieces))
        for before, (name, piece) in enumerate(pieces.items()):

            def tell(codec: str, doing: str, share: float, name: str = name, at: float = done + part * before, part: float = part) -> None:
                if told:
                    told(f"{name} {codec}", doing, (at + share * part) / len(source.paths))

            for result, aim in measured(prepare(kind, piece), tell):
                if isinstance(result, Failed):
                    failed.append({"recording": name, **result._asdict()})
                else:
                    rows.append(_row(result, aim, name))
    rows.sort(key=lambda row: ([codec.name for codec in codecs].index(row.codec), row.aim))
    return rows, failed


def _row(result: Result, aim: int, recording: str) -> _Row:
    return _Row(result.codec, aim, recording, result.unit, result.truth.scores, figures(result), result.seconds._asdict())


def _points(rows: Sequence[_Row]) -> list[dict[str, Any]]:
    """One point for every codec and place in the grid, over the recordings that reach it."""
    points = []
    for codec, aim in dict.fromkeys((row.codec, row.aim) for row in rows):
        some = [row for row in rows if (row.codec, row.aim) == (codec, aim)]
        figures_ = {row.recording: row.figures for row in some}
        entry = point(codec, some[0].unit, some[0].scores, figures_, [row.seconds for row in some])
        points.append(entry if len({row.figures["quality"] for row in some}) > 1 else entry | {"quality": some[0].figures["quality"]})
    return points


def _curves(rows: Sequence[_Row]) -> dict[str, dict[str, Curve]]:
    curves: dict[str, dict[str, Curve]] = {}
    for codec, recording in dict.fromkeys((row.codec, row.recording) for row in rows):
        mine = [row.figures for row in rows if (row.codec, row.recording) == (codec, recording)]
        points = [(float(each["compression_ratio"]), each) for each in mine]
        curves.setdefault(codec, {})[recording] = Curve.of(points)
    return curves
