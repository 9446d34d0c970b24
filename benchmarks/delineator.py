"""The trained delineator beside NeuroKit's wavelet one on the same synthetic lead and R-peaks; `python -m benchmarks.delineator`.

Medians on one core after a warm-up, alternating so that other load hits both alike.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch

from vqvae.delineator import load_delineator
from vqvae.modalities.ecg.neurokit import neurokit_delineator
from vqvae.modalities.ecg.noise import Noise
from vqvae.modalities.ecg.synthesis import Scenario, synthesise

SECONDS = 300
REPEATS = 3


def main() -> None:
    """Print seconds for a five-minute lead and how often each gives a QRS duration."""
    torch.set_num_threads(1)
    synthetic = synthesise(Scenario(seconds=SECONDS, noise=Noise(snr=24.0)))
    rate, lead = synthetic.ecg.rate, synthetic.ecg.signals[0].astype(np.float64)
    peaks = np.round(synthetic.ecg.beats.times * rate).astype(int) if synthetic.ecg.beats else np.array([], dtype=int)
    delineators = {"ours": load_delineator(Path("checkpoints/ecg-delineator")), "NeuroKit dwt": neurokit_delineator("dwt")}
    times: dict[str, list[float]] = {name: [] for name in delineators}
    answered = {}
    for repeat in range(REPEATS + 1):
        for name, delineator in delineators.items():
            start = perf_counter()
            found = delineator(lead, rate, peaks)
            if repeat:
                times[name].append(perf_counter() - start)
            answered[name] = 100 * float(np.mean(~np.isnan(found.qrs_off - found.qrs_on)))
    print(f"delineator, {SECONDS // 60} min, {len(peaks)} beats, {rate:g} Hz, one core")
    for name, values in times.items():
        ratio = median(values) / median(times["ours"])
        print(f"  {name:13s} {median(values):6.2f} s   {ratio:5.1f} x   {answered[name]:5.1f} % of beats with a QRS duration")


if __name__ == "__main__":
    main()
