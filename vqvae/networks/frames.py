"""Encoder and decoder on frames: a lapped transform that learns, in one or two spatial dimensions.

All layers but the first and last run once per frame, not once per sample: on a CPU that is what makes them affordable.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqvae.networks.lapped import lapped_basis
from vqvae.networks.refinement import Refinement
from vqvae.networks.residual_stack import ResidualStack


@dataclass(frozen=True)
class FramesConfig:
    """Shape of a `FrameEncoder`, its `FrameDecoder` and the refinements."""

    spatial_dims: int = 1
    frame: int = 32  # samples per frame along every dimension; frame ** spatial_dims latents per frame
    width: int = 64  # channels inside a refinement
    dilations: tuple[int, ...] = (1, 2, 4, 8)  # one residual block each
    encoder_dilations: tuple[int, ...] = ()  # the same in the encoder, after its transform; none: the transform alone

    def __post_init__(self) -> None:
        if self.spatial_dims not in (1, 2):
            raise ValueError(f"spatial_dims must be 1 or 2, got {self.spatial_dims}")
        if self.frame < 2 or self.frame % 2:
            raise ValueError(f"a frame must be an even number of samples, got {self.frame}")

    @property
    def latent_dim(self) -> int:
        """Latents per frame."""
        return int(self.frame**self.spatial_dims)

    def refinement(self) -> Refinement:
        """A new, untrained refinement of this shape."""
        return Refinement(self.spatial_dims, self.latent_dim, self.width, self.dilations)


class FrameEncoder(nn.Module):
    """Samples (B, 1, *S) -> latents (B, D, *S / frame).  Before training: the MDCT.

    With `encoder_dilations`, a stack of residual blocks adds to the transform what it makes of the frames around.
    """

    def __init__(self, config: FramesConfig) -> None:
        super().__init__()
        self.frame, self.spatial_dims = config.frame, config.spatial_dims
        self.analysis = nn.Parameter(lapped_basis(config.frame, config.spatial_dims))
        self.look: ResidualStack | None = None
        if config.encoder_dilations:
            self.look = ResidualStack(config.spatial_dims, config.latent_dim, config.width, config.latent_dim, config.encoder_dilations)
        self.reach = 1 + (self.look.reach if self.look else 0)  # frames to either side that a latent depends on

    def forward(self, values: Tensor) -> Tensor:
        """values (B, 1, *S), every S a multiple of the frame -> latents (B, D, *S / frame)."""
        if any(size % self.frame for size in values.shape[2:]):
            raise ValueError(f"every dimension must be a multiple of {self.frame} samples, got {tuple(values.shape[2:])}")
        convolve = (F.conv1d, F.conv2d)[self.spatial_dims - 1]
        latents = convolve(F.pad(values, [self.frame // 2] * 2 * self.spatial_dims), self.analysis, stride=self.frame)
        return latents if self.look is None else latents + self.look.look_around(latents)


class FrameDecoder(nn.Module):
    """Quantized latents (B, D, *S / frame) -> samples (B, 1, *S).  Before training: the inverse MDCT.

    With `refine`, the latents pass a `Refinement` first; a `RefinedResidualQuantizer` has done that already.
    """

    def __init__(self, config: FramesConfig, refine: bool) -> None:
        super().__init__()
        self.frame, self.spatial_dims = config.frame, config.spatial_dims
        self.synthesis = nn.Parameter(lapped_basis(config.frame, config.spatial_dims))
        self.refine = config.refinement() if refine else None
        self.reach = 1 + (self.refine.reach if self.refine else 0)  # frames to either side that a sample depends on

    def forward(self, latents: Tensor) -> Tensor:
        """latents (B, D, *S / frame) -> samples (B, 1, *S)."""
        if self.refine is not None:
            latents = self.refine(latents, latents, torch.ones_like(latents[:, :1])).latents
        expand = (F.conv_transpose1d, F.conv_transpose2d)[self.spatial_dims - 1]
        return expand(latents, self.synthesis, stride=self.frame, padding=self.frame // 2)
