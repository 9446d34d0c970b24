"""Transcription scores: how many notes of a reconstruction would count as correct transcriptions of the original."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.matching import Pairs, hits
from vqvae.modalities.piano.recording import Notes
from vqvae.modalities.protocol import Progress, Score, within

OFFSET_RATIO = 0.2  # of the original's duration
VELOCITY_TOLERANCE = 0.1  # of the original's range of velocities

_SAYS = "in the sense of mir_eval (Raffel et al. 2014), key durations"


class _Tolerance(NamedTuple):
    onset: float  # s
    offset: float  # s, the least for ends
    suffix: str


_TOLERANCES = (_Tolerance(0.05, 0.05, ""), _Tolerance(0.01, 0.01, "_10ms"))


def transcription_scores(reference: Notes, found: Notes, progress: Progress | None = None) -> list[Score]:
    """F1 in percent by onset, by onset and end, and by onset, end and velocity, at 50 ms and at 10 ms; NaN when the original is empty."""
    scores = []
    steps = 2 * len(_TOLERANCES)
    for place, (onset, offset, suffix) in enumerate(_TOLERANCES):
        ms = f"{1000 * onset:.0f} ms"
        by_onset = hits(reference, found, onset, progress=within(progress, 2 * place / steps, (2 * place + 1) / steps))
        by_end = hits(reference, found, onset, (OFFSET_RATIO, offset), within(progress, (2 * place + 1) / steps, (2 * place + 2) / steps))
        by_velocity = _near_in_velocity(reference, found, by_end)
        start = f"F1 of the notes whose pitch is the same and whose onset lies within {ms}"
        end = f"whose end lies within 20 % of the duration or {ms}, whichever is more"
        loud = "whose velocity, after one linear fit for the whole piece, lies within 10 % of the original's range of velocities"
        scores += [
            _f1(f"note_f1_onset{suffix}", by_onset, reference, found, f"{start}; {_SAYS}."),
            _f1(f"note_f1_onset_offset{suffix}", by_end, reference, found, f"{start}, and {end}; {_SAYS}."),
            _f1(f"note_f1_onset_offset_velocity{suffix}", by_velocity, reference, found, f"{start}, {end}, and {loud}; {_SAYS}."),
        ]
    return scores


def _near_in_velocity(reference: Notes, found: Notes, pairs: Pairs) -> Pairs:
    """The pairs that `mir_eval.transcription_velocity.match_notes` keeps: near after the least-squares line through all pairs."""
    if not len(pairs.reference):
        return pairs
    velocities = reference.velocity.astype(float)
    span = max(1.0, float(np.ptp(velocities)))
    wanted = ((velocities - velocities.min()) / span)[pairs.reference]
    given = found.velocity.astype(float)[pairs.found]
    slope, level = np.linalg.lstsq(np.stack([given, np.ones(len(given))], axis=1), wanted, rcond=None)[0]
    near = np.abs(slope * given + level - wanted) < VELOCITY_TOLERANCE
    return Pairs(pairs.reference[near], pairs.found[near])


def _f1(name: str, pairs: Pairs, reference: Notes, found: Notes, definition: str) -> Score:
    notes = len(reference.onset) + len(found.onset)
    value = 100 * 2 * len(pairs.reference) / notes if len(reference.onset) else float("nan")
    return Score(name, value, "%", 100.0, definition)
