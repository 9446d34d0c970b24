"""Tables of numbers: CSV, TSV and text with a column per lead, and NumPy arrays."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from tokenize import TokenError
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.channels import Channel, check_rate, check_size, select, tidy, unique
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.protocol import Progress

_HEAD = 2**16  # bytes looked at to find out how a table is written
_BLOCK = 2**18  # rows parsed at a time
_LOOK = 5000  # rows looked at to tell a clock
_SHORTEST = 1e-12  # s, a step of the clock; so that its rate is a number, which is then refused
_TIME_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "milliseconds": 1e-3, "us": 1e-6, "µs": 1e-6}
_TIME = re.compile(r"(?:elapsed[ _]?)?(?:times?(?:stamps?)?|t)\b|seconds?\b|sec\b", re.IGNORECASE)
_INDEX = re.compile(r"(?:unnamed.*|index|idx|n|nr|no\.?|sample ?(?:#|no\.?|number|index)?|samples|frame|)", re.IGNORECASE)
_UNIT = re.compile(r"(?P<name>.*?)\s*[\[(/_ ]\s*(?P<unit>[nuµμm]?V|s|sec|seconds|m?sec|ms|[uµ]s|NU|mmHg|bpm|%)\s*[\])]?", re.IGNORECASE)


class NeedsRate(ValueError):
    """The file holds samples but not how many of them make a second."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} has no sampling rate: say how many samples per second it has.")


class _Layout(NamedTuple):
    """How a table is written."""

    delimiter: str  # "" for any white space
    decimal: str
    skipped: int  # lines above the numbers
    columns: tuple[Channel, ...]


class _Clock(NamedTuple):
    """What the first column says about time."""

    column: int | None  # a column that is no lead
    rate: float | None  # Hz, where it says so
    note: str


