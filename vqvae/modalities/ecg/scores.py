"""What of an ECG survived: every score in one report, and what happened to every beat.

Samples that are missing in either recording are never scored.  Leads count alike: fidelity is measured per lead and averaged, R-peaks are
one answer from all leads, intervals are measured on one lead, the same in both recordings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from vqvae.modalities.ecg.beat_scores import annotated_scores, peak_scores, rhythm_scores
from vqvae.modalities.ecg.beats import beats_table, in_flutter, without_flutter
from vqvae.modalities.ecg.delineation import Delineator
from vqvae.modalities.ecg.fidelity import Fidelity, fidelity
from vqvae.modalities.ecg.interval_scores import interval_scores
from vqvae.modalities.ecg.intervals import Analysis, analyse
from vqvae.modalities.ecg.recording import Beats, Ecg
from vqvae.modalities.protocol import Progress, Report, Score

if TYPE_CHECKING:
    import pandas as pd

_ANALYSING = 0.9  # of the time that comparing takes, about
_LEFT_OUT = " Beats in annotated ventricular flutter are left out."


def compare(
    reference: Ecg,
    reconstruction: Ecg,
    *,
    lead: str | None = None,
    delineate: Delineator | None = None,
    analysis: Analysis | None = None,
    progress: Progress | None = None,
) -> Report:
    """Score a reconstruction; `events` holds "beats" (`beats_table`), "leads" (one row each) and "flutter" (annotated: start, end in s).

    `lead` names the lead that intervals are measured on (the clearest one of the original when None); `analysis` is `analyse(reference, …)`
    when it is already there.  Without `delineate` the interval scores are NaN.  `progress` gets the share done and may raise to stop.
    ValueError when the recordings do not lie sample on sample.
    """
    import pandas as pd

    if reference.signals.shape != reconstruction.signals.shape or reference.rate != reconstruction.rate:
        raise ValueError(f"the original has {_size(reference)}, the reconstruction {_size(reconstruction)}; they must be equal")
    if analysis is not None and lead is not None and reference.leads[analysis.lead] != lead:
        raise ValueError(f"the analysis measured lead {reference.leads[analysis.lead]}, not {lead}; analyse the original on {lead} first")
    original = analysis or analyse(reference, lead, delineate)
    rebuilt = analyse(reconstruction, original.lead, delineate)
    if progress is not None:
        progress(_ANALYSING)
    flutter = reference.beats.flutter if reference.beats else ()
    original, rebuilt = without_flutter(original, rebuilt, flutter, reference.rate)
    found, rate = fidelity(reference, reconstruction), reference.rate
    beat_by_beat = (
        *peak_scores(original, rebuilt, rate),
        *annotated_scores(_scored(reference.beats), original, rebuilt, rate),
        *rhythm_scores(original, rebuilt, rate),
        *interval_scores(original, rebuilt, rate),
    )
    if flutter:
        beat_by_beat = tuple(score._replace(definition=score.definition + _LEFT_OUT) for score in beat_by_beat)
    beats = beats_table(reference, reconstruction, original, rebuilt)
    table = pd.DataFrame(list(flutter), columns=["start", "end"], dtype=float)
    return Report((*_fidelity_scores(found), *beat_by_beat), {"beats": beats, "leads": _leads_table(reference, found), "flutter": table})


def _scored(beats: Beats | None) -> Beats | None:
    """The annotated beats outside flutter."""
    if beats is None:
        return None
    outside = ~in_flutter(beats.times, beats.flutter)
    return replace(beats, times=beats.times[outside], classes=beats.classes[outside])


def _size(recording: Ecg) -> str:
    leads, samples = recording.signals.shape
    return f"{leads} × {samples} samples at {recording.rate:g} Hz"


def _fidelity_scores(found: Fidelity) -> list[Score]:
    flat = "mean over the leads, flat ones left out"
    return [
        Score("prdn", _mean(found.prdn), "%", 0.0, f"RMS of the error over the RMS of the lead around its own mean (PRDN), {flat}."),
        Score("prd", _mean(found.prd), "%", 0.0, "RMS of the error over the RMS of the values in mV as stored (PRD), mean over the leads."),
        Score("snr", _mean(found.snr), "dB", float("inf"), f"Power of the lead around its own mean over the power of the error, {flat}."),
        Score("max_error", _largest(found.max_error), "mV", 0.0, "Largest absolute error of any sample on any lead."),
    ]


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _largest(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if len(known) else float("nan")


def _leads_table(reference: Ecg, found: Fidelity) -> pd.DataFrame:
    """lead, prdn (%), prd (%), snr (dB), max_error (mV), gaps (% of the samples that are missing in either recording)."""
    import pandas as pd

    return pd.DataFrame({"lead": reference.leads, **found._asdict()})
