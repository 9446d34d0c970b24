"""The adaptive coder beside lzma and zlib on the same codes: seconds and bytes; `VQVAE_DATA=… python -m benchmarks.entropy`.

Thirty minutes of wavelet codes, one lead; a MIT-BIH record when there is one, else a synthetic ECG.  CPU seconds of the best of
three after a warm-up, as compiling happens once per machine.
"""

from __future__ import annotations

import lzma
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np

from vqvae.baselines.wavelet import AdaptiveWavelet
from vqvae.codec.adaptive import AdaptiveCoder, to_codes, to_symbols
from vqvae.codec.descriptions import order0, wavelet_frames
from vqvae.codec.streams import choose_values

QUALITY = 2.0  # a step of a quarter of the lead's standard deviation
MINUTES, RATE, REPEATS = 30, 360, 3
WEIGHT = 6554  # what a bit is worth: a tenth of a squared step


def lead() -> np.ndarray:
    """Values (1, 1, T) of mean 0 and variance 1."""
    record = Path(os.environ.get("VQVAE_DATA", "")) / "mitdb" / "101"
    if record.with_suffix(".hea").exists():
        import wfdb

        signal = wfdb.rdrecord(str(record), channels=[0]).p_signal[:, 0]
    else:
        from vqvae.modalities.ecg.noise import Noise
        from vqvae.modalities.ecg.synthesis import Scenario, synthesise

        signal = synthesise(Scenario(seconds=MINUTES * 60, noise=Noise(snr=24.0))).ecg.signals[0]
    length = MINUTES * 60 * RATE // 32 * 32
    values = np.resize(signal, length)
    return ((values - values.mean()) / values.std()).astype(np.float32)[None, None]


def best(work: Callable[[], object]) -> float:
    """CPU seconds."""
    work()
    times = []
    for _ in range(REPEATS):
        start = process_time()
        work()
        times.append(process_time() - start)
    return min(times)


def main() -> None:
    """Print one row a coder."""
    values = lead()
    codes = AdaptiveWavelet().encode(values, QUALITY)
    raw = np.clip(codes, -128, 127).astype(np.int8).tobytes()
    coders = {"adaptive": AdaptiveCoder(wavelet_frames()), "order 0": AdaptiveCoder(order0([0] * 32))}
    print(f"{codes.size} wavelet codes, {MINUTES} min of one lead")
    print(f"{'':10} {'bytes':>8} {'encode s':>9} {'decode s':>9} {'M codes/s':>10}")
    for name, coder in coders.items():
        data = coder.encode(codes)
        _row(name, len(data), codes.size, best(lambda: coder.encode(codes)), best(lambda: coder.decode(data, codes.shape)))  # noqa: B023
    peers: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
        "lzma 9": (lambda data: lzma.compress(data, preset=9), lzma.decompress),
        "zlib 9": (lambda data: zlib.compress(data, 9), zlib.decompress),
    }
    for name, (compress, expand) in peers.items():
        data = compress(raw)
        _row(name, len(data), codes.size, best(lambda: compress(raw)), best(lambda: expand(data)))  # noqa: B023
    _choice(coders["adaptive"], codes)


def _row(name: str, size: int, count: int, encode: float, decode: float) -> None:
    print(f"{name:10} {size:8} {encode:9.2f} {decode:9.2f} {count / encode / 1e6:10.2f}")


def _choice(coder: AdaptiveCoder, codes: np.ndarray) -> None:
    """What choosing by rate and distortion costs beside coding alone."""
    symbols = to_symbols(coder.description, codes)
    noise = np.random.default_rng(0).integers(-128, 128, symbols.shape).astype(np.int32)
    found = choose_values(coder.description, coder.start, symbols, 256 * symbols + noise, WEIGHT)
    size = len(coder.encode(to_codes(coder.description, found.symbols.reshape(symbols.shape))))
    seconds = best(lambda: choose_values(coder.description, coder.start, symbols, 256 * symbols + noise, WEIGHT))
    print(f"choosing   {size:8} {seconds:9.2f}           {seconds / best(lambda: coder.encode(codes)):9.2f} x encoding")


if __name__ == "__main__":
    main()
