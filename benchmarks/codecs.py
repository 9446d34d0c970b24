"""Every codec on the validation records, in real bytes; writes `results/` and the tables of README.md; `python -m benchmarks.codecs`."""

from __future__ import annotations

import os
from pathlib import Path

RECORDS = "114,124,207,223"
PARTS = {  # result -> what of each record is coded
    "ecg-first-lead-10-min": ["--leads", "first", "--seconds", "600"],
    "ecg-whole-records": [],
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
        output, arguments = RESULTS / f"{name}.json", ["--records", RECORDS, *part, "--output"]
        if vqvae(["benchmark", "ecg", "--data", str(Path(folder) / "mitdb"), *arguments, str(output)]):
            raise SystemExit(2)
        command = ["python", "-m", "vqvae", "benchmark", "ecg", "--data", "data/mitdb", *arguments, f"benchmarks/results/{output.name}"]
        write_json(output, {**read_json(output), "command": " ".join(command)})  # as anybody would type it, wherever the data lie here
    cards.main()


if __name__ == "__main__":
    main()
