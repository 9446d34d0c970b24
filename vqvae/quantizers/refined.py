"""Residual quantization in which every level is told what those before it already know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqvae.quantizers.base import Quantized, Quantizer, check_codes, straight_through
from vqvae.quantizers.gradient import VectorQuantizer
from vqvae.quantizers.kmeans import kmeans
from vqvae.quantizers.nearest import nearest_code


class Estimate(NamedTuple):
    """What the decoder knows after some levels."""

    latents: Tensor  # (B, D, *S) best guess of the latents
    scale: Tensor  # (B, 1, *S) > 0, expected size (root mean square) of what is still missing


class Refiner(nn.Module):
    """Interface of the networks between levels."""

    def forward(self, latents: Tensor, shape: Tensor, scale: Tensor) -> Estimate:
        """Latents so far (B, D, *S), the code vectors just added (B, D, *S) and their scale (B, 1, *S) -> a better estimate."""
        raise NotImplementedError


def draw(weights: Tensor, count: int, generator: torch.Generator | None = None) -> Tensor:
    """`count` indices into weights (N,), each with probability proportional to its weight, none above the 99th percentile's."""
    capped = weights.double().cpu()
    capped = capped.clamp(max=float(capped.kthvalue(max(1, round(0.99 * len(capped)))).values))
    sums = capped.cumsum(0)
    draws = torch.rand(count, generator=generator, dtype=torch.float64) * sums[-1]
    return torch.searchsorted(sums, draws).clamp(max=len(sums) - 1)


