"""A small 1-D U-Net that says, for every sample of a beat's window, how likely a wave begins or ends there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval


@dataclass(frozen=True)
class SegmenterConfig:
    """Shape of a `Segmenter`."""

    length: int = 576  # samples of a window; a multiple of stride * 2 ** (len(widths) - 1)
    stride: int = 4  # of the stem; the scores come back at full resolution
    widths: tuple[int, ...] = (32, 32, 48, 64)  # channels at each resolution, finest first
    kernel_size: int = 5  # odd
    dropout: float = 0.1
    boundaries: int = 5  # scores per sample
    waves: int = 2  # waves that may be absent

    def __post_init__(self) -> None:
        step = self.stride * 2 ** (len(self.widths) - 1)
        if self.length % step:
            raise ValueError(f"the window's length must be a multiple of {step}, got {self.length}")


class Segmentation(NamedTuple):
    """What the network says of B windows of T samples."""

    boundaries: Tensor  # (B, boundaries, T) logits over the samples: a softmax over T is the belief in each position
    presence: Tensor  # (B, waves) logits: is the wave there at all


class Block(nn.Module):
    """Two convolutions and a way around them (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inputs: int, outputs: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        padding = kernel_size // 2
        self.body = nn.Sequential(
            nn.Conv1d(inputs, outputs, kernel_size, padding=padding, bias=False),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv1d(outputs, outputs, kernel_size, padding=padding, bias=False),
            nn.BatchNorm1d(outputs),
        )
        self.around = nn.Identity() if inputs == outputs else nn.Conv1d(inputs, outputs, 1)

    def forward(self, values: Tensor) -> Tensor:
        """(B, inputs, T) -> (B, outputs, T)."""
        return torch.relu(self.body(values) + self.around(values))

    def fold(self) -> None:
        """Put each batch norm into the convolution before it; afterwards the block can be used, not trained."""
        first, norm, activation, _, second, last_norm = cast(Any, self.body)
        self.body = nn.Sequential(fuse_conv_bn_eval(first, norm), activation, fuse_conv_bn_eval(second, last_norm))


class Segmenter(nn.Module):
    """Windows (B, 1, T) -> `Segmentation` (U-Net, Ronneberger et al. 2015, arXiv:1505.04597).

    The R-peak stands at the same sample of every window, so the stem adds a learned vector per position.
    """

    def __init__(self, config: SegmenterConfig) -> None:
        super().__init__()
        self.config = config
        widths, stride = config.widths, config.stride
        self.stem = nn.Conv1d(1, widths[0], 4 * stride, stride=stride, padding=3 * stride // 2)
        self.position = nn.Parameter(torch.zeros(widths[0], config.length // stride))
        self.fall = nn.ModuleList(Block(w, w, config.kernel_size, config.dropout) for w in widths)
        self.down = nn.ModuleList(nn.Conv1d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose1d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.rise = nn.ModuleList(Block(w, w, config.kernel_size, config.dropout) for w in widths[:-1])
        self.boundaries = nn.Conv1d(widths[0], config.boundaries * stride, 3, padding=1)
        self.presence = nn.Linear(widths[-1] * (config.length // stride >> (len(widths) - 1)), config.waves)

    def forward(self, windows: Tensor) -> Segmentation:
        """windows (B, 1, T) -> logits over the samples and for the presence of the waves."""
        values = torch.relu(self.stem(windows) + self.position)
        levels: list[Tensor] = []
        for block, down in zip(self.fall, self.down, strict=False):
            values = block(values)
            levels.append(values)
            values = down(values)
        values = self.fall[-1](values)
        presence = self.presence(values.flatten(1))
        for level, up, block in reversed(list(zip(levels, self.up, self.rise, strict=True))):
            values = block(up(values) + level)
        scores = self.boundaries(values).unflatten(1, (self.config.boundaries, self.config.stride))
        return Segmentation(scores.transpose(2, 3).flatten(2), presence)

    def fold(self) -> None:
        """Say the same a third faster; for use only, since a folded network can be neither trained nor saved."""
        for block in (*self.fall, *self.rise):
            cast(Block, block).fold()
