"""Scores over many recordings, level by level, in the one schema that `evaluate` and every page's report share."""

from __future__ import annotations

import math
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from vqvae import pipeline
from vqvae.checkpoint import Checkpoint, digest, learned
from vqvae.config import read_object
from vqvae.metrics.usage import CodeCounts
from vqvae.modalities import modality
from vqvae.modalities.protocol import Report, Score

RATES = {  # of a unit: the name that results give it, and what it means
    "bit/s": ("bits_per_second", "Bits of the .vqz file, everything in it, per second and lead."),
    "bit/note": (
        "bits_per_note",
        "Bits of the .vqz file per note, headers included, without which keys are struck and without what passes through untouched "
        "(tempo, pedals, texts): those are stated apart.",
    ),
    "bit/pixel": ("bits_per_pixel", "Bits of the .vqz file, everything in it, per pixel, or voxel, of the image."),
}
APART = {
    "pitch_bits_per_note": "Bits of the .vqz file per note that say which keys are struck.",
    "frame_bits_per_note": "Bits of the .vqz file per note for what passes through untouched: tempo, pedals, texts.",
}
USAGE_DEFINITION = "Share of the vectors in the codebook of the last residual level used that occur at least once in these recordings."
PERPLEXITY_DEFINITION = (
    "So many codes of the codebook of the last residual level used, each as frequent as the others, would carry as much (order-0 entropy)."
)
Told = Callable[[str, float], None]
"""Hears what is being done and how much of everything is, 0 to 1."""


class Scored(NamedTuple):
    """One recording at one level."""

    rate: pipeline.Rate
    report: Report
    seconds: dict[str, float]


def evaluate(
    checkpoint: Checkpoint,
    paths: Mapping[str, Path],
    levels: Sequence[int] | None = None,
    told: Told = lambda _, __: None,
    folder: str = "",
    **options: Any,
) -> dict[str, Any]:
    """Every recording, by name, through the checkpoint at every level: the schema's "data" and "points".

    Means are over recordings, each counting once; one that cannot answer (no such beats), or whose PSNR has no end as nothing was lost, is
    left out of that mean.
    """
    chosen = list(levels or range(1, checkpoint.levels + 1))
    table: dict[int, dict[str, Scored]] = {level: {} for level in chosen}
    usage = _Usage(checkpoint)
    reader = modality(checkpoint.config.modality)
    for index, (name, path) in enumerate(paths.items()):
        recording = reader.read(path)
        analysis = pipeline.analyse(checkpoint, recording, **options)
        encoded = None
        for done, level in enumerate(chosen):
            told(f"{name}, level {level}", (index + done / len(chosen)) / len(paths))
            start = time.perf_counter()
            if encoded is None or not checkpoint.nested:  # the first levels of an explicit codebook decode by themselves
                encoded = pipeline.encode(checkpoint, recording, None if checkpoint.nested else level)
            table[level][name] = _scored(checkpoint, recording, encoded, level, start, analysis)
        usage.add(encoded)
    points = [point(checkpoint, level, rows) for level, rows in table.items()]
    for entry in points:
        entry["scores"] |= usage.entry(entry["level"])
    return {"data": {"folder": folder, "recordings": list(paths)}, "points": points}


