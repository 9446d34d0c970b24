"""Codecs on one recording: every one at the same size, or one at many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from vqvae.codec.protocol import Codec
from vqvae.contest.race import Doing, Told, race
from vqvae.contest.results import Failed, Result, Seconds
from vqvae.contest.sizes import Fitted, Sizes, fit
from vqvae.modalities import modality
from vqvae.modalities.protocol import Progress, Report, within
from vqvae.rates import rate_of

_ENCODING, _DECODING = 0.6, 0.15  # of the time that a result takes, about; the rest is scoring

Entrants = Sequence[Codec] | Mapping[str, Codec]
"""Codecs under their own names, or under those that results are to call them by."""


@dataclass(frozen=True)
class Contest:
    """A recording to be coded, what it is scored against, and all that every score needs to know of it."""

    kind: str  # the modality
    recording: Any  # what codecs are given
    reference: Any  # the original: the recording itself unless that is a disturbed copy
    analysis: Any  # of the reference
    own_analysis: Any  # of the recording where it is not the reference, else None
    layout: dict[str, Any]  # of the recording
    raw_bytes: float

    def size(self, ratio: float) -> int:
        """Bytes at a compression ratio."""
        return _at_ratio(self.raw_bytes, ratio)

    def compare(self, codecs: Entrants, size: int, told: Told | None = None) -> Iterator[Result | Failed]:
        """Every codec's largest file of at most `size` bytes, two codecs at a time; each as soon as it is ready, in any order.

        `told` hears of every codec by name, in the caller's thread, and may raise to stop.
        """
        if size < 1:
            raise ValueError(f"a file of {size} bytes cannot be made: ask for at least 1")
        return _answers({name: partial(self._fitted, name, codec, size) for name, codec in _named(codecs).items()}, told)

    def curve(self, codecs: Entrants, sizes: Sequence[int], told: Told | None = None) -> Iterator[Result | Failed]:
        """Every codec at about each of `sizes` (bytes), two codecs at a time; each file's own size is the one that counts.

        Sizes that a codec cannot reach give its nearest file, once.
        """
        return _answers({name: partial(self._spread, name, codec, sizes) for name, codec in _named(codecs).items()}, told)

    def at(self, codecs: Sequence[Codec], qualities: Mapping[str, Sequence[float]], told: Told | None = None) -> Iterator[Result | Failed]:
        """Every codec at the qualities given for its name, two codecs at a time."""
        return _answers({name: partial(self._each, codec, qualities[name]) for name, codec in _named(codecs).items()}, told)

    def _each(self, codec: Codec, qualities: Sequence[float], doing: Doing) -> Iterator[Result]:
        for index, quality in enumerate(qualities):
            part = partial(_part, doing, index, len(qualities))
            start = time.perf_counter()
            data = codec.compress(self.recording, quality, partial(part, "encoding", scale=_ENCODING))
            fitted = Fitted(data, quality, time.perf_counter() - start, 1, "")
            yield self._scored(codec.name, codec, fitted, len(data), part)

    def _fitted(self, name: str, codec: Codec, size: int, doing: Doing) -> Iterator[Result]:
        yield self._scored(name, codec, fit(codec, self.recording, size, lambda share: doing("encoding", _ENCODING * share)), size, doing)

    def _spread(self, name: str, codec: Codec, sizes: Sequence[int], doing: Doing) -> Iterator[Result]:
        guide, tried = Sizes(codec, self.recording), set[float]()
        for index, size in enumerate(sizes):
            part = partial(_part, doing, index, len(sizes))
            step = partial(part, "encoding", scale=_ENCODING)
            if guide.quality(size, step) not in tried:
                fitted = guide.file(size, step)
                tried.add(fitted.quality)
                yield self._scored(name, codec, fitted, size, part)

    def _scored(self, name: str, codec: Codec, fitted: Fitted, size: int, doing: Doing) -> Result:
        start = time.perf_counter()
        rebuilt = codec.decompress(fitted.data, lambda share: doing("decoding", _ENCODING + _DECODING * share)).recording
        decoded = time.perf_counter()
        begun = _ENCODING + _DECODING
        doing("scoring", begun)
        cost = rate_of(fitted.data, self.layout)
        own, scoring = self.own_analysis, partial(doing, "scoring")
        between = 1.0 if own is None else (begun + 1.0) / 2
        truth = self._report(self.reference, self.analysis, rebuilt, within(scoring, begun, between))
        faithful = None if own is None else self._report(self.recording, own, rebuilt, within(scoring, between, 1.0))
        scored = time.perf_counter()
        doing("done", 1.0)
        return Result(
            codec=name,
            title=codec.title,
            about=codec.about,
            data=fitted.data,
            size=size,
            quality=fitted.quality,
            rate=cost.value,
            unit=cost.unit,
            compression_ratio=cost.compression_ratio,
            reconstruction=rebuilt,
            truth=truth,
            faithful=faithful,
            seconds=Seconds(fitted.seconds, decoded - start, scored - decoded),
            apart=cost.apart,
            note=fitted.note,
        )

    def _report(self, reference: Any, analysis: Any, rebuilt: Any, progress: Progress | None = None) -> Report:
        from vqvae.pipeline import judges

        return modality(self.kind).compare(reference, rebuilt, **judges(self.kind), analysis=analysis, progress=progress)


def prepare(kind: str, recording: Any, reference: Any = None, **options: Any) -> Contest:
    """A contest on `recording`, scored against `reference`, the undisturbed original (the recording itself when None).

    Options (`lead`) are the modality's.  ValueError when there is nothing to code.
    """
    from vqvae.pipeline import judges

    judged: Any = modality(kind)
    layout = judged.to_tensors(recording).layout
    raw_bytes = judged.extent(layout).raw_bytes
    if not raw_bytes:
        raise ValueError(f"{recording.name} is empty: there is nothing to code")
    original = recording if reference is None else reference
    analysis = judged.analyse(original, **options, **judges(kind))
    same = {"lead": analysis.lead} if hasattr(analysis, "lead") else {}  # measured on the same lead, where there are leads
    own = None if reference is None else judged.analyse(recording, **same, **judges(kind))
    return Contest(kind, recording, original, analysis, own, layout, raw_bytes)


def size_at(kind: str, recording: Any, ratio: float) -> int:
    """Bytes of a file that is `ratio` times smaller than a recording as it is stored."""
    judged: Any = modality(kind)
    return _at_ratio(judged.extent(judged.to_tensors(recording).layout).raw_bytes, ratio)


def _at_ratio(raw_bytes: float, ratio: float) -> int:
    if not 0 < ratio <= raw_bytes:
        raise ValueError(f"a compression ratio of {ratio:g} is not possible: this recording has {raw_bytes:.0f} bytes")
    return int(raw_bytes / ratio)


def _named(codecs: Entrants) -> Mapping[str, Codec]:
    if isinstance(codecs, Mapping):
        return codecs
    named = {codec.name: codec for codec in codecs}
    if len(named) < len(codecs):
        raise ValueError(f"several codecs have one name among {', '.join(codec.name for codec in codecs)}: give each a name of its own")
    return named


def _part(doing: Doing, index: int, count: int, what: str, share: float, scale: float = 1.0) -> None:
    """Progress of one file of `count`, as progress of all of them."""
    doing(what, (index + scale * share) / count)


def _answers(work: Mapping[str, Callable[[Doing], Iterator[Result]]], told: Told | None) -> Iterator[Result | Failed]:
    """What the work finds as it finds it; what cannot be done is an answer too."""

    def tried(name: str, doing: Doing) -> Iterator[Result | Failed]:
        try:
            yield from work[name](doing)
        except ValueError as error:
            yield Failed(name, str(error))

    return (found.answer for found in race({name: partial(tried, name) for name in work}, told))
