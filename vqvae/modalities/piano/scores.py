"""What of a performance survived: every score in one report, and what happened to every note."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vqvae.modalities.piano.matching import pair
from vqvae.modalities.piano.pedal import sounding_ends
from vqvae.modalities.piano.recording import Piano, fingerprint
from vqvae.modalities.piano.scores_listening import listening_scores
from vqvae.modalities.piano.scores_notes import note_scores, notes_table
from vqvae.modalities.piano.scores_transcription import transcription_scores
from vqvae.modalities.protocol import Progress, Report, within

_PAIRING = 0.4  # of the time that comparing takes, about, where notes are dense


@dataclass(frozen=True, eq=False)
class Analysis:
    """What comparing needs to know of the original alone."""

    fingerprint: str
    ends: np.ndarray  # (N,) s: when each note stops sounding


def analyse(reference: Piano) -> Analysis:
    """To be made once where one performance is compared with several reconstructions."""
    return Analysis(fingerprint(reference), sounding_ends(reference))


def compare(reference: Piano, reconstruction: Piano, analysis: Analysis | None = None, progress: Progress | None = None) -> Report:
    """Score a reconstruction; `events["notes"]` is `notes_table`.  `progress` gets the share done and may raise to stop.

    ValueError when `analysis` is that of another performance.
    """
    if analysis is not None and analysis.fingerprint != fingerprint(reference):
        raise ValueError(f"the analysis is not that of {reference.name}; analyse this performance first")
    analysis = analysis or analyse(reference)
    notes, found = reference.notes, reconstruction.notes
    pairs = pair(notes, found, progress=within(progress, 0.0, _PAIRING))
    table = notes_table(notes, found, pairs)
    scores = (
        *transcription_scores(notes, found, within(progress, _PAIRING, 1.0)),
        *note_scores(table),
        *listening_scores(notes, found, pairs, analysis.ends, sounding_ends(reconstruction)),
    )
    return Report(scores, {"notes": table})
