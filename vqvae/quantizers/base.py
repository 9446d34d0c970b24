"""What every quantizer takes and returns, and what those with a single codebook share."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqvae.quantizers.nearest import nearest_code


class Quantized(NamedTuple):
    """What every quantizer returns, in training and in evaluation alike.  B batch, D channels, Q levels, S = (T,) or (H, W)."""

    latents: Tensor  # (B, D, *S)  z_q; its gradient reaches z_e unchanged
    codes: Tensor  # (B, Q, *S)  int64 in [0, codebook_size); Q = 1 unless residual
    commitment_loss: Tensor  # ()  third term of eq. 3 in arXiv:1711.00937, unweighted, mean over elements
    codebook_loss: Tensor  # ()  second term of eq. 3, mean over elements; zero when a moving average moves the codebook


class Quantizer(nn.Module):
    """Latents to codes and back."""

    codebook_size: int  # K
    codebook_dim: int  # D
    levels: int = 1  # Q

    @abstractmethod
    def forward(self, latents: Tensor) -> Quantized:
        """latents (B, D, *S) -> their quantized form; the codebook may move, afterwards, in training only."""

    @abstractmethod
    def encode(self, latents: Tensor) -> Tensor:
        """latents (B, D, *S) -> codes (B, Q, *S)."""

    @abstractmethod
    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, Q, *S) -> latents (B, D, *S).  ValueError for a code outside the codebook."""

    @abstractmethod
    def initialise(self, latents: Tensor, generator: torch.Generator | None = None, iterations: int = 10) -> None:
        """Fit the codebook to latents (B, D, *S) by k-means."""


class CodebookQuantizer(Quantizer):
    """A quantizer with one codebook, be it a parameter or a buffer."""

    codebook: Tensor  # (K, D)

    def __init__(self, codebook_size: int, codebook_dim: int) -> None:
        super().__init__()
        if codebook_size < 1 or codebook_dim < 1:
            raise ValueError(f"a codebook of {codebook_size} vectors of {codebook_dim} numbers is empty: both must be at least 1")
        self.codebook_size = codebook_size
        self.codebook_dim = codebook_dim

    def encode(self, latents: Tensor) -> Tensor:
        """latents (B, D, *S) -> codes (B, 1, *S): index of the nearest code vector."""
        return self._encode_rows(self._rows(latents), latents.shape)

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, 1, *S) -> latents (B, D, *S): the code vectors."""
        check_codes(codes, self.codebook_size, self.levels)
        return self.look_up(codes)

    def _rows(self, latents: Tensor) -> Tensor:
        """latents (B, D, *S) -> rows (N, D), float32, without gradient."""
        if latents.ndim < 2 or latents.shape[1] != self.codebook_dim:
            raise ValueError(f"latents of shape {tuple(latents.shape)} do not fit: expected (batch, {self.codebook_dim}, …)")
        return latents.detach().movedim(1, -1).reshape(-1, self.codebook_dim).float()

    def _encode_rows(self, rows: Tensor, shape: torch.Size) -> Tensor:
        return nearest_code(rows, self.codebook.detach()).view(shape[0], 1, *shape[2:])

    def look_up(self, codes: Tensor) -> Tensor:
        """`decode` for codes known to be in range."""
        return F.embedding(codes.squeeze(1), self.codebook).movedim(-1, 1)


def straight_through(latents: Tensor, nearest: Tensor) -> Tensor:
    """The values of `nearest`, bit for bit, with the gradient of `latents` (arXiv:1711.00937, section 3.2)."""
    return nearest.detach() + (latents - latents.detach())


def check_codes(codes: Tensor, codebook_size: int, levels: int) -> None:
    """ValueError unless codes are integers (B, 1…levels, *S) in [0, codebook_size)."""
    if codes.ndim < 2 or not 1 <= codes.shape[1] <= levels:
        raise ValueError(f"codes of shape {tuple(codes.shape)} do not fit: expected (batch, 1…{levels}, …)")
    if codes.is_floating_point():
        raise ValueError(f"codes are {codes.dtype}: expected integers")
    if codes.numel() and not 0 <= int(codes.min()) <= int(codes.max()) < codebook_size:
        raise ValueError(f"codes lie in {int(codes.min())}…{int(codes.max())}: expected 0…{codebook_size - 1}")
