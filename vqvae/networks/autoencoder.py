"""A plain and a variational autoencoder on the frames of the VQ-VAE: what it is compared with.

Both narrow every frame to a few numbers; whoever stores them rounds these to multiples of one step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from vqvae.networks.frames import FrameDecoder, FrameEncoder, FramesConfig


@dataclass(frozen=True)
class AutoencoderNetworkConfig:
    """Shape of an `Autoencoder` or a `VariationalAutoencoder`."""

    frames: FramesConfig
    latents: int = 12  # numbers per frame at the narrowest place

    def __post_init__(self) -> None:
        if not 1 <= self.latents <= self.frames.latent_dim:
            raise ValueError(f"latents {self.latents} is not in 1…{self.frames.latent_dim}, the samples of a frame")


class Passed(NamedTuple):
    """What a forward pass gives."""

    values: Tensor  # (B, 1, T) reconstruction
    cost: Tensor  # (B, D, T / frame) what each latent costs: bits in the plain one, nats of divergence in the variational one


class Autoencoder(nn.Module):
    """Frames through a narrow place and back.  Before training: a lapped transform without its high frequencies.

    The cost is that of a Laplace distribution per latent (Ballé et al. 2017, arXiv:1611.01704, with one shape for all steps).
    """

    def __init__(self, config: AutoencoderNetworkConfig) -> None:
        super().__init__()
        frames = config.frames
        self.latents, self.frame = config.latents, frames.frame
        self.encoder = FrameEncoder(frames)
        self.look = frames.refinement()
        self.narrow = nn.Conv1d(frames.latent_dim, config.latents, 1)
        self.widen = nn.Conv1d(config.latents, frames.latent_dim, 1)
        self.decoder = FrameDecoder(frames, refine=True)
        self.log_scale = nn.Parameter(torch.full((config.latents, 1), math.log(0.5)))
        for layer in (self.narrow, self.widen):
            nn.init.eye_(layer.weight[:, :, 0].data)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    @property
    def reach(self) -> int:
        """Frames to either side that a latent, or a sample made of latents, can depend on."""
        return int(self.encoder.reach + self.look.reach + self.decoder.reach)

    def encode(self, values: Tensor) -> Tensor:
        """values (B, 1, T) -> latents (B, D, T / frame)."""
        narrowed: Tensor = self.narrow(self._seen(values))
        return narrowed

    def decode(self, latents: Tensor) -> Tensor:
        """latents (B, D, T / frame) -> values (B, 1, T)."""
        values: Tensor = self.decoder(self.widen(latents))
        return values

    def forward(self, values: Tensor, steps: Tensor, generator: torch.Generator) -> Passed:
        """values (B, 1, T) with the latents of row b rounded to multiples of steps[b].

        The decoder sees rounded latents and the gradient passes straight through; the cost sees latents with uniform noise instead
        (Minnen and Singh 2020, arXiv:2007.08739).
        """
        latents, step = self.encode(values), steps[:, None, None]
        rounded = latents + (torch.round(latents / step) * step - latents).detach()
        noise = torch.rand(latents.shape, generator=generator).to(latents) - 0.5
        return Passed(self.decode(rounded), self._bits(latents + noise * step, step))

    def _seen(self, values: Tensor) -> Tensor:
        latents = self.encoder(values)
        seen: Tensor = self.look(latents, latents, torch.ones_like(latents[:, :1])).latents
        return seen

    def _bits(self, latents: Tensor, step: Tensor) -> Tensor:
        """Bits of latents under a Laplace distribution of scale b cut into cells as wide as a step."""
        scale = self.log_scale.exp()
        distance, half = latents.abs() / scale, step / (2 * scale)
        outside = half - distance + torch.log(-torch.expm1(-2 * half)) - math.log(2)  # log of exp(-distance) sinh(half)
        inside = torch.log1p(-torch.exp(-half) * torch.cosh(torch.minimum(distance, half)))
        return -torch.where(distance > half, outside, inside) / math.log(2)


class VariationalAutoencoder(Autoencoder):
    """Kingma and Welling 2014, arXiv:1312.6114: latents are drawn from a Gaussian that the encoder states; its mean is what is stored."""

    def __init__(self, config: AutoencoderNetworkConfig) -> None:
        super().__init__(config)
        del self.log_scale  # the prior is the standard Gaussian
        self.spread = nn.Conv1d(config.frames.latent_dim, config.latents, 1)
        nn.init.zeros_(self.spread.weight)
        nn.init.constant_(self.spread.bias, -3.0)  # type: ignore[arg-type]

    def forward(self, values: Tensor, steps: Tensor, generator: torch.Generator) -> Passed:
        """values (B, 1, T) through drawn latents; nothing is rounded, so the steps are not looked at.

        The cost is the divergence from the prior (appendix B).
        """
        seen = self._seen(values)
        mean, log_variance = self.narrow(seen), self.spread(seen).clamp(-12, 4)
        noise = torch.randn(mean.shape, generator=generator).to(mean)
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
        return Passed(self.decode(mean + (0.5 * log_variance).exp() * noise), divergence)


def build_autoencoder(task: str, config: AutoencoderNetworkConfig) -> Autoencoder:
    """The untrained network of an "autoencoder" or a "vae"."""
    if task not in ("autoencoder", "vae"):
        raise ValueError(f"there is no network for the task {task!r}; there are: autoencoder, vae")
    return VariationalAutoencoder(config) if task == "vae" else Autoencoder(config)
