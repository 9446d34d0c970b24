"""What a fine checkpoint is trained on: recordings coded at every rate, and the start state that they are coded from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.torch
import torch

from vqvae.codec.adaptive import AdaptiveCoder
from vqvae.codec.choice import choose_scalars
from vqvae.codec.descriptions import wavelet_frames
from vqvae.codec.learning import learn_start
from vqvae.codec.state import State, pack, unpack
from vqvae.config import write_bytes
from vqvae.datasets.splits import record_folder
from vqvae.modalities import modality
from vqvae.networks.fine import FineVQVAE
from vqvae.networks.wavelet import from_frames, to_frames
from vqvae.quantizers.scalar import SHRINK
from vqvae.training.config import START, Source
from vqvae.training.fine import Coded, FineCheckpointConfig, Stage, train_fine
from vqvae.training.steps import Progress

CHUNK = 3375  # frames that are coded from one start: 300 s of ECG
EXCERPTS = 3  # stretches of CHUNK frames, spread over a long recording, that a start state is learned from
Told = Callable[[str, float], None]


class Prepared(NamedTuple):
    """All that training a fine checkpoint needs."""

    start: bytes  # packed start state
    training: list[list[Coded]]  # one list per source
    validation: list[Coded]


def prepare(config: FineCheckpointConfig, data: Path, told: Told) -> Prepared:
    """Read the recordings below `data`, learn a start state from those to train on, and code all of them from it at every step."""
    settings = config.training
    sources = [_read(config, data, source) for source in settings.training]
    checks = [values for source in settings.validation for values in _read(config, data, source)]
    start = learn_fine_start(config, [values for source in sources for values in source], lambda share: told("learning the coder", share))
    state = unpack(start)
    total = sum(map(len, sources)) + len(checks)
    done = iter(range(total))

    def coded(values: np.ndarray) -> Coded:
        told("coding the recordings", next(done) / total)
        return code(config, values, state)

    return Prepared(start, [[coded(values) for values in source] for source in sources], [coded(values) for values in checks])


def _read(config: FineCheckpointConfig, data: Path, source: Source) -> list[np.ndarray]:
    """The values (N, T) of a source's recordings."""
    kind, folder = modality(config.modality), record_folder(data / source.folder)
    return [kind.to_tensors(kind.read(folder / record)).values[:, 0] for record in source.records]


def steps_of(config: FineCheckpointConfig) -> np.ndarray:
    """The quantizer steps that are trained for, finest first."""
    return np.geomspace(config.training.finest, config.training.coarsest, config.training.rates)


def learn_fine_start(config: FineCheckpointConfig, recordings: Sequence[np.ndarray], progress: Callable[[float], None]) -> bytes:
    """Rows (N, T) of training recordings -> packed start state of the adaptive coder for all rates.

    Codes are chosen from nothing learned: what is learned of them differs little from what files hold.
    """
    codes = []
    for number, values in enumerate(recordings):
        progress(0.3 * number / len(recordings))
        latents = _latents(config, values)
        excerpts = [latents[:, :, start : start + CHUNK] for start in excerpt_starts(latents.shape[2], EXCERPTS)]
        coder = AdaptiveCoder(wavelet_frames(len(values)))
        trade = config.training.trade
        codes.append([choose_scalars(coder, excerpt / step, trade, CHUNK).codes for excerpt in excerpts for step in steps_of(config)[::2]])
    return pack(learn_start(wavelet_frames, codes, progress=lambda share: progress(0.3 + 0.7 * share)))


def excerpt_starts(frames: int, excerpts: int) -> list[int]:
    """Where so many stretches of CHUNK frames begin, spread over a recording; all of a short one."""
    if frames <= excerpts * CHUNK:
        return list(range(0, frames, CHUNK))
    return [round(i * (frames - CHUNK) / (excerpts - 1)) for i in range(excerpts)]


def code(config: FineCheckpointConfig, values: np.ndarray, start: State) -> Coded:
    """Rows (N, T) -> their codes at every step, as a file of several leads would hold them, and the templates that a decoder would see."""
    kind = modality(config.modality)
    latents, coder, steps = _latents(config, values), AdaptiveCoder(wavelet_frames(len(values)), start), steps_of(config)
    codes, templates = [], []
    for step in steps:
        chosen = choose_scalars(coder, latents / step, config.training.trade, CHUNK).codes
        linear = np.stack([_inverse(config, (row - SHRINK * np.sign(row) * (np.abs(row) == 1)) * step) for row in chosen])
        codes.append(chosen.swapaxes(1, 2).astype(np.int16))
        templates.append(_latents(config, kind.template(linear)).swapaxes(1, 2).astype(np.float16))  # type: ignore[attr-defined]
    return Coded(values, np.stack(codes), np.stack(templates)[None], steps)


def _latents(config: FineCheckpointConfig, values: np.ndarray) -> np.ndarray:
    """Rows (N, T) -> wavelet coefficients (N, D, T / D)."""
    return np.stack([to_frames(row.astype(np.float64), config.model.levels, config.model.wavelet).T for row in values])


def _inverse(config: FineCheckpointConfig, latents: np.ndarray) -> np.ndarray:
    """Coefficients (D, T / D) -> row (T,) float32."""
    return from_frames(latents.T, config.model.levels, config.model.wavelet).astype(np.float32)


def train_fine_checkpoint(config: FineCheckpointConfig, data: Path, run: Path, told: Told, progress: Callable[[Progress], bool]) -> Path:
    """Prepare, train, polish, and put the start state beside the weights; returns the folder of the best weights.

    A run that is continued prepares again, which gives the same.
    """
    settings, going = config.training, True

    def heard(at: Progress) -> bool:
        nonlocal going
        going = progress(at)
        return going

    prepared = prepare(config, data, told)
    first = train_fine(config, prepared.training, prepared.validation, run, Stage(settings.steps, settings.learning_rate), progress=heard)
    write_bytes(first / START, prepared.start)
    if not going:
        return first
    model = FineVQVAE(config.model).requires_grad_(False)
    model.load_state_dict(safetensors.torch.load_file(first / "model.safetensors"))
    told("looking at its own output", 0.0)
    training = [[with_own_templates(config, model, coded) for coded in source] for source in prepared.training]
    validation = [with_own_templates(config, model, coded) for coded in prepared.validation]
    polishing = Stage(settings.polishing_steps, settings.polishing_rate)
    best = train_fine(config, training, validation, run / "polished", polishing, model, heard)
    write_bytes(best / START, prepared.start)
    return best


@torch.no_grad()
def with_own_templates(config: FineCheckpointConfig, model: FineVQVAE, coded: Coded) -> Coded:
    """The same with templates of the decoder's output besides: what it sees in its second pass."""
    kind: Any = modality(config.modality)
    again = []
    for rate, step in enumerate(coded.steps):
        codes = torch.from_numpy(coded.codes[rate].astype(np.float32)).movedim(-1, 1)
        templates = torch.from_numpy(coded.templates[0, rate].astype(np.float32) / np.float32(step)).movedim(-1, 1)
        rebuilt = model.decoder(model.quantizer.decode(codes), templates, torch.full((len(codes),), float(step)))
        again.append(_latents(config, kind.template(rebuilt[:, 0].numpy())).swapaxes(1, 2).astype(np.float16))
    return coded._replace(templates=np.concatenate([coded.templates, np.stack(again)[None]]))
