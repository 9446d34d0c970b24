"""What the coder of a fine checkpoint of notes begins with, learned from performances."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import numpy as np

from vqvae.codec.description import Description
from vqvae.codec.learning import Lesson, Recipe, learn_lessons
from vqvae.codec.notes import Streamed, descriptions, streams_of
from vqvae.codec.state import State, pack_several
from vqvae.config import to_json, write_bytes, write_json
from vqvae.families.grid import Grid
from vqvae.modalities import modality
from vqvae.training.config import START, Source
from vqvae.training.notes import NotesConfig, NotesTraining, Told

ALIKE = ("pitch",)  # streams that are much the same at every quality, and are learned at the middle one


def train_notes(config: NotesConfig, data: Path, run: Path, told: Told) -> Path:
    """Learn from the performances below `data`; returns the folder of the checkpoint, `best` in `run`."""
    values = read_values(config, data, told)
    states = learn_notes(config, values, told)
    best = run / "best"
    best.mkdir(parents=True, exist_ok=True)
    write_json(best / "config.json", to_json(config))
    write_bytes(best / START, pack_several(states, {name: _room(config, name) for name in states}))
    return best


def pieces(folder: Path, patterns: Sequence[str]) -> list[Path]:
    """The performances below a folder whose paths in it match a pattern, "Haydn/*", in order; ValueError for one that none matches."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    there = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.mid"))}
    for pattern in patterns:
        if not any(fnmatch(name, pattern) for name in there):
            raise ValueError(f"no performance in {folder} matches {pattern!r}")
    return [path for name, path in there.items() if any(fnmatch(name, pattern) for pattern in patterns)]


def read_values(config: NotesConfig, data: Path, told: Told) -> list[np.ndarray]:
    """Values (1, 4, n) of the first notes of performances drawn from those to train on."""
    settings, kind = config.training, modality(config.modality)
    paths = [path for source in settings.training for path in _paths(data, source)]
    rng = np.random.default_rng(settings.seed)
    chosen = [paths[i] for i in rng.permutation(len(paths))[: settings.performances]]
    found = []
    for done, path in enumerate(chosen):
        told("reading performances", done / len(chosen))
        found.append(kind.to_tensors(kind.read(path)).values[:, :, : settings.notes])
    return found


def _paths(data: Path, source: Source) -> list[Path]:
    folder = data if data.name == source.folder else data / source.folder
    return pieces(folder, source.records)


def learn_notes(config: NotesConfig, values: Sequence[np.ndarray], told: Told) -> dict[str, State]:
    """Performances (1, 4, n) -> start states by "stream@quality", or "stream" where all qualities share one."""
    found: dict[str, State] = {}
    middle = config.learned[len(config.learned) // 2]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for done, quality in enumerate(config.learned):
            told(f"learning the coder at quality {quality:g}", done / len(config.learned))
            grid = Grid.of(quality)
            streams = [list(streams_of(grid.scale, grid.encode(performance)[0])) for performance in values]
            own = {name: d for name, d in descriptions(grid.scale).items() if name not in ALIKE or quality == middle}
            learn = partial(_learned, config.training, streams)
            for name, state in zip(own, pool.map(learn, own, own.values()), strict=True):
                found[name if name in ALIKE else f"{name}@{quality:g}"] = state
    return found


def _learned(settings: NotesTraining, performances: Sequence[Sequence[Streamed]], name: str, description: Description) -> State:
    """The start state of one stream of all performances."""
    lessons = [
        Lesson(number, description, stream.symbols, stream.side)
        for number, streams in enumerate(performances)
        for stream in streams
        if stream.name == name and stream.symbols.size
    ]
    return learn_lessons(description, lessons, lessons, Recipe(count=settings.count, limit=settings.limit))


def _room(config: NotesConfig, name: str) -> int:
    """Bytes that a state may take."""
    return 60_000
