"""CRC-32 as a code that corrects one damaged byte."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class Change(NamedTuple):
    """A byte to be changed by exclusive or."""

    position: int
    mask: int  # 1…255


def single_byte_changes(data: bytes, crc: int) -> Iterator[Change]:
    """Every change of one byte of `data` after which its CRC-32 is `crc`; O(len(data)).

    CRC-32 is linear: byte p changed by e adds the register e after len(data) - p steps with zero input, so the difference between the two
    checksums is stepped backwards until only its lowest byte is left.
    """
    table, previous = _tables()
    register = zlib.crc32(data) ^ crc
    for position in range(len(data) - 1, -1, -1):
        index = previous[register >> 24]
        register = ((register ^ table[index]) << 8 | index) & 0xFFFFFFFF
        if 0 < register < 256:
            yield Change(position, register)


def changed(data: bytes, change: Change) -> bytes:
    """The data with the change made."""
    return data[: change.position] + bytes([data[change.position] ^ change.mask]) + data[change.position + 1 :]


@lru_cache(maxsize=1)
def _tables() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The register after a byte, by that byte; and that byte, by the register's highest one."""
    table = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
        table.append(register)
    previous = [0] * 256
    for byte, register in enumerate(table):
        previous[register >> 24] = byte
    return tuple(table), tuple(previous)
