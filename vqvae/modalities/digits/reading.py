"""Digits out of files of every kind: .npz, .npy, IDX, images, and folders of images."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from vqvae.modalities.digits import arrays
from vqvae.modalities.digits.normalising import Normalised, normalised
from vqvae.modalities.digits.pictures import SUFFIXES, colourful, picture
from vqvae.modalities.digits.recording import LONGEST_NAME, MAX_IMAGES, SIDE, Digits
from vqvae.modalities.wording import count

ARRAYS = frozenset((".npz", ".npy"))
_NEITHER = "in many colours, as writing on paper is not: this looks like no digit"
KNOWN = "images (.png, .jpg, …), arrays (.npy, .npz) and MNIST's own files (…-idx3-ubyte, .gz)"


def read(path: Path) -> Digits:
    """The digits in `path`: an image, a folder of images, an array (N, 28, 28), or a part of one.

    A part is a path that goes on inside the file: `mnist.npz/x_test/0-1000` are the first thousand of the array x_test.  Images of
    28 × 28 pixels in arrays are taken as they are; all others are turned to light ink on black, scaled and centred.  What was changed is
    said in the recording.  ValueError with one sentence for every fault.
    """
    file, inside = located(Path(path))
    if file.is_dir():
        return _of_folder(file)
    if file.suffix.lower() in SUFFIXES:
        found = _of_image(file)
        return Digits(called(file.stem), found.image[None], _said([found.said]))
    return _of_array(file, inside)


def located(path: Path) -> tuple[Path, str]:
    """The file that a path leads to or into, and the rest of the path; ValueError where there is none."""
    for place in (path, *path.parents):
        if place.is_file() or (place == path and place.is_dir()):
            return place, path.relative_to(place).as_posix() if place != path else ""
    raise ValueError(f"{path.name} does not exist: give a file of digits")


def _of_array(file: Path, inside: str) -> Digits:
    array, _, span = inside.rpartition("/") if re.search(r"(^|/)\d+-\d+$", inside) else (inside, "", "")
    chosen = arrays.Span(*map(int, span.split("-"))) if span else arrays.ALL
    if file.suffix.lower() == ".npz":
        stack = arrays.npz(file, array, chosen)
    elif array:
        raise ValueError(f"{file.name} is one array: {array!r} is not in it")
    elif file.suffix.lower() == ".npy":
        stack = arrays.npy(file, chosen)
    elif looks_like_idx(file):
        stack = arrays.idx(file, chosen)
    else:
        raise ValueError(f"{file.name} holds no digits: {KNOWN} can be read")
    return _of_stack(stack, called("-".join(filter(None, (file.stem, array, span)))), file.name)


def looks_like_idx(file: Path) -> bool:
    """Whether a file is one of MNIST's own, by its first bytes or, packed, by its name."""
    with file.open("rb") as opened:
        start = opened.read(4)
    return start[:3] == arrays.IDX[:3] or (start[:2] == arrays.GZIP and "idx" in file.name)


def _of_stack(stack: np.ndarray, name: str, file: str) -> Digits:
    if len(stack) > MAX_IMAGES:
        raise ValueError(f"{file} has {len(stack)} images; up to {MAX_IMAGES} can be read: take a part, as {file}/0-1000")
    if stack.shape[1:] == (SIDE, SIDE) and stack.dtype == np.uint8:
        return Digits(name, np.ascontiguousarray(stack))
    values = arrays.whole(stack, file)
    if stack.shape[1:] == (SIDE, SIDE):
        return Digits(name, np.rint(255 * values).astype(np.uint8), ("Pixels were scaled to 0 to 255.",))
    found = [normalised(image, f"image {place} of {file}") for place, image in enumerate(values)]
    return Digits(name, np.stack([one.image for one in found]), _said([one.said for one in found]))


def _of_folder(folder: Path) -> Digits:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise ValueError(f"{folder.name} holds no images: {', '.join(sorted(SUFFIXES))} can be read")
    if len(paths) > MAX_IMAGES:
        raise ValueError(f"{folder.name} holds {len(paths)} images; up to {MAX_IMAGES} can be read: take a part of them")
    found = [_of_image(path) for path in paths]
    name = called(folder.name if len(paths) > 1 else paths[0].stem)
    return Digits(name, np.stack([one.image for one in found]), _said([one.said for one in found]))


def _of_image(path: Path) -> Normalised:
    """The digit in an image; of one in many colours it is said that it may be none."""
    found = normalised(picture(path), path.name)
    return found._replace(said=(*found.said, _NEITHER)) if colourful(path.read_bytes()) else found


def _said(changes: list[tuple[str, ...]]) -> tuple[str, ...]:
    """What happened to how many images, a sentence each."""
    every = [change for each in changes for change in each]
    return tuple(f"{count(every.count(change), 'image')}: {change}." for change in dict.fromkeys(every))


def called(name: str) -> str:
    """What a recording out of a file of this name is called: fit to be a file's name again on any system."""
    return re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", name).strip(" .")[:LONGEST_NAME] or "digits"
