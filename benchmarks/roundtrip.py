"""10,000 random code arrays of all shapes through both coders and the whole file, each compared with what came back.

`python -m benchmarks.roundtrip`.  Prints arrays, codes, bits a code and how many arrays differed, which must be none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vqvae.codec.adaptive import AdaptiveCoder
from vqvae.codec.container import Contents
from vqvae.codec.descriptions import indices, wavelet_frames
from vqvae.codec.protocol import Coder
from vqvae.codec.static import StaticCoder
from vqvae.codec.static_tables import learn
from vqvae.codec.vqz import read, write

ARRAYS = 10_000
SIZES = (1, 2, 3, 4, 7, 16, 64, 100, 512, 1000, 4096)
HASH_BITS = 10  # small states, as every array starts from a fresh one


class Case(NamedTuple):
    """Codes and what is to write them."""

    codes: np.ndarray
    coder: Coder
    chunk: int


@lru_cache
def static_coder(size: int) -> StaticCoder:
    """Tables for up to 6 levels."""
    rng = np.random.default_rng(size)
    return StaticCoder(learn([np.minimum(rng.geometric(min(1, 8 / size), (1, 6, 2000)) - 1, size - 1) for _ in range(2)], size))


@lru_cache(maxsize=64)
def index_coder(size: int, levels: int, rows: int) -> AdaptiveCoder:
    return AdaptiveCoder(indices(levels, (size - 1).bit_length(), rows, HASH_BITS))


@lru_cache
def wavelet_coder(rows: int) -> AdaptiveCoder:
    return AdaptiveCoder(wavelet_frames(rows, HASH_BITS))


def case(kind: str, rng: np.random.Generator) -> Case:
    """Codes of any shape, now spread evenly, now nearly always the same, now as far out as can be written."""
    frames, chunk = int(rng.integers(0, 2 ** int(rng.integers(1, 7)))), int(rng.integers(1, 50))
    if kind == "wavelet frames":
        rows = int(rng.integers(1, 4))
        codes = rng.laplace(0, rng.choice([0.1, 2, 50, 20_000]), (rows, 32, frames // 4)).round().clip(-(2**18), 2**18)
        return Case(codes.astype(np.int32), wavelet_coder(rows), chunk)
    size, levels = int(rng.choice(SIZES)), int(rng.integers(1, 7))
    rows = int(rng.integers(0 if kind == "static" else 1, 4))
    more = tuple(int(extent) for extent in rng.integers(0, 5, int(rng.integers(0, 3)))) if kind == "static" else ()
    codes = np.floor(size * rng.random((rows, levels, *more, frames)) ** rng.choice([1, 4, 64])).astype(np.int32)
    return Case(codes, static_coder(size) if kind == "static" else index_coder(size, levels, rows), chunk)


def differs(found: Case, data: bytes) -> bool:
    """Whether what comes back is not what went in."""
    file = read(data, lambda _: found.coder)
    return file.codes.shape != found.codes.shape or bool((file.codes != found.codes).any()) or bool(file.damage)


def main() -> None:
    """Print one row a coder."""
    print(f"{'coder':24} {'arrays':>7} {'codes':>9} {'bit/code':>9} {'differ':>7}")
    for kind in ("static", "adaptive indices", "wavelet frames"):
        rng, total, size, wrong = np.random.default_rng(0), 0, 0, 0
        for _ in range(ARRAYS):
            found = case(kind, rng)
            stated = Contents("any", "00" * 16, found.coder.name, 0, found.codes.shape, found.chunk, {})
            data = write(stated, found.codes, found.coder)
            wrong += differs(found, data)
            total, size = total + found.codes.size, size + len(data)
        print(f"{kind:24} {ARRAYS:7} {total:9} {8 * size / max(total, 1):9.2f} {wrong:7}")


if __name__ == "__main__":
    main()
