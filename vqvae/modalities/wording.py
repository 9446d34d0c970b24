"""What a verdict is, and how its numbers are written."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Grade = Literal["good", "fair", "poor"]
GRADES: tuple[Grade, ...] = ("good", "fair", "poor")

SPACE = "\u202f"
"""Between thousands, and before a unit: narrow, and never the end of a line."""


class Verdict(NamedTuple):
    """What a reader needs first."""

    text: str
    grade: Grade
    reasons: tuple[str, ...]  # one sentence for everything that was judged, worst first


def percent_of(part: int, whole: int) -> float:
    """NaN for nothing of nothing, 100 for something of nothing."""
    return 100 * part / whole if whole else math.nan if not part else 100.0


def graded_as(value: float, good: float, fair: float) -> int:
    """Place in `GRADES` of a value that should be small: up to `good`, up to `fair`, or more."""
    return 0 if value <= good else 1 if value <= fair else 2


def number(value: int) -> str:
    """2271 -> "2 271", with narrow spaces."""
    return f"{value:,}".replace(",", SPACE)


def count(value: int, noun: str) -> str:
    """1 beat, 2 beats."""
    return f"{number(value)} {noun}" if value == 1 else f"{number(value)} {noun}s"


def share(percent: float) -> str:
    """A percentage for reading: three digits at most, never rounded to 0 or 100 when it is neither."""
    if math.isnan(percent):
        return "unknown"
    if 0 < percent < 0.1:
        return f"less than 0.1{SPACE}%"
    if 99.9 < percent < 100:
        return f"more than 99.9{SPACE}%"
    digits = 0 if percent >= 100 else 1
    return f"{percent:.{digits}f}".removesuffix(".0") + f"{SPACE}%"
