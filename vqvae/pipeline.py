"""START HERE: the one flow.

files --read--> recording --to_tensors--> values --encode--> codes --decode--> values --restore--> recording', and `compare` of the two.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from vqvae import checkpoint as checkpoints_
from vqvae.checkpoint import Checkpoint
from vqvae.delineator import load_delineator
from vqvae.metrics.rate import bits_per_code, fixed_length_bits
from vqvae.modalities import modality
from vqvae.modalities.protocol import Report, Tensors
from vqvae.networks.vqvae import VQVAE

BLOCK = 2048  # frames computed at once: bounds memory, and is the same for every recording, so that codes are too
checkpoints = checkpoints_.names
Step = Callable[[float], None]
"""Told how much is done, 0 to 1; may raise to stop."""


class Encoded(NamedTuple):
    """A recording as codes and what restoring it needs besides."""

    codes: np.ndarray  # (N, Q, *S) integers in [0, codebook_size)
    layout: dict[str, Any]


class Rate(NamedTuple):
    """What a reconstruction costs."""

    value: float
    unit: str  # "bit/s": per second and lead
    counts: str  # what is counted: "fixed-length"
    bytes: int
    compression_ratio: float
    definition: str


def load(name: str | Path) -> Checkpoint:
    """A codebook checkpoint by name or folder; ValueError when it was trained on tensors that the modality no longer makes."""
    checkpoint = checkpoints_.load(name)
    made: Any = modality(checkpoint.config.modality)
    if checkpoint.config.preprocessing != made.describe_preprocessing():
        raise ValueError(f"{checkpoint.name} was trained on another preprocessing than this version has: train it again")
    return checkpoint


def encode(checkpoint: Checkpoint, recording: Any, progress: Step | None = None) -> Encoded:
    """Recording -> codes of every level."""
    values, layout = modality(checkpoint.config.modality).to_tensors(recording)
    kind = np.int16 if checkpoint.model.quantizer.codebook_size <= 2**15 else np.int32
    return Encoded(encode_values(checkpoint.model, values, BLOCK, progress).astype(kind, copy=False), layout)


def decode(checkpoint: Checkpoint, encoded: Encoded, levels: int | None = None, progress: Step | None = None) -> Any:
    """The first `levels` levels of the codes (all when None) -> recording."""
    codes = encoded.codes[:, : _levels(checkpoint, levels)]
    return modality(checkpoint.config.modality).restore(Tensors(decode_codes(checkpoint.model, codes, BLOCK, progress), encoded.layout))


def compare(checkpoint: Checkpoint, reference: Any, reconstruction: Any, **options: Any) -> Report:
    """What survived, in the modality's own measures; options (`lead`, `analysis`) are the modality's."""
    kind = checkpoint.config.modality
    return modality(kind).compare(reference, reconstruction, **judges(kind), **options)


def analyse(checkpoint: Checkpoint, reference: Any, lead: str | None = None) -> Any:
    """What `compare` needs to know of an original, to be computed once for all levels."""
    kind = checkpoint.config.modality
    return modality(kind).analyse(reference, lead, **judges(kind))  # type: ignore[attr-defined]


def rate(checkpoint: Checkpoint, encoded: Encoded, recording: Any, levels: int | None = None) -> Rate:
    """Size of a recording at its first `levels` levels, side information included."""
    layout, count = encoded.layout, _levels(checkpoint, levels)
    bits = bits_per_code(checkpoint.model.quantizer.codebook_size)
    side = len(json.dumps(layout, separators=(",", ":")).encode())
    size = -(-fixed_length_bits(encoded.codes[:, :count].shape, checkpoint.model.quantizer.codebook_size) // 8) + side
    extent = modality(checkpoint.config.modality).extent(layout)  # type: ignore[attr-defined]
    definition = (
        f"Codes at a fixed length of {bits} bit, {count} of {checkpoint.levels} residual levels, plus {side} bytes of side information; "
        f"no entropy coding. The ratio is against {extent.raw}."
    )
    return Rate(8 * size / extent.amount if extent.amount else 0.0, extent.unit, "fixed-length", size, extent.raw_bytes / size, definition)


def nominal_rates(checkpoint: Checkpoint) -> tuple[float, ...]:
    """Bit per second and lead at 1…Q levels, codes alone."""
    frames: Any = modality(checkpoint.config.modality)
    per_level = bits_per_code(checkpoint.model.quantizer.codebook_size) / frames.FRAMES.length
    return tuple(per_level * level for level in range(1, checkpoint.levels + 1))


def frame_seconds(encoded: Encoded) -> float:
    """Length of the piece of signal that one code describes, s."""
    return float(modality(encoded.layout["modality"]).FRAMES.length)  # type: ignore[attr-defined]


def frame_start(encoded: Encoded) -> float:
    """Where the first code's piece begins, s from the start of the recording; negative, since frames overlap the ends."""
    return float(modality(encoded.layout["modality"]).FRAMES.start)  # type: ignore[attr-defined]


