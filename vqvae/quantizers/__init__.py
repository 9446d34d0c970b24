"""Quantizers: latents -> codes -> latents.  One class per idea, one return type."""

from vqvae.quantizers.base import Quantized, Quantizer
from vqvae.quantizers.ema import EMAVectorQuantizer
from vqvae.quantizers.gradient import VectorQuantizer
from vqvae.quantizers.kmeans import kmeans
from vqvae.quantizers.nearest import nearest_code
from vqvae.quantizers.refined import Estimate, RefinedResidualQuantizer, Refiner
from vqvae.quantizers.residual import ResidualQuantizer

__all__ = [
    "EMAVectorQuantizer",
    "Estimate",
    "Quantized",
    "Quantizer",
    "RefinedResidualQuantizer",
    "Refiner",
    "ResidualQuantizer",
    "VectorQuantizer",
    "kmeans",
    "nearest_code",
]
