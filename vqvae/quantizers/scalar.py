"""Finite scalar quantization with one step for all latents."""

from __future__ import annotations

import torch
from torch import Tensor, nn

MAX_CODE = 2**20 - 1  # magnitude of a code: what entropy coders write
SHRINK = 0.05  # steps that magnitude 1 is drawn towards zero, where more of the latents lie


class ScalarQuantizer(nn.Module):
    """Every latent by itself to the nearest multiple of a step: a product of integer codebooks.

    Mentzer et al. 2023 (arXiv:2309.15505) with as many levels per latent as it needs instead of a fixed few, since an adaptive entropy
    coder pays only for those used; the step is the rate.
    """

    def encode(self, latents: Tensor, step: float) -> Tensor:
        """latents (B, D, *S) -> codes (B, D, *S) int64 in -MAX_CODE…MAX_CODE, ties away from zero."""
        return (torch.sign(latents) * torch.floor(latents.abs() / step + 0.5)).clamp(-MAX_CODE, MAX_CODE).long()

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, D, *S) -> latents (B, D, *S) in steps."""
        values = codes.float()
        return values - SHRINK * (torch.sign(values) * (values.abs() == 1))