class RefinedResidualQuantizer(Quantizer):
    """Level q codes (latents - estimate) / scale, both of them known to the decoder from levels 1…q-1 of all frames.

    A plain residual quantizer codes a loud and a quiet frame's remainder with the same vectors, and what the decoder could have
    guessed from neighbouring frames it codes again.  Here a network between levels guesses first and says how large the error
    will be; code vectors are shapes of about unit size.  In the family of QINCo (Huijben et al. 2024, arXiv:2401.14732), which
    makes the codebook itself depend on the levels before; with a shift and a scale the codebooks stay explicit.

    The codes of level q do not depend on later levels: any first 1…Q levels decode by themselves.
    """

    def __init__(self, quantizers: Sequence[VectorQuantizer], refiners: Sequence[Refiner]) -> None:
        super().__init__()
        sizes = {(quantizer.codebook_size, quantizer.codebook_dim) for quantizer in quantizers}
        if len(sizes) != 1 or len(quantizers) != len(refiners):
            raise ValueError(f"levels need one codebook size and a refiner each, got sizes {sorted(sizes)} and {len(refiners)} refiners")
        self.quantizers, self.refiners = nn.ModuleList(quantizers), nn.ModuleList(refiners)
        self.codebook_size, self.codebook_dim = sizes.pop()
        self.levels = len(self.quantizers)

    def forward(self, latents: Tensor, levels: int | None = None) -> Quantized:
        """latents (B, D, *S) -> the estimate after `levels` levels, codes (B, levels, *S), losses summed over levels."""
        codes, estimates, before = self.trace(latents, levels)
        coded = torch.stack([F.mse_loss(row, latents.detach().float()) for row in before]).sum()
        commitment = torch.stack([F.mse_loss(latents.float(), row.detach()) for row in before]).sum()
        return Quantized(straight_through(latents, estimates[-1].latents), codes, commitment, coded)

    def trace(self, latents: Tensor, levels: int | None = None) -> tuple[Tensor, list[Estimate], list[Tensor]]:
        """latents (B, D, *S) -> codes (B, levels, *S), the estimate after every level, and the latents before its refinement.

        The estimates carry gradients to code vectors and refiners: training can ask all levels to be right in one pass.
        """
        known, codes, estimates, before = self._nothing(latents.shape, latents.device), [], [], []
        for level in range(self._count(levels)):
            codes.append(self._nearest(level, (latents.detach().float() - known.latents) / known.scale))
            added, known = self._step(level, codes[-1], known)
            before.append(added)
            estimates.append(known)
        return torch.stack(codes, dim=1), estimates, before

    @torch.no_grad()
    def encode(self, latents: Tensor, levels: int | None = None) -> Tensor:
        """latents (B, D, *S) -> codes (B, levels, *S)."""
        return self.trace(latents, levels)[0]

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, q, *S), q = 1…levels -> latents (B, D, *S): the estimate after q levels."""
        return self.estimate(codes).latents

    def estimate(self, codes: Tensor) -> Estimate:
        """codes (B, q, *S), q = 1…levels -> what is known after q levels."""
        check_codes(codes, self.codebook_size, self.levels)
        known = self._nothing(torch.Size((codes.shape[0], self.codebook_dim, *codes.shape[2:])), codes.device)
        for level, row in enumerate(codes.unbind(dim=1)):
            _, known = self._step(level, row, known)
        return known

    @torch.no_grad()
    def initialise(self, latents: Tensor, generator: torch.Generator | None = None, iterations: int = 10) -> None:
        """Fit level after level to latents (B, D, *S) by k-means, with the refiners as they are."""
        for level in range(self.levels):
            self.initialise_level(level, latents, generator, iterations)

    @torch.no_grad()
    def initialise_level(self, level: int, latents: Tensor, generator: torch.Generator | None = None, iterations: int = 10) -> None:
        """Fit the codebook of one level (0…Q-1) by k-means to what the levels before it leave of latents (B, D, *S).

        Rows are drawn with probability proportional to their squared scale, since that is how much an error in them counts; the
        loudest hundredth counts no more than the next, lest single artefacts take code vectors.
        """
        known = self.trace(latents, level)[1][-1] if level else self._nothing(latents.shape, latents.device)
        rows = ((latents - known.latents) / known.scale).movedim(1, -1).reshape(-1, self.codebook_dim)
        drawn = draw(known.scale.square().flatten(), len(rows), generator).to(rows.device)
        quantizer = self.quantizers[level]
        quantizer.codebook.copy_(kmeans(rows[drawn], self.codebook_size, iterations, generator))  # type: ignore[operator]

    @torch.no_grad()
    def restart_unused(self, latents: Tensor, levels: int, generator: torch.Generator | None = None, share: float = 0.01) -> int:
        """Move code vectors of the first `levels` levels that latents (B, D, *S) hardly choose onto shapes that are served badly.

        Hardly means less than `share` times as often as equal use would.  Returns how many moved.
        """
        known, moved = self._nothing(latents.shape, latents.device), 0
        for level in range(levels):
            shapes = (latents - known.latents) / known.scale
            codes = self._nearest(level, shapes)
            codebook = self.quantizers[level].codebook
            counts = torch.bincount(codes.flatten(), minlength=self.codebook_size)
            unused = (counts < share * codes.numel() / self.codebook_size).nonzero().flatten()
            added, after = self._step(level, codes, known)
            errors = (latents - added).square().sum(dim=1).sqrt().flatten()
            rows = shapes.movedim(1, -1).reshape(-1, self.codebook_dim)
            codebook.data[unused] = rows[draw(errors, len(unused), generator).to(rows.device)]  # type: ignore[operator]
            known, moved = after, moved + len(unused)
        return moved

    def _nothing(self, shape: torch.Size, device: torch.device) -> Estimate:
        zeros = torch.zeros(shape, device=device)
        return Estimate(zeros, torch.ones_like(zeros[:, :1]))

    def _nearest(self, level: int, shapes: Tensor) -> Tensor:
        rows = shapes.movedim(1, -1)
        codebook = self.quantizers[level].codebook
        return nearest_code(rows.reshape(-1, self.codebook_dim), codebook.detach()).view(rows.shape[:-1])  # type: ignore[operator]

    def _step(self, level: int, codes: Tensor, known: Estimate) -> tuple[Tensor, Estimate]:
        """One level of codes (B, *S) on top of what is known -> latents with it added, and the refined estimate."""
        shape = F.embedding(codes, self.quantizers[level].codebook).movedim(-1, 1)  # type: ignore[arg-type]
        added = known.latents + known.scale * shape
        return added, self.refiners[level](added, shape, known.scale)

    def _count(self, levels: int | None) -> int:
        if levels is not None and not 1 <= levels <= self.levels:
            raise ValueError(f"levels {levels} is not in 1…{self.levels}")
        return levels or self.levels
