"""MNIST in a folder, in parts of a thousand digits: each is a recording."""

from __future__ import annotations

from pathlib import Path

from vqvae.datasets.splits import SPLITS

ARRAYS = "mnist.npz"
FILES = {"x_train": "train-images-idx3-ubyte", "x_test": "t10k-images-idx3-ubyte"}  # where MNIST lies in files of its own
TEST = tuple(f"x_test/{first}-{first + 1000}" for first in range(0, 10_000, 1000))


def parts(folder: Path, split: str = "") -> dict[str, Path]:
    """Name -> what `read` takes of the digits in a folder: "training", "validation" or, without a split, the test images."""
    return selected(folder, getattr(SPLITS["mnist"], split) if split else TEST)


def selected(folder: Path, names: tuple[str, ...] | list[str]) -> dict[str, Path]:
    """The same of parts by name: "x_test/0-1000" are the first thousand test images.  ValueError where MNIST is not in the folder."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    return {name: _place(folder, *name.split("/", 1)) for name in names}


def _place(folder: Path, array: str, span: str = "") -> Path:
    if (folder / ARRAYS).is_file():
        return folder / ARRAYS / array / span
    stem = FILES.get(array, array)
    found = next((path for path in (folder / stem, folder / f"{stem}.gz", folder / stem.replace("-idx", ".idx")) if path.is_file()), None)
    if found is None:
        raise ValueError(f"{folder} holds no MNIST: neither {ARRAYS} nor {stem} (.gz) is in it")
    return found / span
