"""What every modality offers.  Numpy only: no torch below `modalities/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[float], None]
"""Told how much is done, 0 to 1; may raise to stop."""


def within(progress: Progress | None, start: float, stop: float) -> Progress | None:
    """What hears of a piece of the work, which is done from `start` to `stop` of the whole."""
    return progress and (lambda share: progress(start + (stop - start) * share))


class Tensors(NamedTuple):
    """What a network sees of a recording."""

    values: np.ndarray  # (N, C, *S) float32, unitless
    layout: dict[str, Any]  # all that `restore` needs; JSON-able, so it fits a file header


class Chunking(NamedTuple):
    """How long the parts are that are written together, and lost together."""

    usual: float
    unit: str  # "s", "notes"
    values: float  # along the last axis of the tensors, per unit


class Apart(NamedTuple):
    """What of a file is stated apart from its rate."""

    coded: tuple[str, ...] = ()  # of what is coded
    fields: tuple[str, ...] = ()  # of the layout
    said: str = ""  # all of it in words


class Score(NamedTuple):
    """One number with everything needed to read it."""

    name: str  # snake case, the tolerance as a suffix: r_peak_f1_36ms
    value: float  # NaN when the recording cannot answer (no beats, no annotations)
    unit: str
    perfect: float  # the value when nothing was lost
    definition: str  # one sentence; shown beside the number wherever it is shown


class Report(NamedTuple):
    """What a comparison found: numbers, and what happened to every event."""

    scores: tuple[Score, ...]
    events: dict[str, pd.DataFrame]  # "beats", "notes", "slices": one row per event

    def find(self, name: str) -> Score | None:
        """The score called `name`, where there is one."""
        return next((score for score in self.scores if score.name == name), None)

    def value(self, name: str) -> float:
        """The value of the score called `name`; KeyError when there is none."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found.value


class Modality(Protocol):
    """A modality is a folder whose `__init__` offers these names."""

    name: str
    APART: Apart

    def read(self, path: Path) -> Any: ...
    def write(self, recording: Any, path: Path) -> list[Path]: ...
    def to_tensors(self, recording: Any) -> Tensors: ...
    def restore(self, tensors: Tensors) -> Any: ...
    def compare(self, reference: Any, reconstruction: Any, **options: Any) -> Report: ...
    def figure(self, reference: Any, reconstruction: Any) -> Any: ...
    def example(self, name: str = "", seed: int = 0) -> Any: ...

    examples: Callable[[], tuple[str, ...]]
