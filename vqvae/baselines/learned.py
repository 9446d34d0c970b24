"""A plain autoencoder and a variational one, whose latents are rounded with one step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch

from vqvae.baselines.coders import textbook
from vqvae.baselines.scalar import ONE, THRESHOLD, dequantise, quantise, require_shape, step_of
from vqvae.checkpoint import digest
from vqvae.codec.protocol import Coder
from vqvae.config import from_json, read_json
from vqvae.families.protocol import BLOCK, pieces
from vqvae.networks.autoencoder import Autoencoder, build_autoencoder
from vqvae.training.autoencoder import AutoencoderConfig

TITLES = {"autoencoder": "Autoencoder", "vae": "Variational autoencoder"}
TRAINED = {
    "autoencoder": "trained to be rounded with any step, its bits priced by one fixed distribution per latent",
    "vae": "trained as a VAE (Gaussian posterior, whose means are stored)",
}


class Learned:
    """Frames of 32 samples through a network to a few latents each, and back.

    It does not become perfect: a latent rounded ever finer still leaves what the narrow place does not hold.
    """

    qualities = (-3.0, 8.0)

    def __init__(self, folder: Path) -> None:
        """folder: a checkpoint with the task "autoencoder" or "vae"; ValueError when something in it is missing or does not fit."""
        config = from_json(AutoencoderConfig, read_json(folder / "config.json"))
        self._model: Autoencoder = build_autoencoder(config.task, config.network)
        try:
            self._model.load_state_dict(safetensors.torch.load_file(folder / "model.safetensors"))
        except (FileNotFoundError, RuntimeError, safetensors.SafetensorError) as error:
            raise ValueError(f"the weights in {folder.name} are missing or do not fit its config.json") from error
        self._model.eval().requires_grad_(False)
        self.name, self.title, self.modality = config.task, TITLES[config.task], config.modality
        self.sha256 = digest(folder / "model.safetensors")
        self.about = (
            f"Encoder and decoder like our codebook's, {config.network.latents} latents for every {self._model.frame} samples, "
            f"{TRAINED[config.task]}; rounded with one step and a dead zone; order-0 adaptive arithmetic coder, one set of "
            "probabilities per latent."
        )

    @torch.inference_mode()
    def encode(self, values: np.ndarray, quality: float) -> np.ndarray:
        """values (N, 1, T) float32 -> codes (N, D, T / 32) int32."""
        frame, count = self._model.frame, values.shape[2] // self._model.frame
        codes = np.empty((len(values), self._model.latents, count), np.int32)
        for row, signal in enumerate(torch.from_numpy(values)):
            for piece in pieces(count, BLOCK, self._model.reach):
                latents = self._model.encode(signal[None, :, piece.first * frame : piece.last * frame])[0, :, piece.inner]
                codes[row, :, piece.start : piece.stop] = quantise(latents.numpy(), step_of(quality), THRESHOLD)
        return codes

    def shape(self, quality: float, length: int) -> tuple[int, int]:
        """Codes per column, and columns, of a signal of so many samples."""
        return self._model.latents, length // self._model.frame

    @torch.inference_mode()
    def decode(self, codes: np.ndarray, quality: float, length: int) -> np.ndarray:
        """codes (N, D, T / 32) -> values (N, 1, length) float32; ValueError when they do not fit."""
        frame, count = self._model.frame, length // self._model.frame
        require_shape(codes, self.shape(quality, length))
        values = np.empty((len(codes), 1, count * frame), np.float32)
        for row, channels in enumerate(codes):
            latents = torch.from_numpy(dequantise(channels, step_of(quality), ONE))[None]
            for piece in pieces(count, BLOCK, self._model.reach):
                inner = slice(piece.inner.start * frame, piece.inner.stop * frame)
                decoded = self._model.decode(latents[:, :, piece.first : piece.last])[0, :, inner]
                values[row, :, piece.start * frame : piece.stop * frame] = decoded.numpy()
        return values[:, :, :length]

    def coder(self, rows: int, quality: float) -> Coder:
        """What writes the codes of `rows` rows."""
        return textbook(range(self._model.latents), rows)
