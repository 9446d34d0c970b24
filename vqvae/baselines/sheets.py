"""What small pictures would be stored as: all of them side by side on one sheet, and that as JPEG, JPEG 2000 or WebP.

A file for every digit would be mostly header: 28 × 28 pixels of JPEG take 3 bits a pixel before the first stroke.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vqvae.baselines.pictures import Jpeg, Jpeg2000, PictureCoder, WebP
from vqvae.codec.protocol import Coder


class JpegSheet(Jpeg):
    """Grey baseline JPEG of a sheet of digits; quality is libjpeg's."""

    modality = "digits"
    name = "jpeg-sheet"
    title = "JPEG of a sheet"
    about = (
        "Up to a thousand digits side by side on one sheet, which is a JPEG file: cosine transform of 8 × 8 blocks, Huffman coder made for "
        "the sheet. Its header, which a single digit cannot pay for, counts."
    )
    bare = False

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the pixels, and loses what the quality says."""
        return SheetCoder(self.entropy, self.format, self.options(quality))


class Jpeg2000Sheet(JpegSheet, Jpeg2000):
    """JPEG 2000 of a sheet of digits; quality is log2 of the bits that a pixel may take."""

    name = "jpeg2000-sheet"
    title = "JPEG 2000 of a sheet"
    about = "The same sheet as a bare JPEG 2000 codestream: CDF 9/7 wavelet; arithmetic coder of bit planes."


class WebPSheet(JpegSheet, WebP):
    """Lossy WebP of a sheet of digits; quality is libwebp's."""

    name = "webp-sheet"
    title = "WebP of a sheet"
    about = "The same sheet as a lossy WebP file: predicted blocks as in VP8 video, arithmetic coder; method 6, its slowest."


class SheetCoder(PictureCoder):
    """Pixels (1, 1, X, Y, S) <-> one picture of all S, and what comes back is no more than nearly what went in."""

    def encode(self, codes: np.ndarray) -> bytes:
        """pixels (1, 1, X, Y, S) -> payload: the file of the sheet."""
        return self._file(_sheet(codes[0, 0]))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> pixels (1, 1, X, Y, S) uint8; ValueError when the payload cannot be one of them."""
        _, _, width, height, count = shape
        columns, rows = _sides(count)
        sheet = self._pixels(data, (columns * width, rows * height))
        cells = sheet.reshape(columns, width, rows, height).transpose(1, 3, 2, 0)  # (X, Y, rows, columns)
        return np.ascontiguousarray(cells.reshape(width, height, -1)[:, :, :count])[None, None]


def _sheet(images: np.ndarray) -> np.ndarray:
    """(X, Y, S) -> (columns · X, rows · Y), the last cells black."""
    width, height, count = images.shape
    columns, rows = _sides(count)
    cells = np.zeros((width, height, rows * columns), images.dtype)
    cells[:, :, :count] = images
    return cells.reshape(width, height, rows, columns).transpose(3, 0, 2, 1).reshape(columns * width, rows * height)


def _sides(count: int) -> tuple[int, int]:
    """Columns and rows of a sheet of so many pictures, as square as it can be."""
    columns = math.isqrt(count - 1) + 1
    return columns, -(-count // columns)
