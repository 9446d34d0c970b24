"""PNG, JPEG and TIFF with Pillow: 8 or 16 bit, colour turned to grey."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

from vqvae.modalities.brain.limits import MAX_SIDE, require_size
from vqvae.modalities.brain.quiet import quiet
from vqvae.modalities.brain.recording import Source, Volume
from vqvae.modalities.brain.values import TURNED_GREY, finite, grey

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "JPEG2000")
_WHOLE = {"1": "L", "L": "L", "LA": "LA", "PA": "RGBA", "RGBA": "RGBA", **dict.fromkeys(("P", "RGB", "CMYK", "YCbCr", "LAB"), "RGB")}


class Picture(NamedTuple):
    """Grey pixels of a file's pictures."""

    pixels: np.ndarray  # (frames, rows, columns) uint8, uint16 or float32
    colour: bool  # turned to grey
    depth: str  # of what the file holds
    lessened: bool  # to 8 bits, as colours of more are not read


def read_pictures(paths: Sequence[Path], name: str) -> Volume:
    """One picture, the pictures of a TIFF file, or several files as the slices of one volume, in order."""
    found: list[Picture] = []
    for path in paths:
        picture = read_picture(path)
        if found and picture.pixels.shape != found[0].pixels.shape:
            raise ValueError(f"{path.name} has another size than {paths[0].name}: the slices of one volume have the same size.")
        if found and picture.depth != found[0].depth:
            depths = f"{path.name} holds {picture.depth} and {paths[0].name} {found[0].depth}"
            raise ValueError(f"{depths}: the slices of one volume have the same depth, convert some of them.")
        found.append(picture)
        require_size(name, (*picture.pixels.shape[:0:-1], len(paths) * len(picture.pixels)))
    pixels = np.concatenate([picture.pixels for picture in found])
    count, said = sum(picture.colour for picture in found), []
    if count:
        said.append(f"{count} of {len(found)} pictures were {TURNED_GREY}." if len(found) > 1 else f"The picture was {TURNED_GREY}.")
    if lessened := sum(picture.lessened for picture in found):
        which = f"{lessened} of {len(found)} pictures" if len(found) > 1 else "The picture"
        said.append(f"{which} had 16 bits a colour: 8 of them were read.")
    voxels, missing = finite(pixels.transpose(2, 1, 0)[:, ::-1], paths[0].name if len(paths) == 1 else name)
    form = "tif" if paths[0].suffix.lower() in (".tif", ".tiff") or pixels.dtype.kind == "f" else "png"
    source = Source(form, pixels.dtype.newbyteorder("<").str, dims=2 if len(pixels) == 1 else 3, colour=bool(count))
    return Volume(name, voxels, source=source, said=(*said, *missing, *_written(paths[0], voxels.shape[2])))


def _written(path: Path, slices: int) -> tuple[str, ...]:
    """Which other format it comes back in."""
    if slices > 1:
        return ("Several pictures are one volume: what becomes of them is written as NIfTI.",)
    lossy = path.suffix.lower() not in (".png", ".tif", ".tiff")
    said = f"The reconstruction of {path.name} is written as PNG, as saving it in a format such as JPEG would lose more of it."
    return (said,) if lossy else ()


def read_picture(path: Path) -> Picture:
    """Grey pixels of one file; ValueError in one sentence for what is no picture, too large or damaged."""
    from PIL import Image, UnidentifiedImageError

    Image.init()
    with quiet():
        try:
            with Image.open(path, formats=FORMATS) as image:
                frames = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1  # others are films, or two views
                require_size(path.name, (*image.size, frames) if frames > 1 else image.size)
                return _grey(image, frames, path.name)
        except (UnidentifiedImageError, Image.DecompressionBombError):
            known = f"PNG, JPEG and TIFF up to {MAX_SIDE} pixels a side work"
            raise ValueError(f"{path.name} is no picture that can be read, or far too large: {known}.") from None
        except (OSError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError, MemoryError):
            raise ValueError(f"{path.name} is a damaged or truncated picture: get another copy of it.") from None


def size_of(file: BinaryIO) -> tuple[int, ...]:
    """Columns and rows of a picture, without reading it; nothing when they cannot be told."""
    from PIL import Image, UnidentifiedImageError

    file.seek(0)
    Image.init()
    with quiet():
        try:
            with Image.open(file, formats=FORMATS) as image:
                return image.size
        except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError):
            return ()
        finally:
            if not file.closed:
                file.seek(0)


def _grey(image: Image, frames: int, file: str) -> Picture:
    found: list[np.ndarray] = []
    depths, colour, lessened = set(), False, False
    for frame in range(frames):
        if frames > 1:
            image.seek(frame)
            require_size(file, image.size)
        lessened |= image.mode in _WHOLE and ";16" in str(getattr(image, "tile", ""))
        depths.add(_depth(image))
        pixels, coloured = _plane(image)
        if found and found[0].shape != pixels.shape:
            raise ValueError(f"{file} holds pictures of different sizes: give one of them.")
        if len(depths) > 1:
            raise ValueError(f"{file} holds pictures of different depths, {' and '.join(sorted(depths))}: give one of them.")
        found.append(pixels)
        colour |= coloured
    return Picture(np.stack(found), colour, depths.pop(), lessened)


def _depth(image: Image) -> str:
    return "8 bits" if image.mode in _WHOLE else "floating-point numbers" if image.mode == "F" else "16 bits or more"


def _plane(image: Image) -> tuple[np.ndarray, bool]:
    """Grey pixels (rows, columns), and whether they were in colour."""
    if image.mode not in _WHOLE:  # 16 and 32 bits
        pixels = np.asarray(image)
        if pixels.dtype.kind == "i" and pixels.size and pixels.min() >= 0 and pixels.max() < 1 << 16:
            return pixels.astype(np.uint16), False
        return pixels.astype(np.uint16 if pixels.dtype.itemsize == 2 and pixels.dtype.kind == "u" else np.float32), False
    pixels = np.asarray(image.convert(_WHOLE[image.mode]))
    if pixels.ndim == 2:
        return pixels.astype(np.uint8), False
    if pixels.shape[2] == 2:
        return pixels[:, :, 0].copy(), False
    red, green, blue = (pixels[:, :, channel] for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return red.copy(), False
    return grey(pixels), True
