"""The adaptive coder of `.vqz` files: codes of one chunk <-> payload, by context mixing from a start state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vqvae.codec.description import Description
from vqvae.codec.state import State, cold, serving

MOST = (1 << 20) - 1  # largest magnitude that can be written
LIMIT = 2**31 - 1


class AdaptiveCoder:
    """Codes (N, Q, T) of one kind of data, frame after frame, lead after lead within a frame.

    Every chunk starts from the same state and needs no other.  Calls may run in threads: each has its own copy of the state, and the
    kernel lets go of the interpreter.
    """

    name = "adaptive"

    def __init__(self, description: Description, start: State | None = None) -> None:
        """start: what was learned beforehand, for at least as many rows and levels; None: nothing."""
        self.description = description
        self.start = cold(description) if start is None else serving(description, start)

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (N, Q, T) integers -> payload; ValueError for a code that cannot be written."""
        from vqvae.codec.streams import encode

        return encode(self.description, self.start, to_symbols(self.description, codes))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (N, Q, T) int32 of this shape; ValueError when the payload cannot be one of them."""
        from vqvae.codec.streams import decode

        rows, channels, frames = _checked_shape(self.description, tuple(shape))
        symbols = decode(self.description, self.start, data, rows * channels * frames)
        return to_codes(self.description, symbols.reshape(frames, rows, channels))


def to_symbols(description: Description, codes: np.ndarray) -> np.ndarray:
    """codes (N, Q, T) -> symbols (T, N, Q) int32 in coding order; ValueError for a code that is out of range."""
    _checked_shape(description, codes.shape)
    if codes.dtype.kind not in "iu" or codes.min(initial=0) < -LIMIT or codes.max(initial=0) > LIMIT:
        raise ValueError(f"codes of type {codes.dtype} cannot be written: integers of at most 32 bits can")
    symbols = np.moveaxis(codes.astype(np.int64), 2, 0).copy()
    timed = description.differences.reshape(symbols.shape[1:]).astype(bool)
    symbols[1:, timed] -= symbols[:-1, timed].copy()
    bits = description.bits.reshape(symbols.shape[1:])
    most = np.where(bits > 0, (1 << bits) - 1, MOST)
    least = np.where(bits > 0, 0, -MOST)
    outside = (symbols < least) | (symbols > most)
    if outside.any():
        frame, row, channel = np.argwhere(outside)[0]
        raise ValueError(
            f"code {codes[row, channel, frame]} of channel {channel} cannot be written: "
            f"codes{' (here differences in time)' if timed[row, channel] else ''} go from {least[row, channel]} to {most[row, channel]}"
        )
    return symbols.astype(np.int32)


def to_codes(description: Description, symbols: np.ndarray) -> np.ndarray:
    """symbols (T, N, Q) -> codes (N, Q, T) int32; ValueError for a sum of differences that no code can be."""
    timed = description.differences.reshape(symbols.shape[1:]).astype(bool)
    sums = np.cumsum(symbols[:, timed], axis=0, dtype=np.int64)
    if np.abs(sums).max(initial=0) > LIMIT:
        raise ValueError("differences in time add up beyond 32 bits: the payload is damaged")
    codes = symbols.astype(np.int32)
    codes[:, timed] = sums
    return np.ascontiguousarray(np.moveaxis(codes, 0, 2))


def _checked_shape(description: Description, shape: tuple[int, ...]) -> tuple[int, int, int]:
    rows, channels = description.rows, description.span
    if len(shape) != 3 or shape[:2] != (rows, channels) or shape[2] < 0:
        raise ValueError(f"codes of shape {shape} do not fit: this coder writes ({rows}, {channels}, frames)")
    return rows, channels, shape[2]
