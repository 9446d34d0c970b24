"""Streams for the tests of the adaptive coder, coded with machine integers or, run as a program with numba off, with unbounded ones."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from note_cases import played

from vqvae.codec import mixing, streams
from vqvae.codec.adaptive import to_symbols
from vqvae.codec.description import Description
from vqvae.codec.descriptions import indices, order0, wavelet_frames
from vqvae.codec.notes import Scale, descriptions, streams_of
from vqvae.codec.state import State, cold
from vqvae.codec.tables import tables


class Case(NamedTuple):
    description: Description
    codes: np.ndarray  # (N, Q, T)


def beats(rng: np.random.Generator, rows: int, frames: int) -> np.ndarray:
    """Wavelet-like codes (rows, 32, frames): large and coarse-heavy every ninth frame, alike in all rows, small elsewhere."""
    scale = np.where(np.arange(frames) % 9 == 4, 4, 0.5) * np.linspace(2, 0.3, 32)[:, None]
    common = rng.laplace(0, scale)
    return np.rint(common + rng.laplace(0, 0.3 * scale, (rows, 32, frames))).astype(np.int32)


def cases() -> dict[str, Case]:
    """Small streams that take every path through the kernel."""
    rng = np.random.default_rng(3)
    huge = rng.integers(-3, 4, (1, 32, 4)).astype(np.int32)
    huge[0, 4:9, 2] = [(1 << 20) - 1, -(1 << 20) + 1, 22, -23, 24]
    skewed = np.floor(64 * rng.random((3, 3, 15)) ** 4).astype(np.int32)
    return {
        "one lead": Case(wavelet_frames(1, 8), beats(rng, 1, 14)),
        "two leads": Case(wavelet_frames(2, 8), beats(rng, 2, 7)),
        "escapes": Case(wavelet_frames(1, 6), huge),
        "indices of three leads": Case(indices(3, 6, 3, 8), skewed),
        "order 0": Case(order0((0, 0, 1)), rng.integers(-9, 9, (1, 3, 40)).astype(np.int32)),
    }


def unbounded(arrays: Any) -> Any:
    """The same arrays, holding Python's own integers."""
    return type(arrays)(*(a.astype(object) if isinstance(a, np.ndarray) else a for a in arrays))


def coded(case: Case, plain: bool) -> str:
    """SHA-256 of payload and final state."""
    convert = unbounded if plain else lambda arrays: arrays
    description, symbols = case.description, to_symbols(case.description, case.codes).ravel()
    mixer = convert(streams.new_mixer(description, cold(description), np.zeros(9 * symbols.size, np.uint8)))
    around, logs = convert(streams.new_surroundings(description)), tables().logs
    flat = symbols.astype(object) if plain else symbols
    mixing.run(mixing.ENCODE, flat, convert(description.layout), logs.astype(object) if plain else logs, around, mixer)
    parts = (mixer.payload, mixer.counters, mixer.first, mixer.second, mixer.coder)
    return hashlib.sha256(b"".join(np.asarray(part, np.int64).tobytes() for part in parts)).hexdigest()


def chosen(plain: bool) -> list[int]:
    """Values and rows chosen by rate and distortion."""
    convert = unbounded if plain else lambda arrays: arrays
    found = []
    rng = np.random.default_rng(5)
    for name in ("two leads", "indices of three leads"):
        description, codes = cases()[name]
        symbols = to_symbols(description, codes[:, :, :4]).ravel()
        around, mixer = convert(streams.new_surroundings(description)), convert(streams.new_mixer(description, cold(description)))
        layout, logs = convert(description.layout), tables().logs.astype(object if plain else np.int32)
        flat = symbols.astype(object) if plain else symbols
        if name == "two leads":
            targets = symbols * 256 + rng.integers(-128, 128, symbols.size).astype(np.int32)
            targets = np.array(targets, object if plain else np.int32)
            mixing.choose_values(flat, targets, 20_000, layout, logs, around, mixer)
        else:
            candidates = rng.integers(0, 64, (symbols.size // 3, 4)).astype(object if plain else np.int32)
            distortions = rng.integers(0, 1 << 40, candidates.shape).astype(object if plain else np.int64)
            mixing.choose_last(flat, candidates, distortions, 1 << 35, layout, logs, around, mixer)
        found += [int(symbol) for symbol in flat]
    return found


def beside(plain: bool) -> list[str]:
    """Payload and final state of streams of notes: side information, neighbours as far back as it says, indices from a feature on."""
    scale = Scale(20_000, 3, 4)
    codes = played(np.random.default_rng(8), 40, scale)[0]
    known, found = descriptions(scale), []
    for name, symbols, side in streams_of(scale, codes):
        description = replace(known[name], hash_bits=8)
        convert = unbounded if plain else lambda arrays: arrays
        mixer = convert(streams.new_mixer(description, cold(description), np.zeros(9 * symbols.size + 9, np.uint8)))
        around, logs = convert(streams.new_surroundings(description, side)), tables().logs
        flat = symbols.astype(object if plain else np.int32)
        mixing.run(mixing.ENCODE, flat, convert(description.layout), logs.astype(object) if plain else logs, around, mixer)
        parts = (mixer.payload, mixer.counters, mixer.first, mixer.second, mixer.coder)
        found.append(hashlib.sha256(b"".join(np.asarray(part, np.int64).tobytes() for part in parts)).hexdigest())
    return found


def outcome(plain: bool) -> dict[str, Any]:
    """Everything that machine integers and unbounded ones must agree on."""
    return {name: coded(case, plain) for name, case in cases().items()} | {"chosen": chosen(plain), "beside": beside(plain)}


def learned(description: Description, codes: np.ndarray) -> State:
    """What coding these codes once teaches."""
    state = cold(description)
    streams.learn(description, state, to_symbols(description, codes))
    return state


if __name__ == "__main__":
    json.dump(outcome(plain=True), sys.stdout)
