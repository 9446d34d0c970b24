"""Checkpoints for fidelity: wavelet coefficients with one step, chosen by rate and distortion, and a decoder that knows templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from vqvae.checkpoint import Checkpoint
from vqvae.codec.adaptive import AdaptiveCoder
from vqvae.codec.choice import Choice, choose_scalars
from vqvae.codec.protocol import Coder, Step
from vqvae.families.protocol import BLOCK, Template, pieces
from vqvae.metrics.rate import bits_per_code
from vqvae.networks.fine import FineVQVAE
from vqvae.training.fine import FineCheckpointConfig

MAX_CODE = 2**19 - 1  # magnitude: differences of two are written too, and those must stay below 2 ** 20

Work = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Windows of codes and of what lies beside them (N, D, t) -> samples (N, 1, t * D)."""


class Span(NamedTuple):
    """The part of the whole that a piece of work is."""

    first: float
    last: float
    progress: Step | None


class Fine:
    """Quality is -log2 of the step in standard deviations of a lead: one more halves the step."""

    coders: tuple[str, ...] = ("adaptive", "static")
    about = (
        "Wavelet coefficients with one step, chosen by rate and distortion, through our adaptive coder; a learned decoder that also looks "
        "at similar beats."
    )

    def __init__(self, checkpoint: Checkpoint) -> None:
        config = checkpoint.config
        if not isinstance(config, FineCheckpointConfig) or not isinstance(checkpoint.model, FineVQVAE):
            raise ValueError(f"{checkpoint.name} is not a fine checkpoint")
        self._checkpoint, self._model, self._config = checkpoint, checkpoint.model, config
        self.levels, self.title, self.frame = len(config.qualities), f"Fine ({checkpoint.name})", checkpoint.model.encoder.frame
        self.qualities = (float(-np.log2(config.training.coarsest)) - 1, float(-np.log2(config.training.finest)) + 3)

    def quality(self, level: int) -> float:
        """The quality of a level, from the configuration."""
        return self._config.qualities[level - 1]

    def shape(self, quality: float, sides: tuple[int, ...]) -> tuple[int, int]:
        """One code per sample of a frame, and columns."""
        return self._model.encoder.frame, -(-sides[0] // self.frame)

    def encode(self, values: np.ndarray, quality: float, chunk: int, progress: Step | None = None) -> Choice:
        """values (N, 1, T) -> codes (N, D, T / D), chosen by rate and distortion in chunks of frames that are written together."""
        latents = self._latents(values) * np.float32(2.0**quality)
        np.clip(latents, -MAX_CODE, MAX_CODE, out=latents)
        return choose_scalars(self._adaptive(len(latents)), latents, self._config.training.trade, chunk, progress)

    def decode(self, codes: np.ndarray, quality: float, template: Template, progress: Step | None = None) -> np.ndarray:
        """codes (N, D, T / D) -> values (N, 1, T) float32: the mean of two passes, the second with a template of what the first gave."""
        if template is None:
            raise ValueError("a fine checkpoint's decoder needs a template")
        model, step = self._model, 2.0**-quality

        def refine(window: torch.Tensor, near: torch.Tensor) -> torch.Tensor:
            return model.decoder(model.quantizer.decode(window), near / step, torch.full((len(window),), step))

        linear = self._blocks(codes, lambda window, _: model.linear(window, step), codes, Span(0.0, 0.1, progress))
        first = self._blocks(codes, refine, self._latents(template(linear[:, 0])[:, None]), Span(0.2, 0.5, progress))
        second = self._blocks(codes, refine, self._latents(template(first[:, 0])[:, None]), Span(0.6, 1.0, progress))
        return (first + second) / 2

    def coder(self, name: str, shape: tuple[int, ...], quality: float) -> Coder:
        """The entropy coder `name` for codes of this shape."""
        if name == "static":
            from vqvae.codec.static import StaticCoder

            return StaticCoder(self._checkpoint.tables)
        return self._adaptive(shape[0])

    def _adaptive(self, rows: int) -> AdaptiveCoder:
        from vqvae.codec.descriptions import wavelet_frames

        return AdaptiveCoder(wavelet_frames(rows), self._checkpoint.start)

    def fixed_bits(self, codes: np.ndarray) -> int:
        """Bits of the codes when each takes what the largest magnitude of its row of latents needs, sign included."""
        most = np.abs(codes).max(axis=(0, 2), initial=0)
        return sum(bits_per_code(2 * int(m) + 1) for m in most) * codes.shape[0] * codes.shape[2]

    def usual_rates(self, seconds: float) -> tuple[float, ...]:
        """Bits per second: a rule of thumb from ECGs, where 60 % more bits halve the step."""
        return tuple(40 * 1.6 ** (quality + 1) for quality in self._config.qualities)

    @torch.inference_mode()
    def _latents(self, values: np.ndarray) -> np.ndarray:
        """values (N, 1, T) -> latents (N, D, T / D) of the periodic signal, block after block."""
        model, frame = self._model, self._model.encoder.frame
        count, reach = values.shape[2] // frame, self._model.encoder.reach
        around = np.pad(values, ((0, 0), (0, 0), (reach * frame, reach * frame)), mode="wrap")
        latents = np.empty((len(values), frame, count), np.float32)
        for piece in pieces(count, BLOCK, 0):
            window = torch.from_numpy(around[:, :, piece.start * frame : (piece.stop + 2 * reach) * frame])
            latents[:, :, piece.start : piece.stop] = model.encoder(window)[:, :, reach : reach + piece.stop - piece.start].numpy()
        return latents

    @torch.inference_mode()
    def _blocks(self, codes: np.ndarray, work: Work, beside: np.ndarray, span: Span) -> np.ndarray:
        """`work` on windows of codes, and of what lies beside them, of the periodic signal -> values (N, 1, T), block after block."""
        frame, count, reach = self._model.encoder.frame, codes.shape[2], self._model.decoder.reach
        around = [np.pad(part, ((0, 0), (0, 0), (reach, reach)), mode="wrap") for part in (codes, beside)]
        values = np.empty((len(codes), 1, count * frame), np.float32)
        for piece in pieces(count, BLOCK, 0):
            place = slice(piece.start, piece.stop + 2 * reach)
            window, near = (torch.from_numpy(part[:, :, place].astype(np.float32)) for part in around)
            found = work(window, near)[:, :, reach * frame : (reach + piece.stop - piece.start) * frame]
            values[:, :, piece.start * frame : piece.stop * frame] = found.numpy()
            if span.progress:
                span.progress(span.first + (span.last - span.first) * piece.stop / count)
        return values
