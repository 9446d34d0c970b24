"""Codes <-> the bytes of a `.vqz` file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from vqvae.codec.container import Contents, lost, pack, unpack
from vqvae.codec.protocol import Coder, Damage, Step

FindCoder = Callable[[Contents], Coder]
"""What decodes a file with these contents; ValueError when that is not at hand."""

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class File(NamedTuple):
    """What was read from a file."""

    contents: Contents
    codes: np.ndarray  # (N, Q, *S) int32, zero where damaged
    damage: tuple[Damage, ...]


def even_chunk(frames: int, wanted: int) -> int:
    """Frames a chunk, about as many as wanted, so that the last chunk is no stub that pays for a start of its own."""
    return max(1, -(-frames // max(1, round(frames / wanted))))


def write(contents: Contents, codes: np.ndarray, coder: Coder, threads: int = 1, progress: Step | None = None) -> bytes:
    """codes (N, Q, *S) -> the file, in chunks along the last axis; the same bytes for any number of threads."""
    if codes.shape != contents.shape or coder.name != contents.coder:
        given, stated = (coder.name, codes.shape), (contents.coder, contents.shape)
        raise ValueError(f"coder and shape of the codes, {given}, are not those that the contents state, {stated}")
    pieces = [codes[..., slice(*contents.frames(chunk))] for chunk in range(contents.chunks)]
    return pack(contents, list(_each(coder.encode, pieces, threads, progress)))


def read(data: bytes, find_coder: FindCoder, threads: int = 1, progress: Step | None = None) -> File:
    """The file -> codes, and which chunks of them are lost; ValueError with what to do when nothing can be read."""
    contents, payloads, damage = unpack(data)
    coder = find_coder(contents)
    codes = np.zeros(contents.shape, np.int32)

    def decode(chunk: int) -> Damage | None:
        payload, (start, stop) = payloads[chunk], contents.frames(chunk)
        if payload is None:
            return None
        try:
            codes[..., start:stop] = coder.decode(payload, (*contents.shape[:-1], stop - start))
        except ValueError as error:
            return lost(contents, chunk, f"cannot be decoded ({error})")
        return None

    found = [*damage, *filter(None, _each(decode, range(contents.chunks), threads, progress))]
    return File(contents, codes, tuple(sorted(found)))


def _each(work: Callable[[_In], _Out], items: Sequence[_In], threads: int, progress: Step | None) -> Iterator[_Out]:
    """Results in order; what `progress` raises ends the work."""
    with ThreadPoolExecutor(threads) as pool:
        try:
            for done, result in enumerate(pool.map(work, items), 1):
                if progress:
                    progress(done / len(items))
                yield result
        finally:
            pool.shutdown(cancel_futures=True)
