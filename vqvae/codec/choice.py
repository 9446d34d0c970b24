"""Codes chosen by rate and distortion together, in the adaptive coder's own prices."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from vqvae.codec.adaptive import AdaptiveCoder, to_codes, to_symbols
from vqvae.codec.protocol import Step
from vqvae.codec.streams import choose_values

TARGET = 256  # parts of a step that what a code stands for is known to
FARTHEST = 1 << 24  # of those parts: a coefficient beyond is coded as it is


class Choice(NamedTuple):
    """Codes that were chosen, and what the coder that they were chosen for makes of them on the way."""

    codes: np.ndarray  # (N, Q, T) integers
    payloads: tuple[bytes, ...]  # of every chunk


def choose_scalars(coder: AdaptiveCoder, latents: np.ndarray, trade: float, chunk: int, progress: Step | None = None) -> Choice:
    """latents (N, Q, T) in steps -> codes, each the nearest integer, one nearer to zero, or zero.

    Squared error plus `trade` (squared steps per bit) times bits is least, code by code in coding order; chunk: frames that are written
    together.
    """
    weight = round(trade * TARGET**2)

    def choose(start: int) -> tuple[np.ndarray, bytes]:
        wanted = latents[:, :, start : start + chunk]
        nearest = np.sign(wanted) * np.floor(np.abs(wanted) + 0.5)
        symbols = to_symbols(coder.description, nearest.astype(np.int32))
        targets = np.moveaxis(np.minimum(np.abs(wanted) * TARGET, FARTHEST), 2, 0).astype(np.int32)
        chosen = choose_values(coder.description, coder.start, symbols, targets, weight)
        return to_codes(coder.description, chosen.symbols.reshape(symbols.shape)), chosen.payload

    return in_chunks(choose, latents.shape[2], chunk, progress)


def in_chunks(choose: Callable[[int], tuple[np.ndarray, bytes]], frames: int, chunk: int, progress: Step | None) -> Choice:
    """Codes and payloads that `choose` makes of the chunks that start at its argument, in threads."""
    starts = range(0, frames, chunk)
    chosen: list[tuple[np.ndarray, bytes]] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            for done, found in enumerate(pool.map(choose, starts), 1):
                chosen.append(found)
                if progress:
                    progress(done / len(starts))
        finally:
            pool.shutdown(cancel_futures=True)
    return Choice(np.concatenate([codes for codes, _ in chosen], axis=-1), tuple(payload for _, payload in chosen))
