"""A moving-average codebook trained by two processes is the one that a single process trains on the same latents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from quantizer_properties import D, K, all_among, as_rows, noise
from safetensors.torch import load_file, save_file
from torch import Tensor

from vqvae.quantizers import EMAVectorQuantizer
from vqvae.quantizers import ema as ema_module

STEPS = 4


class StatisticsOfOneProcess(EMAVectorQuantizer):
    def _update(self, rows: Tensor, codes: Tensor) -> None:
        summed = ema_module.summed
        ema_module.summed = lambda values: values
        super()._update(rows, codes)
        ema_module.summed = summed


class RestartsOfOneProcess(EMAVectorQuantizer):
    def _restart(self, rows: Tensor) -> None:
        gathered = ema_module.gathered
        ema_module.gathered = lambda values: values
        super()._restart(rows)
        ema_module.gathered = gathered


CLASSES = (EMAVectorQuantizer, StatisticsOfOneProcess, RestartsOfOneProcess)


def batch(step: int) -> Tensor:
    return noise(2, D, 128, seed=step)


def trained(quantizer: Any, own: slice) -> dict[str, Tensor]:
    """The codebook after its first batches, and after a restart of half its codes."""
    for step in range(STEPS):
        quantizer.train()(batch(step)[own])
    averaged = quantizer.codebook.clone()
    quantizer.shares[K // 2 :] = 0
    quantizer.codebook[K // 2 :] += 50
    quantizer(batch(STEPS)[own])
    return {"averaged": averaged, "restarted": quantizer.codebook.clone()}


def work(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    for quantizer_class in CLASSES:
        save_file(trained(quantizer_class(K, D, decay=0.9), slice(rank, rank + 1)), folder / f"{quantizer_class.__name__}-{rank}")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def codebooks(tmp_path_factory) -> dict[str, list[dict[str, Tensor]]]:
    """Per class, what each of two processes ended with."""
    folder = tmp_path_factory.mktemp("two")
    mp.spawn(work, (folder,), nprocs=2)
    names = [quantizer_class.__name__ for quantizer_class in CLASSES]
    return {name: [load_file(folder / f"{name}-{rank}") for rank in range(2)] for name in names}


def differ(codebooks: dict[str, list[dict[str, Tensor]]], quantizer_class: type, state: str) -> bool:
    first, second = codebooks[quantizer_class.__name__]
    return not torch.equal(first[state], second[state])


def test_two_processes_hold_the_same_codebook_even_after_a_restart(codebooks):
    assert not differ(codebooks, EMAVectorQuantizer, "averaged")
    assert not differ(codebooks, EMAVectorQuantizer, "restarted")


def test_two_processes_train_what_one_trains_on_the_same_latents(codebooks):
    alone = trained(EMAVectorQuantizer(K, D, decay=0.9), slice(None))
    assert torch.allclose(codebooks["EMAVectorQuantizer"][0]["averaged"], alone["averaged"], atol=1e-5)


def test_restarts_land_on_the_data_of_both_processes(codebooks):
    restarted = codebooks["EMAVectorQuantizer"][0]["restarted"][K // 2 :]
    found = [sum(all_among(code[None], as_rows(batch(STEPS)[rank : rank + 1])) for code in restarted) for rank in range(2)]
    assert min(found) > 0
    assert sum(found) == len(restarted)


def test_statistics_or_restarts_of_one_process_only_are_noticed(codebooks):
    assert differ(codebooks, StatisticsOfOneProcess, "averaged")
    assert differ(codebooks, RestartsOfOneProcess, "restarted")
