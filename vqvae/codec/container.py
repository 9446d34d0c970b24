"""The `.vqz` file: what is in it, and the payloads of its chunks, each with a checksum.

    "VQZ", format version (1 byte), length of the header (varint)
    header: first 16 bytes of the SHA-256 of what decodes the file; `header.write_fields`; each payload's length (varint) and CRC-32
    CRC-32 of all the above
    payloads

Varints are little endian with 7 bits a byte, checksums little endian.  One damaged byte before the payloads is found by the header's
checksum and put right; one in a payload costs that chunk.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any, NamedTuple

from vqvae.codec.header import read_fields, write_fields
from vqvae.codec.protocol import Damage
from vqvae.codec.repair import Change, changed, single_byte_changes

MAGIC = b"VQZ"
VERSION = 1
CODERS = ("static", "adaptive")
DIGEST = 16  # bytes of the SHA-256 that are kept
MAX_HEADER = 1 << 19  # bytes
MAX_CODES = 1 << 29  # of a file: 24 h of 12 leads are 373 million coefficients
MAX_CHUNK = 1 << 24  # codes of a chunk, as its coder needs several times that in bytes
MAX_QUALITY = 1000  # either way: powers of two of it are still numbers
FREE_CODES = 1 << 20  # that a file may claim however short it is
CODES_PER_BYTE = 1 << 16  # beyond them: the coders spend at least 1.3e-4 bit a code
START = MAGIC + bytes([VERSION])
MAX_PREAMBLE = len(START) + 3  # bytes before the header


@dataclass(frozen=True)
class Contents:
    """What a file says of itself; ValueError for anything out of range."""

    codec: str  # letters, digits, ".", "_", "-": never a path
    sha256: str  # of what decodes it, hexadecimal; the first 32 digits are kept
    coder: str  # "static" or "adaptive"
    quality: float
    shape: tuple[int, ...]  # codes (N, Q, *S)
    chunk: int  # frames a chunk, along the last axis
    layout: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.codec, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", self.codec):
            raise ValueError(f"codec {self.codec!r:.80} is not a name of 1 to 64 letters, digits, points, dashes and underscores")
        if not isinstance(self.sha256, str) or not re.fullmatch(r"[0-9a-f]{32}([0-9a-f]{32})?", self.sha256):
            raise ValueError(f"sha256 {self.sha256!r:.80} is not 64 or 32 hexadecimal digits")
        if self.coder not in CODERS:
            raise ValueError(f"coder {self.coder!r:.80} is not one of {', '.join(CODERS)}")
        if type(self.quality) not in (int, float) or not -MAX_QUALITY <= self.quality <= MAX_QUALITY:
            raise ValueError(f"quality {self.quality!r:.80} is not a number from -{MAX_QUALITY} to {MAX_QUALITY}")
        _check_shape(self.shape, self.chunk)
        if not isinstance(self.layout, dict) or not isinstance(self.settings, dict):
            raise ValueError("layout and settings are not JSON objects")
        object.__setattr__(self, "sha256", self.sha256[: 2 * DIGEST])

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.shape[-1] // self.chunk)

    def frames(self, chunk: int) -> tuple[int, int]:
        """The chunk's first frame and the one after its last."""
        return chunk * self.chunk, min((chunk + 1) * self.chunk, self.shape[-1])


class Unpacked(NamedTuple):
    """A file taken apart."""

    contents: Contents
    payloads: tuple[bytes | None, ...]  # None where damaged
    damage: tuple[Damage, ...]  # chunk -1 and no frames where nothing is lost


class _Frame(NamedTuple):
    """Where the header is, the checksum right behind it."""

    start: int
    stop: int


class _Head(NamedTuple):
    contents: Contents
    entries: tuple[tuple[int, int], ...]  # each payload's length and CRC-32
    stop: int  # where the payloads start


