"""The trained ECG delineator: a checkpoint becomes a `Delineator`, and is measured on LUDB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch

from vqvae.config import from_json, read_json
from vqvae.modalities.ecg.boundary_scores import DEFINITIONS, delineation_scores, joined
from vqvae.modalities.ecg.delineation import Boundaries, Delineator, WaveScores, delineate
from vqvae.modalities.ecg.ludb import LEADS, read_annotated
from vqvae.networks.segmenter import Segmenter
from vqvae.training.delineation import DelineatorConfig


def load_delineator(folder: Path) -> Delineator:
    """The delineator of a checkpoint folder; ValueError when something in it is missing or does not fit."""
    config = from_json(DelineatorConfig, read_json(folder / "config.json"))
    network = Segmenter(config.segmenter)
    try:
        network.load_state_dict(safetensors.torch.load_file(folder / "model.safetensors"))
    except (FileNotFoundError, RuntimeError, safetensors.SafetensorError) as error:
        raise ValueError(f"the weights in {folder.name} are missing or do not fit its config.json") from error
    network.eval()

    def scorer(windows: np.ndarray) -> WaveScores:
        with torch.inference_mode():
            said = network(torch.from_numpy(windows)[:, None])
        return WaveScores(said.boundaries.numpy(), said.presence.numpy())

    def delineator(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
        return delineate(lead, rate, peaks, scorer)

    return delineator


def ludb_table(delineator: Delineator, data: Path, records: Sequence[str]) -> dict[str, Any]:
    """Agreement with the marks of LUDB `records`, all leads together; R-peaks are the marked ones."""
    truth, found, known = [], [], []
    for record in records:
        for lead in LEADS:
            marked = read_annotated(data / record, lead)
            truth.append(marked.truth)
            known.append(marked.known)
            found.append(delineator(marked.lead, marked.rate, marked.peaks))
    scores = delineation_scores(joined(truth), joined(found), np.concatenate(known, axis=1))
    return {name: score._asdict() for name, score in scores.items()}


def evaluate_delineator(folder: Path, data: Path, records: Sequence[str]) -> dict[str, Any]:
    """Agreement of a checkpoint with the marks of LUDB `records`: definitions and one row per boundary."""
    return {"definitions": DEFINITIONS, "boundaries": ludb_table(load_delineator(folder), data, records)}
