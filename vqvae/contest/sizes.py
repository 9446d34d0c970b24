"""The quality at which a codec's file of a recording has the size that is asked for."""

from __future__ import annotations

import json
import math
import time
import zlib
from typing import Any, NamedTuple

from vqvae.codec.protocol import Codec, Step
from vqvae.modalities import modality
from vqvae.rates import passed_through

LEAST = 0.98  # of the size asked for: a file between this and 1 is on target
_AIM = 0.991  # of the size
_SAMPLE = 60.0  # s of the recording that the first guess is made from
_ROUGH = 0.03  # how close the guess comes on that sample, of its size
_SAMPLE_TRIES, _TRIES = 10, 8
_DIGITS = 3  # of a quality after the point: less than 0.1 % of the size, and files state it in few bytes
_GROWTH = 30.0  # how many times larger the best file is than the smallest, before anything is known


class Fitted(NamedTuple):
    """The largest file found within a size."""

    data: bytes
    quality: float
    seconds: float  # it took to make this file
    tries: int  # files of the whole recording that were made
    note: str  # why the file is not within 2 % below the size; empty when it is


class Sizes:
    """How large a codec's files of a recording are about, told from files of a sample of it."""

    def __init__(self, codec: Codec, recording: Any) -> None:
        kind: Any = modality(codec.modality)
        self._codec, self._recording, self._sample = codec, recording, kind.sampled(recording, _SAMPLE)
        amounts, self._aside = [], []  # bytes that pass through untouched, of the whole and of the sample
        for part in (recording, self._sample):
            layout = kind.to_tensors(part).layout
            self._aside.append(passed_through(layout))
            own = layout | dict.fromkeys(kind.APART.fields, "")
            self._header = len(zlib.compress(json.dumps(own).encode()))  # about the same for both
            amounts.append(kind.extent(layout).amount)
        self._times = amounts[0] / amounts[1] if amounts[1] else 1.0
        self._known: dict[float, float] = {}
        self._factor = 1.0  # by which whole files are larger than their samples say

    def quality(self, size: float, progress: Step | None = None) -> float:
        """The quality at which the whole recording takes about `size` bytes; the end of the range when none does.

        `progress` hears 0 while samples are made, as they are a small part of all, and may raise to stop.
        """
        low, high = self._codec.qualities
        size /= self._factor
        if not self._known:
            self._measure(round((low + high) / 2, _DIGITS), progress)
        for _ in range(_SAMPLE_TRIES):
            quality = _next(self._known, size, self._codec.qualities)
            nearest = min(self._known.values(), key=lambda known: abs(math.log(known / size)))
            if quality in self._known or abs(nearest / size - 1) < _ROUGH:
                break
            self._measure(quality, progress)
        return quality

    def learn(self, quality: float, size: int) -> None:
        """Take into account how large a whole file is."""
        self._factor = size / math.exp(_log_size(self._known, quality, self._codec.qualities)) if self._known else 1.0

    def file(self, size: float, progress: Step | None = None) -> Fitted:
        """One file within a few per cent of `size` bytes, or the nearest that can be reached."""
        quality = self.quality(size, progress)
        start = time.perf_counter()
        data = self._codec.compress(self._recording, quality, progress)
        self.learn(quality, len(data))
        return Fitted(data, quality, time.perf_counter() - start, 1, "")

    def _measure(self, quality: float, progress: Step | None) -> None:
        size = len(self._codec.compress(self._sample, quality, progress and (lambda _: progress(0.0))))
        whole, sample = self._aside
        header = min(self._header + sample, size - 1)
        self._known[quality] = header - sample + whole + (size - header) * self._times


