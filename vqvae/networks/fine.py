"""The family of checkpoints for fidelity: a wavelet transform, scalar codes, and a decoder that has learned what codes lose.

Before training it is the classical wavelet codec.  One model serves every rate: the step is an input, not a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqvae.networks.residual_stack import ResidualStack
from vqvae.networks.wavelet import wavelet_bases
from vqvae.quantizers.scalar import ScalarQuantizer


@dataclass(frozen=True)
class FineConfig:
    """Shape of a `FineVQVAE`."""

    levels: int = 5  # of the wavelet transform: 2 ** levels samples per frame
    wavelet: str = "bior4.4"
    width: int = 128  # channels inside the refinement
    dilations: tuple[int, ...] = (1, 2, 4, 1)

    @property
    def frame(self) -> int:
        """Samples per frame, and latents per frame."""
        return int(2**self.levels)


class WaveletEncoder(nn.Module):
    """Samples (B, 1, T) -> latents (B, D, T / D), coarse to fine."""

    def __init__(self, config: FineConfig) -> None:
        super().__init__()
        bases = wavelet_bases(config.levels, config.wavelet)
        self.frame, self.lead, taps = config.frame, bases.lead, bases.analysis.shape[2]
        self.tail = taps - self.lead - self.frame
        self.reach = max(self.lead, self.tail) // self.frame  # frames to either side that a latent depends on
        self.analysis = nn.Parameter(bases.analysis, requires_grad=False)

    def forward(self, values: Tensor) -> Tensor:
        """values (B, 1, T), T a multiple of the frame and its surroundings zero -> latents (B, D, T / D)."""
        return F.conv1d(F.pad(values, (self.lead, self.tail)), self.analysis, stride=self.frame)


class TemplateDecoder(nn.Module):
    """Codes and a template of the signal -> samples.  Before training: the inverse wavelet transform of the codes."""

    def __init__(self, config: FineConfig) -> None:
        super().__init__()
        bases = wavelet_bases(config.levels, config.wavelet)
        self.frame, self.lead, self.taps = config.frame, bases.lead, bases.synthesis.shape[2]
        self.synthesis = nn.Parameter(bases.synthesis, requires_grad=False)
        self.refine = ResidualStack(1, 4 * config.frame + 2, config.width, 3 * config.frame, config.dilations)
        self.reach = self.refine.reach + max(self.lead, self.taps - self.lead - self.frame) // self.frame

    def forward(self, latents: Tensor, template: Tensor, step: Tensor) -> Tensor:
        """latents and the template's latents (B, D, S), both in steps, step (B,) -> samples (B, 1, S * D)."""
        return self.synthesise(self.refined(latents, template, step) * step[:, None, None])

    def refined(self, latents: Tensor, template: Tensor, step: Tensor) -> Tensor:
        """The latents (B, D, S) in steps as they probably were: scaled, shifted, and drawn towards the template's."""
        size = torch.log(step)[:, None, None].expand(-1, 1, latents.shape[2]) + 2
        apart = template - latents
        seen = [_squash(latents), torch.tanh(latents), _squash(apart), torch.tanh(apart), size, size.square()]
        scale, shift, draw = self.refine.look_around(torch.cat(seen, dim=1)).chunk(3, dim=1)
        return latents * (1 + 0.9 * torch.tanh(scale)) + shift + draw * apart

    def synthesise(self, latents: Tensor) -> Tensor:
        """Latents (B, D, S) -> samples (B, 1, S * D), the inverse transform."""
        samples = F.conv_transpose1d(latents, self.synthesis, stride=self.frame)
        return samples[:, :, self.lead : self.lead + latents.shape[2] * self.frame]


class FineVQVAE(nn.Module):
    """Wavelet encoder, scalar quantizer, decoder with a template.

    Apart from `VQVAE` because its codes are integers of any size, and because the step and the template go in with them.
    """

    def __init__(self, config: FineConfig) -> None:
        super().__init__()
        self.encoder, self.quantizer, self.decoder = WaveletEncoder(config), ScalarQuantizer(), TemplateDecoder(config)

    @property
    def reach(self) -> int:
        """Frames to either side that a latent, or a sample decoded from codes, can depend on."""
        return max(self.encoder.reach, self.decoder.reach)

    def encode(self, values: Tensor, step: float) -> Tensor:
        """values (B, 1, T) -> the nearest codes (B, D, T / D)."""
        return self.quantizer.encode(self.encoder(values), step)

    def linear(self, codes: Tensor, step: float) -> Tensor:
        """Codes (B, D, S) -> samples (B, 1, S * D) by the inverse transform alone: what a template is made from."""
        return self.decoder.synthesise(self.quantizer.decode(codes) * step)

    def decode(self, codes: Tensor, template: Tensor, step: float) -> Tensor:
        """Codes (B, D, S) and the template's samples (B, 1, S * D) -> samples (B, 1, S * D)."""
        return self.decoder(self.quantizer.decode(codes), self.encoder(template) / step, torch.full((len(codes),), step))


def _squash(values: Tensor) -> Tensor:
    """Large numbers made small, signs kept."""
    return torch.sign(values) * torch.log1p(values.abs())
