"""Fitting gestures to performances: level after level, a codebook and then the network that follows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from vqvae.networks.gesture_chain import encode_chain
from vqvae.networks.gesture_notes import ASPECTS, BEND, NAMES, ONSET, VELOCITY, Chained, Grouped, Wanted, grouped, missing
from vqvae.networks.gesture_search import choose, influence
from vqvae.networks.gestures import GestureVQVAE, Situation, aspects_of
from vqvae.quantizers.kmeans import kmeans
from vqvae.training.gestures import GestureTraining
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import descend, warm_cosine

SMOOTHING = 64  # windows' worth of all patterns that each pattern's counts begin with
SEEDED = 40_000  # windows that k-means starts from
USUAL = 1.0  # mean times: what a first guess of the time between chords is
SCALE = 3.0  # tolerances in a mean time, about
SOFT = 0.25  # squared tolerances below which errors count by their square
FEWEST = 2  # windows of a code vector that is not moved elsewhere
Told = Callable[[str, float], None]


class Performance(NamedTuple):
    """One performance on its way through the levels."""

    notes: Grouped
    chained: Chained
    missing: np.ndarray  # (T, 4, W) after the first level
    situation: Situation
    taken: list[np.ndarray]  # codes (T,) of every level so far


def fit(model: GestureVQVAE, values: Sequence[np.ndarray], settings: GestureTraining, folder: RunFolder, told: Told) -> None:
    """Fit all levels to performances (1, 4, N), each of which begins anew; a level that the run has done already is taken from it."""
    pieces = [begun(grouped(one, model.shape.window)) for one in values]
    done = folder.resume_weights(model)
    if not done:
        fit_first(model, pieces, settings, lambda share: told("level 1", 0.3 * share))
    performances = first_level(model, pieces, settings.thrift)
    for level in range(model.shape.levels):
        told(f"level {level + 1}", 0.3 + 0.7 * level / model.shape.levels)
        if level >= done:
            if level:
                fit_codebook(model, level, performances, settings)
            take(model, level, performances, settings)
            fit_network(model, level, performances, settings)
        else:
            take(model, level, performances, settings)
        for one in performances:
            one.situation.refine(level)
        if level >= done:
            folder.keep_weights(model, level + 1)
            folder.record(level=level + 1, aspect=("all", *model.shape.aspects)[level], **report(performances, model, level))
            folder.status("running", level + 1, model.shape.levels)


def begun(notes: Grouped) -> Grouped:
    """The same with a first note that begins a chord."""
    notes.begins[0, 0] = True
    return notes


def patterns(begins: np.ndarray) -> np.ndarray:
    """begins (T, W) -> which notes begin chords, as a number (T,)."""
    return (begins << np.arange(begins.shape[1])).sum(axis=1)


def fit_first(model: GestureVQVAE, pieces: Sequence[Grouped], settings: GestureTraining, told: Callable[[float], None]) -> None:
    """Lloyd's algorithm with every window played closed-loop, as entropy-constrained vectors are fitted.

    Chou, Lookabaugh and Gray 1989, doi 10.1109/29.17498.
    """
    level, window = model.quantizer.level(0), model.shape.window
    generator = torch.Generator().manual_seed(settings.seed)
    size = model.shape.codebook_size
    codebook = _seeded(pieces, size, window, generator)
    costs = np.full((2**window, size), np.log2(size))
    for round_ in range(settings.rounds):
        told(round_ / settings.rounds)
        chains = [encode_chain(notes, codebook, settings.thrift * costs) for notes in pieces]
        codes = np.concatenate([chain.codes for chain in chains])
        costs = costs_of(codes, np.concatenate([patterns(notes.begins) for notes in pieces]), costs.shape)
        last = round_ + 1 == settings.rounds
        codebook = _moved(codebook, pieces, chains, np.random.default_rng([settings.seed, round_]), restart=not last)
    filled = np.zeros((size, len(ASPECTS), window), np.float32)
    filled[:, :3] = codebook
    level.codebook.copy_(torch.from_numpy(filled.reshape(size, -1)))
    level.costs.copy_(torch.from_numpy(costs.astype(np.float32)))


def _seeded(pieces: Sequence[Grouped], size: int, window: int, generator: torch.Generator) -> np.ndarray:
    """A codebook (K, 3, W) from open-loop windows."""
    rows = []
    for notes in pieces:
        there = notes.pitch >= 0
        times = np.diff(notes.group.ravel(), prepend=notes.group[0, 0]).reshape(there.shape)
        usual = np.median(times[notes.begins & (times > 0)]) if (notes.begins & (times > 0)).any() else ONSET
        ratio = np.where(notes.begins, np.clip(times / usual, 0.2, 4.0), USUAL)
        length, loud = BEND.bent(np.maximum(notes.end - notes.group, 0.0)), notes.velocity / VELOCITY
        columns = [SCALE * ratio, *(np.where(there, column - column[there].mean(), 0.0) for column in (length, loud))]
        rows.append(np.stack(columns, axis=1).reshape(len(ratio), -1))
    drawn = np.concatenate(rows)
    drawn = drawn[torch.randperm(len(drawn), generator=generator)[:SEEDED].numpy()]
    found = kmeans(torch.from_numpy(drawn.astype(np.float32)), size, 6, generator).double().numpy().reshape(size, 3, window)
    found[:, 0] /= SCALE
    return found


def _moved(
    codebook: np.ndarray, pieces: Sequence[Grouped], chains: Sequence[Chained], rng: np.random.Generator, restart: bool
) -> np.ndarray:
    """Every vector to the mean of what the windows that chose it wanted; rare ones beside frequent ones."""
    sums, weights = np.zeros_like(codebook), np.zeros_like(codebook)
    counts = np.zeros(len(codebook), np.int64)
    for notes, chain in zip(pieces, chains, strict=True):
        there = notes.pitch >= 0
        period, long, loud = (chain.heard[:, [i]] for i in range(3))
        before = np.append(0.0, chain.known.group.ravel()[:-1]).reshape(there.shape)
        near = (chain.gaps == 1) & (np.abs(notes.group - chain.known.group) < 20 * ONSET)
        length = BEND.bent(np.maximum(notes.end - chain.known.group, 0.0))
        wanted = [(notes.group - before) / period, length - long, (notes.velocity - loud) / VELOCITY]
        trusted = [near * (period / ONSET) ** 2, there.astype(float), there.astype(float)]
        for row, (want, trust) in enumerate(zip(wanted, trusted, strict=True)):
            np.add.at(sums[:, row], chain.codes, want * trust)
            np.add.at(weights[:, row], chain.codes, trust)
        counts += np.bincount(chain.codes, minlength=len(codebook))
    moved = np.where(weights > 0, sums / np.maximum(weights, 1e-9), codebook)
    if restart:
        rare, frequent = np.flatnonzero(counts <= FEWEST), np.argsort(-counts)
        moved[rare] = moved[frequent[: len(rare)]] * (1 + 0.1 * rng.standard_normal((len(rare), *codebook.shape[1:])))
    return moved


def costs_of(codes: np.ndarray, pattern: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Bits (P, K) of every code in windows of every pattern."""
    together = np.bincount(codes, minlength=shape[1]) + 0.5
    share = together / together.sum()
    counts = np.bincount(pattern * shape[1] + codes, minlength=shape[0] * shape[1]).reshape(shape) + SMOOTHING * share
    found: np.ndarray = -np.log2(counts / counts.sum(axis=1, keepdims=True))
    return found


