"""Start states: what the adaptive coder knows before it sees a recording, learned on training recordings.

Counters are learned on short pieces of all recordings in random order, so that no recording dominates.  Mixer weights are learned on
longer pieces that begin, as a file does, with counters that have not seen the recording: those of the other half of the recordings
(two-fold cross-fitting), counts capped so that the new recording soon overrides them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vqvae.codec.adaptive import to_symbols
from vqvae.codec.description import Description
from vqvae.codec.protocol import Step
from vqvae.codec.state import State, cold

Describe = Callable[[int], Description]
"""Number of rows -> description of this kind of data."""


@dataclass(frozen=True)
class Recipe:
    """How a start state is learned; lengths in frames."""

    chunk: int = 112  # 10 s of frames of 32 samples at 360 Hz
    episode: int = 675  # 60 s
    count: int = 2  # that counters start with
    limit: int = 250  # of the counters while they are learned
    seed: int = 0


class Lesson(NamedTuple):
    """Symbols of one recording to learn from."""

    recording: int
    description: Description
    symbols: np.ndarray
    side: np.ndarray | None = None
    kind: int = 0  # lessons of every kind have counters of their own; weights are shared


def learn_start(
    describe: Describe, recordings: Sequence[Sequence[np.ndarray]], recipe: Recipe | None = None, progress: Step | None = None
) -> State:
    """Recordings, each a sequence of codes (N, Q, T) at several rates -> start state for files of as many rows or fewer.

    Every piece of several rows is learned as it is, and one of its rows alone.  ValueError for less than two recordings.
    """
    if len(recordings) < 2:
        raise ValueError(f"{len(recordings)} recordings are too few to learn a start state from: give at least 2")
    recipe = recipe or Recipe()
    describe = lru_cache(describe)
    rng = np.random.default_rng(recipe.seed)
    widest = describe(max(codes.shape[0] for rates in recordings for codes in rates))
    chunks, episodes = (_lessons(describe, recordings, frames, rng) for frames in (recipe.chunk, recipe.episode))
    return learn_lessons(widest, chunks, episodes, recipe, progress)


def learn_lessons(
    widest: Description, chunks: Sequence[Lesson], episodes: Sequence[Lesson], recipe: Recipe, progress: Step | None = None
) -> State:
    """Start state of the description `widest`: counters from `chunks`, weights from `episodes`, in the order in which they are given.

    The counters of all kinds of lessons lie side by side.  `pack` and `unpack` give the state that coding begins with: this one has counts
    as they were learned.
    """
    done = _counted(progress, sum(lesson.symbols.size for lesson in (*chunks, *chunks, *episodes)))
    kinds = range(max(lesson.kind for lesson in chunks) + 1)
    own = [[lesson for lesson in chunks if lesson.kind == kind] for kind in kinds]
    everything = [_counters(cold(widest), lessons, recipe, done).counters for lessons in own]
    halves = []
    for lessons in own:
        parts = [[lesson for lesson in lessons if lesson.recording % 2 == half] for half in (0, 1)]
        halves.append([_counters(cold(widest), part, recipe, done).capped(recipe.count) for part in parts])
    weights = _weights(cold(widest), episodes, halves, done)
    return weights._replace(counters=np.concatenate(everything, axis=1))


def _lessons(describe: Describe, recordings: Sequence[Sequence[np.ndarray]], frames: int, rng: np.random.Generator) -> list[Lesson]:
    """All pieces of so many frames in random order; what is left over at an end is a piece if it is at least half as long."""
    found = []
    for number, rates in enumerate(recordings):
        for codes in rates:
            starts = range(0, max(codes.shape[2] - frames // 2, 1), frames)
            for piece in (codes[:, :, start : start + frames] for start in starts):
                found.append(_lesson(describe, number, piece))
                if len(codes) > 1:
                    row = int(rng.integers(len(codes)))
                    found.append(_lesson(describe, number, piece[row : row + 1]))
    return [found[i] for i in rng.permutation(len(found))]


def _lesson(describe: Describe, recording: int, codes: np.ndarray) -> Lesson:
    description = describe(len(codes))
    return Lesson(recording, description, to_symbols(description, codes))


def _counters(state: State, lessons: Sequence[Lesson], recipe: Recipe, done: Callable[[int], None]) -> State:
    from vqvae.codec.streams import learn

    slow = lru_cache(lambda description: replace(description, limit=recipe.limit))
    for lesson in lessons:
        learn(slow(lesson.description), state, lesson.symbols, lesson.side)
        done(lesson.symbols.size)
    return state


def _weights(state: State, lessons: Sequence[Lesson], halves: Sequence[Sequence[State]], done: Callable[[int], None]) -> State:
    from vqvae.codec.streams import learn

    for lesson in lessons:
        fresh = state._replace(counters=halves[lesson.kind][1 - lesson.recording % 2].counters.copy())
        learn(lesson.description, fresh, lesson.symbols, lesson.side)
        done(lesson.symbols.size)
    return state


def _counted(progress: Step | None, total: int) -> Callable[[int], None]:
    """Turns sizes of pieces that are done into a share of the whole."""
    seen = 0

    def done(size: int) -> None:
        nonlocal seen
        seen += size
        if progress:
            progress(min(1.0, seen / total))

    return done
