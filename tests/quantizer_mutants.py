"""Implementations with the classic faults, for test_quantizer_mutations.py."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from quantizer_properties import noise as fixed_noise
from torch import Tensor

from vqvae.quantizers import EMAVectorQuantizer, Quantized, ResidualQuantizer, VectorQuantizer, nearest_code
from vqvae.quantizers.kmeans import LloydStep, lloyd_step

# ---- searches ----


def all_distances_at_once(rows: Tensor, codebook: Tensor) -> Tensor:
    return torch.cdist(rows, codebook).argmin(1)


def farthest(rows: Tensor, codebook: Tensor) -> Tensor:
    return torch.cdist(rows, codebook).argmax(1)


def most_aligned(rows: Tensor, codebook: Tensor) -> Tensor:
    return (rows @ codebook.T).argmax(1)


def wrong_sign(rows: Tensor, codebook: Tensor) -> Tensor:
    return (codebook.square().sum(1) + 2 * rows @ codebook.T).argmin(1)


def last_of_equals(rows: Tensor, codebook: Tensor) -> Tensor:
    return len(codebook) - 1 - nearest_code(rows, codebook.flip(0))


def around_the_origin(rows: Tensor, codebook: Tensor) -> Tensor:
    return (codebook.square().sum(1) - 2 * rows @ codebook.T).argmin(1)


def rounded_by_length(rows: Tensor, codebook: Tensor) -> Tensor:
    return nearest_code(rows, codebook + (1e-6 if len(rows) < 4 else 0) * fixed_noise(*codebook.shape))


# ---- k-means ----


def shrunken_means(rows: Tensor, codebook: Tensor) -> LloydStep:
    step = lloyd_step(rows, codebook)
    counts = step.counts[:, None]
    return step._replace(codebook=step.codebook * counts / (counts + 5))


def standing_still(rows: Tensor, codebook: Tensor) -> LloydStep:
    return lloyd_step(rows, codebook)._replace(codebook=codebook)


def without_restarts(rows: Tensor, size: int, iterations: int, generator: torch.Generator) -> Tensor:
    codebook = rows[:size]
    for _ in range(iterations):
        step = lloyd_step(rows, codebook)
        codebook = torch.where((step.counts > 0)[:, None], step.codebook, codebook)
    return codebook


def first_rows(rows: Tensor, size: int, iterations: int, generator: torch.Generator) -> Tensor:
    return rows[:size]


# ---- what forward returns ----


class ScaledGradient(VectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(latents=result.latents.detach() + 0.5 * (latents - latents.detach()))


class DroppedGradient(VectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(latents=self.look_up(result.codes))


class RoundedStraightThrough(VectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(latents=latents + (result.latents - latents).detach())


class CodesFromOne(VectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(codes=result.codes + 1)


class ShortCodes(VectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(codes=result.codes.int())


class WithoutLevelAxis(VectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(codes=result.codes.squeeze(1))


class Transposed(VectorQuantizer):
    def look_up(self, codes: Tensor) -> Tensor:
        found = super().look_up(codes)
        return found if found.ndim == 3 else found.transpose(-1, -2).reshape(found.shape)


class SecondNearest(VectorQuantizer):
    def _encode_rows(self, rows: Tensor, shape: torch.Size) -> Tensor:
        return torch.cdist(rows, self.codebook.detach()).topk(2, largest=False).indices[:, 1].view(shape[0], 1, *shape[2:])


class Sampling(VectorQuantizer):
    """Draws a code in training only."""

    def _encode_rows(self, rows: Tensor, shape: torch.Size) -> Tensor:
        noise = 0.5 * torch.randn_like(rows) if self.training else 0
        return super()._encode_rows(rows + noise, shape)


class SwappedLosses(VectorQuantizer):
    """The weight beta would sit on the wrong term."""

    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(commitment_loss=result.codebook_loss, codebook_loss=result.commitment_loss)


class AttachedLosses(VectorQuantizer):
    """No stop-gradient: either loss moves both sides."""

    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        both = F.mse_loss(latents, self.look_up(result.codes))
        return result._replace(commitment_loss=both, codebook_loss=both)


class SummedCommitment(VectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(commitment_loss=result.commitment_loss * self.codebook_dim)


class DecayingCodebook(VectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(codebook_loss=result.codebook_loss + 0.01 * self.codebook.square().mean())


# ---- moving averages ----


class MovesInEvaluation(EMAVectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        if not self.training:
            self._update(self._rows(latents), result.codes.flatten())
        return result


class LooksUpAfterMoving(EMAVectorQuantizer):
    def forward(self, latents: Tensor) -> Quantized:
        result = super().forward(latents)
        return result._replace(latents=self.look_up(result.codes).detach() + (latents - latents.detach()))


class HiddenShares(EMAVectorQuantizer):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.register_buffer("shares", self.shares, persistent=False)


class HiddenSteps(EMAVectorQuantizer):
    """Restarts on other rows after a resume."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"decay": 0.5, "restart_share": 0.9})
        self.register_buffer("steps", self.steps, persistent=False)


