"""Which strikes of a key are which: the best chains of pairs that keep their order, for many groups of strikes at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from vqvae.modalities.protocol import Progress

_TOGETHER = 256  # groups; what they need in memory grows with it
_WITHOUT, _PAIRED, _PARTNERLESS = range(3)  # how a sum came about: without this note, with this pair, without that partner


class Strikes(NamedTuple):
    """Two lists of onsets, key by key, and which of them may be partners."""

    onsets: np.ndarray  # (N,) s
    others: np.ndarray  # (M,) s
    low: np.ndarray  # (N,) first place in `others` that may be a partner; never falls
    high: np.ndarray  # (N,) the place after the last one; never falls


def align(strikes: Strikes, groups: np.ndarray, reach: float, progress: Progress | None = None) -> np.ndarray:
    """The chain of pairs, rising on both sides, with the largest sum of `reach` - |onset error| in each group: places (K, 2).

    groups: (G, 4) from and to in `onsets`, from and to in `others`.  Row by row of a table of sums, of `_TOGETHER` groups at a time.
    """
    sizes = groups[:, 1] - groups[:, 0]
    ordered = groups[np.argsort(-sizes, kind="stable")]
    pairs: list[tuple[int, int]] = []
    done, total = 0, int(sizes.sum())
    for first in range(0, len(ordered), _TOGETHER):
        some = ordered[first : first + _TOGETHER]
        steps: list[np.ndarray] = []
        for row in _sums(strikes, some, reach):
            steps.append(row)
            done += len(row)
            if progress is not None:
                progress(done / total)
        for place, (start, stop, _, end) in enumerate(some.tolist()):
            pairs += _chain(strikes, steps, place, start, stop, end)
    return np.array(pairs, np.int64).reshape(-1, 2)


def _sums(strikes: Strikes, groups: np.ndarray, reach: float) -> Iterator[np.ndarray]:
    """How the sums of each row came about, (groups that have such a row, partners); the longest groups come first."""
    onsets, others, low, high = strikes
    first, sizes = groups[:, 0], groups[:, 1] - groups[:, 0]
    width = int((high - low).max())
    partner, place = np.arange(width), np.arange(width + 1)
    padded = np.append(others, np.full(width, np.inf))
    sums = np.zeros((len(groups), width + 1))  # sums[g, k]: of the best chain that ends before place low + k of `others`
    lines = np.arange(len(groups))[:, None] * (width + 1)
    begun, known = groups[:, 2], np.zeros(len(groups), np.int64)
    for row in range(int(sizes[0])):
        count = int(np.searchsorted(-sizes, -row))  # groups that are long enough
        here = first[:count] + row
        start, stop = low[here], high[here]
        moved = np.minimum(place + (start - begun[:count])[:, None], known[:count, None])
        sums = sums.take(moved + lines[:count])
        before, joined = sums[:, 1:], np.abs(padded.take(start[:, None] + partner) - onsets[here][:, None])
        np.subtract(sums[:, :-1] + reach, joined, out=joined)
        np.copyto(joined, -np.inf, where=partner >= (stop - start)[:, None])
        now = np.maximum.accumulate(np.maximum(np.maximum(before, joined), sums[:, :1]), axis=1)
        changed = now != before
        yield (changed & (now != joined)).view(np.uint8) + changed  # 0, 1, 2: as _WITHOUT, _PAIRED, _PARTNERLESS
        sums[:, 1:] = now
        begun, known = start, stop - start


def _chain(strikes: Strikes, steps: list[np.ndarray], group: int, start: int, stop: int, end: int) -> list[tuple[int, int]]:
    """Walk back through how the sums of a group came about."""
    chain: list[tuple[int, int]] = []
    low, high = strikes.low[start:stop].tolist(), strikes.high[start:stop].tolist()
    i, j = stop - start - 1, end
    while i >= 0:
        j = min(j, high[i])
        step = steps[i][group, j - 1 - low[i]] if j > low[i] else _WITHOUT
        if step == _PAIRED:
            chain.append((start + i, j - 1))
        i, j = i - (step != _PARTNERLESS), j - (step != _WITHOUT)
    return chain
