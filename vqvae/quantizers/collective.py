"""Sums and unions over the processes of one training run; with a single process, nothing."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor


def several_processes() -> bool:
    """Whether this process trains together with others."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def summed(values: Tensor) -> Tensor:
    """The sum of `values` over all processes."""
    if several_processes():
        dist.all_reduce(values)
    return values


def gathered(rows: Tensor) -> Tensor:
    """The rows (N, D) of all processes, first process first; N may differ between them."""
    if not several_processes():
        return rows
    length = torch.tensor([len(rows)], device=rows.device)
    lengths = [torch.zeros_like(length) for _ in range(dist.get_world_size())]
    dist.all_gather(lengths, length)
    longest = int(torch.cat(lengths).max())
    padded = rows.new_zeros(longest, rows.shape[1])
    padded[: len(rows)] = rows
    parts = [torch.empty_like(padded) for _ in lengths]
    dist.all_gather(parts, padded)
    return torch.cat([part[: int(n)] for part, n in zip(parts, lengths, strict=True)])
