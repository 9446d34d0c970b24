"""Performances for the tests of gestures, and an untrained model of them."""

from __future__ import annotations

import numpy as np
import torch

from vqvae.networks.gesture_chain import encode_chain
from vqvae.networks.gesture_notes import Chained, Grouped, grouped
from vqvae.networks.gestures import GestureShape, GestureVQVAE

SHAPE = GestureShape(window=4, codebook_size=16, aspects=("timing", "length", "spread"), grains=(1.0, 0.5, 0.5), width=8, dilations=(1, 2))


def played(seed: int, count: int, rests: float = 0.02) -> np.ndarray:
    """values (1, 4, count): chords, some of them rolled, runs, pauses."""
    rng = np.random.default_rng(seed)
    gap = rng.choice([0.0, 0.004, 0.02, 0.11, 0.16, 0.31], count, p=[0.15, 0.15, 0.1, 0.3, 0.2, 0.1]) * rng.uniform(0.8, 1.2, count)
    gap[rng.random(count) < rests] = 1.7
    gap[0] = 0.9
    pitch = np.clip(60 + np.cumsum(rng.integers(-5, 6, count)), 21, 108)
    held = rng.choice([0.06, 0.15, 0.4, 1.2], count) * rng.uniform(0.8, 1.2, count)
    return np.stack([pitch, gap, held, rng.integers(20, 110, count)]).astype(np.float32)[None]


def untrained(seed: int = 0, shape: GestureShape = SHAPE) -> GestureVQVAE:
    """A model with random vectors, and networks that have not learned anything."""
    torch.manual_seed(seed)
    model = GestureVQVAE(shape).eval().requires_grad_(False)
    for number in range(shape.levels):
        level = model.quantizer.level(number)
        level.codebook.copy_(0.7 * torch.randn_like(level.codebook))
        level.costs.copy_(torch.rand_like(level.costs) * 8)
    first = model.quantizer.level(0).codebook
    first[:, : shape.window] = first[:, : shape.window].abs() + 0.3
    return model


def performed(model: GestureVQVAE, values: np.ndarray) -> tuple[Grouped, Chained]:
    """Notes and the first level."""
    notes = grouped(values, model.shape.window)
    notes.begins[0, 0] = True
    costs = model.quantizer.level(0).costs.double().numpy()
    return notes, encode_chain(notes, model.first_codebook(), costs)
