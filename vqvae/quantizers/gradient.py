"""The codebook of the original paper: a parameter that the second loss term pulls towards the latents."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqvae.quantizers.base import CodebookQuantizer, Quantized, straight_through
from vqvae.quantizers.kmeans import kmeans


class VectorQuantizer(CodebookQuantizer):
    """Replace every latent vector by its nearest code; the optimizer moves the codes.

    Van den Oord et al. 2017, arXiv:1711.00937, eq. 3.
    """

    def __init__(self, codebook_size: int, codebook_dim: int) -> None:
        super().__init__(codebook_size, codebook_dim)
        self.codebook = nn.Parameter(torch.randn(codebook_size, codebook_dim))

    def forward(self, latents: Tensor) -> Quantized:
        """latents (B, D, *S) -> quantized latents, codes (B, 1, *S), both losses."""
        codes = self.encode(latents)
        nearest = self.look_up(codes)
        return Quantized(
            straight_through(latents, nearest),
            codes,
            commitment_loss=F.mse_loss(latents.float(), nearest.detach()),
            codebook_loss=F.mse_loss(nearest, latents.detach().float()),
        )

    @torch.no_grad()
    def initialise(self, latents: Tensor, generator: torch.Generator | None = None, iterations: int = 10) -> None:
        """Fit the codebook to latents (B, D, *S) by k-means."""
        self.codebook.copy_(kmeans(self._rows(latents), self.codebook_size, iterations, generator))
