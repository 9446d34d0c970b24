"""A lapped orthogonal transform as a strided convolution: where learning starts."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor


def lapped_basis(frame: int, spatial_dims: int = 1) -> Tensor:
    """Basis functions (frame ** spatial_dims, 1, 2 * frame, …) of the MDCT with a sine window, one after the other by frequency.

    Princen and Bradley 1986 (doi 10.1109/TASSP.1986.1164954); in several dimensions products of the one-dimensional functions.
    The functions of all frames together are orthonormal, so a squared error between coefficients is one between signals.
    """
    n = torch.arange(2 * frame, dtype=torch.float64)[:, None]
    k = torch.arange(frame, dtype=torch.float64)[None]
    window = torch.sin(math.pi / (2 * frame) * (n + 0.5))
    rows = (window * math.sqrt(2 / frame) * torch.cos(math.pi / frame * (n + 0.5 + frame / 2) * (k + 0.5))).T  # (frame, 2 * frame)
    functions = []
    for frequencies in sorted(itertools.product(range(frame), repeat=spatial_dims), key=lambda f: (sum(f), f)):
        function = rows[frequencies[0]]
        for frequency in frequencies[1:]:
            function = function[..., None] * rows[frequency]
        functions.append(function)
    return torch.stack(functions)[:, None].float()
