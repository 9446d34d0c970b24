"""A codec small enough to trust: one step for all samples, differences, and zlib."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from vqvae.codec.protocol import Decompressed, Step
from vqvae.modalities.ecg import Ecg, restore, to_tensors
from vqvae.modalities.protocol import Tensors


@dataclass
class Toy:
    """quality = -log2(step), the step in standard deviations of a lead; `grain` rounds it, for sizes that come in steps."""

    name: str = "toy"
    grain: float = 0.0
    qualities: tuple[float, float] = (-4.0, 6.0)
    made: int = 0  # files so far
    title: str = "Toy"
    about: str = "Rounds samples to steps."
    modality: str = "ecg"

    def compress(self, recording: Ecg, quality: float, progress: Step | None = None) -> bytes:
        self.made += 1
        if self.grain:
            quality = self.grain * round(quality / self.grain)
        values, layout = to_tensors(recording)
        steps = np.rint(values * 2.0**quality).astype("<i2")
        header = json.dumps({"layout": layout, "quality": quality, "shape": values.shape}).encode()
        if progress:
            progress(0.5)
        return len(header).to_bytes(4, "little") + header + zlib.compress(np.diff(steps, axis=2, prepend=0).astype("<i2").tobytes(), 1)

    def decompress(self, data: bytes, progress: Step | None = None) -> Decompressed:
        start = 4 + int.from_bytes(data[:4], "little")
        header: dict[str, Any] = json.loads(data[4:start])
        steps = np.cumsum(np.frombuffer(zlib.decompress(data[start:]), "<i2").reshape(header["shape"]), axis=2, dtype=np.int64)
        values = (steps / 2.0 ** header["quality"]).astype(np.float32)
        return Decompressed(restore(Tensors(values, header["layout"])), ())
