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
from vqvae.datasets.splits import record_folder, select
from vqvae.modalities.ecg.boundary_scores import DEFINITIONS, delineation_scores, joined
from vqvae.modalities.ecg.delineation import Boundaries, Delineator, WaveScores, delineate
from vqvae.modalities.ecg.ludb import LEADS, read_annotated
from vqvae.modalities.ecg.neurokit import METHODS, neurokit_delineator
from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.recording import BEAT_CLASSES
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
    network.fold()

    def scorer(windows: np.ndarray) -> WaveScores:
        with torch.inference_mode():
            said = network(torch.from_numpy(windows)[:, None])
        return WaveScores(said.boundaries.numpy(), said.presence.numpy())

    def delineator(lead: np.ndarray, rate: float, peaks: np.ndarray) -> Boundaries:
        return delineate(lead, rate, peaks, scorer)

    return delineator


def evaluate_delineator(folder: Path, data: Path, records: Sequence[str]) -> dict[str, Any]:
    """What a checkpoint is worth on WFDB records in `data` (see `record_folder`), all leads taken together.

    LUDB records: agreement with the marks, beside that of NeuroKit's methods given the same R-peaks.  Records with beat annotations
    (`.atr`): share of the beats with an answer, and the QRS durations of each class.
    """
    delineator, data = load_delineator(folder), record_folder(data)
    select(data, list(records))
    if all((data / f"{record}.atr").exists() for record in records):
        return {"definitions": ANSWER_DEFINITIONS, **beat_answers(delineator, data, records)}
    neurokit = {
        method + ("" if clean else " raw"): ludb_table(neurokit_delineator(method, clean), data, records)
        for method in METHODS
        for clean in (True, False)
    }
    return {"definitions": DEFINITIONS, "boundaries": ludb_table(delineator, data, records), "neurokit": neurokit}


def ludb_table(delineator: Delineator, data: Path, records: Sequence[str]) -> dict[str, dict[str, float]]:
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


ANSWER_DEFINITIONS = {
    "beats": "annotated beats, each counted once per lead",
    "answered": "share of them with both a QRS onset and a QRS end, in percent",
    "p_wave": "share of them with a P wave, in percent",
    "qrs_ms": "QRS duration: 5th percentile, median and 95th percentile over them, in ms",
}
"""What each column of `beat_answers` says."""


def beat_answers(delineator: Delineator, data: Path, records: Sequence[str]) -> dict[str, Any]:
    """What is said of annotated beats, overall and by class; their annotated places serve as R-peaks."""
    classes, durations, waves = [], [], []
    for record in records:
        recording = read(data / record)
        if recording.beats is None:
            raise ValueError(f"{record} has no beat annotations that can be read: there is nothing to answer for")
        places = np.rint(recording.beats.times * recording.rate).astype(int).tolist()
        kinds = dict(zip(places, recording.beats.classes.tolist(), strict=True))
        peaks = np.array(list(kinds), dtype=np.int64)
        for lead in recording.signals.astype(np.float64):
            found = delineator(lead, recording.rate, peaks)
            classes.append(np.array([kinds[at] for at in peaks.tolist()]))
            durations.append(1000 * (found.qrs_off - found.qrs_on))
            waves.append(~np.isnan(found.p_on))
    kind, duration, wave = (np.concatenate(parts) for parts in (classes, durations, waves))
    by_class = {name: _answers(duration[kind == name], wave[kind == name]) for name in BEAT_CLASSES if (kind == name).any()}
    return {"all": _answers(duration, wave), "classes": by_class}


def _answers(duration: np.ndarray, wave: np.ndarray) -> dict[str, Any]:
    percentiles = np.nanpercentile(duration, [5, 50, 95]).tolist() if not np.isnan(duration).all() else [np.nan] * 3
    answered, with_wave = float(100 * (~np.isnan(duration)).mean()), float(100 * wave.mean())
    return {"beats": len(duration), "answered": answered, "p_wave": with_wave, "qrs_ms": percentiles}
