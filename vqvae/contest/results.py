"""What a codec made of a recording, and who did best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vqvae.modalities.protocol import Report, Score


class Seconds(NamedTuple):
    """How long one file took."""

    encode: float
    decode: float
    score: float


@dataclass(frozen=True)
class Result:
    """One codec on one recording, in one file."""

    codec: str
    title: str
    about: str
    data: bytes  # the whole file: its length is the size that is stated
    size: int  # bytes asked for: a limit where codecs are compared, an aim on a curve
    quality: float
    rate: float
    unit: str  # of the rate: "bit/s" per lead, "bit/note"
    compression_ratio: float
    reconstruction: Any
    truth: Report  # against the original
    faithful: Report | None  # against what was coded, where that is another recording than the original
    seconds: Seconds
    apart: Mapping[str, float] = field(default_factory=dict)  # what of the file the rate does not count, by name
    note: str = ""  # why the file is not within 2 % below the size; empty when it is

    @property
    def competes(self) -> bool:
        """Whether the file keeps to the size asked for."""
        return len(self.data) <= self.size


class Failed(NamedTuple):
    """A codec that could not take part."""

    codec: str
    sentence: str


def distance(score: Score | None) -> float:
    """How far a score is from perfect; larger is worse, and no answer is worst.  Where perfect is infinite, more is better."""
    if score is None or math.isnan(score.value):
        return math.inf
    return -score.value if score.perfect == math.inf else abs(score.value - score.perfect)


def winners(results: Iterable[Result]) -> dict[str, tuple[str, ...]]:
    """Score -> the codecs that come nearest to perfect; several when they are equal, none when nobody has an answer.

    Files larger than allowed do not take part.
    """
    table: dict[str, list[tuple[float, str]]] = {}
    for result in results:
        for score in result.truth.scores if result.competes else ():
            table.setdefault(score.name, []).append((distance(score), result.codec))
    best = {name: min(found for found, _ in row) for name, row in table.items()}
    return {name: tuple(codec for found, codec in row if _equal(found, best[name])) for name, row in table.items()}


def _equal(distance: float, best: float) -> bool:
    return distance != math.inf and math.isclose(distance, best, rel_tol=1e-9, abs_tol=1e-9)


def ranked(results: Iterable[Result], score: str) -> list[Result]:
    """Results by one score, the best first; after them those without an answer, and last those larger than allowed."""

    def key(result: Result) -> tuple[bool, float]:
        return not result.competes, distance(result.truth.find(score))

    return sorted(results, key=key)
