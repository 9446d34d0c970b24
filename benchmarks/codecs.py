"""Every codec on the validation recordings, in real bytes; writes `results/` and the tables of README.md; `python -m benchmarks.codecs`."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import NamedTuple


class Part(NamedTuple):
    """What is coded of which recordings."""

    kind: str
    folder: str  # below VQVAE_DATA
    arguments: tuple[str, ...]


RECORDS = ("--records", "114,124,207,223")
PIECES = ("--pieces", "Haydn/*,Schubert/*")
PEOPLE = ("--split", "validation", "--ratios", "14,28,57,64,114")
PARTS = {  # by result
    "ecg-first-lead-10-min": Part("ecg", "mitdb", (*RECORDS, "--leads", "first", "--seconds", "600")),
    "ecg-whole-records": Part("ecg", "mitdb", RECORDS),
    "piano-whole-pieces": Part("piano", "asap", PIECES),
    "brain-volumes": Part("brain", "oasis", PEOPLE),
    "brain-slices-alone": Part("brain", "oasis", (*PEOPLE, "--alone", "2")),
    "digits-test-set": Part("digits", "mnist", ()),
}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run the benchmark on the folder of recordings in VQVAE_DATA and refresh the tables; without that folder say so."""
    from vqvae import cards
    from vqvae.cli import main as vqvae
    from vqvae.config import read_json, write_json

    folder = os.environ.get("VQVAE_DATA")
    if not folder:
        print("codecs: set VQVAE_DATA to the folder of real recordings to measure them")
        return
    RESULTS.mkdir(exist_ok=True)
    for name, part in PARTS.items():
        output = RESULTS / f"{name}.json"
        if vqvae(["benchmark", part.kind, "--data", str(Path(folder) / part.folder), *part.arguments, "--output", str(output)]):
            raise SystemExit(2)
        typed = ["benchmark", part.kind, "--data", f"data/{part.folder}", *part.arguments, "--output", f"benchmarks/results/{output.name}"]
        command = shlex.join(["python", "-m", "vqvae", *typed])  # as anybody would type it, wherever the data lie here
        write_json(output, {**read_json(output), "command": command})
    cards.main()


if __name__ == "__main__":
    main()