def read_npy(path: Path, rate: float | None) -> Ecg:
    """A NumPy array (T,), (C, T) or (T, C), the longer axis being time: floats in mV, integers in µV."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, TokenError, TypeError, OverflowError, MemoryError):
        raise ValueError(f"{path.name} is no plain NumPy array, or is cut off: save floats of shape (leads, samples).") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu" or array.ndim not in (1, 2) or not array.size:
        shape = f"{getattr(array, 'dtype', type(array).__name__)} of shape {getattr(array, 'shape', '()')}"
        raise ValueError(f"{path.name} is an array of {shape}: an ECG is floats (mV) of shape (samples,) or (leads, samples).")
    if rate is None:
        raise NeedsRate(path.name)
    array = np.atleast_2d(array)
    array = array.T if array.shape[0] > array.shape[1] else array
    check_size(len(array), array.shape[1], rate, path.name)
    notes = (f"{path.name} was read as {len(array)} leads of {array.shape[1]} samples in mV.",)
    factor = np.float32(1)
    if array.dtype.kind in "iu":
        notes, factor = (f"{path.name} holds integers: they were read as µV.",), np.float32(1e-3)
    with np.errstate(over="ignore", invalid="ignore"):
        signals = np.array(array, np.float32, order="C")
        signals *= factor
    return Ecg(_gaps(signals), float(rate), unique([""] * len(signals)), path.stem, 16, None, notes)


def read_table(path: Path, rate: float | None, progress: Progress | None = None) -> Ecg:
    """A text table with a row per sample and a column per lead; a header line, units and a time column are understood.

    `rate` overrides nothing: a time column, where there is one, gives the rate.
    """
    layout = _layout(path)
    clock = _clock(path, layout)
    rate = clock.rate or rate
    if rate is None:
        raise NeedsRate(path.name)
    check_rate(rate, path.name)
    leads = [i for i in range(len(layout.columns)) if i != clock.column]
    if not leads:
        raise ValueError(f"{path.name} has a column for time and none for a lead: give each lead a column.")
    selection = select([layout.columns[i] for i in leads], path.name)
    kept = [leads[i] for i in selection.indices]
    pieces = [block[:, kept].T for block in _blocks(path, layout, progress)]
    check_size(len(kept), sum(piece.shape[1] for piece in pieces), rate, path.name)
    signals = np.concatenate(pieces, axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        signals *= np.array(selection.factors, np.float32)[:, None]
    notes = (*selection.notes, clock.note) if clock.note else selection.notes
    return Ecg(_gaps(signals), float(rate), selection.leads, path.stem, 16, None, notes)


def _gaps(signals: np.ndarray) -> np.ndarray:
    """Infinities are no samples either."""
    signals[np.isinf(signals)] = np.nan
    return signals


def _layout(path: Path) -> _Layout:
    """Delimiter, decimal sign and columns, from the first lines."""
    with path.open("rb") as file:
        raw = file.read(_HEAD)
    whole = len(raw) < _HEAD
    if not raw.strip():
        raise ValueError(f"{path.name} is empty.")
    text = _text(raw, path.name)
    lines = text.splitlines()
    lines = lines if whole or len(lines) < 2 else lines[:-1]
    numbers = [line for line in lines if line.strip()][-1]
    delimiter = next((d for d in ("\t", ";") if d in numbers), "," if "," in numbers else "")
    if delimiter == "," and re.fullmatch(r"\s*[-+]?\d+,\d+(\s+[-+]?\d+,\d+)*\s*", numbers) and ("." not in text) and " " in numbers.strip():
        delimiter = ""
    decimal = "," if delimiter != "," and re.search(r"\d,\d", numbers) and "." not in numbers else "."
    rows = [_cells(line, delimiter) for line in lines]
    skipped = next((i for i, row in enumerate(rows) if row and all(_number(cell, decimal) for cell in row) and any(row)), None)
    if skipped is None or skipped > 20:
        raise ValueError(f"{path.name} holds no table of numbers: an ECG table has a row per sample and a column per lead.")
    above = [row for row in rows[:skipped] if len(row) == len(rows[skipped]) and any(row)]
    return _Layout(delimiter, decimal, skipped, tuple(_columns(above, len(rows[skipped]))))


def _text(raw: bytes, file: str) -> str:
    try:
        text = raw.decode("utf-8-sig", "strict" if len(raw) < _HEAD else "ignore")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\0" in text or sum(not (c.isprintable() or c.isspace()) for c in text) > len(text) // 100:
        raise ValueError(f"{file} is not text: an ECG table has a row per sample and a column per lead.")
    return text


def _cells(line: str, delimiter: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=delimiter), []) if delimiter else line.split()
    return [cell.strip().strip("'\"").strip() for cell in cells]


def _number(cell: str, decimal: str) -> bool:
    try:
        float(cell.replace(decimal, ".") if cell else "nan")
    except ValueError:
        return False
    return True


def _columns(above: list[list[str]], count: int) -> Iterator[Channel]:
    """Names and units of the columns: from a line of names, and a line of units below it or units inside the names."""
    names = above[0] if above else [""] * count
    units = above[1] if len(above) > 1 else [""] * count
    for name, unit in zip(names, units, strict=True):
        match = _UNIT.fullmatch(name) if not unit else None
        default = "" if _TIME.match(name) else "mV"
        yield Channel(match["name"], match["unit"]) if match else Channel(name, unit.strip("()[]") or default)


def _clock(path: Path, layout: _Layout) -> _Clock:
    """Whether the first column counts time or samples."""
    name = layout.columns[0].name
    named = any(column.name for column in layout.columns)
    if named and not _TIME.match(name) and not _INDEX.fullmatch(name):
        return _Clock(None, None, "")
    if len(layout.columns) < 2:
        return _Clock(None, None, "")
    with closing(_blocks(path, layout, None, rows=_LOOK)) as blocks:
        first = next(blocks)[:, 0]
    return _named_clock(path.name, layout.columns[0], first) if named else _guessed_clock(path.name, first)


def _named_clock(file: str, column: Channel, values: np.ndarray) -> _Clock:
    described = tidy(column.name) or "the first column"
    if not _TIME.match(column.name):
        return _Clock(0, None, f"Left out, as it counts samples: {described}.")
    steps = np.diff(values)
    step = float(np.median(steps)) if len(steps) else 0.0
    if not np.isfinite(step) or step <= 0:
        return _Clock(0, None, f"Left out, as it is no steady time: {described}.")
    if np.abs(values - values[0] - step * np.arange(len(values))).max() > max(step, 0.02 * step * len(values)):
        raise ValueError(f"{file} has a time column with uneven steps: an ECG needs samples at one rate, so resample it first.")
    step = float(values[-1] - values[0]) / (len(values) - 1)
    rate = _round_rate(1 / max(step * _TIME_UNITS.get(column.unit.lower(), 1.0), _SHORTEST))
    return _Clock(0, rate, f"{described} gives the sampling rate: {rate:g} Hz.")


def _guessed_clock(file: str, values: np.ndarray) -> _Clock:
    """A nameless first column that climbs steadily is no lead."""
    steps = np.diff(values)
    if len(steps) < 10 or not (steps > 0).all() or np.ptp(steps) > 0.05 * steps.mean():
        return _Clock(None, None, "")
    if abs(steps.mean() - 1) < 1e-6:
        return _Clock(0, None, "Left out, as it counts samples: the first column.")
    rate = _round_rate(1 / max(float(steps.mean()), _SHORTEST))
    return _Clock(0, rate, f"The first column was taken as seconds, so the rate is {rate:g} Hz.")


def _round_rate(rate: float) -> float:
    """The whole number that a rate taken from rounded times stands for, if there is one within 0.1 %."""
    return float(round(rate)) if rate > 5 and abs(rate - round(rate)) < 1e-3 * rate else rate


def _blocks(path: Path, layout: _Layout, progress: Progress | None, rows: int = _BLOCK) -> Generator[np.ndarray, None, None]:
    """The numbers (rows, columns), empty cells as NaN; in double precision for a look at the clock only."""
    import pandas as pd

    size, done = path.stat().st_size, 0
    try:
        with (
            path.open("rb") as file,
            pd.read_csv(
                file,
                sep=layout.delimiter or r"\s+",
                header=None,
                names=range(len(layout.columns)),
                index_col=False,
                skiprows=layout.skipped,
                skipinitialspace=True,
                decimal=layout.decimal,
                dtype=np.float64,
                chunksize=rows,
                encoding="latin-1",
            ) as frames,
        ):
            for frame in frames:
                done += len(frame)
                with np.errstate(over="ignore"):
                    block = frame.to_numpy(np.float64 if rows == _LOOK else np.float32)
                yield block
                if progress:
                    progress(min(1.0, file.tell() / size))
    except (ValueError, OverflowError, csv.Error) as error:
        where = f" after {done} rows" if done else ""
        raise ValueError(f"{path.name} has a row that is not {len(layout.columns)} numbers{where}: {tidy(str(error))}.") from None
