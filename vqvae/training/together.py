"""Training of a codebook of images end to end: encoder, codebook, decoder and mender at once, codes by a straight-through gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vqvae.config import to_json
from vqvae.metrics.usage import CodeCounts
from vqvae.networks.planes import PlanesVQVAE
from vqvae.training.loop import ordered
from vqvae.training.planes import PlanesConfig, level_coarseness
from vqvae.training.run_folder import RunFolder
from vqvae.training.steps import Check, Course, Progress, descend, run_course

COMMITMENT_WEIGHT = 0.25  # beta of van den Oord et al. 2017
DISTORTION_WEIGHT = 100.0  # of the mean squared error of values from 0 to 1, beside errors of latents
AT_ONCE = 500  # images validated together


def train_together(
    config: PlanesConfig, volumes: Sequence[np.ndarray], checks: Sequence[np.ndarray], run: Path, progress: Callable[[Progress], bool]
) -> Path:
    """Train on whole slices of volumes (X, Y, S) of the same sides, continuing what `run` holds; returns the folder of the best weights.

    ValueError for a mender that looks at more than the slice it mends.
    """
    settings = config.training
    if config.model.mender.slices != 1:
        raise ValueError(
            f"a codebook that learns end to end is drawn slice by slice: it needs mender.slices 1, not {config.model.mender.slices}"
        )
    folder = RunFolder(run)
    folder.start(to_json(config))
    torch.manual_seed(settings.seed)
    model = PlanesVQVAE(config.model.vqvae, config.model.mender)
    images, judged = _images(volumes), _images(checks)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], settings.learning_rate, weight_decay=1e-4)

    def learn(step: int) -> Tensor:
        if step == 0:
            first = _drawn(images, settings.seed, settings.steps, settings.kmeans_windows)
            model.quantizer.initialise(model.vqvae.encoder(first).detach(), torch.Generator().manual_seed(settings.seed))
        model.train()
        loss = distortion_loss(model, _drawn(images, settings.seed, step, settings.batch_size))
        descend(loss, optimizer, 1.0)
        return loss

    def check(step: int, loss: float) -> Check:
        score, counts = errors(model, judged)
        used, varied = float(counts.usage()[-1]), float(counts.perplexity()[-1])
        row = {"loss": round(loss, 4), "mse": round(score, 6), "usage": round(used, 1), "perplexity": round(varied, 1)}
        return Check(score, ordered(model), row)

    return run_course(Course(model, optimizer, settings.steps, settings.check_every, learn, check), folder, progress)


def distortion_loss(model: PlanesVQVAE, values: Tensor) -> Tensor:
    """values (B, 1, X, Y) -> loss (): squared error of what is decoded, and of latents that stray from their codes."""
    with torch.autocast("cpu", torch.bfloat16):
        latents = model.vqvae.encoder(values)
    quantized = model.quantizer(latents.float())
    with torch.autocast("cpu", torch.bfloat16):
        found = rebuilt(model, quantized.latents)
    return DISTORTION_WEIGHT * F.mse_loss(found.float(), values) + COMMITMENT_WEIGHT * quantized.commitment_loss


def rebuilt(model: PlanesVQVAE, latents: Tensor) -> Tensor:
    """Quantized latents (B, D, x, y) -> mended values (B, 1, X, Y)."""
    decoded = model.vqvae.decoder(latents)
    levels = model.quantizer.levels
    mended: Tensor = model.mender(decoded, decoded.new_full((len(decoded), 1), level_coarseness(levels, levels)))
    return mended


@torch.no_grad()
def errors(model: PlanesVQVAE, images: Tensor) -> tuple[float, CodeCounts]:
    """Mean squared error of images (N, 1, X, Y) when all levels are used, and how often every code occurs."""
    model.eval()
    counts, total = CodeCounts(model.quantizer.levels, model.quantizer.codebook_size), 0.0
    for start in range(0, len(images), AT_ONCE):
        values = images[start : start + AT_ONCE].float()
        codes = model.vqvae.encode(values)
        counts.add(codes.numpy())
        total += float((rebuilt(model, model.quantizer.decode(codes)).clamp(0, 1) - values).square().mean()) * len(values)
    return total / len(images), counts


def _images(volumes: Sequence[np.ndarray]) -> Tensor:
    """All slices of volumes (X, Y, S): (N, 1, X, Y) float16."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(np.concatenate(volumes, axis=2), 2, 0)[:, None], np.float16))


def _drawn(images: Tensor, seed: int, step: int, count: int) -> Tensor:
    """`count` images by chance, the same for the same seed and step."""
    places = np.random.default_rng([seed, step]).integers(len(images), size=count)
    return images[torch.from_numpy(places)].float().contiguous(memory_format=torch.channels_last)
