"""Beats with marked boundaries as a segmenter is shown them, and the distortions it must not mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.delineation import BEFORE, LENGTH, RATE, normalise
from vqvae.modalities.ecg.ludb import LEADS, read_annotated


@dataclass(frozen=True)
class DistortionConfig:
    """How beats are distorted in training; each range is drawn from per beat."""

    stretch: float = 1.25  # time before and after the QRS complex, at most this factor up or down
    wide_share: float = 0.2  # share of beats whose QRS complex is stretched by `wide`, as ventricular beats are
    wide: tuple[float, float] = (1.3, 2.2)
    peak_shift: float = 0.010  # s, standard deviation: detectors put R-peaks in different places
    flip_share: float = 0.3  # share of beats turned upside down
    low_pass_share: float = 0.4  # share of beats seen through a slow recorder or a compressor
    low_pass: tuple[float, float] = (20.0, 120.0)  # Hz, where the amplitude is down to 61 %
    noise: float = 0.04  # of the QRS complex's size, the standard deviation at most
    wander: float = 0.4  # of the QRS complex's size, the amplitude at most


class Beats(NamedTuple):
    """B marked beats in L leads at `RATE`."""

    leads: tuple[np.ndarray, ...]  # L arrays (T,) mV
    lead: np.ndarray  # (B,) int64, which lead
    peaks: np.ndarray  # (B,) int64
    labels: np.ndarray  # (B, 5) samples from the R-peak; NaN where there is none or nothing is known
    present: np.ndarray  # (B, 2) P and T wave: 1.0 there, 0.0 absent, NaN not known


class Examples(NamedTuple):
    """What a training step consumes."""

    windows: np.ndarray  # (B, LENGTH) float32
    targets: np.ndarray  # (B, 5) samples of the window; NaN where nothing is asked
    present: np.ndarray  # (B, 2) 1.0, 0.0 or NaN where nothing is asked


def read_beats(folder: Path, records: Sequence[int]) -> Beats:
    """Every marked beat of every lead of the LUDB records; ValueError when they are not at 500 Hz."""
    leads: list[np.ndarray] = []
    index, peaks, labels, present = [], [], [], []
    for record in records:
        for name in LEADS:
            marked = read_annotated(folder / str(record), name)
            if marked.rate != RATE:
                raise ValueError(f"training takes records at {RATE:g} Hz, record {record} has {marked.rate:g} Hz")
            index.append(np.full(len(marked.peaks), len(leads)))
            leads.append(marked.lead)
            peaks.append(marked.peaks)
            table = np.stack(marked.truth, axis=1) * RATE
            labels.append(table - marked.peaks[:, None])
            there = np.stack([~np.isnan(table[:, :2]).all(axis=1), ~np.isnan(table[:, 4])], axis=1)
            asked = np.stack([marked.known[:2].any(axis=0), marked.known[4]], axis=1)
            present.append(np.where(asked, there.astype(np.float64), np.nan))
    return Beats(tuple(leads), *(np.concatenate(parts) for parts in (index, peaks, labels, present)))


def plain(beats: Beats, rows: np.ndarray) -> Examples:
    """The beats `rows` as they are."""
    offsets = np.broadcast_to(np.arange(LENGTH) - BEFORE, (len(rows), LENGTH)).astype(np.float64)
    return _examples(_seen(beats, rows, offsets), beats.labels[rows] + BEFORE, beats.present[rows])


def distorted(beats: Beats, rows: np.ndarray, config: DistortionConfig, rng: np.random.Generator) -> Examples:
    """The beats `rows` stretched in time, shifted, turned over, blurred and with noise, each in its own way."""
    labels = beats.labels[rows]
    count = len(rows)
    start = np.nan_to_num(labels[:, 2], nan=-20.0) - rng.uniform(4, 25, count)
    end = np.nan_to_num(labels[:, 3], nan=25.0) + rng.uniform(4, 25, count)
    wide = rng.random(count) < config.wide_share
    inner = np.where(wide, rng.uniform(*config.wide, count), _factor(config.stretch, count, rng))
    knots = np.stack([start - 2000, start, end, end + 2000], axis=1)
    outer = 2000 * _factor(config.stretch, 2 * count, rng).reshape(2, count)
    steps = np.stack([outer[0], (end - start) * inner, outer[1]], axis=1)
    moved = np.concatenate([np.zeros((count, 1)), steps.cumsum(axis=1)], axis=1)
    inside = np.nan_to_num(labels[:, 2:4], nan=0.0) + np.array([2.0, -2.0])
    peak = np.clip(rng.normal(0, config.peak_shift * RATE, count), np.minimum(inside[:, 0], 0), np.maximum(inside[:, 1], 0))
    offsets, targets = np.empty((count, LENGTH)), np.empty((count, 5))
    for row in range(count):
        centre = np.interp(peak[row], knots[row], moved[row])
        offsets[row] = np.interp(np.arange(LENGTH) - BEFORE + centre, moved[row], knots[row])
        targets[row] = np.interp(labels[row], knots[row], moved[row]) - centre + BEFORE
    windows = _disturbed(_seen(beats, rows, offsets), config, rng)
    return _examples(windows, targets, beats.present[rows])


def _factor(most: float, count: int, rng: np.random.Generator) -> np.ndarray:
    return np.exp(rng.uniform(-np.log(most), np.log(most), count))


def _seen(beats: Beats, rows: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Leads read at `offsets` (B, LENGTH) samples from each R-peak, their ends held."""
    windows = np.empty(offsets.shape)
    for place, row in enumerate(rows):
        lead = beats.leads[beats.lead[row]]
        windows[place] = np.interp(beats.peaks[row] + offsets[place], np.arange(len(lead)), lead)
    return windows


def _disturbed(windows: np.ndarray, config: DistortionConfig, rng: np.random.Generator) -> np.ndarray:
    """Polarity, a low-pass, noise of any colour, and a wandering baseline."""
    count = len(windows)
    size = normalise(windows)[1][:, None]
    windows = windows * np.where(rng.random(count) < config.flip_share, -1.0, 1.0)[:, None]
    frequency = np.fft.rfftfreq(LENGTH, 1 / RATE)
    edge = np.exp(rng.uniform(np.log(config.low_pass[0]), np.log(config.low_pass[1]), count))[:, None]
    response = np.exp(-0.5 * (frequency / edge) ** 2)
    response[rng.random(count) >= config.low_pass_share] = 1.0
    blurred = np.fft.irfft(np.fft.rfft(windows - windows[:, :1]) * response, LENGTH)
    colour = np.maximum(frequency, 1.0) ** -rng.uniform(0, 1, count)[:, None]
    noise = np.fft.irfft(np.fft.rfft(rng.normal(size=windows.shape)) * colour, LENGTH)
    noise *= config.noise * rng.random((count, 1)) ** 2 / noise.std(axis=1, keepdims=True)
    seconds = np.arange(LENGTH) / RATE
    turns = np.exp(rng.uniform(np.log(0.1), np.log(0.8), (count, 1))) * seconds + rng.random((count, 1))
    wander = config.wander * rng.random((count, 1)) ** 2 * np.sin(2 * np.pi * turns)
    mains = 0.03 * np.maximum(0, rng.uniform(-3, 1, (count, 1))) * np.sin(2 * np.pi * rng.uniform(49, 61, (count, 1)) * seconds)
    return blurred + size * (noise + wander + mains)


def _examples(windows: np.ndarray, targets: np.ndarray, present: np.ndarray) -> Examples:
    outside = (targets < 0) | (targets > LENGTH - 1)
    return Examples(normalise(windows)[0], np.where(outside, np.nan, targets), present)
