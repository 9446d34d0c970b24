"""The network between two residual levels; before training it changes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from vqvae.networks.residual_stack import ResidualStack
from vqvae.quantizers.refined import Estimate, Refiner

SMALLEST_LOG_SCALE, LARGEST_LOG_SCALE = math.log(1e-4), math.log(1e2)


class Refinement(ResidualStack, Refiner):
    """Looks at neighbouring frames: corrects the latents and predicts how large the remaining error is, frame by frame."""

    typical: Tensor  # () log of the remaining error's root mean square over the training data

    def __init__(self, spatial_dims: int, channels: int, width: int, dilations: Sequence[int]) -> None:
        super().__init__(spatial_dims, 3 * channels + 1, width, channels + 1, dilations)
        self.channels = channels
        self.register_buffer("typical", torch.zeros(()))

    def forward(self, latents: Tensor, shape: Tensor, scale: Tensor) -> Estimate:
        """latents, shape (B, D, *S), scale (B, 1, *S) -> corrected latents (B, D, *S) and the scale of their error (B, 1, *S)."""
        found = self.look_around(torch.cat([latents, torch.tanh(2 * latents), shape, torch.log(scale)], dim=1))
        correction, log_scale = found.split([self.channels, 1], dim=1)
        log_scale = (log_scale + self.typical).clamp(SMALLEST_LOG_SCALE, LARGEST_LOG_SCALE)
        return Estimate(latents + scale * correction, torch.exp(log_scale))
