"""What training minimises."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vqvae.networks.vqvae import VQVAE
from vqvae.quantizers import RefinedResidualQuantizer

COMMITMENT_WEIGHT = 0.25  # beta of arXiv:1711.00937, eq. 3
SCALE_WEIGHT = 0.05  # of the likelihood that teaches refiners to predict the remaining error
EDGE = 4  # frames at either end of a window that lack neighbours and are not scored


class Objective(nn.Module):
    """A model and its loss in one module, which is what a distributed strategy wraps."""

    def __init__(self, model: VQVAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, values: Tensor, levels: int) -> Tensor:
        """values (B, 1, *S) -> loss () of the first `levels` levels."""
        if isinstance(self.model.quantizer, RefinedResidualQuantizer):
            return refined_loss(self.model.quantizer, self.model.encoder(values), levels)
        output = self.model(values, levels)
        distortion = (output.values - values).square().mean()
        return distortion + output.quantized.codebook_loss + COMMITMENT_WEIGHT * output.quantized.commitment_loss


def refined_loss(quantizer: RefinedResidualQuantizer, latents: Tensor, levels: int) -> Tensor:
    """Latents (B, D, T) -> loss (): every level right at once, each counting relative to its own size.

    Per level the mean over windows of the root mean squared error, which is what PRDN averages, over its own current value:
    all levels pull equally hard.  The transform is orthonormal, so an error of latents is an error of samples.
    """
    loss = latents.new_zeros(())
    for estimate in quantizer.trace(latents, levels)[1]:
        errors = (estimate.latents - latents).square().mean(dim=1)[:, EDGE:-EDGE]  # (B, T)
        root = (errors.mean(dim=1) + 1e-8).sqrt().mean()
        variance = estimate.scale[:, 0, EDGE:-EDGE].square()
        surprise = 0.5 * (errors.detach() / variance + torch.log(variance)).mean()
        loss = loss + root / root.detach() + SCALE_WEIGHT * surprise
    return loss / levels