def first_level(model: GestureVQVAE, pieces: Sequence[Grouped], thrift: float) -> list[Performance]:
    """Every performance at the first level."""
    level = model.quantizer.level(0)
    codebook, costs = model.first_codebook(), thrift * level.costs.double().numpy()
    found = []
    for notes in pieces:
        chain = encode_chain(notes, codebook, costs)
        found.append(Performance(notes, chain, missing(notes, chain.known), Situation(model, notes.pitch, notes.begins, chain), []))
    return found


def fit_codebook(model: GestureVQVAE, level: int, performances: Sequence[Performance], settings: GestureTraining) -> None:
    """The codebook of a later level, 1…"""
    aspect, window = aspects_of(model.shape)[level - 1], model.shape.window
    grain = np.float32(model.shape.grains[level - 1])
    parts = [one.situation.wanted(one.missing, aspect, grain) for one in performances]
    every = Wanted(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    generator = torch.Generator().manual_seed(settings.seed + level)
    size = model.shape.codebook_size
    drawn = torch.randperm(len(every.errors), generator=generator)[:SEEDED].numpy()
    codebook = kmeans(torch.from_numpy(every.errors[drawn]), size, 4, generator).numpy()
    costs = np.full((2**window, size), np.log2(size))
    for _ in range(settings.later_rounds):
        codes = choose(every, codebook, (settings.later_thrift * costs).astype(np.float32))
        costs = costs_of(codes, every.pattern, costs.shape)
        weights = every.weights * influence(every.errors - codebook[codes])
        sums, total = np.zeros_like(codebook), np.zeros_like(codebook)
        np.add.at(sums, codes, weights * every.errors)
        np.add.at(total, codes, weights)
        codebook = np.where(total > 0, sums / np.maximum(total, 1e-9), codebook).astype(np.float32)
    order = np.argsort(np.square(codebook).sum(axis=1), kind="stable")
    filled = np.zeros((size, len(ASPECTS), window), np.float32)
    filled[:, aspect] = grain * codebook[order]
    own = model.quantizer.level(level)
    own.codebook.copy_(torch.from_numpy(filled.reshape(size, -1)))
    own.costs.copy_(torch.from_numpy(costs[:, order].astype(np.float32)))


def take(model: GestureVQVAE, level: int, performances: Sequence[Performance], settings: GestureTraining) -> None:
    """What every performance takes of a level, 0…"""
    for one in performances:
        codes = one.chained.codes if not level else model.choose(level, one.situation, one.missing, settings.later_thrift)
        one.taken.append(codes)
        if level:
            one.situation.add(level, codes)


def report(performances: Sequence[Performance], model: GestureVQVAE, level: int) -> dict[str, Any]:
    """Bits per note of a level, and the root mean squared errors that remain, in tolerances."""
    notes = sum(np.count_nonzero(one.notes.pitch >= 0) for one in performances)
    costs = model.quantizer.level(level).costs.numpy()
    bits = sum(float(costs[one.situation.pattern, one.taken[level]].sum()) for one in performances) / notes
    squares, counts = np.zeros(len(ASPECTS)), np.zeros(len(ASPECTS))
    for one in performances:
        squares += (np.square(one.missing - one.situation.added) * one.situation.mask).sum(axis=(0, 2), dtype=np.float64)
        counts += one.situation.mask.sum(axis=(0, 2))
    roots = np.sqrt(squares / counts.clip(1)).round(3).tolist()
    return {"bits_per_note": round(bits, 3), **dict(zip(NAMES, roots, strict=True))}


def fit_network(model: GestureVQVAE, level: int, performances: Sequence[Performance], settings: GestureTraining) -> None:
    """The network after a level, 0…, on what that leaves of performances."""
    network = model.refiners[level]
    usable = [one for one in performances if one.missing.shape[0] * model.shape.window > settings.span]
    series = [one.situation.series(one.missing) for one in usable or performances]
    rng = np.random.default_rng([settings.seed, level])
    optimizer = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=1e-3)
    for step in range(settings.steps[level]):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * warm_cosine(step, settings.steps[level])
        batch = []
        for _ in range(settings.batch_size):
            rows = series[rng.integers(len(series))]
            start = int(rng.integers(max(1, rows.shape[1] - settings.span)))
            batch.append(F.pad(part := rows[:, start : start + settings.span], (0, settings.span - part.shape[1])))
        parts = torch.stack(batch).split([model.side_channels, *[len(ASPECTS)] * 4], dim=1)
        side, added, last, wanted, weights = parts
        better = model.refine(level, side, added, last, (weights > 0).float())
        error = (wanted - better)[:, :, model.reach : -model.reach]
        weights = weights[:, :, model.reach : -model.reach]
        loss = (weights * (SOFT + error.square()).sqrt()).sum() / weights.sum()
        descend(loss, optimizer, 1.0)
