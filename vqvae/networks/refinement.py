"""The network between two residual levels; before training it changes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqvae.quantizers.refined import Estimate, Refiner

CONVOLUTIONS: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}
SMALLEST_LOG_SCALE, LARGEST_LOG_SCALE = math.log(1e-4), math.log(1e2)


class Refinement(Refiner):
    """Looks at neighbouring frames: corrects the latents and predicts how large the remaining error is, frame by frame.

    One residual block per dilation (He et al. 2016, arXiv:1512.03385; dilations as in van den Oord et al. 2016, arXiv:1609.03499).
    """

    typical: Tensor  # () log of the remaining error's root mean square over the training data

    def __init__(self, spatial_dims: int, channels: int, width: int, dilations: Sequence[int]) -> None:
        super().__init__()
        convolution = CONVOLUTIONS[spatial_dims]
        self.reach = sum(dilations)  # frames to either side that the estimate depends on
        self.channels = channels
        self.enter = convolution(3 * channels + 1, width, 1)
        self.look = nn.ModuleList(convolution(width, width, 3, padding=d, dilation=d) for d in dilations)
        self.mix = nn.ModuleList(convolution(width, width, 1) for _ in dilations)
        self.leave = convolution(width, channels + 1, 1)
        self.register_buffer("typical", torch.zeros(()))
        for parameter in self.leave.parameters():
            nn.init.zeros_(parameter)

    def forward(self, latents: Tensor, shape: Tensor, scale: Tensor) -> Estimate:
        """latents, shape (B, D, *S), scale (B, 1, *S) -> corrected latents (B, D, *S) and the scale of their error (B, 1, *S)."""
        hidden = self.enter(torch.cat([latents, torch.tanh(2 * latents), shape, torch.log(scale)], dim=1))
        for look, mix in zip(self.look, self.mix, strict=True):
            hidden = hidden + mix(F.silu(look(F.silu(hidden))))
        correction, log_scale = self.leave(F.silu(hidden)).split([self.channels, 1], dim=1)
        log_scale = (log_scale + self.typical).clamp(SMALLEST_LOG_SCALE, LARGEST_LOG_SCALE)
        return Estimate(latents + scale * correction, torch.exp(log_scale))
