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
_KEPT = 120_000_000  # bytes: samples of one performance that are kept for its downloads, 11 min of them
_FULL = 32767  # full scale of 16 bits


class Sound(NamedTuple):
    """One performance, ready to be played."""

    seconds: float
    gain: float  # that its samples were multiplied by
    segments: tuple[bytes, ...]  # Ogg Vorbis, `LENGTH` s each but the last


class _Rendered(NamedTuple):
    """One performance as samples."""

    gain: float
    values: np.ndarray  # (T, 2) int16

    def floats(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Samples from `start` to `stop` in -1…1."""
        return np.asarray(self.values[start:stop].astype(np.float32) / np.float32(_FULL))


def _keys(source: str, checkpoint: str, level: int) -> dict[str, tuple[Hashable, ...]]:
    return {"original": (source,), "reconstruction": (source, checkpoint, level)}


def known(source: str, checkpoint: str, level: int) -> dict[str, Sound]:
    """What was rendered, by side."""
    found = {side: cache.shelf().find(("sound", *key)) for side, key in _keys(source, checkpoint, level).items()}
    return {side: made for side, made in found.items() if made}


def start(source: str, checkpoint: str, level: int, recordings: tuple[Piano, Piano]) -> Job[Sound]:
    """Render what is missing of both, on a thread of its own."""

    def work(told: Told) -> Iterator[Sound]:
        gain = None
        for (side, key), recording in zip(_keys(source, checkpoint, level).items(), recordings, strict=True):
            made = cache.shelf().get(("sound", *key), lambda: _made(key, recording, gain, _of(told, side)))  # noqa: B023 (called at once)
            told(side, "ready", 1.0)
            gain = made.gain
            yield made

    return Job(SIDES, work)


def _of(told: Told, side: str) -> Callable[[str, float], None]:
    return lambda doing, share: told(side, doing, share)


def _made(key: tuple[Hashable, ...], recording: Piano, gain: float | None, told: Callable[[str, float], None]) -> Sound:
    """Render and pack; the original says how loud everything is."""
    rendered = _rendered(key, recording, gain, lambda share: told("rendering", _RENDERING * share))
    step, length = round(LENGTH * RATE), len(rendered.values)
    segments = []
    for begin in range(0, length, step):
        told("packing", _RENDERING + (1 - _RENDERING) * begin / length)
        segments.append(sound.ogg(rendered.floats(begin, begin + step)))
    return Sound(length / RATE, rendered.gain, tuple(segments))


def whole(about: tuple[str, str, int], recordings: tuple[Piano, Piano], side: str, pack: Callable[[np.ndarray], bytes]) -> bytes:
    """One file of a performance, as loud as it is played on the page; `pack` is `sound.ogg` or `sound.wav`."""
    (original, reconstruction), (first, second) = recordings, _keys(*about).values()
    if side == "original":
        return pack(_rendered(first, original, None).floats())
    heard = known(*about).get("original")
    gain = heard.gain if heard else _rendered(first, original, None).gain
    return pack(_rendered(second, reconstruction, gain).floats())


def _rendered(
    key: tuple[Hashable, ...], recording: Piano, gain: float | None, progress: Callable[[float], None] | None = None
) -> _Rendered:
    """Samples times `gain`, that which makes them loud when None; those of pieces that are not too long are kept."""
    found: _Rendered | None = cache.shelf().find(("samples", *key))
    if found is not None:
        return found
    samples = sound.render(recording, progress=progress)
    gain = sound.gain_for(samples) if gain is None else gain
    samples *= np.float32(gain)
    np.clip(samples, -1, 1, out=samples)  # in place, each of them: an hour is a gigabyte
    samples *= np.float32(_FULL)
    made = _Rendered(gain, np.rint(samples, out=samples).astype(np.int16))
    return cache.shelf().get(("samples", *key), lambda: made) if made.values.nbytes <= _KEPT else made