def codebooks(checkpoint: Checkpoint) -> np.ndarray:
    """Code vectors (Q, K, D)."""
    levels: Any = checkpoint.model.quantizer.quantizers
    return np.stack([level.codebook.detach().numpy() for level in levels])


@lru_cache(maxsize=4)
def judges(kind: str) -> dict[str, Any]:
    """Trained helpers that a modality's scores are handed, since modalities know no torch."""
    return {"delineate": load_delineator(checkpoints_.SHIPPED / "ecg-delineator")} if kind == "ecg" else {}


@torch.inference_mode()
def encode_values(model: VQVAE, values: np.ndarray, block: int, progress: Step | None = None) -> np.ndarray:
    """values (N, 1, T) -> codes (N, Q, T / frame), block after block; the same codes for any block size, but for ties in rounding."""
    frame = model.encoder.frame
    count = values.shape[2] // frame
    codes = np.empty((len(values), model.quantizer.levels, count), np.int64)
    for piece in pieces(count, block, model.reach):
        window = torch.from_numpy(values[:, :, piece.first * frame : piece.last * frame])
        codes[:, :, piece.start : piece.stop] = model.encode(window)[:, :, piece.inner].numpy()
        if progress:
            progress(piece.stop / count)
    return codes


@torch.inference_mode()
def decode_codes(model: VQVAE, codes: np.ndarray, block: int, progress: Step | None = None) -> np.ndarray:
    """codes (N, q, frames) -> values (N, 1, T) float32, block after block."""
    frame, count = model.decoder.frame, codes.shape[2]
    values = np.empty((len(codes), 1, count * frame), np.float32)
    for piece in pieces(count, block, model.reach):
        window = torch.from_numpy(codes[:, :, piece.first : piece.last].astype(np.int64))
        inner = slice(piece.inner.start * frame, piece.inner.stop * frame)
        values[:, :, piece.start * frame : piece.stop * frame] = model.decode(window)[:, :, inner].numpy()
        if progress:
            progress(piece.stop / count)
    return values


class Piece(NamedTuple):
    """Frames [start, stop) to compute from frames [first, last), which hold all they depend on."""

    start: int
    stop: int
    first: int
    last: int

    @property
    def inner(self) -> slice:
        """[start, stop) within [first, last)."""
        return slice(self.start - self.first, self.stop - self.first)


def pieces(count: int, block: int, reach: int) -> list[Piece]:
    """`count` frames in blocks, each with `reach` frames of surroundings where there are any."""
    starts = range(0, count, block)
    return [Piece(s, min(s + block, count), max(0, s - reach), min(count, s + block + reach)) for s in starts]


def _levels(checkpoint: Checkpoint, levels: int | None) -> int:
    if levels is not None and not 1 <= levels <= checkpoint.levels:
        raise ValueError(f"levels {levels} is not in 1…{checkpoint.levels}")
    return checkpoint.levels if levels is None else levels
