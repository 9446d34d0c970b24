"""Parts of a volume: some of its slices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vqvae.modalities.brain.recording import Volume

_PIECES = 4


def excerpt(recording: Volume, start: int = 0, stop: int | None = None) -> Volume:
    """Slices from `start` to before `stop` (the end when None), with the window of the whole; ValueError when there are none."""
    stop = recording.slices if stop is None else min(int(stop), recording.slices)
    start = int(start)
    if not 0 <= start < stop:
        raise ValueError(f"{recording.name} has no slices from {start + 1} to {stop}: it has {recording.slices}")
    affine = recording.affine.copy()
    affine[:3, 3] += start * affine[:3, 2]
    return replace(recording, voxels=recording.voxels[:, :, start:stop], affine=affine, span=recording.window)


def middle(recording: Volume, slices: int) -> Volume:
    """So many slices around the middle, all where there are no more; ValueError for none."""
    if slices < 1:
        raise ValueError(f"{slices} slices hold nothing: give a number above 0")
    start = max(0, (recording.slices - slices) // 2)
    return excerpt(recording, start, start + slices)


def apart(recording: Volume, slices: int) -> dict[str, Volume]:
    """So many slices, evenly apart from the first one on, as images of one slice each, by their numbers; all where there are no more."""
    if slices < 1:
        raise ValueError(f"{slices} slices hold nothing: give a number above 0")
    count = min(slices, recording.slices)
    places = [place * recording.slices // count for place in range(count)]
    named = {f"{place + 1:03d}": excerpt(recording, place, place + 1) for place in places}
    return {number: replace(image, name=f"{recording.name}_{number}") for number, image in named.items()}


def sampled(recording: Volume, slices: float) -> Volume:
    """Four pieces spread over the volume, end to end, `slices` in all; the volume itself when it has no more.

    Enough to know about how many bytes a codec takes.
    """
    length = max(1, round(slices / _PIECES))
    if _PIECES * length >= recording.slices:
        return recording
    starts = np.linspace(0, recording.slices - length, _PIECES).round().astype(int)
    voxels = np.concatenate([recording.voxels[:, :, start : start + length] for start in starts], axis=2)
    return replace(recording, voxels=voxels, span=recording.window)
