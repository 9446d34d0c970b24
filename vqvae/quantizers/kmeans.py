"""K-means: k-means++ start, Lloyd steps, empty clusters moved to the worst-served rows."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vqvae.quantizers.nearest import nearest

SEEDING_ROWS = 64  # rows per code that the k-means++ start looks at: it passes over them once per code
SUM_ROWS = 65536  # rows turned to float64 at once


class LloydStep(NamedTuple):
    """One assignment and one update."""

    codebook: Tensor  # (K, D) means of the rows that chose each code
    counts: Tensor  # (K,) int64, rows that chose each code of the codebook before the step
    distortion: float  # mean squared distance of a row to its code before the step


@torch.no_grad()
def kmeans(rows: Tensor, size: int, iterations: int = 10, generator: torch.Generator | None = None) -> Tensor:
    """rows (N, D) -> codebook (size, D), float32, by at most `iterations` Lloyd steps; stops early when a step changes nothing.

    `generator` (CPU) makes it repeatable.  ValueError when there are fewer rows than codes or a row is not finite.
    """
    if len(rows) < size:
        raise ValueError(f"k-means needs at least as many rows as codes: got {len(rows)} rows for {size} codes")
    if not bool(torch.isfinite(rows).all()):
        raise ValueError("k-means needs finite rows: some hold NaN or infinity")
    rows = rows.float()
    codebook = seed(rows, size, generator)
    for _ in range(iterations):
        before, codebook = codebook, lloyd_step(rows, codebook).codebook
        if torch.equal(before, codebook):
            break
    return codebook


@torch.no_grad()
def lloyd_step(rows: Tensor, codebook: Tensor) -> LloydStep:
    """Move every code to the mean of the rows nearest to it (Lloyd 1982), a code without rows to one of the worst-served rows.

    The distortion of `rows` cannot rise: means lower it, and a code that served nobody can only help.
    """
    codes, distances = nearest(rows, codebook)
    counts = torch.bincount(codes, minlength=len(codebook))
    sums = torch.zeros(codebook.shape, dtype=torch.float64, device=rows.device)
    for some_codes, some_rows in zip(codes.split(SUM_ROWS), rows.split(SUM_ROWS), strict=True):
        sums.index_add_(0, some_codes, some_rows.double())
    moved = (sums / counts.clamp(min=1)[:, None]).to(codebook.dtype)
    empty = (counts == 0).nonzero().flatten()
    worst = distances.topk(min(len(empty), len(rows))).indices
    moved[empty] = codebook[empty]
    moved[empty[: len(worst)]] = rows[worst].to(codebook.dtype)
    return LloydStep(moved, counts, float(distances.double().mean()))


def seed(rows: Tensor, size: int, generator: torch.Generator | None = None) -> Tensor:
    """`size` of the rows (N, D), each drawn with probability proportional to its squared distance to those drawn before.

    k-means++ (Arthur and Vassilvitskii 2007), on a random subset when there are more than 64 rows per code.
    """
    subset = torch.randperm(len(rows), generator=generator)[: SEEDING_ROWS * size]
    subset = subset.to(rows.device)
    pool = rows[subset] - rows[subset].mean(0)
    squares = pool.square().sum(1)
    chosen = torch.zeros(size, dtype=torch.int64)  # the subset is in random order: its first row is a random row
    distances = torch.full_like(squares, torch.inf)
    draws = torch.rand(size, generator=generator, dtype=torch.float64)
    for k in range(1, size):
        last = pool[chosen[k - 1]]
        distances = torch.minimum(distances, squares - 2 * (pool @ last) + last.square().sum()).clamp_(min=0)
        cumulative = distances.double().cumsum(0)
        position = torch.searchsorted(cumulative, draws[k].to(cumulative.device) * cumulative[-1], right=True)
        chosen[k] = position.clamp(max=len(pool) - 1)
    return rows[subset[chosen.to(rows.device)]]