def fit(codec: Codec, recording: Any, size: int, progress: Step | None = None) -> Fitted:
    """The codec's largest file of at most `size` bytes; with a note when it is not within 2 % of that.

    Bytes grow about exponentially with quality, so their logarithm is interpolated.  The first guess comes from a sample of the recording,
    the others from the files made so far.  When even the smallest file is larger, it is that one.  The same recording and size give the
    same file.
    """
    if size < 1:
        raise ValueError(f"a file of {size} bytes cannot be made: ask for at least 1")
    sizes = Sizes(codec, recording)
    known: dict[float, int] = {}
    best: Fitted | None = None
    for attempt in range(_TRIES):
        part = _part(progress, attempt)
        quality = _guess(known, sizes, _AIM * size, codec.qualities, part)
        if quality in known:
            break
        start = time.perf_counter()
        data = codec.compress(recording, quality, part)
        made = Fitted(data, quality, time.perf_counter() - start, attempt + 1, "")
        known[quality] = len(data)
        sizes.learn(quality, len(data))
        best = made if best is None or _better(len(data), len(best.data), size) else best._replace(tries=attempt + 1)
        if LEAST * size <= len(data) <= size:
            break
    if best is None:
        raise ValueError(f"{codec.name} made no file")
    return best._replace(note=_note(codec, known, best, size))


def _guess(known: dict[float, int], sizes: Sizes, size: float, qualities: tuple[float, float], progress: Step | None) -> float:
    """The next quality to try: from the sample, from the sample corrected by the only file, from the files."""
    if len(known) > 1:
        return _next(known, size, qualities)
    quality = sizes.quality(size, progress)
    if not known:
        return quality
    ((only, bytes_),) = known.items()
    towards = quality > only if bytes_ < size else quality < only
    return quality if towards else _next(known, size, qualities)


def _next(known: dict[float, Any], size: float, qualities: tuple[float, float]) -> float:
    """Where the logarithm of the sizes, straight between and beyond those known, meets `size`; within the range."""
    low, high = qualities
    below = [quality for quality, bytes_ in known.items() if bytes_ <= size]
    above = [quality for quality, bytes_ in known.items() if bytes_ > size]
    if below and above:
        left, right = max(below), min(above)
        share = math.log(size / known[left]) / math.log(known[right] / known[left]) if left < right else 0.0
        quality = left + (right - left) * min(max(share, 0.03), 0.97)
    else:
        nearest = max(below) if below else min(above)
        step = math.log(size / known[nearest]) / _slope(known, nearest, qualities)
        least = 0.002 * (high - low)  # so that a bracket is found where files come in steps
        quality = nearest + (max(step, least) if below else min(step, -least))
    return min(max(round(quality, _DIGITS), low), high)


def _slope(known: dict[float, Any], at: float, qualities: tuple[float, float]) -> float:
    """Growth of the logarithm of the size with quality, near `at`; always above 0."""
    low, high = qualities
    usual = math.log(_GROWTH) / (high - low) if high > low else 1.0
    others = sorted((quality for quality in known if quality != at), key=lambda quality: abs(quality - at))
    if not others:
        return usual
    slope = math.log(known[others[0]] / known[at]) / (others[0] - at)
    return min(max(slope, usual / 4), usual * 4)


def _log_size(known: dict[float, float], quality: float, qualities: tuple[float, float]) -> float:
    """Logarithm of the size at `quality`, straight between and beyond those known."""
    nearest = min(known, key=lambda other: abs(other - quality))
    across = [other for other in known if (other - quality) * (nearest - quality) < 0]
    if not across or nearest == quality:
        return math.log(known[nearest]) + _slope(known, nearest, qualities) * (quality - nearest)
    other = min(across, key=lambda other: abs(other - quality))
    share = (quality - nearest) / (other - nearest)
    return math.log(known[nearest]) + share * math.log(known[other] / known[nearest])


def _better(size: int, than: int, limit: int) -> bool:
    """Whether a file is the better one: within the limit before beyond it, then the nearer one."""
    if (size <= limit) != (than <= limit):
        return size <= limit
    return size > than if size <= limit else size < than


def _part(progress: Step | None, attempt: int) -> Step | None:
    """Progress of one file among those still to come: two are usual, more are rare."""
    return progress and (lambda share: progress(1 - 0.4**attempt * (1 - 0.6 * share)))


def _note(codec: Codec, known: dict[float, int], best: Fitted, size: int) -> str:
    count = len(best.data)
    if LEAST * size <= count <= size:
        return ""
    if count > size:
        return f"The smallest file of {codec.name} has {count} bytes, more than the {size} asked for."
    if max(known.values()) <= size:
        return f"The best quality of {codec.name} takes {count} bytes, less than the {size} asked for."
    return f"The files of {codec.name} come in steps: the largest one found within {size} bytes has {count}."
