"""Checkpoints for the fidelity of notes: a grid for every quality, and a coder that has learned how performers play."""

from __future__ import annotations

import numpy as np

from vqvae.checkpoint import Checkpoint
from vqvae.codec.choice import Choice, in_chunks
from vqvae.codec.notes import ALIKE, DURATION, VELOCITY, NoteCoder
from vqvae.codec.protocol import Coder, Step
from vqvae.codec.state import State
from vqvae.families.grid import QUALITIES, Grid
from vqvae.families.protocol import Template
from vqvae.metrics.rate import bits_per_code
from vqvae.training.notes import NotesConfig

NEAR = 0.75  # how far from a quality what was learned at it still helps
USUAL = (3.5, 4.4, 5.5, 6.5, 8.7, 12.3)  # bit/note at the qualities 1, 2, …, about


class Notes:
    """Quality 1, 2, … are the rows of the grid's table, and between them it is interpolated: more quality, finer cells."""

    coders: tuple[str, ...] = ("adaptive",)
    frame = 1
    about = (
        "Onsets on an absolute grid, durations from the decoded onset, velocities in equal cells, written by our adaptive coder, which "
        "knows chords, voices and what comes next, and begins with what it learned from other performances."
    )

    def __init__(self, checkpoint: Checkpoint) -> None:
        config = checkpoint.config
        if not isinstance(config, NotesConfig):
            raise ValueError(f"{checkpoint.name} is not a checkpoint of notes")
        self._checkpoint, self._config = checkpoint, config
        self.levels, self.title = len(config.qualities), f"Fine ({checkpoint.name})"
        self.qualities = QUALITIES

    def quality(self, level: int) -> float:
        """The quality of a level, from the configuration."""
        return self._config.qualities[level - 1]

    def shape(self, quality: float, sides: tuple[int, ...]) -> tuple[int, int]:
        """Pitch, onset, velocity and duration of every note."""
        return 4, -(-sides[0] // self.frame)

    def encode(self, values: np.ndarray, quality: float, chunk: int, progress: Step | None = None) -> Choice:
        """values (1, 4, N) -> codes (1, 4, N), sorted by quantised onset, and what the coder makes of them in chunks of notes."""
        codes, coder = Grid.of(quality).encode(values), self._adaptive(quality)

        def choose(start: int) -> tuple[np.ndarray, bytes]:
            part = codes[:, :, start : start + chunk]
            return part, coder.encode(part)

        return in_chunks(choose, codes.shape[2], chunk, progress)

    def decode(self, codes: np.ndarray, quality: float, template: Template = None, progress: Step | None = None) -> np.ndarray:
        """codes (1, 4, N) -> values (1, 4, N) float32."""
        return Grid.of(quality).decode(codes)

    def coder(self, name: str, shape: tuple[int, ...], quality: float) -> Coder:
        """The entropy coder `name` for codes at a quality."""
        if name not in self.coders:
            raise ValueError(f"{self._checkpoint.name} has no coder {name!r}; it has: {', '.join(self.coders)}")
        return self._adaptive(quality)

    def _adaptive(self, quality: float) -> NoteCoder:
        """The coder, begun with what was learned at the nearest quality."""
        learned = self._config.learned
        kind = learned.index(min(learned, key=lambda one: abs(one - quality)))

        def begun(name: str, state: State) -> State:
            if name in ALIKE:
                return state
            own = state.of_kind(kind, len(learned))
            return own if abs(learned[kind] - quality) <= NEAR else own.forgotten()

        return NoteCoder(Grid.of(quality).scale, {name: begun(name, state) for name, state in self._checkpoint.states.items()})

    def fixed_bits(self, codes: np.ndarray) -> int:
        """Bits of the codes when each takes what the largest of its kind needs; onsets from note to note, pitches not at all."""
        steps = np.diff(codes[0, 1], prepend=codes[0, 1, :1])
        return codes.shape[2] * sum(bits_per_code(int(row.max(initial=0)) + 1) for row in (steps, codes[0, VELOCITY], codes[0, DURATION]))

    def usual_rates(self, seconds: float) -> tuple[float, ...]:
        """Bits per note, pitches apart."""
        return tuple(float(np.interp(quality, range(1, len(USUAL) + 1), USUAL)) for quality in self._config.qualities)
