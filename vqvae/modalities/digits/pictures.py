"""Digits out of image files: PNG, JPEG and what else Pillow reads."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

MAX_PIXELS = 30_000_000  # of one image: bounds memory
SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm"))
COLOURS, TINT = 100, 0.15  # pixels a side in which colours are looked for; how far one is from that of the paper
COLOURED = 0.2  # of a picture, that coloured ink covers at most
LARGEST = 800  # pixels along the longer side that are looked at: finer ones say nothing of 20 × 20


def picture(path: Path) -> np.ndarray:
    """The image in a file (rows, columns), grey, 0 to 1."""
    return picture_of(path.read_bytes(), path.name)


def picture_of(data: bytes, name: str) -> np.ndarray:
    """The same of the bytes of a file of this name; ValueError with one sentence for every fault."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not data:
        raise ValueError(f"{name} is empty, it has 0 bytes: save or copy it again, then drop it")
    try:
        with _opened(data) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"{name} has {width} × {height} pixels; up to {MAX_PIXELS / 1e6:.0f} million can be read: make it smaller")
            image.draft("L", (LARGEST, LARGEST))
            return _grey(ImageOps.exif_transpose(image), name)
    except UnidentifiedImageError:
        raise ValueError(f"{name} is no image that can be read: PNG, JPEG, TIFF, BMP, GIF and WebP can") from None
    except Image.DecompressionBombError:
        raise ValueError(f"{name} has far too many pixels to be a digit: make it smaller") from None
    except (OSError, SyntaxError, EOFError, MemoryError, OverflowError):
        raise ValueError(f"{name} is damaged or cut off: save it again") from None


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of an image by its header; None for what is no image."""
    from PIL import Image, UnidentifiedImageError

    try:
        with _opened(data) as image:
            return image.size
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        return None


def colourful(data: bytes) -> bool:
    """Whether an image shows more colours than ink on one paper does, as a photograph of the world; False for what is no image.

    Looked at is how much of it is of another tint than most of it, so that yellow paper, the light of a lamp and red ink count nothing.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with _opened(data) as image:
            image.draft("RGB", (COLOURS, COLOURS))
            pixels = np.asarray(image.convert("RGB").resize((COLOURS, COLOURS), Image.Resampling.BOX), np.float32).reshape(-1, 3) / 255
    except (UnidentifiedImageError, OSError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        return False
    tints = pixels - pixels.mean(axis=1, keepdims=True)
    return float((np.abs(tints - np.median(tints, axis=0)).max(axis=1) > TINT).mean()) > COLOURED


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    """An image without Pillow's words on how large it is, that would stand on the terminal."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(data)) as image:
            yield image


def _grey(image: Any, name: str) -> np.ndarray:
    """An opened image -> (rows, columns) from 0 to 1; what is transparent is the ground, dark under light ink and light under dark."""
    from PIL import Image

    if max(image.size) > LARGEST:
        image = image.convert("RGBA" if _transparent(image) else "F" if image.mode.startswith(("I", "F")) else "L")
        image.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    if _transparent(image):
        bands = np.asarray(image.convert("RGBA"), np.float32) / 255
        grey, alpha = bands[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32), bands[..., 3]
        inside = float((grey * alpha).sum() / max(float(alpha.sum()), 1e-6))
        return np.asarray(grey * alpha + (1 - alpha) * (inside < 0.5), np.float32)
    if image.mode.startswith(("I", "F")):
        deep = np.asarray(image, np.float32)
        if not np.isfinite(deep).all():
            raise ValueError(f"{name} has pixels that are no numbers (NaN or infinite): replace them")
        return deep / np.float32(max(65535.0 if image.mode.startswith("I") else 1.0, float(deep.max())))
    return np.asarray(image.convert("L"), np.float32) / 255


def _transparent(image: Any) -> bool:
    return image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
