"""Parts of a recording: some leads, a beginning, or short pieces that stand for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vqvae.modalities.ecg.recording import Beats, Ecg

_PIECES = 6


def excerpt(recording: Ecg, leads: Sequence[str] | None = None, seconds: float | None = None) -> Ecg:
    """The first `seconds` of `leads`, with the beats in them; all of them where None.

    ValueError for a lead that the recording does not have, and for no time at all.
    """
    unknown = [lead for lead in leads or () if lead not in recording.leads]
    if unknown:
        raise ValueError(f"{recording.name} has no lead {unknown[0]!r}; it has {', '.join(recording.leads)}")
    chosen = [recording.leads.index(lead) for lead in leads] if leads is not None else list(range(len(recording.leads)))
    stop = recording.signals.shape[1] if seconds is None else round(seconds * recording.rate)
    if stop < 1:
        raise ValueError(f"an excerpt of {seconds} s holds nothing: give a length above 0")
    names = tuple(recording.leads[lead] for lead in chosen)
    return replace(recording, signals=recording.signals[chosen, :stop], leads=names, beats=_before(recording.beats, stop / recording.rate))


def _before(beats: Beats | None, end: float) -> Beats | None:
    if beats is None:
        return None
    kept = beats.times < end
    flutter = tuple((start, min(stop, end)) for start, stop in beats.flutter if start < end)
    return Beats(beats.times[kept], beats.classes[kept], flutter)


def sampled(recording: Ecg, seconds: float) -> Ecg:
    """Six pieces spread over the recording, end to end, `seconds` in all; the recording itself when it is not longer.

    Enough to know about how many bytes a codec takes, without its beats.
    """
    count = recording.signals.shape[1]
    length = round(seconds * recording.rate / _PIECES)
    if _PIECES * length >= count or not length:
        return recording
    starts = np.linspace(0, count - length, _PIECES).astype(int)
    signals = np.concatenate([recording.signals[:, start : start + length] for start in starts], axis=1)
    return replace(recording, signals=signals, beats=None)
