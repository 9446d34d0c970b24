"""Codes chosen by rate and distortion together, in the adaptive coder's own prices."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vqvae.codec.adaptive import AdaptiveCoder, to_codes, to_symbols
from vqvae.codec.protocol import Step
from vqvae.codec.streams import choose_values

TARGET = 256  # parts of a step that what a code stands for is known to
FARTHEST = 1 << 24  # of those parts: a coefficient beyond is coded as it is


def choose_scalars(coder: AdaptiveCoder, latents: np.ndarray, trade: float, chunk: int, progress: Step | None = None) -> np.ndarray:
    """latents (N, Q, T) in steps -> codes (N, Q, T) int32, each the nearest integer, one nearer to zero, or zero.

    Squared error plus `trade` (squared steps per bit) times bits is least, code by code in coding order; chunk: frames that are written
    together.
    """
    weight = round(trade * TARGET**2)

    def choose(start: int) -> np.ndarray:
        wanted = latents[:, :, start : start + chunk]
        nearest = np.sign(wanted) * np.floor(np.abs(wanted) + 0.5)
        symbols = to_symbols(coder.description, nearest.astype(np.int32))
        targets = np.moveaxis(np.minimum(np.abs(wanted) * TARGET, FARTHEST), 2, 0).astype(np.int32)
        chosen = choose_values(coder.description, coder.start, symbols, targets, weight)
        return to_codes(coder.description, chosen.reshape(symbols.shape))

    return in_chunks(choose, latents.shape[2], chunk, progress)


def in_chunks(choose: Callable[[int], np.ndarray], frames: int, chunk: int, progress: Step | None) -> np.ndarray:
    """What `choose` makes of the chunks that start at its argument, in threads, joined along the last axis."""
    starts = range(0, frames, chunk)
    chosen = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            for done, codes in enumerate(pool.map(choose, starts), 1):
                chosen.append(codes)
                if progress:
                    progress(done / len(starts))
        finally:
            pool.shutdown(cancel_futures=True)
    return np.concatenate(chosen, axis=-1)
