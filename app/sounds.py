"""Performances as sound, rendered beside the page and kept in pieces that a browser decodes one at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

import numpy as np

from app import cache
from app.jobs import Job, Told
from vqvae.modalities.piano import sound
from vqvae.modalities.piano.recording import Piano
from vqvae.modalities.piano.sound import RATE

LENGTH = 20.0  # s of a segment
SIDES = ("original", "reconstruction")
_RENDERING = 0.6  # of the work, about; the rest is packing


class Sound(NamedTuple):
    """One performance, ready to be played."""

    seconds: float
    gain: float  # that its samples were multiplied by
    segments: tuple[bytes, ...]  # Ogg Vorbis, `LENGTH` s each but the last


class Pair(NamedTuple):
    """Original and reconstruction, as loud as each other's notes say."""

    original: Sound
    reconstruction: Sound


def _keys(source: str, checkpoint: str, level: int) -> tuple[Hashable, Hashable]:
    return ("sound", source), ("sound", source, checkpoint, level)


def known(source: str, checkpoint: str, level: int) -> Pair | None:
    """What was rendered of both; None until both were."""
    found = [cache.shelf().find(key) for key in _keys(source, checkpoint, level)]
    return Pair(*found) if all(found) else None


def start(source: str, checkpoint: str, level: int, recordings: tuple[Piano, Piano]) -> Job[Sound]:
    """Render what is missing of both, on a thread of its own."""
    shelf = cache.shelf()

    def work(told: Told) -> Iterator[Sound]:
        gain = None
        for side, recording, key in zip(SIDES, recordings, _keys(source, checkpoint, level), strict=True):
            made = shelf.get(key, lambda side=side, recording=recording, gain=gain: _made(recording, gain, _of(told, side)))  # type: ignore[misc]
            told(side, "ready", 1.0)
            gain = made.gain
            yield made

    return Job(SIDES, work)


def _of(told: Told, side: str) -> Callable[[str, float], None]:
    return lambda doing, share: told(side, doing, share)


def _made(recording: Piano, gain: float | None, told: Callable[[str, float], None]) -> Sound:
    """Render and pack; the original says how loud everything is."""
    samples = sound.render(recording, progress=lambda share: told("rendering", _RENDERING * share))
    gain = sound.gain_for(samples) if gain is None else gain
    samples *= np.float32(gain)
    step = round(LENGTH * RATE)
    segments = []
    for start in range(0, len(samples), step):
        told("packing", _RENDERING + (1 - _RENDERING) * start / len(samples))
        segments.append(sound.ogg(samples[start : start + step]))
    return Sound(len(samples) / RATE, gain, tuple(segments))


def whole(recording: Piano, gain: float, pack: Callable[[np.ndarray], bytes]) -> bytes:
    """One file of a performance; `pack` is `sound.ogg` or `sound.wav`."""
    return pack(sound.render(recording) * np.float32(gain))
