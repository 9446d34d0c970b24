"""The adaptive coder of gestures: pitches first, then which notes begin chords and how long rests are, then the code vectors' indices.

Codes of T windows of W notes are (1, 2 W + Q, T): W rows of pitches, -1 where the last window has no note; W rows of gaps, 0 within a
chord, 1 where one begins, 1 + k where one begins k steps after the chord before, whatever the vectors say, and of a chunk's first note
-1 - k: at k steps from the start; Q rows of indices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from vqvae.codec import gesture_descriptions, note_descriptions, note_sides
from vqvae.codec.notes import Payload, read_payload, write_payload
from vqvae.codec.state import State, cold, serving

if TYPE_CHECKING:
    from vqvae.codec.streams import Part, Reader

STREAMS = ("pitch", "begin", "rest", "index")
MOST_STEPS = (1 << 20) - 1  # of a rest, and of a first onset
NOBODY = -1


class GestureCoder:
    """Codes of a chunk of gestures <-> payload."""

    name = "adaptive"

    def __init__(self, window: int, levels: int, bits: int, start: Mapping[str, State] | None = None) -> None:
        """bits: of an index; start: what was learned of every stream beforehand, of as many levels or more; None: nothing."""
        self._window, self._levels, self._bits = window, levels, bits
        self.descriptions = {
            "pitch": note_descriptions.pitches(),
            "begin": note_descriptions.begins(),
            "rest": note_descriptions.longer(),
            "index": gesture_descriptions.indices(levels, bits),
        }
        known = start or {}
        self.start = {name: serving(d, known[name]) if name in known else cold(d) for name, d in self.descriptions.items()}

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (1, 2 W + Q, T) integers -> payload; ValueError for codes that are no gestures."""
        from vqvae.codec.streams import encode_parts

        self.check(codes)
        symbols = self.symbols_of(codes)
        first, absent = -1 - int(codes[0, self._window, 0]), int(np.count_nonzero(codes[0, : self._window, -1] < 0))
        parts = [self._part(name, *symbols[name]) for name in STREAMS]
        return write_payload(Payload(encode_parts(parts[:1]), encode_parts(parts[1:]), first * self._window + absent))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (1, 2 W + Q, T) int32 of this shape; ValueError when the payload cannot be one of them."""
        from vqvae.codec.streams import Reader

        window, levels, windows = self._window, self._levels, shape[-1]
        if tuple(shape[:2]) != (1, 2 * window + levels) or len(shape) != 3 or windows < 1:
            raise ValueError(f"codes of shape {tuple(shape)} are not (1, {2 * window + levels}, windows)")
        payload = read_payload(data, (1, 4, windows * window))
        first, absent = divmod(payload.first, window)
        count = windows * window - absent
        keys, rest = Reader(payload.pitches), Reader(payload.rest)
        pitch = self._read(keys, "pitch", count)
        keys.close()
        begins = self._read(rest, "begin", count, note_sides.for_begins(pitch))
        begins[0] = 1
        gaps = begins.astype(np.int64)
        rests = self._read(rest, "rest", int(begins.sum()))
        if rests.min() < 0:
            raise ValueError("a chord begins before the one before it: the payload is damaged")
        gaps[begins == 1] += rests
        gaps[0] = -1 - first
        keys_of, gaps_of = (_windows(row, windows, window, fill) for row, fill in ((pitch, NOBODY), (gaps, 0)))
        indices = self._read(rest, "index", windows * levels, _sides(keys_of, gaps_of != 0, levels))
        rest.close()
        codes = np.concatenate([keys_of.T, gaps_of.T, indices.reshape(windows, levels).T])[None]
        self.check(codes)
        return codes.astype(np.int32)

    def symbols_of(self, codes: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
        """codes (1, 2 W + Q, T) of a chunk -> symbols of every stream, and what is known of them."""
        rows, window = codes[0].astype(np.int64), self._window
        pitch, gaps = rows[:window].T, rows[window : 2 * window].T
        there = pitch.ravel() >= 0
        keys, steps = pitch.ravel()[there], gaps.ravel()[there]
        begins = (steps != 0).astype(np.int64)
        begins[0] = 1
        return {
            "pitch": (keys, None),
            "begin": (begins, note_sides.for_begins(keys)),
            "rest": (np.maximum(steps[begins == 1] - 1, 0), None),
            "index": (rows[2 * window :].T.ravel(), _sides(pitch, gaps != 0, self._levels)),
        }

    def check(self, codes: np.ndarray) -> None:
        """ValueError unless codes are those of a chunk of gestures."""
        window = self._window
        if codes.ndim != 3 or codes.shape[:2] != (1, 2 * window + self._levels) or codes.shape[2] < 1 or codes.dtype.kind not in "iu":
            wanted = f"(1, {2 * window + self._levels}, windows) integers"
            raise ValueError(f"codes of shape {codes.shape} and type {codes.dtype} are not {wanted}")
        pitch, gaps, indices = (part[0].T.astype(np.int64) for part in np.split(codes, [window, 2 * window], axis=1))
        keys = pitch.ravel()
        absent = int(np.count_nonzero(keys < 0))
        if keys[0] < 0 or absent >= window or (keys[len(keys) - absent :] != NOBODY).any() or keys.max() > 127:
            raise ValueError(f"pitches {keys.min()} to {keys.max()} are not 0 to 127 with less than a window missing at the end")
        steps = gaps.ravel()
        if not -1 - MOST_STEPS <= steps[0] <= -1 or steps[1:].min(initial=0) < 0 or steps.max() > MOST_STEPS:
            raise ValueError(f"gaps {steps.min()} to {steps.max()} are not those of a chunk, whose first note alone has an absolute onset")
        if indices.min() < 0 or indices.max() >= 1 << self._bits:
            raise ValueError(f"indices {indices.min()} to {indices.max()} cannot be written: they go from 0 to {(1 << self._bits) - 1}")

    def _part(self, name: str, symbols: np.ndarray, side: np.ndarray | None) -> Part:
        from vqvae.codec.streams import Part

        return Part(self.descriptions[name], self.start[name], symbols, side)

    def _read(self, reader: Reader, name: str, count: int, side: np.ndarray | None = None) -> np.ndarray:
        return reader.read(self.descriptions[name], self.start[name], count, side).astype(np.int64)


def _windows(row: np.ndarray, windows: int, window: int, fill: int) -> np.ndarray:
    """row (n,) -> (T, W), what is missing at the end filled up."""
    filled = np.full(windows * window, fill, np.int64)
    filled[: len(row)] = row
    return filled.reshape(windows, window)


def _sides(pitch: np.ndarray, begins: np.ndarray, levels: int) -> np.ndarray:
    """What is known of the indices of windows, pitch and begins (T, W): one row for each of T Q indices."""
    window = pitch.shape[1]
    pattern = (begins << np.arange(window)).sum(axis=1)
    following = np.append(pattern[1:], 0)
    keys = np.maximum(pitch, 0)
    contour = ((np.sign(np.diff(keys, axis=1)) + 1) * 3 ** np.arange(window - 1)).sum(axis=1)
    content = note_sides.mixed(*keys.T, pattern)
    again = note_sides.since_same(content)
    turned = note_sides.since_same(note_sides.mixed(*(np.diff(keys, axis=1) + 128).T, pattern))
    height, known = keys[:, 0] // 4, [np.minimum(lag, 1) for lag in (again, turned)]
    columns = [pattern, following, contour, height, levels * again, levels * turned, *known]
    return np.repeat(np.stack(columns, axis=1), levels, axis=0)
