"""What pictures are usually stored as: JPEG, JPEG 2000 and WebP, one file of its own for every slice."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vqvae.baselines.scalar import require_shape
from vqvae.codec.protocol import Coder

WHITE = 255  # the end of the window; these formats hold 8 bits
LUMINANCE = (  # steps at quality 50, ITU-T T.81 (1992), table K.1
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62, 18,
    22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip

Options = Callable[[float], dict[str, Any]]
"""A quality -> what Pillow is to be told."""


class Jpeg:
    """Grey baseline JPEG; quality is libjpeg's, whose steps are taken between whole numbers too."""

    modality = "brain"
    name = "jpeg"
    title = "JPEG"
    about = "Every slice is a JPEG file in 8 bits: cosine transform of 8 × 8 blocks; Huffman coder, its codes made for this slice."
    qualities = (1.0, 99.0)
    bare = True
    entropy = "static"
    format = "JPEG"

    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (1, 1, X, Y, S) -> pixels (1, 1, X, Y, S) uint8: the window in 255 steps, what lies outside at its ends."""
        return np.rint(np.clip(values, 0, 1) * np.float32(WHITE)).astype(np.uint8)

    def shape(self, quality: float, *sides: int) -> tuple[int, ...]:
        """A pixel for every value."""
        return (1, *sides)

    def decode(self, codes: np.ndarray, quality: float, *sides: int) -> np.ndarray:
        """pixels (1, 1, X, Y, S) -> values (1, 1, X, Y, S) float32; ValueError when they do not fit."""
        require_shape(codes, self.shape(quality, *sides))
        return codes.astype(np.float32) / np.float32(WHITE)

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the pixels, and loses what the quality says."""
        return PictureCoder(self.entropy, self.format, self.options(quality))

    def options(self, quality: float) -> dict[str, Any]:
        """What Pillow is told: libjpeg's own table of steps."""
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        steps = np.clip(np.floor((np.array(LUMINANCE) * scale + 50) / 100), 1, 255)
        return {"qtables": [steps.astype(int).tolist()], "optimize": True}


class Jpeg2000(Jpeg):
    """JPEG 2000; quality is log2 of the bits that a pixel may take."""

    name = "jpeg2000"
    title = "JPEG 2000"
    about = "Every slice is a JPEG 2000 codestream in 8 bits, without a box around it: CDF 9/7 wavelet; arithmetic coder of bit planes."
    qualities = (-5.0, 3.0)
    entropy = "adaptive"
    format = "JPEG2000"

    def options(self, quality: float) -> dict[str, Any]:
        """What Pillow is told."""
        return {"quality_mode": "rates", "quality_layers": [8 / 2.0**quality], "irreversible": True, "no_jp2": True}


class WebP(Jpeg):
    """Lossy WebP; quality is libwebp's."""

    name = "webp"
    title = "WebP"
    about = "Every slice is a lossy WebP file in 8 bits: predicted blocks as in VP8 video, arithmetic coder; method 6, its slowest."
    qualities = (0.0, 100.0)
    entropy = "adaptive"
    format = "WEBP"

    def options(self, quality: float) -> dict[str, Any]:
        """What Pillow is told."""
        return {"quality": quality, "method": 6}


class PictureCoder:
    """Pixels (1, 1, X, Y, S) <-> payload, and what comes back is no more than nearly what went in.

    A payload holds every slice's file, all but the last one behind its length (3 bytes).
    """

    def __init__(self, name: str, format: str, options: dict[str, Any]) -> None:
        """name: "static" or "adaptive"; format and options as Pillow calls them."""
        self.name, self._format, self._options = name, format, options

    def encode(self, codes: np.ndarray) -> bytes:
        """pixels (1, 1, X, Y, S) -> payload."""
        files = [self._file(codes[0, 0, :, :, place]) for place in range(codes.shape[4])]
        lengths = [*(len(file).to_bytes(3, "little") for file in files[:-1]), b""]
        return b"".join(part for pair in zip(lengths, files, strict=True) for part in pair)

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> pixels (1, 1, X, Y, S) uint8; ValueError when the payload cannot be one of them."""
        _, _, width, height, count = shape
        return np.stack([self._pixels(file, (width, height)) for file in _files(data, count)], axis=2)[None, None]

    def _file(self, plane: np.ndarray) -> bytes:
        """Pixels (X, Y) -> a file whose rows are those of the image from top to bottom."""
        from PIL import Image

        file = io.BytesIO()
        try:
            Image.fromarray(np.ascontiguousarray(plane.T[::-1])).save(file, self._format, **self._options)
        except (OSError, ValueError) as error:
            raise ValueError(f"{self._format} cannot hold a picture of {plane.shape[0]} × {plane.shape[1]} pixels") from error
        return file.getvalue()

    def _pixels(self, file: bytes, sides: tuple[int, int]) -> np.ndarray:
        """Undo `_file`; nothing is made of a picture of other sides than these."""
        from PIL import Image

        try:
            with Image.open(io.BytesIO(file), formats=[self._format]) as picture:
                fits = picture.size == sides
                pixels = np.asarray(picture.convert("L")) if fits else np.empty(0)
        except (OSError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
            raise ValueError(f"a {self._format} picture in it is damaged") from error
        if not fits:
            raise ValueError(f"a picture in it has other sides than {sides[0]} × {sides[1]}")
        return pixels[::-1].T


def _files(data: bytes, count: int) -> list[bytes]:
    """The files of so many slices; ValueError when there are fewer."""
    found, start = [], 0
    for _ in range(count - 1):
        stop = start + 3 + int.from_bytes(data[start : start + 3], "little")
        found.append(data[start + 3 : stop])
        start = stop
    if start >= len(data):
        raise ValueError(f"it ends before the last of its {count} pictures")
    return [*found, data[start:]]