class _Usage:
    """Which code vectors occur, for checkpoints that have any."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        size = getattr(getattr(checkpoint.model, "quantizer", None), "codebook_size", None)
        self._checkpoint = checkpoint
        self._counts = CodeCounts(checkpoint.levels, int(size)) if size else None

    def add(self, encoded: pipeline.Encoded | None) -> None:
        if self._counts and encoded:
            self._counts.add(pipeline.indices(self._checkpoint, encoded))

    def entry(self, level: int) -> dict[str, Any]:
        if not self._counts:
            return {}
        used, varied = float(self._counts.usage()[level - 1]), float(self._counts.perplexity()[level - 1])
        return {
            "codebook_usage": {"value": used, "unit": "%", "definition": USAGE_DEFINITION},
            "codebook_perplexity": {"value": varied, "unit": "codes", "definition": PERPLEXITY_DEFINITION},
        }


def _scored(checkpoint: Checkpoint, recording: Any, encoded: pipeline.Encoded, level: int, start: float, analysis: Any) -> Scored:
    cost = pipeline.rate(checkpoint, encoded, level)
    packed = time.perf_counter()
    rebuilt = pipeline.decode(checkpoint, encoded, level)
    decoded = time.perf_counter()
    report = pipeline.compare(checkpoint, recording, rebuilt, analysis=analysis)
    seconds = {"encode": packed - start, "decode": decoded - packed, "score": time.perf_counter() - decoded}
    return Scored(cost, report, seconds)


def point(checkpoint: Checkpoint, level: int, rows: dict[str, Scored]) -> dict[str, Any]:
    """One entry of "points": a level's means, and every recording's own figures."""
    scored = list(rows.values())
    rates = [row.rate for row in scored]
    mean_rate = mean([rate.value for rate in rates])
    unit = rates[0].unit if rates else "bit/s"
    name, definition = RATES[unit]
    scores = {name: {"value": mean_rate, "unit": unit, "definition": definition}}
    for part in rates[0].apart if rates else ():
        scores[part] = {"value": mean([rate.apart[part] for rate in rates]), "unit": unit, "definition": APART[part]}
    for score in scored[0].report.scores if scored else ():
        scores[score.name] = averaged(score, [row.report.value(score.name) for row in scored])
    return {
        "codec": checkpoint.name,
        "level": level,
        "bytes": sum(rate.bytes for rate in rates),
        "rate": {"value": mean_rate, "unit": unit, "counts": "file"},
        "compression_ratio": mean([rate.compression_ratio for rate in rates]),
        "scores": scores,
        "recordings": {name: _row(row) for name, row in rows.items()},
        "seconds": {part: round(sum(row.seconds[part] for row in scored), 3) for part in ("encode", "decode", "score")},
    }


def _row(row: Scored) -> dict[str, Any]:
    figures = {score.name: answers(score.value) for score in row.report.scores}
    return {"rate": row.rate.value, "compression_ratio": row.rate.compression_ratio, **row.rate.apart, **figures}


def stated(score: Score, value: float | None) -> dict[str, Any]:
    """A score's mean with what is needed to read it."""
    return {"value": value, "unit": score.unit, "definition": score.definition}


def averaged(score: Score, values: Sequence[float]) -> dict[str, Any]:
    """The mean of a score over recordings with what is needed to read it: how many are left out as they are perfect without end, too."""
    endless = sum(math.isinf(value) for value in values)
    entry = stated(score, mean([value for value in values if not math.isinf(value)]))
    if endless:
        entry["definition"] += f" {endless} of {len(values)} recordings came back exactly and have no such number: they are left out."
    return entry


def mean(values: Sequence[float]) -> Any:
    """The mean of the values that are known, None when none is."""
    known = [value for value in values if not math.isnan(value)]
    return answers(sum(known) / len(known)) if known else None


def answers(figures: Any) -> Any:
    """A figure, or lists and dicts of them, for JSON, which has neither NaN nor infinity: None says that there is no answer."""
    if isinstance(figures, dict):
        return {name: answers(value) for name, value in figures.items()}
    if isinstance(figures, list | tuple):
        return [answers(value) for value in figures]
    return None if isinstance(figures, float) and not math.isfinite(figures) else figures


def single(
    checkpoint: Checkpoint, recording: Any, level: int, rate: pipeline.Rate, report: Report, command: Sequence[str]
) -> dict[str, Any]:
    """The same schema for one recording at one level, as a page or `reconstruct` reports it."""
    scored = Scored(rate, report, {"encode": 0.0, "decode": 0.0, "score": 0.0})
    entry = point(checkpoint, level, {recording.name: scored})
    del entry["seconds"]
    origin = {**provenance(checkpoint.folder, command), "checkpoint": {"name": checkpoint.name, "sha256": checkpoint.sha256}}  # as loaded
    return {**origin, "data": {"folder": "", "recordings": [recording.name]}, "points": [entry]}


def provenance(folder: Path, command: Sequence[str]) -> dict[str, Any]:
    """Where figures come from: checkpoint folder, command, seed of its training, commit, versions."""
    config = read_object(folder / "config.json")
    return {
        "checkpoint": {"name": folder.name, "sha256": digest(learned(folder))},
        "command": shlex.join(command),
        "seed": config.get("training", config)["seed"],
        "commit": commit(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Versions of what figures depend on."""
    return {"python": sys.version.split()[0], **{name: version(name) for name in ("torch", "numpy", "scipy", "neurokit2")}}


def commit() -> str:
    """The commit of the program, with "+changes" when its files are no longer those; "unknown" outside a git checkout."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, cwd=Path(__file__).parent).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
