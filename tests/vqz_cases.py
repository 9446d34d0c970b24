"""Codes, coders, whole and broken `.vqz` files for the tests of the codec."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from vqvae.codec import header
from vqvae.codec.adaptive import AdaptiveCoder
from vqvae.codec.container import START, Contents
from vqvae.codec.descriptions import indices, wavelet_frames
from vqvae.codec.protocol import Coder
from vqvae.codec.static import StaticCoder
from vqvae.codec.static_tables import learn
from vqvae.codec.vqz import File, read, write

SIZES = (1, 2, 3, 16, 100, 512, 1000, 4096)
LAYOUT = {"modality": "ecg", "rate": 360.0, "samples": 216000, "leads": ["MLII"], "name": "114", "bits": 11, "offsets": [-0.0173],
          "gains": [0.2315], "gaps": [[]]}  # fmt: skip


def random_codes(rng: np.random.Generator, shape: tuple[int, ...], size: int) -> np.ndarray:
    """Codes in [0, size), now uniform, now nearly always the same."""
    return np.floor(size * rng.random(shape) ** rng.choice([1, 4, 64])).astype(np.int32)


@lru_cache
def static_coder(size: int, levels: int = 4) -> StaticCoder:
    rng = np.random.default_rng(size)
    recordings = [np.concatenate([random_codes(rng, (1, levels, 300), size) for _ in range(3)], axis=2) for _ in range(2)]
    return StaticCoder(learn(recordings, size))


@lru_cache
def index_coder(size: int, levels: int, rows: int) -> AdaptiveCoder:
    return AdaptiveCoder(indices(levels, (size - 1).bit_length(), rows, hash_bits=8))


@lru_cache
def wavelet_coder(rows: int) -> AdaptiveCoder:
    return AdaptiveCoder(wavelet_frames(rows, hash_bits=8))


def contents(codes: np.ndarray, coder: Coder, chunk: int, **changes: Any) -> Contents:
    values = {"codec": "ecg-fine", "sha256": "5e" * 32, "coder": coder.name, "quality": 3.25, "shape": codes.shape, "chunk": chunk}
    return Contents(**values | {"layout": LAYOUT} | changes)


def packed(codes: np.ndarray, coder: Coder, chunk: int, threads: int = 1) -> bytes:
    return write(contents(codes, coder, chunk), codes, coder, threads)


def opened(data: bytes, coder: Coder, threads: int = 1) -> File:
    return read(data, lambda _: coder, threads)


def example(coder_name: str = "static", frames: int = 96, chunk: int = 8) -> tuple[bytes, np.ndarray, Coder]:
    """A file, its codes, and what decodes it."""
    codes = np.random.default_rng(7).integers(0, 16, (2, 2, frames)).astype(np.int32)
    coder: Coder = static_coder(16) if coder_name == "static" else index_coder(16, 2, 2)
    return packed(codes, coder, chunk), codes, coder


def forged(text: bytes, table: bytes = b"", payloads: bytes = b"", digest: bytes = bytes(16)) -> bytes:
    """A file whose checksum holds for whatever header text."""
    body = digest + header._deflate(text) + table
    length, size = b"", len(body)
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    head = START + length + bytes([size]) + body
    return head + zlib.crc32(head).to_bytes(4, "little") + payloads


def entry(payload: bytes) -> bytes:
    """A chunk's place in the table, for payloads of less than 128 bytes."""
    return bytes([len(payload)]) + zlib.crc32(payload).to_bytes(4, "little")


def honest() -> dict[str, Any]:
    """Header of a file of one chunk, 2 x 3 x 20 codes."""
    return {"codec": "ecg", "coder": "static", "quality": 3.5, "shape": [2, 3, 20], "chunk": 20, "layout": {"modality": "ecg"}}


def hostile_values() -> Iterator[tuple[str, Any]]:
    """Header fields and what they must not be."""
    odd = [None, True, "", "x", -1, 1.5, [], {}, [[]], 10**15, -(10**14), 1e300, "\ud800", "../../etc/passwd", "\x00", ["a"] * 3, [0.0] * 3]
    fine = {"layout": (dict,)}
    for name, value in product(honest(), odd):
        if type(value) not in fine.get(name, ()) and (name, value) not in (("codec", "x"), ("quality", -1), ("quality", 1.5)):
            yield name, value
    sizes = ([1, 1, 1 << 30], [1 << 14] * 3, [0, 1 << 31, 1], [1, 32, 1 << 22])
    for shape in (*sizes, [2, 3], [2] * 6, [2, 3, -20], [2, 3, True], [2, 3, 20.0], [2, 3, "20"]):
        yield "shape", shape
    yield from (("chunk", 0), ("chunk", 1), ("chunk", 10), ("settings", []), ("settings", 1), ("more", 1))


def hostile_texts() -> Iterator[bytes]:
    """Headers that are not what JSON should be."""
    plain = json.dumps(honest()).encode()
    yield from (b"", b"null", b"[]", b"1", b"{", b"{}", b'"', b"\x80\xff", b"\xe4", plain[:-1], plain + b"}", plain[1:])
    for number in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1" * 5000, b"0x10", b"3.5e", b"1" * 16):
        yield plain.replace(b"3.5", number)
    for number in (b"NaN", b"-1e999", b"1" * 16):
        yield plain.replace(b'"ecg"}', number + b"}")
    yield plain.replace(b'"ecg"}', b"[" * 100_000 + b"]" * 100_000 + b"}")
    yield plain.replace(b'"ecg"}', b'{"a":' * 17 + b"1" + b"}" * 17 + b"}")
    yield plain.replace(b'"ecg"}', b"[" * 1_000_000)
    yield plain.replace(b'"ecg"}', b'"' + b"a" * (1 << 21) + b'"}')
    yield b"[" * (1 << 26)
    yield b"0" * (1 << 26)
    yield plain.replace(b'"ecg"}', b'"\\ud800"}')


def hostile_files() -> Iterator[bytes]:
    """Files whose checksums hold and whose headers lie."""
    payload = bytes(40)
    for text in hostile_texts():
        yield forged(text, entry(payload), payload)
    for name, value in hostile_values():
        yield forged(json.dumps(honest() | {name: value}).encode(), entry(payload), payload)
    text = json.dumps(honest()).encode()
    for table in (b"", entry(payload)[:-1], entry(payload) + b"\x00", b"\xff" * 5, b"\xff" * 9, entry(payload) * 2):
        yield forged(text, table, payload)
    for name in honest():
        yield forged(json.dumps({key: value for key, value in honest().items() if key != name}).encode(), entry(payload), payload)
