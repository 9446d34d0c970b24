"""The static coder beside zlib, lzma and numpy's bare packing of bits: speed and size.

`python -m benchmarks.static_coder`.  Codes as a residual codebook gives them: 6 levels of 512, a geometric distribution that swings with
the heart beat.  Times are CPU seconds, medians after a warm-up; peers get the same codes packed at 9 bits.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable
from statistics import median
from time import process_time

import numpy as np

from vqvae.codec.static import StaticCoder
from vqvae.codec.static_tables import learn
from vqvae.metrics.rate import bits_per_code, order0_bits

SIZE, LEVELS = 512, 6
SHAPES = {"1 lead, 10 s": (1, 112), "1 lead, 5 min": (1, 3375), "12 leads, 5 min": (12, 3375), "12 leads, 1 h": (12, 40500)}
REPEATS = 5


def swinging(rng: np.random.Generator, rows: int, frames: int) -> np.ndarray:
    """Codes (rows, 6, frames) whose spread follows a beat of ten frames."""
    spread = SIZE / 6 * (1.1 + np.sin(np.arange(frames) * 2 * np.pi / 10))
    return np.minimum(rng.exponential(spread, (rows, LEVELS, frames)), SIZE - 1).astype(np.int32)


def packed(codes: np.ndarray) -> bytes:
    """Codes at a fixed number of bits."""
    bits = codes.reshape(-1, 1) >> np.arange(bits_per_code(SIZE)) & 1
    return np.packbits(bits.astype(np.uint8)).tobytes()


def seconds(work: Callable[[], object]) -> float:
    """Median CPU seconds."""
    times = []
    for _ in range(REPEATS + 1):
        start = process_time()
        work()
        times.append(process_time() - start)
    return median(times[1:])


def main() -> None:
    """Print one row a shape."""
    rng = np.random.default_rng(0)
    coder = StaticCoder(learn([swinging(rng, 1, 20_000) for _ in range(8)], SIZE))
    print(f"tables: {len(coder.tables.pack())} bytes, {sum(plan.contexts for plan in coder.tables.plans)} contexts of {SIZE}")
    print(f"{'codes':16} {'encode M/s':>10} {'decode M/s':>10} {'bit/code':>8} {'order 0':>8} {'zlib':>6} {'lzma':>6}"
          f" {'packing/encode':>14} {'zlib/encode':>11} {'lzma/encode':>11} {'lzma/decode':>11}")  # fmt: skip
    for name, (rows, frames) in SHAPES.items():
        codes = swinging(rng, rows, frames)
        data, plain = coder.encode(codes), packed(codes)
        encode, decode = seconds(lambda: coder.encode(codes)), seconds(lambda: coder.decode(data, codes.shape))  # noqa: B023
        deflated, squeezed = zlib.compress(plain, 9), lzma.compress(plain)
        peers = [lambda: packed(codes), lambda: zlib.compress(plain, 9), lambda: lzma.compress(plain)]  # noqa: B023
        packing, deflating, squeezing = (seconds(peer) for peer in peers)
        bits = [8 * len(data), order0_bits(codes, SIZE), 8 * len(deflated), 8 * len(squeezed)]
        ours, order0, zlib_bits, lzma_bits = (count / codes.size for count in bits)
        print(f"{name:16} {codes.size / encode / 1e6:10.1f} {codes.size / decode / 1e6:10.1f} {ours:8.2f} {order0:8.2f} {zlib_bits:6.2f}"
              f" {lzma_bits:6.2f} {packing / encode:14.2f} {deflating / encode:11.2f} {squeezing / encode:11.2f}"
              f" {seconds(lambda: lzma.decompress(squeezed)) / decode:11.2f}")  # fmt: skip  # noqa: B023


if __name__ == "__main__":
    main()
