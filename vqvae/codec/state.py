"""What the context-mixing coder has learned: adaptive probabilities and mixer weights; packing them as a start state."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from vqvae.codec.description import Description
from vqvae.codec.tables import LOGIT_LIMIT, STRETCH_BITS, checksum, tables

PROBABILITY_BITS = 22
ONE = 1 << PROBABILITY_BITS
LEAST = ONE // 2048  # a counter's probability stays in LEAST … ONE - LEAST

# Packed states: probabilities as logits in steps of 1 nat, weights in steps of 1/16.
MOST_BYTES = 300_000
_MAGIC = b"VQS1"
_SEVERAL = b"VQS+"
_NAT = 256
_WEIGHT_STEP = 4096
_SEEN = (8, 12, 16, 24, 32, 48, 64, 96, 120)  # counters that were updated less often are left out: the first that is enough
_SEEN_OFTEN = (*_SEEN, 150, 200, 250)
_MOST_LEVEL = 63
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 23, "lc": 3, "lp": 0, "pb": 0}]
_MOST_NUMBERS = 1 << 26  # a packed state may hold


class State(NamedTuple):
    """Counters and weights, int32.  A counter is a 22-bit probability of 1 and, in its low 8 bits, how often it was updated."""

    counters: np.ndarray  # (C, 2 ** hash_bits)
    first: np.ndarray  # (classes * BINS, 1 + 2 C) weights of the first mixer, 65536 is 1
    second: np.ndarray  # (selections * BINS, 1 + 2 C)

    def copy(self) -> State:
        return State(*(array.copy() for array in self))

    def capped(self, most: int) -> State:
        """The same with counts of at most `most`, so that what comes next counts for more."""
        return self._replace(counters=(self.counters & ~255) | np.minimum(self.counters & 255, most))

    def of_kind(self, kind: int, kinds: int) -> State:
        """One of `kinds` equal parts of the counters, which lie side by side."""
        width = self.counters.shape[1] // kinds
        return self._replace(counters=self.counters[:, kind * width : (kind + 1) * width])

    def forgotten(self) -> State:
        """The same weights, with counters that have seen nothing."""
        return self._replace(counters=np.full_like(self.counters, (ONE // 2) << 8))

    def digest(self) -> str:
        """SHA-256 of state and tables: coding and decoding must start from the same."""
        found = hashlib.sha256(checksum().to_bytes(4, "little"))
        for array in self:
            found.update(array.astype("<i4", copy=False).tobytes())
        return found.hexdigest()


def cold(description: Description) -> State:
    """Nothing learned yet."""
    counters = np.full((len(description.contexts), 1 << description.hash_bits), (ONE // 2) << 8, np.int32)
    one_set = _start_of(description.inputs, description.start_weight)
    return State(counters, *(np.tile(one_set, (count, 1)) for count in description.mixer_sets))


def serving(description: Description, state: State) -> State:
    """The part of a state that a description of the same kind of data, with as many or fewer rows and levels, needs; ValueError if none."""
    contexts, (first, second), inputs = len(description.contexts), description.mixer_sets, description.inputs
    wanted = ((contexts, 1 << description.hash_bits), (first, inputs), (second, inputs))
    fits = all(array.shape[0] >= shape[0] and array.shape[1] >= shape[1] for array, shape in zip(state, wanted, strict=True))
    if not fits or state.counters.shape[1] != 1 << description.hash_bits:
        found = ", ".join(str(array.shape) for array in state)
        raise ValueError(f"the start state was learned for other data ({found}): {', '.join(map(str, wanted))} are needed")
    return State(*(np.ascontiguousarray(array[: shape[0], : shape[1]]) for array, shape in zip(state, wanted, strict=True)))


def pack(state: State, most: int = MOST_BYTES) -> bytes:
    """State -> compressed bytes, the same for the same state; rounds logits and weights, forgets how often counters were updated.

    Counters that were seldom updated are left out, as many as it takes to need at most `most` bytes; ValueError if none would do.
    """
    for least in _SEEN:
        packed = _packed(state, least)
        if len(packed) <= most:
            return packed
    raise ValueError(f"start state takes {len(packed)} bytes, more than {most}: learn it with fewer hash bits")


def _packed(state: State, least: int) -> bytes:
    """State without counters that were updated less than `least` times -> compressed bytes."""
    levels = (tables().stretch[state.counters >> (8 + PROBABILITY_BITS - STRETCH_BITS)] + _NAT // 2) // _NAT
    levels = np.clip(levels, -_MOST_LEVEL, _MOST_LEVEL) + _MOST_LEVEL + 1
    start = int(np.median(state.first[:, 1::2]))
    weights = [_rounded(array, start) for array in (state.first, state.second)]
    numbers = np.array([*state.counters.shape, len(state.first), len(state.second), start], "<i4")
    counters = np.where(state.counters & 255 >= least, levels, 0).astype(np.uint8)
    body = b"".join([numbers.tobytes(), counters.tobytes(), *weights])
    return _MAGIC + lzma.compress(body, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, filters=_FILTERS)


def unpack(data: bytes, count: int = 2) -> State:
    """Packed bytes -> state whose counters have all been updated `count` times, so that a new recording soon overrides them.

    Raises ValueError for bytes that are no packed state.
    """
    body = _decompressed(data)
    contexts, slots, first, second, start = (int(number) for number in np.frombuffer(body[:20], "<i4"))
    inputs = 2 * contexts + 1
    sizes = [20, contexts * slots, 2 * first * inputs, 2 * second * inputs]
    if min(contexts, slots, first, second) < 1 or len(body) != sum(sizes):
        raise ValueError(f"start state is damaged: {len(body)} bytes, {contexts} x {slots} counters and {first + second} weight sets")
    ends = np.cumsum(sizes)
    levels = np.frombuffer(body[ends[0] : ends[1]], np.uint8).reshape(contexts, slots).astype(np.int64)
    logits = np.clip((levels - _MOST_LEVEL - 1) * _NAT, -LOGIT_LIMIT, LOGIT_LIMIT)
    chances = np.clip(tables().squash[logits + LOGIT_LIMIT].astype(np.int64) << (PROBABILITY_BITS - 16), LEAST, ONE - LEAST)
    counters = np.where(levels > 0, chances << 8 | count, ONE // 2 << 8).astype(np.int32)
    weights = [_weights(body[a:b], start, inputs) for a, b in pairwise(ends[1:])]
    return State(counters, *weights)


def pack_several(states: Mapping[str, State], most: int = MOST_BYTES) -> bytes:
    """States by name -> compressed bytes, as `pack` makes them, at most `most` in all; what is left out was seen equally seldom in each."""
    low, high = 0, len(_SEEN_OFTEN) - 1
    packed = _several(states, _SEEN_OFTEN[high])
    if len(packed) > most:
        raise ValueError(f"start states take {len(packed)} bytes, more than {most}: learn them with fewer hash bits")
    while low < high:
        middle = (low + high) // 2
        found = _several(states, _SEEN_OFTEN[middle])
        if len(found) <= most:
            packed, high = found, middle
        else:
            low = middle + 1
    return packed


def _several(states: Mapping[str, State], least: int) -> bytes:
    packed = {name: _packed(state, least) for name, state in states.items()}
    index = json.dumps({name: len(part) for name, part in packed.items()}, separators=(",", ":")).encode()
    return _SEVERAL + len(index).to_bytes(4, "little") + index + b"".join(packed.values())


def unpack_several(data: bytes, count: int = 2) -> dict[str, State]:
    """Undo `pack_several`, counters as `unpack` makes them; ValueError for bytes that are no packed states."""
    start = len(_SEVERAL) + 4
    if data[: len(_SEVERAL)] != _SEVERAL or len(data) < start:
        raise ValueError(f"start states begin with {data[:4]!r}, not {_SEVERAL!r}: they were written by another version")
    stop = start + int.from_bytes(data[start - 4 : start], "little")
    sizes = json.loads(data[start:stop])
    if not isinstance(sizes, dict) or any(type(size) is not int or size < 0 for size in sizes.values()):
        raise ValueError("start states are damaged: their index does not give the size of each")
    found = {}
    for name, size in sizes.items():
        found[name], stop = unpack(data[stop : stop + size], count), stop + size
    return found


def _decompressed(data: bytes) -> bytes:
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError(f"start state begins with {data[:4]!r}, not {_MAGIC!r}: it was written by another version")
    decoder = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=1 << 28)
    try:
        body = decoder.decompress(data[len(_MAGIC) :], max_length=_MOST_NUMBERS)
    except lzma.LZMAError as error:
        raise ValueError(f"start state is damaged: {error}") from error
    if not decoder.eof or len(body) < 20:
        raise ValueError(f"start state is damaged: it ends after {len(body)} bytes")
    return body


def _rounded(weights: np.ndarray, start: int) -> bytes:
    """Weights less their start values as 16-bit numbers, low bytes first, then high bytes."""
    rounded = (weights - _start_of(weights.shape[1], start) + _WEIGHT_STEP // 2) // _WEIGHT_STEP
    return np.clip(rounded, -32768, 32767).astype("<i2").view(np.uint8).reshape(-1, 2).T.tobytes()


def _weights(data: bytes, start: int, inputs: int) -> np.ndarray:
    """Undo `_rounded`."""
    numbers = np.frombuffer(data, np.uint8).reshape(2, -1).T.copy().view("<i2").reshape(-1, inputs)
    return (numbers.astype(np.int32) * _WEIGHT_STEP + _start_of(inputs, start)).astype(np.int32)


def _start_of(inputs: int, start: int) -> np.ndarray:
    one_set = np.zeros(inputs, np.int32)
    one_set[1::2] = start
    return one_set
