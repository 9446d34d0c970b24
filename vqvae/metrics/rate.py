"""How many bits codes take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from vqvae.metrics.usage import counted


def bits_per_code(codebook_size: int) -> int:
    """Bits of one code at fixed length: log2(codebook_size), rounded up."""
    if codebook_size < 1:
        raise ValueError(f"a codebook of {codebook_size} codes has no rate: it needs at least 1")
    return (codebook_size - 1).bit_length()


def fixed_length_bits(shape: Sequence[int], codebook_size: int) -> int:
    """Bits of codes of this shape (N, Q, *S) when each takes `bits_per_code`."""
    return math.prod(shape) * bits_per_code(codebook_size)


def order0_bits(codes: Any, codebook_size: int) -> float:
    """Bits of codes (N, Q, *S) under an ideal coder that knows each level's frequencies, the table itself not counted.

    A bound for coders without context: number of codes times entropy, summed over levels.
    """
    counts = counted(codes, codebook_size)
    return float(counts.counts.sum(axis=1) @ counts.entropy())