def pack(contents: Contents, payloads: Sequence[bytes]) -> bytes:
    """Contents and one payload a chunk -> the file."""
    if len(payloads) != contents.chunks:
        raise ValueError(f"{len(payloads)} payloads were given for codes of {contents.chunks} chunks")
    values = asdict(contents)
    digest = bytes.fromhex(values.pop("sha256"))
    if not contents.settings:
        del values["settings"]
    table = b"".join(_varint(len(payload)) + zlib.crc32(payload).to_bytes(4, "little") for payload in payloads)
    header = digest + write_fields(values) + table
    if len(header) > MAX_HEADER:
        raise ValueError(f"a header of {len(header)} bytes is more than the {MAX_HEADER} that are allowed: use longer chunks")
    head = START + _varint(len(header)) + header
    data = b"".join((head, zlib.crc32(head).to_bytes(4, "little"), *payloads))
    _check_claim(contents, len(data))
    return data


def unpack(data: bytes) -> Unpacked:
    """A file -> contents, payloads and what of it is damaged; ValueError with what to do when nothing can be read."""
    head, damage = _read_head(data)
    _check_claim(head.contents, len(data))
    payloads: list[bytes | None] = []
    start = head.stop
    for chunk, (size, crc) in enumerate(head.entries):
        payload, start = data[start : start + size], start + size
        whole = start <= len(data) and zlib.crc32(payload) == crc
        if not whole:
            damage.append(lost(head.contents, chunk, "is cut off" if start > len(data) else "does not match its checksum"))
        payloads.append(payload if whole else None)
    if start < len(data):
        damage.append(Damage(-1, 0, 0, f"{len(data) - start} bytes after the end of the file were ignored"))
    return Unpacked(head.contents, tuple(payloads), tuple(damage))


def lost(contents: Contents, chunk: int, reason: str) -> Damage:
    """A chunk that cannot be read, for this reason."""
    start, stop = contents.frames(chunk)
    return Damage(chunk, start, stop, f"chunk {chunk + 1} of {contents.chunks}, frames {start} to {stop - 1}, {reason} and is left out")


def _read_head(data: bytes) -> tuple[_Head, list[Damage]]:
    """The head, put right where one byte of it is damaged."""
    frame = _frame(data[:MAX_PREAMBLE], len(data))
    if frame and zlib.crc32(memoryview(data)[: frame.stop]) == _stored(data, frame):
        try:
            return _parse_head(data[frame.start : frame.stop], frame), []
        except ValueError as error:
            raise ValueError(f"the file cannot be used, as its header is not one that `encode` writes: {error}") from error
    for header, frame in _repairs(data):
        with suppress(ValueError):
            return _parse_head(header, frame), [Damage(-1, 0, 0, "one damaged byte before the chunks was put right: nothing is lost")]
    raise ValueError(_refusal(data))


def _frame(preamble: bytes, size: int) -> _Frame | None:
    """Where the header of a file of `size` bytes is; None when these cannot be its first bytes."""
    if preamble[: len(START)] != START:
        return None
    try:
        length, start = _read_varint(preamble, len(START))
    except ValueError:
        return None
    return _Frame(start, start + length) if DIGEST < length <= MAX_HEADER and start + length + 4 <= size else None


def _stored(data: bytes, frame: _Frame) -> int:
    return int.from_bytes(data[frame.stop : frame.stop + 4], "little")


def _repairs(data: bytes) -> Iterator[tuple[bytes, _Frame]]:
    """Every header that a change of one byte makes agree with its checksum."""
    wrong = sum(given != due for given, due in zip(data, START, strict=False))
    if wrong > 1:
        return
    frame = _frame(data[:MAX_PREAMBLE], len(data))
    if frame:
        head, stored = data[: frame.stop], _stored(data, frame)
        if sum(byte > 0 for byte in (zlib.crc32(head) ^ stored).to_bytes(4, "little")) == 1:  # the checksum is what is damaged
            yield head[frame.start :], frame
        for change in single_byte_changes(head, stored):
            yield changed(head, change)[frame.start :], frame
    body = memoryview(data)[MAX_PREAMBLE:]
    for preamble in [START + data[len(START) : MAX_PREAMBLE]] if wrong else _other_lengths(data[:MAX_PREAMBLE]):
        frame = _frame(preamble, len(data))
        if frame and zlib.crc32(body[: frame.stop - MAX_PREAMBLE], zlib.crc32(preamble)) == _stored(data, frame):
            yield (preamble + data[MAX_PREAMBLE : frame.stop])[frame.start :], frame


