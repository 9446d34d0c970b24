"""A codebook that follows the latents by a moving average instead of a gradient."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vqvae.quantizers.base import CodebookQuantizer, Quantized, straight_through
from vqvae.quantizers.collective import gathered, summed
from vqvae.quantizers.kmeans import kmeans, lloyd_step


class EMAVectorQuantizer(CodebookQuantizer):
    """Replace every latent vector by its nearest code.

    Codes drift towards the mean of the latents that chose them (van den Oord et al. 2017, arXiv:1711.00937, appendix A.1).
    The recursions for the counts N and sums m of that appendix are kept as N and e = m / N:
    e += (1 - decay) (sum of latents - n e) / N.  A code that nobody chose has n = 0 and a sum of 0, so it stays exactly where
    it is, without smoothing; and no code has a second, hidden copy that could undo a restart.

    N is held as a share of all latents, independent of the batch size.  A code whose share falls below
    `restart_share` / codebook_size, that is below `restart_share` times the latents per code that equal use would give,
    restarts on a latent of the current batch with the full share 1 / codebook_size, so that it has about
    ln(restart_share) / ln(decay) steps to win latents.  0 turns restarts off.

    The first batch in training initialises the codebook by k-means unless `initialise` or loaded weights did.  With several
    processes, statistics are sums over all of them, and restarts are drawn alike from all their latents.
    """

    codebook: Tensor  # (K, D)
    shares: Tensor  # (K,) moving average of the fraction of latents that chose each code
    steps: Tensor  # () int64, updates so far; seeds the choice of restarts
    initialised: Tensor  # () bool

    def __init__(self, codebook_size: int, codebook_dim: int, decay: float = 0.99, restart_share: float = 0.03) -> None:
        super().__init__(codebook_size, codebook_dim)
        if not 0 <= decay < 1:
            raise ValueError(f"decay {decay} is not in [0, 1)")
        if not 0 <= restart_share < 1:
            raise ValueError(f"restart_share {restart_share} is not in [0, 1)")
        self.decay = decay
        self.restart_share = restart_share
        self.register_buffer("codebook", torch.randn(codebook_size, codebook_dim))
        self.register_buffer("shares", torch.full((codebook_size,), 1 / codebook_size))
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("initialised", torch.tensor(False))

    def forward(self, latents: Tensor) -> Quantized:
        """latents (B, D, *S) -> quantized latents, codes (B, 1, *S), commitment loss; in training the codebook moves afterwards."""
        rows = self._rows(latents)
        if self.training and not self.initialised:
            self._fit(gathered(rows), torch.Generator().manual_seed(0), iterations=10)
        codes = self._encode_rows(rows, latents.shape)
        nearest = self.look_up(codes)
        if self.training:
            self._update(rows, codes.flatten())
        return Quantized(
            straight_through(latents, nearest),
            codes,
            commitment_loss=F.mse_loss(latents.float(), nearest),
            codebook_loss=nearest.new_zeros(()),
        )

    def initialise(self, latents: Tensor, generator: torch.Generator | None = None, iterations: int = 10) -> None:
        """Fit the codebook to latents (B, D, *S) by k-means."""
        self._fit(self._rows(latents), generator, iterations)

    @torch.no_grad()
    def _fit(self, rows: Tensor, generator: torch.Generator | None, iterations: int) -> None:
        self.codebook.copy_(kmeans(rows, self.codebook_size, iterations, generator))
        shares = lloyd_step(rows, self.codebook).counts / len(rows)
        self.shares.copy_(shares.clamp(min=1 / self.codebook_size))  # a rare code is not a dead one: it gets the time of a restarted one
        self.initialised.fill_(True)

    @torch.no_grad()
    def _update(self, rows: Tensor, codes: Tensor) -> None:
        """rows (N, D) and their codes (N,): move the codes that were chosen, restart those that hardly ever are."""
        ones_and_rows = torch.cat([torch.ones_like(rows[:, :1]), rows], dim=1)
        statistics = summed(rows.new_zeros(self.codebook_size, 1 + self.codebook_dim).index_add_(0, codes, ones_and_rows))
        counts, sums = statistics[:, :1], statistics[:, 1:]
        total = counts.sum()
        self.shares.lerp_(counts[:, 0] / total.clamp(min=1), 1 - self.decay)
        weights = (total * self.shares).clamp(min=torch.finfo(torch.float32).tiny)[:, None]
        self.codebook.add_((1 - self.decay) * (sums - counts * self.codebook) / weights)
        self._restart(rows)
        self.steps.add_(1)

    def _restart(self, rows: Tensor) -> None:
        if not self.restart_share:
            return
        generator = torch.Generator().manual_seed(int(self.steps))  # the same on every process
        candidates = torch.randperm(len(rows), generator=generator)[: self.codebook_size]
        pool = gathered(rows[candidates.to(rows.device)])
        dead = (self.shares < self.restart_share / self.codebook_size).nonzero().flatten()
        picked = torch.randperm(len(pool), generator=generator)[: len(dead)].to(rows.device)
        self.codebook[dead[: len(picked)]] = pool[picked]
        self.shares[dead[: len(picked)]] = 1 / self.codebook_size
