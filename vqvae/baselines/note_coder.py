"""The textbook's entropy coder for notes: every number with the adaptive probabilities of its kind, whatever stands around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vqvae.codec.note_descriptions import longer, order_zero
from vqvae.codec.notes import FAR, MOST, ONSET, Payload, Scale, check_notes, exceeded, exceeding, read_payload, write_payload
from vqvae.codec.state import cold
from vqvae.codec.streams import Part, Reader, encode_parts


class OrderZeroCoder:
    """Codes (1, 4, n) of notes <-> payload: pitches, then times since the note before, velocities, durations; order 0."""

    name = "adaptive"

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._descriptions = [order_zero(bits) for bits in (7, scale.interval_bits, scale.velocity_bits, scale.duration_bits)]
        self._longer = longer()

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (1, 4, n) integers -> payload; ValueError for codes that are no notes in order."""
        check_notes(codes, self._scale)
        rows = codes[0].astype(np.int64)
        first = int(rows[ONSET, 0])
        rows[ONSET] = np.diff(rows[ONSET], prepend=first)
        parts: list[Part] = []
        for description, row in zip(self._descriptions, rows, strict=True):
            indices, *rest = exceeding(row, int(description.bits[0]))
            parts.append(Part(description, cold(description), indices))
            parts += [Part(self._longer, cold(self._longer), more) for more in rest if len(parts) > 1]
        return write_payload(Payload(encode_parts(parts[:1]), encode_parts(parts[1:]), first))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (1, 4, n) int32; ValueError when the payload cannot be one of them."""
        payload = read_payload(data, shape)
        pitches, rest = Reader(payload.pitches), Reader(payload.rest)

        def read(count: int) -> np.ndarray:
            return np.clip(rest.read(self._longer, cold(self._longer), count), 0, FAR).astype(np.int64)

        rows = []
        for place, description in enumerate(self._descriptions):
            row = (rest if place else pitches).read(description, cold(description), shape[2]).astype(np.int64)
            rows.append(exceeded(row, int(description.bits[0]), read) if place else row)
        pitches.close()
        rest.close()
        rows[ONSET] = np.minimum(np.cumsum(rows[ONSET]) + payload.first, MOST + 1)
        codes = np.stack(rows)[None]
        check_notes(codes, self._scale)
        return codes.astype(np.int32)
