"""Parts of a recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vqvae.modalities.digits.recording import Digits


def excerpt(recording: Digits, start: float, stop: float) -> Digits:
    """The digits from number `start` up to `stop`, counted from 0; ValueError when there are none."""
    first, last = max(0, round(start)), min(recording.count, round(min(stop, recording.count)))
    if first >= last:
        raise ValueError(f"{recording.name} has the digits 0 to {recording.count - 1}, none from {start:g} to {stop:g}")
    return replace(recording, images=recording.images[first:last])


def sampled(recording: Digits, amount: float) -> Digits:
    """`amount` digits spread over the recording: enough to know about how many bytes a codec takes; all where there are not more."""
    count = round(amount)
    if not 0 < count < recording.count:
        return recording
    return replace(recording, images=recording.images[np.linspace(0, recording.count - 1, count).astype(int)])
