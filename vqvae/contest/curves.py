"""Scores against the compression ratio, and what they are between two measured points."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ERRORS = ("prd", "prdn", "mse", "mae")
"""Scores that fall off as a power of the rate."""


@dataclass(frozen=True)
class Curve:
    """One codec on one recording: what was measured at each ratio."""

    ratios: tuple[float, ...]  # ascending, of real files
    values: Mapping[str, tuple[float, ...]]  # score -> one value for each; NaN for no answer

    @classmethod
    def of(cls, points: Sequence[tuple[float, Mapping[str, float]]]) -> Curve:
        """Points in any order, each a ratio and its scores; of two files of the same size the first counts."""
        rows = dict(reversed(points))
        ratios = tuple(sorted(rows))
        return cls(ratios, {name: tuple(rows[ratio][name] for ratio in ratios) for name in (rows[ratios[0]] if rows else ())})

    def reaches(self, ratio: float) -> bool:
        """Whether files on both sides of a ratio were made."""
        return bool(self.ratios) and self.ratios[0] <= ratio <= self.ratios[-1]


def at_ratio(curve: Curve, score: str, ratio: float) -> float:
    """A score at a compression ratio that lies within the curve: straight between the two nearest points that have an answer.

    The ratio counts by its logarithm; so do errors (`ERRORS`), while shares and everything else count as they are.  NaN where there is no
    answer on one side.
    """
    known = [(at, value) for at, value in zip(curve.ratios, curve.values[score], strict=True) if math.isfinite(value)]
    right = bisect_left(known, (ratio, -math.inf))
    if right < len(known) and known[right][0] == ratio:
        return known[right][1]
    if not 0 < right < len(known):
        return math.nan
    (start, low), (stop, high) = known[right - 1], known[right]
    share = math.log(ratio / start) / math.log(stop / start)
    if score in ERRORS and low > 0 and high > 0:
        return math.exp(math.log(low) + share * math.log(high / low))
    return low + share * (high - low)
