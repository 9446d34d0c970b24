"""The adaptive coder of notes: pitches first, then times, then velocities and durations, each knowing all that came before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqvae.codec import note_descriptions, note_sides
from vqvae.codec.description import Description
from vqvae.codec.note_sides import Groups
from vqvae.codec.state import State, cold, serving

if TYPE_CHECKING:
    from vqvae.codec.streams import Part

PITCH, ONSET, VELOCITY, DURATION = range(4)  # rows of codes
ALIKE = ("pitch", "longer")  # streams that are much the same at every quality
MOST = (1 << 28) - 1  # that a code may be
FAR_BITS = 19
FAR = (1 << FAR_BITS) - 1  # that a number can exceed what its index can say by, before it takes two more
SPREAD = 35_000  # µs between notes of one chord
USUAL_INTERVAL = 2_500_000  # µs between groups that an index can say; longer ones take more


class Scale(NamedTuple):
    """What the coder has to know of the grid that codes were made with."""

    unit: int  # µs, the step of onsets
    velocity_bits: int
    duration_bits: int

    @property
    def spread_bits(self) -> int:
        """Bits of an onset within a chord, less than 2 ** bits steps after the one before; 0: chords are simultaneous."""
        return (SPREAD // self.unit + 1).bit_length() - 1

    @property
    def interval_bits(self) -> int:
        """Bits of the time between groups."""
        return (USUAL_INTERVAL // self.unit).bit_length()

    @property
    def widest(self) -> int:
        """Steps between two notes of a chord at most."""
        return (1 << self.spread_bits) - 1


class Streamed(NamedTuple):
    """Symbols of one stream and what is known of them."""

    name: str
    symbols: np.ndarray
    side: np.ndarray | None


def descriptions(scale: Scale) -> dict[str, Description]:
    """Of every stream."""
    found = {
        "pitch": note_descriptions.pitches(),
        "begin": note_descriptions.begins(),
        "interval": note_descriptions.intervals(scale.interval_bits),
        "velocity": note_descriptions.velocities(scale.velocity_bits),
        "duration": note_descriptions.durations(scale.duration_bits),
        "longer": note_descriptions.longer(),
    }
    return found | ({"spread": note_descriptions.spreads(scale.spread_bits)} if scale.spread_bits else {})


class Exceeding(NamedTuple):
    """Numbers as indices, and what those need besides that are the last index."""

    indices: np.ndarray
    longer: np.ndarray  # by how much they exceed it, at most FAR
    farther: np.ndarray  # of those that are FAR the rest in two parts, 2 ** FAR_BITS and 1


def exceeding(symbols: np.ndarray, bits: int) -> Exceeding:
    """Numbers from 0 to MOST -> indices of so many bits."""
    last = (1 << bits) - 1
    longer = symbols[symbols >= last] - last
    rest = longer[longer >= FAR] - FAR
    return Exceeding(np.minimum(symbols, last), np.minimum(longer, FAR), np.stack([rest >> FAR_BITS, rest & FAR], axis=1).ravel())


def exceeded(indices: np.ndarray, bits: int, read: Callable[[int], np.ndarray]) -> np.ndarray:
    """Undo `exceeding`; `read` gives the next so many numbers that exceed."""
    last = indices == (1 << bits) - 1
    longer = read(int(np.count_nonzero(last)))
    far = longer == FAR
    parts = read(2 * int(np.count_nonzero(far))).reshape(-1, 2)
    longer[far] += (parts[:, 0] << FAR_BITS) + parts[:, 1]
    symbols = indices.copy()
    symbols[last] += longer
    return symbols


def streams_of(scale: Scale, codes: np.ndarray) -> Iterator[Streamed]:
    """codes (4, n), n > 0 -> streams in the order in which they are written."""
    pitch, onset, velocity, duration = codes.astype(np.int64)
    yield Streamed("pitch", pitch, None)
    steps = np.diff(onset, prepend=onset[0] - scale.widest - 1)
    begins = (steps > scale.widest).astype(np.int64)
    yield Streamed("begin", begins, note_sides.for_begins(pitch))
    groups = Groups.of(begins)
    if scale.spread_bits:
        yield Streamed("spread", steps[begins == 0], note_sides.for_spreads(pitch, groups))
    intervals = exceeding(np.diff(onset[groups.first]) - scale.widest - 1, scale.interval_bits)
    yield Streamed("interval", intervals.indices, note_sides.for_intervals(pitch, groups))
    yield Streamed("longer", intervals.longer, None)
    yield Streamed("longer", intervals.farther, None)
    near = note_sides.around(pitch, onset * scale.unit, groups)
    yield Streamed("velocity", velocity, note_sides.for_velocities(pitch, groups, near))
    held = exceeding(duration, scale.duration_bits)
    yield Streamed("duration", held.indices, note_sides.for_durations(pitch, velocity, groups, near))
    yield Streamed("longer", held.longer, None)
    yield Streamed("longer", held.farther, None)


class NoteCoder:
    """Codes (1, 4, n) of a chunk: pitch, quantised onset (not falling), velocity level, duration level <-> payload."""

    name = "adaptive"

    def __init__(self, scale: Scale, start: Mapping[str, State] | None = None) -> None:
        """start: what was learned of every stream beforehand; None: nothing."""
        self.scale, self.descriptions = scale, descriptions(scale)
        known = start or {}
        self.start = {name: serving(d, known[name]) if name in known else cold(d) for name, d in self.descriptions.items()}

    def encode(self, codes: np.ndarray) -> bytes:
        """codes (1, 4, n) integers -> payload; ValueError for codes that are no notes in order."""
        from vqvae.codec.streams import encode_parts

        check_notes(codes, self.scale)
        parts = [self._part(stream) for stream in streams_of(self.scale, codes[0])]
        pitches = encode_parts(parts[:1])
        return write_payload(Payload(pitches, encode_parts(parts[1:]), int(codes[0, ONSET, 0])))

    def decode(self, data: bytes, shape: Sequence[int]) -> np.ndarray:
        """payload -> codes (1, 4, n) int32; ValueError when the payload cannot be one of them."""
        codes = _Decoding(self, read_payload(data, shape), shape[2]).codes()
        check_notes(codes, self.scale)
        return codes.astype(np.int32)

    def _part(self, stream: Streamed) -> Part:
        from vqvae.codec.streams import Part

        return Part(self.descriptions[stream.name], self.start[stream.name], stream.symbols, stream.side)


class _Decoding:
    """One payload on its way to codes."""

    def __init__(self, coder: NoteCoder, payload: Payload, count: int) -> None:
        from vqvae.codec.streams import Reader

        self._coder, self._first, self._count = coder, payload.first, count
        self._pitches, self._rest = Reader(payload.pitches), Reader(payload.rest)

    def codes(self) -> np.ndarray:
        """codes (1, 4, n) int64."""
        scale, count = self._coder.scale, self._count
        pitch = self._read("pitch", count)
        self._pitches.close()
        begins = self._read("begin", count, note_sides.for_begins(pitch))
        begins[0] = 1
        groups = Groups.of(begins)
        steps = np.zeros(count, np.int64)
        if scale.spread_bits:
            steps[begins == 0] = self._read("spread", count - len(groups.first), note_sides.for_spreads(pitch, groups))
        intervals = self._long("interval", len(groups.first) - 1, note_sides.for_intervals(pitch, groups), scale.interval_bits)
        starts = self._first + np.append(0, np.cumsum(intervals + scale.widest + 1))
        within = np.cumsum(steps)
        onset = starts[groups.number] + within - within[groups.first][groups.number]
        if onset[-1] > MOST:
            raise ValueError("onsets add up to more than a file can hold: the payload is damaged")
        near = note_sides.around(pitch, onset * scale.unit, groups)
        velocity = self._read("velocity", count, note_sides.for_velocities(pitch, groups, near))
        duration = self._long("duration", count, note_sides.for_durations(pitch, velocity, groups, near), scale.duration_bits)
        self._rest.close()
        return np.stack([pitch, onset, velocity, duration])[None]

    def _read(self, name: str, count: int, side: np.ndarray | None = None) -> np.ndarray:
        reader = self._pitches if name == "pitch" else self._rest
        return reader.read(self._coder.descriptions[name], self._coder.start[name], count, side).astype(np.int64)

    def _long(self, name: str, count: int, side: np.ndarray, bits: int) -> np.ndarray:
        """Indices, with what exceeds them."""
        return exceeded(self._read(name, count, side), bits, lambda more: np.clip(self._read("longer", more), 0, FAR))


def check_notes(codes: np.ndarray, scale: Scale) -> None:
    """ValueError unless codes (1, 4, n) are notes on this scale, in order."""
    if codes.ndim != 3 or codes.shape[:2] != (1, 4) or codes.shape[2] < 1 or codes.dtype.kind not in "iu":
        raise ValueError(f"codes of shape {codes.shape} and type {codes.dtype} are not those of notes: (1, 4, notes) integers")
    limits = (127, MOST, (1 << scale.velocity_bits) - 1, MOST)
    for row, most in enumerate(limits):
        low, high = int(codes[0, row].min()), int(codes[0, row].max())
        if low < 0 or high > most:
            raise ValueError(f"codes {low} to {high} of row {row} cannot be written: they go from 0 to {most}")
    if (np.diff(codes[0, ONSET]) < 0).any():
        raise ValueError("onsets go back: notes must be sorted by onset")


class Payload(NamedTuple):
    """A chunk of notes as bytes."""

    pitches: bytes
    rest: bytes
    first: int  # the first onset


def write_payload(payload: Payload) -> bytes:
    """Length of the pitches and first onset (varints), the pitches, the rest."""
    return _varint(len(payload.pitches)) + _varint(payload.first) + payload.pitches + payload.rest


def read_payload(data: bytes, shape: Sequence[int]) -> Payload:
    """Undo `write_payload`; ValueError when it cannot be the payload of codes of this shape."""
    if len(shape) != 3 or tuple(shape[:2]) != (1, 4) or shape[2] < 1:
        raise ValueError(f"codes of shape {tuple(shape)} are not those of notes, (1, 4, notes)")
    size, place = _read_varint(data, 0)
    first, place = _read_varint(data, place)
    if place + size > len(data):
        raise ValueError(f"{len(data)} bytes do not hold the {size} bytes of pitches that they claim")
    return Payload(data[place : place + size], data[place + size :], first)


def pitch_bytes(payload: bytes) -> int:
    """How much of a payload says which keys are struck."""
    size, place = _read_varint(payload, 0)
    return size + place


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _varint(value >> 7)


def _read_varint(data: bytes, start: int) -> tuple[int, int]:
    """A number of at most 5 bytes, and where the next one starts."""
    value = 0
    for place in range(start, min(start + 5, len(data))):
        value |= (data[place] & 127) << 7 * (place - start)
        if data[place] < 128:
            return value, place + 1
    raise ValueError("a number at the start of the payload is cut off or too big")
