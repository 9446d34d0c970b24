"""Checkpoints of images, from a configuration to a folder: codebooks or wavelets, what their coder starts with, and the mender."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from vqvae import checkpoint as checkpoints
from vqvae.codec.adaptive import to_symbols
from vqvae.codec.description import Description
from vqvae.codec.learning import Lesson, Recipe, learn_lessons, learn_start
from vqvae.codec.state import State, pack, pack_several, unpack_several
from vqvae.config import to_json, write_bytes
from vqvae.families import plane_codes
from vqvae.families.planes import Planes
from vqvae.networks.planes import Mender, PlanesVQVAE
from vqvae.training.config import START
from vqvae.training.fine_planes import FinePlanesConfig, coarseness
from vqvae.training.mending import Pair, train_mender
from vqvae.training.planes import PlanesConfig, level_coarseness, train_codebooks
from vqvae.training.steps import Progress
from vqvae.training.together import train_together
from vqvae.training.volumes import Told, read_volumes

ALONE = 8  # slices of every person that are coded one by one
ALONE_STEPS = 2  # and at so many qualities
CHECKED = 6  # people whose decoded slices choose the best mender
PIECE = 8  # slices that teach the counters at a time
TEACHING = Recipe(count=30, limit=250)


class Heard:
    """Progress that remembers whether to go on."""

    def __init__(self, progress: Callable[[Progress], bool]) -> None:
        self.going, self._progress = True, progress

    def __call__(self, at: Progress) -> bool:
        self.going = self._progress(at)
        return self.going


def train_planes(config: PlanesConfig, data: Path, run: Path, told: Told, progress: Callable[[Progress], bool]) -> Path:
    """Codebooks, then what the coder starts with, then the mender; returns the folder of the finished checkpoint.

    A run that is continued goes on where it stopped; what is prepared between two trainings is prepared again, and the same.
    """
    settings, heard = config.training, Heard(progress)
    volumes = read_volumes(config.modality, data, settings.training, told)
    checks = read_volumes(config.modality, data, settings.validation, told)
    alone = config.model.vqvae.quantizer.kind == "refined"  # the mender learns afterwards, on what chosen codes decode to
    best = (train_codebooks if alone else train_together)(config, volumes, checks, run, heard)
    if not heard.going:
        return best
    folder = run / "finished"
    model = PlanesVQVAE(config.model.vqvae, config.model.mender)
    model.load_state_dict(safetensors.torch.load_file(best / checkpoints.WEIGHTS))
    checkpoints.save(folder, config, model)
    (folder / START).unlink(missing_ok=True)
    write_bytes(folder / START, pack(_learn_indices(folder, _spread(volumes, settings.taught), told)))
    if not alone:
        return folder
    own = Planes(checkpoints.load(folder))
    pairs = _level_pairs(own, _spread(volumes, settings.seen), told)
    judged = _level_pairs(own, _spread(checks, CHECKED), told)
    mended = train_mender(model.mender, to_json(config), settings.mending, pairs, judged, run / "mending", heard)
    model.mender.load_state_dict(safetensors.torch.load_file(mended / checkpoints.WEIGHTS))
    checkpoints.save(folder, config, model)
    return folder


def train_fine_planes(config: FinePlanesConfig, data: Path, run: Path, told: Told, progress: Callable[[Progress], bool]) -> Path:
    """What the coder starts with, then the mender; returns the folder of the finished checkpoint."""
    settings, heard = config.training, Heard(progress)
    volumes = read_volumes(config.modality, data, settings.training, told)
    checks = read_volumes(config.modality, data, settings.validation, told)
    start = pack_several(_learn_wavelets(config, _spread(volumes, settings.taught), told))
    states = unpack_several(start, settings.count)
    pairs = _wavelet_pairs(config, _spread(volumes, settings.seen), states, told)
    judged = _wavelet_pairs(config, _spread(checks, CHECKED), states, told)
    torch.manual_seed(settings.seed)  # the network begins with what is drawn here
    best = train_mender(Mender(config.model), to_json(config), settings.mending, pairs, judged, run, heard)
    write_bytes(best / START, start)
    return best


def _spread(volumes: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    """So many of the volumes, evenly from all."""
    return [volumes[i * len(volumes) // count] for i in range(count)] if count < len(volumes) else list(volumes)


def _learn_indices(folder: Path, volumes: Sequence[np.ndarray], told: Told) -> State:
    """Start state of a codebook's indices, from codes that were chosen from nothing learned."""
    own = Planes(checkpoints.load(folder))
    chunks, episodes = [], []
    for number, volume in enumerate(volumes):
        told("coding the images", number / len(volumes))
        codes = own.encode(volume[None, None].astype(np.float32), float(own.levels), volume.shape[2]).codes
        coder = own.coder("adaptive", codes.shape, float(own.levels))
        description = coder.inner.description
        arranged = coder.arranged(codes)
        episodes.append(Lesson(number, description, to_symbols(description, arranged)))
        starts = range(0, arranged.shape[2], PIECE)
        chunks += [Lesson(number, description, to_symbols(description, arranged[:, :, start : start + PIECE])) for start in starts]
    order = np.random.default_rng(TEACHING.seed).permutation(len(chunks))
    shuffled = [chunks[i] for i in order]
    return learn_lessons(episodes[0].description, shuffled, episodes, TEACHING, lambda share: told("learning the coder", share))


