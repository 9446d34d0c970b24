"""What the coder of gestures begins with, learned from performances that were trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from vqvae.codec.gestures import STREAMS, GestureCoder
from vqvae.codec.learning import Lesson, Recipe, learn_lessons
from vqvae.codec.state import pack_several

MOST_BYTES = 2_000_000
RECIPE = Recipe(count=4)
Told = Callable[[str, float], None]


def learn_gestures(coder: GestureCoder, codes: Sequence[np.ndarray], told: Told) -> bytes:
    """Codes (1, 2 W + Q, T) of performances, each one chunk -> packed start states of every stream."""
    symbols = [coder.symbols_of(one) for one in codes]
    states = {}
    for done, name in enumerate(STREAMS):
        lessons = [
            Lesson(number, coder.descriptions[name], one[name][0].astype(np.int32), _integers(one[name][1]))
            for number, one in enumerate(symbols)
            if len(one[name][0])
        ]

        def progress(share: float, done: int = done) -> None:
            told("learning the coder", (done + share) / len(STREAMS))

        states[name] = learn_lessons(coder.descriptions[name], lessons, lessons, RECIPE, progress)
    return pack_several(states, MOST_BYTES)


def _integers(side: np.ndarray | None) -> np.ndarray | None:
    return None if side is None else side.astype(np.int32)
