"""What the coder of a fine checkpoint of notes begins with, learned from performances."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vqvae.codec.learning import Lesson, Recipe, learn_lessons
from vqvae.codec.notes import ALIKE, descriptions, streams_of
from vqvae.codec.state import State, pack_several
from vqvae.config import to_json, write_bytes
from vqvae.datasets.pieces import pieces
from vqvae.families.grid import Grid
from vqvae.modalities import modality
from vqvae.training.config import START, Source
from vqvae.training.notes import NotesConfig, Told
from vqvae.training.run_folder import RunFolder


def train_notes(config: NotesConfig, data: Path, run: Path, told: Told) -> Path:
    """Learn from the performances below `data`; returns the folder of the checkpoint, `best` in `run`.

    Learning takes minutes and leaves nothing behind when it is stopped: the run begins anew.  ValueError when `run` holds another one.
    """
    folder = RunFolder(run)
    folder.start(to_json(config))
    values = read_values(config, data, told)
    write_bytes(folder.best / START, pack_several(learn_notes(config, values, told)))
    return folder.best


def read_values(config: NotesConfig, data: Path, told: Told) -> list[np.ndarray]:
    """Values (1, 4, n) of the first notes of performances drawn from those to train on."""
    settings, kind = config.training, modality(config.modality)
    chosen = chosen_paths(data, settings.training, settings.performances, settings.seed)
    found = []
    for done, path in enumerate(chosen):
        told("reading performances", done / len(chosen))
        found.append(kind.to_tensors(kind.read(path)).values[:, :, : settings.notes])
    return found


def _paths(data: Path, source: Source) -> list[Path]:
    folder = data if data.name == source.folder else data / source.folder
    return pieces(folder, source.records)


def chosen_paths(data: Path, sources: Sequence[Source], count: int, seed: int) -> list[Path]:
    """So many performances by chance, one of every piece (folder), then a second one of every piece, and so on."""
    paths = [path for source in sources for path in _paths(data, source)]
    order = [paths[i] for i in np.random.default_rng(seed).permutation(len(paths))]
    turns: dict[Path, int] = {}
    turn = []
    for path in order:
        turn.append(turns.get(path.parent, 0))
        turns[path.parent] = turn[-1] + 1
    return [order[i] for i in np.argsort(turn, kind="stable")[:count]]


def learn_notes(config: NotesConfig, values: Sequence[np.ndarray], told: Told) -> dict[str, State]:
    """Performances (1, 4, n) -> the start state of every stream, counters of all qualities side by side."""
    lessons: dict[str, list[Lesson]] = {}
    for kind, quality in enumerate(config.learned):
        told("looking at performances", kind / len(config.learned))
        alike = kind == len(config.learned) // 2
        for number, performance in enumerate(values):
            for lesson in _lessons(quality, number, performance):
                if lesson.name in ALIKE and alike:
                    lessons.setdefault(lesson.name, []).append(lesson.lesson)
                elif lesson.name not in ALIKE:
                    lessons.setdefault(lesson.name, []).append(lesson.lesson._replace(kind=kind))
    rng = np.random.default_rng(config.training.seed)
    recipe = Recipe(count=config.training.count, limit=config.training.limit)
    shares = dict.fromkeys(lessons, 0.0)
    orders = {name: rng.permutation(len(own)) for name, own in lessons.items()}  # before threads take turns, which they do as they like

    def learn(name: str) -> State:
        def progress(share: float) -> None:
            shares[name] = share
            told("learning the coder", sum(shares.values()) / len(shares))

        own = [lessons[name][i] for i in orders[name]]
        return learn_lessons(own[0].description, own, own, recipe, progress)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return dict(zip(lessons, pool.map(learn, lessons), strict=True))


class _Named(NamedTuple):
    """A lesson of one stream."""

    name: str
    lesson: Lesson


def _lessons(quality: float, number: int, performance: np.ndarray) -> Iterator[_Named]:
    """What there is to learn from a performance (1, 4, n) at a quality, by stream."""
    grid = Grid.of(quality)
    known = descriptions(grid.scale)
    for name, symbols, side in streams_of(grid.scale, grid.encode(performance)[0]):
        if symbols.size:
            yield _Named(name, Lesson(number, known[name], symbols.astype(np.int32), None if side is None else side.astype(np.int32)))
