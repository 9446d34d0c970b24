"""A checkpoint as a codec: recordings <-> `.vqz` files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vqvae import pipeline
from vqvae.checkpoint import Checkpoint
from vqvae.codec.container import Contents
from vqvae.codec.protocol import Coder, Decompressed, Step
from vqvae.codec.vqz import read
from vqvae.families import family
from vqvae.families.protocol import Family
from vqvae.files import holes, require, require_fit
from vqvae.modalities import modality
from vqvae.modalities.protocol import Tensors


@dataclass(frozen=True)
class CheckpointCodec:
    """`Codec` of a checkpoint."""

    checkpoint: Checkpoint
    chunk: float | None = None  # how much is coded together, as the modality counts it; as usual when None
    coder: str = ""  # "adaptive" or "static"; the checkpoint's best when empty

    @property
    def name(self) -> str:
        return self.checkpoint.name

    @property
    def title(self) -> str:
        return self._family.title

    @property
    def about(self) -> str:
        return self._family.about

    @property
    def modality(self) -> str:
        return self.checkpoint.config.modality

    @property
    def qualities(self) -> tuple[float, float]:
        return self._family.qualities

    @property
    def sha256(self) -> str:
        """Of all that decodes a file."""
        return self.checkpoint.identity

    @cached_property
    def _family(self) -> Family:
        return family(self.checkpoint)

    def compress(self, recording: Any, quality: float, progress: Step | None = None) -> bytes:
        """The recording's file; ValueError for a quality that is not offered."""
        low, high = self.qualities
        if not low <= quality <= high:
            raise ValueError(f"a quality of {quality:g} is not possible with {self.name}: it takes {low:g} to {high:g}")
        return pipeline.compress(self.checkpoint, recording, quality, self.coder, self.chunk, progress)

    def decompress(self, data: bytes, progress: Step | None = None) -> Decompressed:
        """The recording out of its file, with gaps where that is damaged; ValueError when nothing can be read."""
        file = read(data, self._coder, pipeline.THREADS, progress and (lambda share: progress(0.3 * share)))
        kind: Any = modality(self.modality)
        rest = progress and (lambda share: progress(0.3 + 0.7 * share))
        values = self._family.decode(file.codes, file.contents.quality, getattr(kind, "template", None), rest)
        return Decompressed(kind.restore(Tensors(values, holes(kind, file.contents, file.damage))), file.damage)

    def _coder(self, contents: Contents) -> Coder:
        require(contents, self)
        require_fit(modality(self.modality), contents, self.qualities, self._shape)
        return self._family.coder(contents.coder, contents.shape, contents.quality)

    def _shape(self, quality: float, *sides: int) -> tuple[int, ...]:
        return self._family.shape(quality, sides)
