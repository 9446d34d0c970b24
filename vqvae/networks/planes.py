"""A network that looks at decoded slices and mends what coding did to them; before training it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqvae.networks.vqvae import ModelConfig, build
from vqvae.quantizers import RefinedResidualQuantizer, ResidualQuantizer

SHARE = 0.2  # of what the last layer says that is added: small steps at the start


@dataclass(frozen=True)
class MenderConfig:
    """Shape of a `Mender`."""

    widths: tuple[int, ...] = (48, 64, 96)  # channels at a half, a quarter, … of the sides
    slices: int = 3  # that are looked at: the one to mend in the middle

    def __post_init__(self) -> None:
        if not self.widths or self.slices % 2 == 0:
            raise ValueError(f"a mender needs widths and an odd number of slices, got {self.widths} and {self.slices}")

    @property
    def multiple(self) -> int:
        """What the sides of slices are multiples of."""
        return int(2 ** len(self.widths))


class Mender(nn.Module):
    """Slices (B, slices, X, Y) and how coarsely they were coded (B, 1) -> the middle one, mended (B, 1, X, Y).

    A U-Net (Ronneberger et al. 2015, arXiv:1505.04597) on pixels rearranged to half the sides (Shi et al. 2016, arXiv:1609.05158), which
    adds to the slice: zero before training.
    """

    def __init__(self, config: MenderConfig) -> None:
        super().__init__()
        self.slices, self.middle, widths = config.slices, config.slices // 2, config.widths
        self.enter = _look(4 * config.slices + 1, widths[0])
        self.down = nn.ModuleList(nn.Conv2d(wide, wider, 2, 2) for wide, wider in pairwise(widths))
        self.up = nn.ModuleList(nn.Conv2d(wider, 4 * wide, 1) for wide, wider in pairwise(widths))
        counts = [1, *[2] * (len(widths) - 1)]
        self.before = nn.ModuleList(
            nn.ModuleList(_look(width, width) for _ in range(count)) for count, width in zip(counts, widths, strict=True)
        )
        self.after = nn.ModuleList(_look(width, width) for width in widths[:-1])
        self.leave = _look(widths[0], 4)
        for parameter in self.leave.parameters():
            nn.init.zeros_(parameter)

    def forward(self, slices: Tensor, coarseness: Tensor) -> Tensor:
        """slices (B, n, X, Y), about 0 to 1, sides multiples of 2 ** len(widths); coarseness (B, 1), about -1 to 1 -> (B, 1, X, Y)."""
        pixels = F.pixel_unshuffle(slices, 2)
        spread = coarseness[:, :, None, None].expand(-1, 1, *pixels.shape[2:])
        hidden, kept = F.silu(self.enter(torch.cat([2 * pixels - 0.5, spread], dim=1))), []
        for depth, looks in enumerate(self.before):
            if depth:
                hidden = F.silu(self.down[depth - 1](hidden))
            hidden = _added(hidden, looks.children())
            kept.append(hidden)
        for depth in reversed(range(len(self.up))):
            hidden = kept[depth] + F.silu(F.pixel_shuffle(self.up[depth](hidden), 2))
            hidden = _added(hidden, self.after[depth : depth + 1])
        return slices[:, self.middle : self.middle + 1] + SHARE * F.pixel_shuffle(self.leave(hidden), 2)


def neighbours(place: int, count: int, slices: int, alone: bool) -> list[int]:
    """The slices that are looked at to mend one: those around it, ends repeated; itself only when alone."""
    reach = 0 if alone else slices // 2
    return [min(count - 1, max(0, place + max(-reach, min(reach, step)))) for step in range(-(slices // 2), slices // 2 + 1)]


def _look(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def _added(hidden: Tensor, looks: Iterable[nn.Module]) -> Tensor:
    for look in looks:
        hidden = hidden + F.silu(look(hidden))
    return hidden


class PlanesVQVAE(nn.Module):
    """Slices (B, 1, X, Y): a `VQVAE` of lapped blocks with residual codebooks, and a `Mender` of what it decodes.

    The transform stays the orthonormal one; what learns is the rest.
    """

    def __init__(self, vqvae: ModelConfig, mender: MenderConfig) -> None:
        super().__init__()
        self.vqvae, self.mender = build(vqvae), Mender(mender)
        self.vqvae.encoder.analysis.requires_grad_(False)
        self.vqvae.decoder.synthesis.requires_grad_(False)

    @property
    def refined(self) -> RefinedResidualQuantizer:
        """The codebooks and the networks between them; ValueError for codebooks without any."""
        if not isinstance(self.quantizer, RefinedResidualQuantizer):
            raise ValueError("these codebooks have no networks between them")
        return self.quantizer

    @property
    def quantizer(self) -> RefinedResidualQuantizer | ResidualQuantizer:
        """The codebooks under the name that every model with codebooks has."""
        return self.vqvae.quantizer
