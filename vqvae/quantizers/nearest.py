"""Nearest code vector, as a matrix product over blocks of rows."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK_BYTES = {"cpu": 4 << 20, "cuda": 256 << 20}  # scores held at once: what a processor's cache keeps, what fills a GPU
ROW_MULTIPLE = 64  # libraries multiply a handful of rows by another routine, which rounds otherwise


class Nearest(NamedTuple):
    """The nearest code vector of every row."""

    codes: Tensor  # (N,) int64
    distances: Tensor  # (N,) squared Euclidean distance, >= 0


def nearest_code(rows: Tensor, codebook: Tensor) -> Tensor:
    """rows (N, D), codebook (K, D) -> codes (N,) int64: argmin over k of |e_k|² - 2 r·e_k; equal scores go to the lowest index.

    Never holds more than a block of scores, so memory does not grow with N.  Scores are float32: two code vectors whose
    squared distances to a row differ by less than about 1e-6 (|r|² + |e|²), measured from the mean code, are a tie that
    rounding decides; on a CPU it decides the same way however rows are split into calls.
    """
    return _search(rows, codebook, with_distances=False).codes


def nearest(rows: Tensor, codebook: Tensor) -> Nearest:
    """`nearest_code` with the squared distances beside the codes."""
    return _search(rows, codebook, with_distances=True)


@torch.no_grad()
def _search(rows: Tensor, codebook: Tensor, with_distances: bool) -> Nearest:
    if rows.ndim != 2 or codebook.ndim != 2 or rows.shape[1] != codebook.shape[1]:
        raise ValueError(f"rows {tuple(rows.shape)} and codebook {tuple(codebook.shape)} do not fit: expected (N, D) and (K, D)")
    with torch.autocast(rows.device.type, enabled=False):
        rows, codebook = rows.float(), codebook.float()
        centre = codebook.mean(0)  # distances do not change, but far from the origin their differences would drown in |r|²
        codebook = codebook - centre
        squares, products = codebook.square().sum(1), (-2 * codebook).t()
        size = _block_rows(rows.device.type, len(codebook))
        scores = rows.new_empty(min(size, _padded(len(rows))), len(codebook))
        codes = torch.empty(len(rows), dtype=torch.int64, device=rows.device)
        distances = rows.new_empty(len(rows) if with_distances else 0)
        for start in range(0, len(rows), size):
            block = rows[start : start + size] - centre
            filled = F.pad(block, (0, 0, 0, _padded(len(block)) - len(block)))
            block_scores = torch.addmm(squares, filled, products, out=scores[: len(filled)])
            lowest, chosen = block_scores[: len(block)].min(dim=1)
            codes[start : start + size] = chosen
            if with_distances:
                distances[start : start + size] = (lowest + block.square().sum(1)).clamp_(min=0)
    return Nearest(codes, distances)


def _block_rows(device_type: str, codebook_size: int) -> int:
    rows = BLOCK_BYTES.get(device_type, BLOCK_BYTES["cuda"]) // (4 * codebook_size)
    return max(ROW_MULTIPLE, rows // ROW_MULTIPLE * ROW_MULTIPLE)


def _padded(count: int) -> int:
    return -(-count // ROW_MULTIPLE) * ROW_MULTIPLE
