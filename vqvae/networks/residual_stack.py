"""Residual blocks over frames: the one kind of network in this project that learns."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

CONVOLUTIONS: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}


class ResidualStack(nn.Module):
    """Features (B, inputs, *S) -> (B, outputs, *S), zero before training.

    One residual block per dilation (He et al. 2016, arXiv:1512.03385; dilations as in van den Oord et al. 2016, arXiv:1609.03499).
    """

    def __init__(self, spatial_dims: int, inputs: int, width: int, outputs: int, dilations: Sequence[int]) -> None:
        super().__init__()
        convolution = CONVOLUTIONS[spatial_dims]
        self.reach = sum(dilations)  # frames to either side that an output depends on
        self.enter = convolution(inputs, width, 1)
        self.look = nn.ModuleList(convolution(width, width, 3, padding=d, dilation=d) for d in dilations)
        self.mix = nn.ModuleList(convolution(width, width, 1) for _ in dilations)
        self.leave = convolution(width, outputs, 1)
        for parameter in self.leave.parameters():
            nn.init.zeros_(parameter)

    def look_around(self, features: Tensor) -> Tensor:
        """features (B, inputs, *S) -> (B, outputs, *S)."""
        hidden = self.enter(features)
        for look, mix in zip(self.look, self.mix, strict=True):
            hidden = hidden + mix(F.silu(look(F.silu(hidden))))
        found: Tensor = self.leave(F.silu(hidden))
        return found