def _other_lengths(preamble: bytes) -> Iterator[bytes]:
    for position, mask in product(range(len(START), len(preamble)), range(1, 256)):
        yield changed(preamble, Change(position, mask))


def _refusal(data: bytes) -> str:
    """Why a file whose header cannot be repaired is not read, and what to do."""
    way_out = "get another copy, or encode the recording again"
    if not data:
        return f"the file is empty: {way_out}"
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        return "this is not a .vqz file, as it does not start with VQZ: give one that this program wrote"
    if len(data) > len(MAGIC) and data[len(MAGIC)] > VERSION:
        return f"the file has format version {data[len(MAGIC)]} and this program reads {VERSION}: install a newer one"
    preamble, largest = data[:MAX_PREAMBLE], MAX_PREAMBLE + MAX_HEADER + 4
    if len(data) < MAX_PREAMBLE or (_frame(preamble, largest) and not _frame(preamble, len(data))):
        return f"the file is cut off after {len(data)} bytes, before its first chunk: {way_out}"
    return f"the header of this file of {len(data)} bytes is damaged in several places: {way_out}"


def _parse_head(header: bytes, frame: _Frame) -> _Head:
    values, rest = read_fields(header[DIGEST:])
    known = {"codec", "coder", "quality", "shape", "chunk", "layout"}
    if not known <= set(values) <= known | {"settings"}:
        raise ValueError(f"it names {', '.join(map(repr, values))!s:.200} where {', '.join(sorted(known))} belong")
    if not isinstance(values["shape"], list):
        raise ValueError(f"shape {values['shape']!r:.80} is not a list")
    contents = Contents(sha256=header[:DIGEST].hex(), **values | {"shape": tuple(values["shape"])})
    entries, position = [], 0
    for _ in range(contents.chunks):
        size, position = _read_varint(rest, position)
        entries.append((size, int.from_bytes(rest[position : position + 4], "little")))
        position += 4
    if position != len(rest):
        raise ValueError(f"its table of {contents.chunks} chunks takes {position} bytes, and {len(rest)} are there")
    return _Head(contents, tuple(entries), frame.stop + 4)


def _check_shape(shape: tuple[int, ...], chunk: int) -> None:
    if not isinstance(shape, tuple) or not 3 <= len(shape) <= 5 or any(type(extent) is not int or extent < 0 for extent in shape):
        raise ValueError(f"shape {shape!r:.80} is not that of codes, 3 to 5 whole numbers (N, Q, *S)")
    if math.prod(max(extent, 1) for extent in shape) > MAX_CODES:
        raise ValueError(f"shape {shape!r:.80} is more than the {MAX_CODES} codes that a file may hold: cut the recording in parts")
    if type(chunk) is not int or not 1 <= chunk <= MAX_CODES:
        raise ValueError(f"chunk {chunk!r:.80} is not a number of frames from 1 to {MAX_CODES}")
    if math.prod(shape[:-1]) * min(chunk, shape[-1]) > MAX_CHUNK:
        raise ValueError(f"chunks of {chunk} frames of shape {shape!r:.80} are more than {MAX_CHUNK} codes each: use shorter ones")


def _check_claim(contents: Contents, size: int) -> None:
    """No memory for more codes than so few bytes can hold."""
    codes, most = math.prod(contents.shape), FREE_CODES + CODES_PER_BYTE * size
    if codes > most:
        raise ValueError(f"{size} bytes cannot hold the {codes} codes that they claim, only {most}: get a complete copy of the file")


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _varint(value >> 7)


def _read_varint(data: bytes, start: int) -> tuple[int, int]:
    """A number of at most 4 bytes and where the next one starts."""
    value = 0
    for position in range(start, min(start + 4, len(data))):
        value |= (data[position] & 127) << 7 * (position - start)
        if data[position] < 128:
            return value, position + 1
    raise ValueError("a number in its table of chunks is cut off or too big")
