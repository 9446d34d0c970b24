"""A day of ECG through the shipped checkpoint: peak memory and time of every step, real network, scores included."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

HOURS, LEADS = 24, 2


def main() -> None:
    """Write, read, encode, decode and compare 24 h × 2 leads; prints seconds, the ratio to real time and peak memory."""
    from vqvae import pipeline
    from vqvae.modalities.ecg import Ecg, example, read, write

    piece = example("ventricular")
    copies = HOURS * 3600 // round(piece.seconds)
    checkpoint = pipeline.load("ecg")
    print(f"{'step':10} {'s':>8} {'× real time':>12} {'peak MB so far':>15}")
    with TemporaryDirectory() as folder:
        write(Ecg(np.tile(piece.signals[:LEADS], copies), piece.rate, piece.leads[:LEADS]), Path(folder) / "day")
        recording = _timed("read", lambda: read(Path(folder) / "day.hea"))
    encoded = _timed("encode", lambda: pipeline.encode(checkpoint, recording))
    rebuilt = _timed("decode", lambda: pipeline.decode(checkpoint, encoded))
    analysis = _timed("analyse", lambda: pipeline.analyse(checkpoint, recording))
    _timed("compare", lambda: pipeline.compare(checkpoint, recording, rebuilt, analysis=analysis))


def _timed(name: str, work):  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    done = work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{name:10} {seconds:8.1f} {HOURS * 3600 / seconds:12.0f} {peak:15.0f}", flush=True)
    return done


if __name__ == "__main__":
    main()
