"""Numbers and names as readers see them."""

from __future__ import annotations

import math
import re
from typing import Literal, NamedTuple

from vqvae.modalities.looks import clock
from vqvae.modalities.protocol import Report, Score


def plain(text: str) -> str:
    """`text` from a file or a reader, as Markdown that shows exactly these characters."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def number(value: float, unit: str = "") -> str:
    """Three digits, narrow spaces between thousands, at which no line ends, the unit; a dash where there is no value."""
    if value != value:
        return "–"
    if math.isinf(value):
        return "∞"
    if unit == "%" and 99.9 < value < 100:
        return "> 99.9\u202f%"  # never 100 when it is less
    digits = 0 if isinstance(value, int) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 or not value else 3
    said = f"{value:,.{digits}f}" if not 0 < abs(value) < 0.01 else f"{value:.5f}".rstrip("0").rstrip(".")
    return said.replace(",", "\u202f") + (f"\u202f{unit}" if unit else "")


def count(value: int, noun: str) -> str:
    """1 note, 2 notes."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def length(seconds: float) -> str:
    """How long a recording is, as it is said in a title."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    return f"{clock(seconds)} {'h' if seconds >= 3600 else 'min'}"


def times_smaller(ratio: float) -> str:
    """By how much a file is smaller, or larger; with a digit after the point below 1000, as the command line says it."""
    if 0 < ratio < 0.995:
        return f"{number(1 / ratio)} times larger"
    return f"{ratio:.1f} times smaller" if 100 <= ratio < 1000 else f"{number(ratio)} times smaller"


_F1 = {
    "note_f1_onset": "F1 with onset",
    "note_f1_onset_offset": "F1 with onset and offset",
    "note_f1_onset_offset_velocity": "Notes right",
}
_PICTURES = {"ssim_brain": "SSIM of the brain", "ms_ssim": "MS-SSIM", "gradient_error": "Edge error"}
_WORDS = {
    "ssim": "SSIM",
    "psnr": "PSNR",
    "mse": "MSE",
    "mae": "MAE",
    "prdn": "PRDN",
    "prd": "PRD as stored",
    "snr": "SNR",
    "r-peak": "R-peak",
    "rr": "RR",
    "qrs": "QRS",
    "qt": "QT",
    "qtc": "QTc",
    "pr": "PR",
    "st": "ST",
    "p": "P",
    "t": "T",
    "sdnn": "SDNN",
    "rmssd": "RMSSD",
    "f1": "F1",
    "ppv": "+P",
    "on": "onset",
    "off": "end",
    "off-by": "off by",
    "cse": "CSE tolerance",
    "max": "worst",
    "p95": "95th percentile",
}


def score_title(name: str) -> str:
    """r_peak_f1_36ms -> "R-peak F1, 36 ms": the name of a score in words."""
    if name.removesuffix("_10ms") in _F1:
        return f"{_F1[name.removesuffix('_10ms')]}, {'10' if name.endswith('_10ms') else '50'}\u202fms"
    if name in _PICTURES:
        return _PICTURES[name]
    joined = name.removesuffix("_ms").replace("r_peak", "r-peak").replace("qrs_duration", "qrs_width").replace("off_by", "off-by")
    parts = joined.split("_")
    label = ""
    if len(parts) > 1 and re.fullmatch("[nsvfq]", parts[-1]):
        label = f", class {parts.pop().upper()}"
    words = [re.sub(r"^(\d+)ms$", "\\1\u202fms", _WORDS.get(part, part)) for part in parts]
    said = re.sub(r"(?<!within)(?<!by) (?=\d+\u202fms$)", ", ", " ".join(words)) + label
    return said[0].upper() + said[1:]


def signed(value: float, unit: str = "") -> str:
    """A change: always with its sign."""
    sign = "+" if value > 0 else "-" if value < 0 else "±"  # a plain minus: the arrow beside a metric follows it
    return sign + number(abs(value), unit)


NOTICED = 0.02  # of what a score lacks; less is no news


class Change(NamedTuple):
    """A difference as a metric shows it."""

    text: str | None  # None where one of the two values is missing
    colour: Literal["normal", "inverse", "off"]


def change(score: Score, before: Report | None) -> Change:
    """By how much a score differs from an earlier report, and whether that is good: of what nobody notices nothing is said of that."""
    if before is None or math.isnan(score.value) or math.isnan(before.value(score.name)):
        return Change(None, "off")
    earlier = before.value(score.name)
    text = signed(score.value - earlier, "pp" if score.unit == "%" else score.unit)
    same = not any(digit in text for digit in "123456789")
    perfect = score.perfect if math.isfinite(score.perfect) else 0.0
    trifle = abs(score.value - earlier) < NOTICED * max(abs(score.value - perfect), abs(earlier - perfect))
    alike = trifle or number(score.value, score.unit) == number(earlier, score.unit)
    return Change("no change" if same else text, "off" if same or alike else "normal" if score.perfect > 0 else "inverse")