def _level_pairs(own: Planes, volumes: Sequence[np.ndarray], told: Told) -> list[Pair]:
    """Every volume as one of the levels, in turns, decodes it: as a volume, and as slices of which each is all there is."""
    pairs = []
    for number, volume in enumerate(volumes):
        told("decoding the images", number / len(volumes))
        level = number % own.levels + 1
        codes = own.encode(volume[None, None].astype(np.float32), float(level), volume.shape[2]).codes
        decoded = own.unmended(codes).astype(np.float16)
        pairs += [Pair(decoded, volume, level_coarseness(level, own.levels), alone) for alone in (False, True)]
    return pairs


def _learn_wavelets(config: FinePlanesConfig, volumes: Sequence[np.ndarray], told: Told) -> dict[str, State]:
    """Start states of slices coded alone and of volumes, from codes that were chosen from nothing learned."""
    settings, found = config.training, {}
    for name in ("slices", "volumes"):
        recordings = []
        for number, volume in enumerate(volumes):
            told(f"coding {name}", number / len(volumes))
            parts = _alone(volume, number) if name == "slices" else [volume]
            recordings.append([_arranged(plane_codes.encode(p.astype(np.float32), q, settings.trade, len(p.T), {}).codes)
                               for q in settings.qualities[::2] for p in parts])  # fmt: skip
        description = plane_codes.coder_of(plane_codes.shape_of(parts[0].shape), {}).inner.description
        recipe = replace(TEACHING, chunk=1 if name == "slices" else 4, episode=1 if name == "slices" else 4)

        def heard(share: float, what: str = name) -> None:
            told(f"learning the coder of {what}", share)

        found[name] = learn_start(partial(_always, description), recordings, recipe, heard)
    return found


def _always(description: Description, _rows: int) -> Description:
    return description


def _arranged(codes: np.ndarray) -> np.ndarray:
    """Codes (1, G, X, Y, T) in coding order (1, G X Y, T)."""
    return plane_codes.coder_of(codes.shape[1:], {}).arranged(codes)


def _alone(volume: np.ndarray, number: int) -> list[np.ndarray]:
    """Some slices (X, Y, 1) of a volume, others of every volume."""
    places = np.random.default_rng([TEACHING.seed, number]).permutation(volume.shape[2])[:ALONE]
    return [volume[:, :, place : place + 1] for place in places]


def _wavelet_pairs(config: FinePlanesConfig, volumes: Sequence[np.ndarray], states: dict[str, State], told: Told) -> list[Pair]:
    """Every volume at one quality, in turns, and some of its slices alone at others."""
    settings, pairs = config.training, []

    def rebuilt(part: np.ndarray, quality: float) -> np.ndarray:
        codes = plane_codes.encode(part.astype(np.float32), quality, settings.trade, len(part.T), states).codes
        return plane_codes.decode(codes, quality)[:, :, : part.shape[2]].astype(np.float16)

    for number, volume in enumerate(volumes):
        told("decoding the images", number / len(volumes))
        first = settings.qualities[number % len(settings.qualities)]
        pairs.append(Pair(rebuilt(volume, first), volume, coarseness(first), False))
        slices = _alone(volume, number)
        for step in range(1, ALONE_STEPS + 1):
            quality = settings.qualities[(number + 2 * step) % len(settings.qualities)]
            decoded = np.concatenate([rebuilt(part, quality) for part in slices], axis=2)
            pairs.append(Pair(decoded, np.concatenate(slices, axis=2), coarseness(quality), True))
    return pairs
