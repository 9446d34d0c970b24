"""Several codebooks in a row, each coding what those before it left over."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vqvae.quantizers.base import CodebookQuantizer, Quantized, Quantizer, check_codes, straight_through
from vqvae.quantizers.refined import Estimate


class ResidualQuantizer(Quantizer):
    """Residual vector quantization (Juang and Gray 1982; arXiv:2107.03312, section III-C) with a usable prefix.

    The codes of level q do not depend on how many levels follow, so the first 1…Q levels of any codes decode by themselves.
    Losses are sums over the levels used.  The number of levels is the caller's choice: training draws it (quantizer dropout),
    alike on every process.
    """

    def __init__(self, quantizers: Sequence[CodebookQuantizer]) -> None:
        super().__init__()
        sizes = {(quantizer.codebook_size, quantizer.codebook_dim) for quantizer in quantizers}
        if len(sizes) != 1:
            raise ValueError(f"levels need one codebook size and dimension, got {sorted(sizes)}")
        self.quantizers = nn.ModuleList(quantizers)
        if len(set(map(id, quantizers))) != len(quantizers):
            raise ValueError("levels need a quantizer each: the same one is given twice")
        self.codebook_size, self.codebook_dim = sizes.pop()
        self.levels = len(self.quantizers)

    def forward(self, latents: Tensor, levels: int | None = None) -> Quantized:
        """latents (B, D, *S) -> quantized latents (sum of the levels), codes (B, levels, *S), losses summed over levels."""
        results: list[Quantized] = []
        residual, total = latents, torch.zeros_like(latents, dtype=torch.float32)
        for quantizer in self._first(levels):
            results.append(quantizer(residual))
            nearest = results[-1].latents.detach()
            residual, total = residual - nearest, total + nearest
        return Quantized(
            straight_through(latents, total),
            torch.cat([result.codes for result in results], dim=1),
            commitment_loss=torch.stack([result.commitment_loss for result in results]).sum(),
            codebook_loss=torch.stack([result.codebook_loss for result in results]).sum(),
        )

    @torch.no_grad()
    def encode(self, latents: Tensor, levels: int | None = None) -> Tensor:
        """latents (B, D, *S) -> codes (B, levels, *S)."""
        codes: list[Tensor] = []
        residual = latents
        for quantizer in self._first(levels):
            codes.append(quantizer.encode(residual))
            residual = residual - quantizer.look_up(codes[-1])
        return torch.cat(codes, dim=1)

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, q, *S), q = 1…levels -> latents (B, D, *S): the sum of the first q levels."""
        check_codes(codes, self.codebook_size, self.levels)
        first, *others = zip(self._first(codes.shape[1]), codes.split(1, dim=1), strict=True)
        total = first[0].look_up(first[1])
        for quantizer, level in others:
            total = total + quantizer.look_up(level)
        return total

    def estimate(self, codes: Tensor) -> Estimate:
        """codes (B, q, *S) -> their latents; every level expects errors of size 1."""
        latents = self.decode(codes)
        return Estimate(latents, torch.ones_like(latents[:, :1]))

    @torch.no_grad()
    def initialise(self, latents: Tensor, generator: torch.Generator | None = None, iterations: int = 10) -> None:
        """Fit level after level to what the levels before it left of latents (B, D, *S), by k-means."""
        residual = latents.detach()
        for quantizer in self._first(None):
            quantizer.initialise(residual, generator, iterations)
            residual = residual - quantizer.look_up(quantizer.encode(residual))

    def _first(self, levels: int | None) -> list[CodebookQuantizer]:
        if levels is not None and not 1 <= levels <= self.levels:
            raise ValueError(f"levels {levels} is not in 1…{self.levels}")
        return [quantizer for quantizer in self.quantizers if isinstance(quantizer, CodebookQuantizer)][:levels]
