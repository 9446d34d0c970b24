"""WFDB headers (`.hea`): https://physionet.org/physiotools/wag/header-5.htm.

Parsed here, and strictly: a header is untrusted text that names files, sizes and scales.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

DEFAULT_RATE = 250.0  # Hz, what the format says when the header does not
DEFAULT_GAIN = 200.0  # steps per mV, likewise
MAX_HEADER_BYTES = 4 * 2**20

_NAME = re.compile(r"[\w-][\w.+-]{0,99}")
_RECORD = re.compile(
    r"(?P<name>[^\s/]+)(/(?P<segments>\d{1,9}))?\s+(?P<signals>\d{1,9})(\s+(?P<rate>[^\s/]+)(/\S*)?(\s+(?P<frames>\d{1,15}))?)?(\s.*)?"
)
_FORMAT = re.compile(r"(?P<format>\d{1,4})(x(?P<repeats>\d{1,6}))?(:(?P<skew>\d{1,9}))?(\+(?P<offset>\d{1,12}))?")
_GAIN = re.compile(r"(?P<gain>[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)(\((?P<baseline>[-+]?\d{1,12})\))?(/(?P<unit>\S*))?", re.IGNORECASE)


@dataclass(frozen=True)
class Signal:
    """One signal line: where its samples are and what they mean; value = (sample - baseline) / gain in `unit`."""

    file: str  # "~" when nothing is stored
    format: str
    repeats: int  # samples per frame
    skew: int  # frames by which this signal lies later in its file
    offset: int  # bytes before the first sample
    gain: float
    baseline: int
    unit: str
    bits: int  # 0 when the header does not say
    first: int  # sample before the first difference, for format 8
    name: str


@dataclass(frozen=True)
class Segment:
    """One segment line of a multi-segment header."""

    name: str  # "~" for a gap
    frames: int


@dataclass(frozen=True)
class Header:
    """A header: of signals, or of segments."""

    name: str
    rate: float  # frames per second
    rate_given: bool
    frames: int | None  # None when the header leaves it to the file's size
    signals: tuple[Signal, ...]
    segments: tuple[Segment, ...]


def neighbour(path: Path, name: str) -> Path:
    """The file `name` beside `path`; where there is none, the only one whose name differs in upper and lower case alone."""
    exact = path.with_name(name)
    if exact.is_file() or not path.parent.is_dir():
        return exact
    alike = [found for found in path.parent.iterdir() if found.name.lower() == name.lower() and found.is_file()]
    return alike[0] if len(alike) == 1 else exact


def files_of(path: Path) -> list[Path]:
    """The files of a record whose header is `path`, in order of name: headers, signal files and segments, and the annotations beside it."""
    header = read_header(path)
    found = {path, neighbour(path, f"{path.stem}.atr")} | {neighbour(path, signal.file) for signal in header.signals}
    for segment in header.segments:
        part = neighbour(path, f"{segment.name}.hea")
        if part.is_file() and part not in found:
            found |= {part} | {neighbour(part, signal.file) for signal in read_header(part).signals}
    return sorted(file for file in found if file.is_file())


def read_header(path: Path) -> Header:
    """The header in `path`; ValueError with one sentence when it is none."""
    if path.stat().st_size > MAX_HEADER_BYTES:
        raise ValueError(f"{path.name} is too large for a WFDB header, which is a short text.")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise ValueError(f"{path.name} is empty: a WFDB header begins with the record's name, number of signals and sampling rate.")
    match = _RECORD.fullmatch(lines[0])
    if not match or "\0" in text:
        raise ValueError(f"{path.name} is no WFDB header: its first line must give the record's name, number of signals and sampling rate.")
    rate = _rate(match["rate"], path.name)
    count = int(match["signals"])
    if match["segments"] is not None:
        segments = tuple(_segment(line, path.name) for line in lines[1:])
        _check_count(path.name, "segments", int(match["segments"]), len(segments))
        signals: tuple[Signal, ...] = ()
    else:
        segments = ()
        signals = tuple(_signal(line, path.name) for line in lines[1 : count + 1])
        _check_count(path.name, "signals", count, len(signals))
    frames = int(match["frames"]) if match["frames"] else None
    return Header(match["name"], rate, match["rate"] is not None, frames or None, signals, segments)


def _check_count(file: str, what: str, promised: int, described: int) -> None:
    if not described:
        raise ValueError(f"{file} describes no {what}: an ECG needs at least one.")
    if promised != described:
        raise ValueError(f"{file} promises {promised} {what} but describes {described}.")


def _rate(text: str | None, file: str) -> float:
    if text is None:
        return DEFAULT_RATE
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < 1e7:
        raise ValueError(f"{file} gives {text[:20]!r} as its sampling rate: it must be a positive number of samples per second.")
    return rate


def _segment(line: str, file: str) -> Segment:
    fields = line.split()
    if len(fields) < 2 or not fields[1].isdecimal() or len(fields[1]) > 15:
        raise ValueError(f"{file} has a segment line that is not a name and a length: {line[:40]!r}.")
    return Segment(_file_name(fields[0], file), int(fields[1]))


def _file_name(name: str, file: str) -> str:
    """`name` when it names a neighbour of the header and nothing else (no folder, drive or address)."""
    if name != "~" and (not _NAME.fullmatch(name) or ".." in name):
        raise ValueError(f"{file} refers to {name[:60]!r}, which is not the plain name of a file beside it: such headers are refused.")
    return name


def _signal(line: str, file: str) -> Signal:
    name, rest = [*line.split(maxsplit=1), ""][:2]
    fields = rest.split(maxsplit=7)  # format gain bits zero first checksum block description
    stored = _FORMAT.fullmatch(fields[0]) if fields else None
    if not stored:
        raise ValueError(f"{file} has a signal line without a storage format: {line[:40]!r}.")
    scale = _GAIN.fullmatch(fields[1]) if len(fields) > 1 else None
    if len(fields) > 1 and not scale:
        raise ValueError(f"{file} has a signal line whose gain is not a number: {fields[1][:40]!r}.")
    bits, zero, first = (_integer(fields, i, file) for i in (2, 3, 4))
    gain = float(scale["gain"]) if scale else 0.0
    if gain and not 1e-20 < abs(gain) < 1e20:
        raise ValueError(f"{file} has a signal line whose gain is no usable number: {fields[1][:40]!r}.")
    return Signal(
        file=_file_name(name, file),
        format=stored["format"],
        repeats=int(stored["repeats"] or 1),
        skew=int(stored["skew"] or 0),
        offset=int(stored["offset"] or 0),
        gain=gain or DEFAULT_GAIN,
        baseline=int(scale["baseline"]) if scale and scale["baseline"] else zero or 0,
        unit=(scale["unit"] or "mV") if scale else "mV",
        bits=max(bits or 0, 0),
        first=first if first is not None else zero or 0,
        name=fields[7] if len(fields) > 7 else "",
    )


def _integer(fields: list[str], index: int, file: str) -> int | None:
    if index >= len(fields):
        return None
    try:
        return int(fields[index])
    except ValueError:
        raise ValueError(f"{file} has a signal line with {fields[index][:20]!r} where an integer belongs.") from None