class ForgetsInitialisation(EMAVectorQuantizer):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.register_buffer("initialised", self.initialised, persistent=False)


class CountsAndSums(EMAVectorQuantizer):
    """The textbook bookkeeping: smoothed counts from zero, a hidden copy of the sums, a restart that writes the codebook only."""

    start = 0.0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.register_buffer("sums", self.codebook.clone())
        self.register_buffer("counts", torch.full((self.codebook_size,), self.start))

    def _fit(self, rows: Tensor, generator: torch.Generator | None, iterations: int) -> None:
        super()._fit(rows, generator, iterations)
        self.sums = self.codebook * max(self.start, 1)

    @torch.no_grad()
    def _update(self, rows: Tensor, codes: Tensor) -> None:
        chosen = F.one_hot(codes, self.codebook_size).float()
        self.shares.lerp_(chosen.mean(0), 1 - self.decay)
        self.counts.lerp_(chosen.sum(0), 1 - self.decay)
        self.sums.lerp_(chosen.T @ rows, 1 - self.decay)
        self._restart(rows)
        self.codebook.copy_(self.sums / (self.counts[:, None] + 1e-5))


class LongMemory(CountsAndSums):
    start = 1.0


class DecayTheOtherWayRound(EMAVectorQuantizer):
    def _update(self, rows: Tensor, codes: Tensor) -> None:
        self.decay = 1 - self.decay
        super()._update(rows, codes)
        self.decay = 1 - self.decay


class RestartsOnNoise(EMAVectorQuantizer):
    def _restart(self, rows: Tensor) -> None:
        super()._restart(rows + 0.01 * torch.randn_like(rows))


class NeverRestarts(EMAVectorQuantizer):
    def _restart(self, rows: Tensor) -> None:
        pass


class RestartsAtOnce(EMAVectorQuantizer):
    """Without the grace of a full share."""

    def _fit(self, rows: Tensor, generator: torch.Generator | None, iterations: int) -> None:
        super()._fit(rows, generator, iterations)
        self.shares.copy_(lloyd_step(rows, self.codebook).counts / len(rows))


class NeverInitialises(EMAVectorQuantizer):
    def _fit(self, rows: Tensor, generator: torch.Generator | None, iterations: int) -> None:
        self.initialised.fill_(True)


class InitialisesEveryTime(EMAVectorQuantizer):
    def _fit(self, rows: Tensor, generator: torch.Generator | None, iterations: int) -> None:
        super()._fit(rows, generator, iterations)
        self.initialised.fill_(False)


# ---- residual ----


class LastLevels(ResidualQuantizer):
    def _first(self, levels: int | None) -> Any:
        return super()._first(None)[-(levels or self.levels) :]


class AttachedResidual(ResidualQuantizer):
    """The residual keeps the straight-through gradient, so deeper commitments never reach the latents."""

    def forward(self, latents: Tensor, levels: int | None = None) -> Quantized:
        result, residual, losses = super().forward(latents, levels), latents, []
        for quantizer in self._first(levels):
            stage = quantizer(residual)
            residual = residual - stage.latents
            losses.append(stage.commitment_loss)
        return result._replace(commitment_loss=torch.stack(losses).sum())


class MeanOfLevels(ResidualQuantizer):
    def decode(self, codes: Tensor) -> Tensor:
        return super().decode(codes) / codes.shape[1]


class LevelsInParallel(ResidualQuantizer):
    """Every level codes the latents themselves."""

    def forward(self, latents: Tensor, levels: int | None = None) -> Quantized:
        codes = torch.cat([quantizer.encode(latents) for quantizer in self._first(levels)], dim=1)
        return super().forward(latents, levels)._replace(codes=codes)


class LearnsAllLevels(ResidualQuantizer):
    def forward(self, latents: Tensor, levels: int | None = None) -> Quantized:
        super().forward(latents)
        return super().forward(latents, levels)


def residual(mutant: type[ResidualQuantizer], level: Any = VectorQuantizer) -> Any:
    return lambda: mutant([level(16, 4) for _ in range(3)])
