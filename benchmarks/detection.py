"""R-peak detection beside NeuroKit and wfdb's detectors, and what a comparison costs.

`VQVAE_DATA=… python -m benchmarks.detection`.  All MIT-BIH records of the folder, whole, against their beat annotations; the peers see the
first lead (they take one), on the records that nothing was tuned on.  Flutter in record 207 has no annotated beats.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np

from vqvae.modalities.ecg.beats import STRICT_TOLERANCE, TOLERANCE, match
from vqvae.modalities.ecg.detection import find_r_peaks
from vqvae.modalities.ecg.recording import AAMI_CLASS, Beats, Ecg
from vqvae.modalities.ecg.scores import analyse, compare

VALIDATION = ("114", "124", "207", "223")
HOURS = 24
Detector = Callable[[np.ndarray, float], np.ndarray]


class Count(NamedTuple):
    """What one detector found on one record."""

    hits: int
    strict_hits: int  # within 36 ms
    known: int
    found: int
    seconds: float


def load(path: Path) -> Ecg:
    """A MIT-BIH record with its annotated beats."""
    import wfdb

    record, annotation = wfdb.rdrecord(str(path)), wfdb.rdann(str(path), "atr")
    chosen = [i for i, symbol in enumerate(annotation.symbol) if symbol in AAMI_CLASS]
    classes = np.array([AAMI_CLASS[annotation.symbol[i]] for i in chosen])
    signals = record.p_signal.T.astype(np.float32)
    return Ecg(signals, record.fs, tuple(record.sig_name), path.name, beats=Beats(annotation.sample[chosen] / record.fs, classes))


def neurokit(signals: np.ndarray, rate: float) -> np.ndarray:
    import neurokit2

    cleaned = neurokit2.ecg_clean(signals[0].astype(np.float64), sampling_rate=rate)
    return np.asarray(neurokit2.ecg_peaks(cleaned, sampling_rate=rate)[1]["ECG_R_Peaks"])


def gqrs(signals: np.ndarray, rate: float) -> np.ndarray:
    from wfdb import processing

    return processing.gqrs_detect(sig=signals[0].astype(np.float64), fs=rate)


def xqrs(signals: np.ndarray, rate: float) -> np.ndarray:
    from wfdb import processing

    return processing.xqrs_detect(sig=signals[0].astype(np.float64), fs=rate, verbose=False)


def judge(detector: Detector, recording: Ecg) -> Count:
    """Run a detector on a recording and match it with the annotations."""
    start = process_time()
    found = np.sort(detector(recording.signals, recording.rate)) / recording.rate
    seconds = process_time() - start
    assert recording.beats is not None
    hits, strict = (len(match(recording.beats.times, found, tolerance).found) for tolerance in (TOLERANCE, STRICT_TOLERANCE))
    return Count(hits, strict, len(recording.beats.times), len(found), seconds)


def show(name: str, counts: list[Count]) -> None:
    """One row, summed over `counts`."""
    total = Count(*(sum(column) for column in zip(*counts, strict=True)))
    f1, strict = (200 * hits / (total.known + total.found) for hits in (total.hits, total.strict_hits))
    sensitivity, ppv = 100 * total.hits / total.known, 100 * total.hits / max(total.found, 1)
    print(f"{name:24} {total.known:7} {sensitivity:8.2f} {ppv:8.2f} {f1:8.2f} {strict:8.2f} {total.seconds / len(counts):9.2f}")


def main() -> None:
    folder = Path(os.environ.get("VQVAE_DATA", "")) / "mitdb"
    paths = sorted(path.with_suffix("") for path in folder.glob("*.atr"))
    if not paths:
        print("set VQVAE_DATA to the folder of real recordings to compare R-peak detectors")
        return
    print(f"{'record':24} {'beats':>7} {'Se %':>8} {'+P %':>8} {'F1 %':>8} {'F1 36ms':>8} {'CPU s':>9}")
    recordings = [load(path) for path in paths]
    ours = {recording.name: judge(find_r_peaks, recording) for recording in recordings}
    for name, count in ours.items():
        show(name, [count])
    validation = [recording for recording in recordings if recording.name in VALIDATION]
    show("ours, tuned on", [count for name, count in ours.items() if name not in VALIDATION])
    show("ours, validation", [ours[recording.name] for recording in validation])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, detector in {"neurokit": neurokit, "gqrs": gqrs, "xqrs": xqrs}.items():
            show(f"{name}, validation", [judge(detector, recording) for recording in validation])
    _costs(validation[0])


def _costs(recording: Ecg) -> None:
    """Seconds of a comparison (without delineation) and of detection in a day."""
    noise = np.random.default_rng(0).normal(0, 0.02, recording.signals.shape).astype(np.float32)
    noisy = Ecg(recording.signals + noise, recording.rate, recording.leads)
    analysis = analyse(recording)
    start = process_time()
    compare(recording, noisy, analysis=analysis)
    print(f"compare, {recording.seconds / 60:.0f} min, {len(recording.leads)} leads: {process_time() - start:.2f} s")
    day = np.tile(recording.signals, (1, round(HOURS * 3600 / recording.seconds)))
    start = process_time()
    beats = len(find_r_peaks(day, recording.rate))
    print(f"detection, {HOURS} h, {len(day)} leads: {process_time() - start:.1f} s, {beats} beats")


if __name__ == "__main__":
    main()
