"""Hand-made wave boundaries of LUDB (Kalyakulina et al. 2020, doi 10.1109/ACCESS.2020.3029211), beat by beat."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.delineation import Boundaries
from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.wfdb_beats import parse

LEADS = ("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6")
"""The leads of a record, which are also its annotators."""

_SYMBOLS = {1: "N", 24: "p", 27: "t", 39: "(", 40: ")"}  # of the codes in an annotation file


class Annotated(NamedTuple):
    """One lead of one record with what a cardiologist marked on it."""

    lead: np.ndarray  # (T,) float64, mV
    rate: float  # Hz
    peaks: np.ndarray  # (B,) int64, sample indices of the QRS peaks
    truth: Boundaries  # NaN where the wave is absent or not marked
    known: np.ndarray  # (5, B) bool: the truth says something, if only that the wave is absent


class _Wave(NamedTuple):
    kind: str  # p, N, t
    on: float  # sample index, NaN when not marked
    peak: int
    off: float


def read_annotated(record: Path, lead: str) -> Annotated:
    """Read a lead of a LUDB record (`ludb/121`, no suffix) with its marks; ValueError when either is missing or damaged."""
    recording = read(record)
    if lead not in recording.leads:
        raise ValueError(f"{record.name} has no lead {lead}; it has {', '.join(recording.leads)}")
    file = record.with_name(f"{record.name}.{lead}")
    marks = parse(file.read_bytes()) if file.is_file() else None
    if marks is None:
        raise ValueError(f"{file.name} is missing or no annotation file: LUDB marks each lead of a record in a file of its own")
    waves = _waves([_SYMBOLS.get(code, "") for code in marks.codes], np.array(marks.times))
    peaks, truth, known = _by_beat(waves, recording.rate)
    return Annotated(recording.signals[recording.leads.index(lead)].astype(np.float64), recording.rate, peaks, truth, known)


def _waves(symbols: list[str], samples: np.ndarray) -> list[_Wave]:
    """Peaks with the brackets that stand right beside them; a bracket may be missing."""
    found = []
    for at, symbol in enumerate(symbols):
        if symbol in ("p", "N", "t"):
            on = float(samples[at - 1]) if at and symbols[at - 1] == "(" else np.nan
            off = float(samples[at + 1]) if at + 1 < len(symbols) and symbols[at + 1] == ")" else np.nan
            found.append(_Wave(symbol, on, int(samples[at]), off))
    return found


def _by_beat(waves: list[_Wave], rate: float) -> tuple[np.ndarray, Boundaries, np.ndarray]:
    """Each beat with the P wave just before it and the last T wave before the next beat.

    Marking starts and stops mid-record, so a first beat without P and a last beat without T say nothing about those waves.
    """
    beats = [at for at, wave in enumerate(waves) if wave.kind == "N"]
    table = np.full((5, len(beats)), np.nan)
    known = np.ones((5, len(beats)), dtype=bool)
    for column, at in enumerate(beats):
        end = beats[column + 1] if column + 1 < len(beats) else len(waves)
        before = waves[at - 1] if at and waves[at - 1].kind == "p" else None
        after = [wave for wave in waves[at + 1 : end] if wave.kind == "t"]
        table[2:4, column] = waves[at].on, waves[at].off
        known[2:4, column] = ~np.isnan(table[2:4, column])
        if before:
            table[:2, column] = before.on, before.off
        known[:2, column] = ~np.isnan(table[:2, column]) if before else at > 0
        if after:
            table[4, column] = after[-1].off
        known[4, column] = not np.isnan(table[4, column]) if after else column + 1 < len(beats)
    peaks = np.array([waves[at].peak for at in beats], dtype=np.int64)
    return peaks, Boundaries(*(table / rate)), known
