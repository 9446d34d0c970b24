"""The evidence of one comparison in one folder or `.zip`: what was given, what came out, and the command that makes it again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vqvae.contest.entries import Contest
from vqvae.contest.fairness import warnings
from vqvae.contest.results import Result
from vqvae.contest.schema import compared, origin
from vqvae.modalities import modality
from vqvae.modalities.protocol import Report

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment a .zip can state: the same evidence is the same bytes


@dataclass(frozen=True)
class Source:
    """Where the recording came from."""

    argument: str  # what the command names: a path, or example:NAME
    files: Mapping[str, bytes] = field(default_factory=dict)  # as given; none for an example
    enclosed: bool = False  # whether the files go into the bundle
    rate: float | None = None  # Hz, for files that do not say
    chosen: tuple[str, ...] = ()  # arguments that say what of a performance was read: --track, --from, --to

    @property
    def named(self) -> str:
        """What the bundle's command names."""
        return f"input/{self.argument}" if self.enclosed else self.argument


@dataclass(frozen=True)
class Asked:
    """What was asked for, as arguments of `compare`."""

    codecs: tuple[str, ...]  # names or folders
    size: int  # bytes
    lead: str  # that intervals are measured on; empty where there are no leads
    noise: str = ""  # KIND:DB
    seed: int = 0  # of the noise


def command(source: Source, asked: Asked, output: str = "again.json") -> list[str]:
    """The command line that makes the figures again, number for number."""
    words = ["python", "-m", "vqvae", "compare", source.named, "--codecs", ",".join(asked.codecs), "--bytes", str(asked.size)]
    words += ["--lead", asked.lead] if asked.lead else []
    words += ["--rate", f"{source.rate!r}"] if source.rate else []
    words += source.chosen
    words += ["--noise", asked.noise, "--seed", str(asked.seed)] if asked.noise else []
    return [*words, "--output", output]


def report(contest: Contest, results: Sequence[Result], source: Source, asked: Asked) -> dict[str, Any]:
    """The schema of one comparison, with hashes of what was given, the configuration and what a reader must know of the codecs."""
    from vqvae.codecs import digest

    kind: Any = modality(contest.kind)
    inputs = {
        "recording": contest.reference.name,
        "sha256_of_values": kind.fingerprint(contest.reference),
        "sha256_of_files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(source.files.items())},
    }
    if contest.reference is not contest.recording:
        inputs["sha256_of_disturbed_values"] = kind.fingerprint(contest.recording)
    configuration = {"modality": contest.kind, "bytes": asked.size, "lead": asked.lead, "noise": asked.noise, "seed": asked.seed}
    codecs = {result.codec: digest(result.data) for result in results}
    found = origin(codecs, command(source, asked)) | {"inputs": inputs, "configuration": configuration}
    return {**found, "warnings": list(warned(asked.codecs, contest.reference.name)), **compared(contest.reference.name, results)}


def warned(codecs: Sequence[str], recording: str) -> tuple[str, ...]:
    """What a reader must know before comparing these codecs (names or folders) on a recording of this name."""
    from vqvae.codecs import trained

    return warnings(trained(codecs), recording)


def contents(
    contest: Contest, results: Sequence[Result], source: Source, asked: Asked, figures: Mapping[str, Callable[[], bytes]] | None = None
) -> dict[str, bytes]:
    """Every file of the bundle by its path: scores, `.vqz` files, reconstructions, figures, and how to make them again.

    figures: file name -> what draws it; the modality's own picture of every codec when None.
    """
    kind: Any = modality(contest.kind)
    found = report(contest, results, source, asked)
    files = {
        "README.md": _readme(source, found).encode(),
        "results.json": (json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(),
        "scores.csv": _table(results).encode(),
    }
    for result in results:
        files[f"files/{_stem(result)}.vqz"] = result.data
        rebuilt = kind.marked(result.reconstruction, result.truth)
        files |= {f"reconstructions/{name}": content for name, content in _written(kind, rebuilt, _stem(result)).items()}
    drawn = _pictures(kind, contest, results) if figures is None else {name: draw() for name, draw in figures.items()}
    files |= {f"figures/{name}": content for name, content in drawn.items()}
    if source.enclosed:
        files |= {f"input/{name}": content for name, content in source.files.items()}
    return files


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files as a `.zip`: the same bytes for the same files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return target.getvalue()


def _readme(source: Source, found: Mapping[str, Any]) -> str:
    inputs = found["inputs"]
    lines = ["# Codecs at the same number of bytes", "", "Run this in the folder of this file to have the same numbers again:", ""]
    lines += [f"    {found['command']}", ""]
    if source.files and not source.enclosed:
        hashes = ", ".join(f"`{name}` with sha256 {digest}" for name, digest in inputs["sha256_of_files"].items())
        lines += [f"The recording itself is not enclosed: put it where the command looks for it. It is {hashes}.", ""]
    lines += [
        f"Program: commit {found['commit']}; {', '.join(f'{name} {version}' for name, version in found['versions'].items())}.",
        f"Values of the recording: sha256 {inputs['sha256_of_values']}.",
        *(f"Note: {warning}" for warning in found["warnings"]),
        "",
        "- `results.json`: scores with definitions, winners, configuration, hashes of inputs and codecs. Seconds depend on the machine.",
        "- `scores.csv`: the same scores as a table.",
        "- `files/`: the compressed files; `python -m vqvae decode files/NAME.vqz OUT` turns one back into a recording",
        "  (with `--checkpoint FOLDER` when a checkpoint of your own made it).",
        "- `reconstructions/`: what each codec gives back.",
        "- `figures/`: pictures of it.",
    ]
    return "\n".join(lines) + "\n"


def _table(results: Sequence[Result]) -> str:
    target = io.StringIO()
    rows = csv.writer(target, lineterminator="\n")
    rows.writerow(["codec", "bytes", "rate", "compression_ratio", "against", "score", "value", "unit", "perfect", "definition"])
    for result in results:
        against: dict[str, Report | None] = {"original": result.truth, "as given": result.faithful}
        for name, scored in against.items():
            for score in scored.scores if scored else ():
                head = [result.codec, len(result.data), result.rate, result.compression_ratio, name]
                rows.writerow([*head, score.name, score.value, score.unit, score.perfect, score.definition])
    return target.getvalue()


def _stem(result: Result) -> str:
    """A codec's name, or its folder's path, as a file name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", result.codec).strip("_")


def _written(kind: Any, recording: Any, name: str) -> dict[str, bytes]:
    """The files that the modality writes of a recording."""
    with tempfile.TemporaryDirectory() as folder:
        return {path.name: path.read_bytes() for path in kind.write(recording, Path(folder) / name)}


def _pictures(kind: Any, contest: Contest, results: Sequence[Result]) -> dict[str, bytes]:
    from plotly.offline import get_plotlyjs

    drawn = {}
    for result in results:
        page = kind.figure(contest.reference, result.reconstruction).to_html(include_plotlyjs="directory", div_id=_stem(result))
        drawn[f"{_stem(result)}.html"] = page.encode()
    return {**drawn, "plotly.min.js": get_plotlyjs().encode()}
