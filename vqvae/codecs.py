"""Every codec by name: shipped checkpoints, then the opponents; and which one reads a file.

>>> data = codec("wavelet").compress(recording, quality=1.5)
>>> recording = open_vqz(data).decompress(data).recording
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vqvae import baselines, modalities
from vqvae.baselines.protocol import Baseline
from vqvae.codec.container import Contents, unpack
from vqvae.codec.protocol import Codec, Coder, Damage, Decompressed, Step
from vqvae.codec.vqz import read, write
from vqvae.files import chunk_frames, holes, require, require_chunk, require_fit, stretches
from vqvae.modalities import modality
from vqvae.modalities.protocol import Tensors

if TYPE_CHECKING:
    from vqvae.rates import Rate

THREADS = 2
_ENCODING = 0.4  # of the time that compressing takes an opponent, about; the rest is entropy coding


def names(kind: str) -> tuple[str, ...]:
    """What there is for one modality: shipped checkpoints with codes, then opponents."""
    from vqvae import checkpoint as checkpoints

    return (*checkpoints.names(kind), *baselines.names(kind))


def codec(name: str | Path, chunk: float | None = None, coder: str = "") -> Codec:
    """The codec of this name, or of a checkpoint's folder; ValueError naming the choices when there is none.

    chunk: how much is coded together, as the modality counts it (s, notes), as usual when None; coder: a checkpoint's entropy coder, its
    best when empty.
    """
    found = _codec(name, chunk, coder)
    require_chunk(modality(found.modality), chunk)
    return found


def _codec(name: str | Path, chunk: float | None, coder: str) -> Codec:
    if name in baselines.names():
        if coder:
            raise ValueError(f"{name} has an entropy coder of its own: leave out the coder {coder}")
        return Opponent(baselines.baseline(str(name)), chunk)
    from vqvae import pipeline
    from vqvae.checkpoint_codec import CheckpointCodec

    if weights(name) is None:
        raise ValueError(f"there is no codec {str(name)!r}: give a folder of a checkpoint, or one of: {_all()}")
    return CheckpointCodec(pipeline.load(name), chunk, coder)


def _all() -> str:
    return ", ".join(name for kind in modalities.names() for name in names(kind))


def weights(name: str | Path) -> Path | None:
    """The checkpoint folder of a codec by name or folder, None when it was not trained or is not there."""
    from vqvae import checkpoint as checkpoints

    if name in baselines.names():
        return baselines.folder(str(name))
    try:
        return checkpoints.find(name)
    except ValueError:
        return None


def trained(names: Iterable[str]) -> dict[str, Path]:
    """The checkpoint folder of every codec, by name or folder, that was trained."""
    return {name: folder for name in names if (folder := weights(name)) is not None}


def open_vqz(data: bytes, folder: str | Path | None = None) -> Codec:
    """The codec that reads a `.vqz` file; ValueError when it is no such file, or when what decodes it is not here.

    folder: the checkpoint that made it, where that is not a shipped one.
    """
    contents = unpack(data).contents
    if folder is not None:
        given = codec(folder)
        require(contents, given)
        return given
    if contents.codec not in names(contents.layout.get("modality", "")):
        here = "put its folder into checkpoints/, or decode with that folder as --checkpoint"
        raise ValueError(f"this file was made by {contents.codec}, which is not here: {here}")
    found = codec(contents.codec)
    require(contents, found)
    return found


class Opened(NamedTuple):
    """A recording out of a `.vqz` file, and what there is to know of it."""

    recording: Any  # with gaps where it is damaged
    codec: Codec
    quality: float
    rate: Rate
    lost: tuple[tuple[float, float], ...]  # as the modality's `lost` counts: s from the start of the recording, or notes
    damage: tuple[Damage, ...]


def decode(data: bytes, progress: Step | None = None) -> Opened:
    """A `.vqz` file -> what is in it; ValueError when nothing can be read."""
    from vqvae.rates import rate_of

    codec = open_vqz(data)
    contents = unpack(data).contents
    recording, damage = codec.decompress(data, progress)
    lost = stretches(modality(codec.modality), contents, damage)
    return Opened(recording, codec, contents.quality, rate_of(data, contents.layout), lost, damage)


def digest(data: bytes) -> str:
    """sha256 of what decodes a `.vqz` file, as the file states it: its first 32 hexadecimal digits."""
    return unpack(data).contents.sha256


def identity(found: Codec) -> str:
    """sha256 of what a codec decodes with."""
    return str(getattr(found, "sha256", ""))


class Opponent:
    """A classical codec with files of its own."""

    def __init__(self, baseline: Baseline, chunk: float | None = None) -> None:
        """chunk: how much is coded together, as the modality counts it; as usual when None."""
        self.name, self.title, self.about, self.qualities = baseline.name, baseline.title, baseline.about, baseline.qualities
        self.modality = baseline.modality
        self.sha256 = getattr(baseline, "sha256", None) or hashlib.sha256(f"{self.name} 1".encode()).hexdigest()
        """Of the weights it decodes with; where it has none, of its name and the version of its format."""
        self._baseline, self._chunk, self._kind = baseline, chunk, modality(baseline.modality)
        self._bare = bool(getattr(baseline, "bare", False))
        """Whether it codes values without what they were padded with."""

    def compress(self, recording: Any, quality: float, progress: Step | None = None) -> bytes:
        """The recording's file."""
        low, high = self.qualities
        if not low <= quality <= high:
            raise ValueError(f"a quality of {quality:g} is not possible with {self.name}: it takes {low:g} to {high:g}")
        kind: Any = self._kind
        values, layout = kind.to_tensors(recording)
        codes = self._baseline.encode(kind.bare(values, layout) if self._bare else values, quality)
        coder = self._baseline.coder(len(codes), quality)
        frame, together = kind.length(layout) / codes.shape[-1], getattr(self._baseline, "together", 1)
        chunk = chunk_frames(kind, self._chunk, frame, codes.shape, together)
        contents = Contents(self.name, self.sha256, coder.name, float(quality), codes.shape, chunk, layout)
        return write(contents, codes, coder, THREADS, progress and (lambda share: progress(_ENCODING + (1 - _ENCODING) * share)))

    def decompress(self, data: bytes, progress: Step | None = None) -> Decompressed:
        """The recording out of its file, with gaps where that is damaged; ValueError when nothing can be read."""
        file = read(data, self._coder, THREADS, progress)
        kind: Any = self._kind
        layout = file.contents.layout
        values = self._baseline.decode(file.codes, file.contents.quality, *self._sides(layout))
        values = kind.padded(values, layout) if self._bare else values
        return Decompressed(kind.restore(Tensors(values, holes(kind, file.contents, file.damage))), file.damage)

    def _sides(self, layout: dict[str, Any]) -> tuple[int, ...]:
        """Of the values that it codes."""
        kind: Any = self._kind
        return tuple(kind.extents(layout)) if self._bare else tuple(kind.sides(layout))

    def _coder(self, contents: Contents) -> Coder:
        require(contents, self)
        require_fit(self._kind, contents, self.qualities, lambda quality, *_: self._baseline.shape(quality, *self._sides(contents.layout)))
        coder = self._baseline.coder(contents.shape[0], contents.quality)
        if contents.coder != coder.name:
            raise ValueError(f"the file states the coder {contents.coder}, but {self.name} has another: it is damaged or forged")
        return coder
