"""Encoder, quantizer, decoder: one model class for every kind of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

from vqvae.networks.frames import FrameDecoder, FrameEncoder, FramesConfig
from vqvae.quantizers import EMAVectorQuantizer, Quantized, RefinedResidualQuantizer, ResidualQuantizer, VectorQuantizer


@dataclass(frozen=True)
class QuantizerConfig:
    """Which codebook, how large, how many residual levels."""

    kind: str = "refined"  # "refined", "ema" or "gradient"
    codebook_size: int = 512
    levels: int = 6
    decay: float = 0.99  # of the moving average; "ema" only
    restart_share: float = 0.03  # a code used less than this times equal use restarts; "ema" only


@dataclass(frozen=True)
class ModelConfig:
    """All that is needed to build a VQVAE."""

    network: FramesConfig
    quantizer: QuantizerConfig


class Output(NamedTuple):
    """What a forward pass gives."""

    values: Tensor  # (B, 1, *S) reconstruction
    quantized: Quantized


class VQVAE(nn.Module):
    """Van den Oord et al. 2017 (arXiv:1711.00937), with residual levels of which any first few decode by themselves."""

    def __init__(self, encoder: FrameEncoder, quantizer: ResidualQuantizer | RefinedResidualQuantizer, decoder: FrameDecoder) -> None:
        super().__init__()
        self.encoder, self.quantizer, self.decoder = encoder, quantizer, decoder

    @property
    def reach(self) -> int:
        """Frames to either side that a code, or a sample decoded from codes, can depend on."""
        between = sum(refiner.reach for refiner in getattr(self.quantizer, "refiners", []))
        return int(self.encoder.reach + between + self.decoder.reach)

    def encode(self, values: Tensor) -> Tensor:
        """values (B, 1, *S) -> codes (B, Q, *S / frame)."""
        return self.quantizer.encode(self.encoder(values))

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, q, *S / frame), the first q = 1…Q levels -> values (B, 1, *S)."""
        values: Tensor = self.decoder(self.quantizer.decode(codes))
        return values

    def forward(self, values: Tensor, levels: int | None = None) -> Output:
        """values (B, 1, *S) through the first `levels` residual levels, with the losses that training weighs."""
        quantized = self.quantizer(self.encoder(values), levels)
        return Output(self.decoder(quantized.latents), quantized)


def build(config: ModelConfig) -> VQVAE:
    """The untrained model: a lapped transform, empty codebooks and its inverse."""
    network, settings = config.network, config.quantizer
    shape = (settings.codebook_size, network.latent_dim)
    quantizer: ResidualQuantizer | RefinedResidualQuantizer
    if settings.kind == "refined":
        levels = [VectorQuantizer(*shape) for _ in range(settings.levels)]
        quantizer = RefinedResidualQuantizer(levels, [network.refinement() for _ in levels])
    elif settings.kind == "ema":
        quantizer = ResidualQuantizer([EMAVectorQuantizer(*shape, settings.decay, settings.restart_share) for _ in range(settings.levels)])
    elif settings.kind == "gradient":
        quantizer = ResidualQuantizer([VectorQuantizer(*shape) for _ in range(settings.levels)])
    else:
        raise ValueError(f"there is no quantizer called {settings.kind!r}; there are: refined, ema, gradient")
    return VQVAE(FrameEncoder(network), quantizer, FrameDecoder(network, refine=settings.kind != "refined"))
