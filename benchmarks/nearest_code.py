"""Nearest-code search beside vector-quantize-pytorch and a bare matrix product of the same shape.

`python -m benchmarks.nearest_code`.  Times are medians after a warm-up, alternating so that other load hits all alike.  Memory is
the growth of the process's peak above what it held before, each measured in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import psutil
import torch

from vqvae.quantizers import nearest_code

SHAPES = ((131072, 512, 32), (65536, 1024, 64), (16384, 8192, 64))  # rows, codes, dimensions
REPEATS = 5
Work = Callable[[], object]


def candidates(rows: int, codes: int, dimensions: int) -> dict[str, Work]:
    """What is compared: all of them answer from the same rows and codebook."""
    from vector_quantize_pytorch import VectorQuantize

    torch.manual_seed(0)
    latents, codebook = torch.randn(1, rows, dimensions), torch.randn(codes, dimensions)
    peer = VectorQuantize(dim=dimensions, codebook_size=codes).eval()
    peer._codebook.embed.data.copy_(codebook)
    bound = torch.empty(rows, codes)

    @torch.no_grad()
    def quantized_by_peer() -> torch.Tensor:
        return peer(latents)[1]

    return {
        "ours": lambda: nearest_code(latents[0], codebook),
        "vector-quantize-pytorch": quantized_by_peer,
        "torch.mm": lambda: torch.mm(latents[0], codebook.t()),
        "torch.mm, memory given": lambda: torch.mm(latents[0], codebook.t(), out=bound),
    }


def seconds(work: dict[str, Work]) -> dict[str, float]:
    """Median seconds of each."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for repeat in range(REPEATS + 1):
        for name, call in work.items():
            start = perf_counter()
            call()
            if repeat:  # the first warms up
                times[name].append(perf_counter() - start)
    return {name: median(values) for name, values in times.items()}


def peak_growth(name: str, shape: tuple[int, int, int]) -> float:
    """MiB by which one call raises the peak memory of a fresh process."""
    command = [sys.executable, "-m", "benchmarks.nearest_code", name, *map(str, shape)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    return float(done.stdout)


def print_peak_growth(name: str, shape: tuple[int, int, int]) -> None:
    import resource

    torch.set_num_threads(1)
    work = candidates(*shape)[name]
    before = psutil.Process().memory_info().rss
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(max(peak - before, 0) / 2**20)


def main() -> None:
    """Print the table."""
    print(f"{'rows':>7} {'codes':>6} {'dim':>4} {'threads':>7} {'ours ms':>8} {'peer / ours':>12} {'ours / mm':>10} {'ours / mm given':>16}"
          f" {'ours MiB':>9} {'peer MiB':>9}")  # fmt: skip
    # memory first: Linux hands a process's peak down to its children
    memory = {shape: [peak_growth(name, shape) for name in ("ours", "vector-quantize-pytorch")] for shape in SHAPES}
    for shape in SHAPES:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            ours, peer, product, bound = seconds(candidates(*shape)).values()
            print(f"{shape[0]:7} {shape[1]:6} {shape[2]:4} {threads:7} {1e3 * ours:8.1f} {peer / ours:12.2f} {ours / product:10.2f}"
                  f" {ours / bound:16.2f} {memory[shape][0]:9.0f} {memory[shape][1]:9.0f}")  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) == 5:
        print_peak_growth(sys.argv[1], (int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    else:
        main()
