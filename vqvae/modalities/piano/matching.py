"""Which note of a reconstruction is which note of the original.

Two matchings serve two purposes.  `pair` follows every key through the piece and keeps the order of its strikes: it tells what became of
each note, however far that moved.  `hits` is the largest one-to-one matching within tolerances, which transcription scores count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.recording import Notes

REACH = 0.5  # s; two notes of one key further apart are never the same note
CROWD = 16  # strikes of one key; no more than so many before and after the one in its place are looked at for a partner


class Pairs(NamedTuple):
    """Notes that belong together, (K,) each: indices into the original, ascending, and into the reconstruction."""

    reference: np.ndarray  # int64
    found: np.ndarray  # int64


class _Keys(NamedTuple):
    """Two lists of notes key by key, each key in order of time."""

    reference: np.ndarray  # (N,) indices into the original
    found: np.ndarray  # (M,) indices into the reconstruction
    low: np.ndarray  # (N,) first place in `found` whose note is near enough, for every place in `reference`
    high: np.ndarray  # (N,) the place after the last one


def pair(reference: Notes, found: Notes, reach: float = REACH) -> Pairs:
    """Pair the notes of every key in order, so that the sum of |onset error| + `reach` / 2 for each lost or added note is smallest."""
    keys = _by_key(reference, found, reach)
    onsets, others = reference.onset[keys.reference], found.onset[keys.found]
    groups = _groups(keys)
    rows, columns, done = _in_place(groups, onsets, others, reach)
    kept, partners = [rows], [columns]
    for row, last, column, end in groups[~done].tolist():
        low, high = keys.low[row:last] - column, keys.high[row:last] - column
        chain = _align(onsets[row:last], others[column:end], low, high, reach)
        kept.append(row + chain.reference)
        partners.append(column + chain.found)
    left, right = keys.reference[np.concatenate(kept)], keys.found[np.concatenate(partners)]
    order = np.argsort(left)
    return Pairs(left[order], right[order])


def hits(reference: Notes, found: Notes, tolerance: float, offset: tuple[float, float] | None = None) -> Pairs:
    """The largest matching of notes of one pitch whose onsets differ by at most `tolerance` s: `mir_eval.transcription.match_notes`.

    `offset` (ratio, least) also asks the ends to differ by at most that ratio of the original's duration, or `least` s where this is more.
    Distances are rounded to 0.1 ms as there; where several largest matchings exist, the same one is chosen.
    """
    keys = _by_key(reference, found, tolerance + 1e-4)
    counts = keys.high - keys.low
    rows = np.repeat(keys.reference, counts)
    columns = keys.found[np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts - keys.low, counts)]
    near = np.around(np.abs(reference.onset[rows] - found.onset[columns]), 4) <= tolerance
    if offset is not None:
        allowed = np.maximum(offset[0] * (reference.end - reference.onset)[rows], offset[1])
        near &= np.around(np.abs(reference.end[rows] - found.end[columns]), 4) <= allowed
    rows, columns = rows[near], columns[near]
    order = np.lexsort((columns, rows))
    return _largest(rows[order], columns[order], len(reference.onset), len(found.onset))


def _by_key(reference: Notes, found: Notes, reach: float) -> _Keys:
    """Sort by key and onset; partners are looked for within `reach` s."""
    left, right = np.lexsort((reference.onset, reference.pitch)), np.lexsort((found.onset, found.pitch))
    onsets = np.concatenate([reference.onset, found.onset])
    apart = (np.ptp(onsets) if len(onsets) else 0.0) + 2 * reach + 1.0  # keys side by side on one line of time
    line, other = (notes.onset[order] + apart * notes.pitch[order] for notes, order in ((reference, left), (found, right)))
    low, high = np.searchsorted(other, line - reach, "left"), np.searchsorted(other, line + reach, "right")
    starts = np.searchsorted(found.pitch[right], reference.pitch[left])
    place = starts + np.arange(len(left)) - np.searchsorted(reference.pitch[left], reference.pitch[left])
    crowded = high - low > 2 * CROWD + 1
    middle = np.clip(place, low + CROWD, np.maximum(high - CROWD - 1, low + CROWD))
    low, high = np.where(crowded, middle - CROWD, low), np.where(crowded, middle + CROWD + 1, high)
    return _Keys(left, right, np.maximum.accumulate(low), np.maximum.accumulate(high))


def _groups(keys: _Keys) -> np.ndarray:
    """Places that can only be paired among each other, (G, 4): from and to in `keys.reference`, from and to in `keys.found`."""
    some = np.flatnonzero(keys.high > keys.low)
    if not len(some):
        return np.zeros((0, 4), np.int64)
    first = np.flatnonzero(np.concatenate([[True], keys.low[some][1:] >= keys.high[some][:-1]]))
    last = np.concatenate([first[1:], [len(some)]]) - 1
    return np.stack([some[first], some[last] + 1, keys.low[some[first]], keys.high[some[last]]], axis=1)


def _in_place(groups: np.ndarray, onsets: np.ndarray, others: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair the groups in which no note moved by more than half the time between two strikes: first with first, and so on.

    No other chain can be better there.  Returns the places (K,), (K,) and which groups (G,) are done.
    """
    sizes = groups[:, 1] - groups[:, 0]
    equal = np.flatnonzero(sizes == groups[:, 3] - groups[:, 2])
    starts = np.cumsum(sizes[equal]) - sizes[equal]
    rank = np.arange(sizes[equal].sum()) - np.repeat(starts, sizes[equal])
    rows, columns = (np.repeat(groups[equal, side], sizes[equal]) + rank for side in (0, 2))
    moved = np.abs(onsets[rows] - others[columns])
    room = np.full(len(rows), reach)  # to the strike before, half of it
    later = rank > 0
    for times, places in ((onsets, rows), (others, columns)):
        room[later] = np.minimum(room[later], (times[places[later]] - times[places[later] - 1]) / 2)
    done = np.zeros(len(groups), bool)
    if len(equal):
        done[equal] = np.maximum.reduceat(moved, starts) <= np.minimum.reduceat(room, starts)
    taken = np.repeat(done[equal], sizes[equal])
    return rows[taken], columns[taken], done


def _align(onsets: np.ndarray, others: np.ndarray, low: np.ndarray, high: np.ndarray, reach: float) -> Pairs:
    """The chain of pairs, rising on both sides, with the largest sum of `reach` - |onset error|; partners of i are `low[i]`…`high[i]`."""
    best = np.zeros(len(others) + 1)  # best[j]: sum of the best chain that ends before place j of `others`
    steps: list[np.ndarray] = []  # how each sum came about: 0 without this note, 1 with this pair, 2 without that partner
    ends = 0
    for time, start, stop in zip(onsets, low.tolist(), high.tolist(), strict=True):
        best[ends + 1 : stop + 1] = best[ends]
        ends = max(ends, stop)
        before, joined = best[start + 1 : stop + 1].copy(), best[start:stop] + reach - np.abs(others[start:stop] - time)
        best[start + 1 : stop + 1] = np.maximum.accumulate(np.maximum(np.maximum(before, joined), best[start]))
        now = best[start + 1 : stop + 1]
        steps.append(np.where(now == before, 0, np.where(now == joined, 1, 2)))
    chain: list[tuple[int, int]] = []
    i, j = len(onsets) - 1, len(others)
    while i >= 0:
        j = min(j, int(high[i]))
        step = steps[i][j - 1 - low[i]] if j > low[i] else 0
        if step == 1:
            chain.append((i, j - 1))
        i, j = i - (step < 2), j - (step > 0)
    pairs = np.array(chain[::-1], np.int64).reshape(-1, 2)
    return Pairs(pairs[:, 0], pairs[:, 1])


def _largest(rows: np.ndarray, columns: np.ndarray, size: int, others: int) -> Pairs:
    """The largest matching of a graph with edges (E,), sorted by row, then column; only what has a choice is searched."""
    alone = (np.bincount(rows, minlength=size)[rows] == 1) & (np.bincount(columns, minlength=others)[columns] == 1)
    graph: dict[int, list[int]] = {}
    for row, column in zip(rows[~alone].tolist(), columns[~alone].tolist(), strict=True):
        graph.setdefault(column, []).append(row)
    found = np.array(sorted(largest_matching(graph).items()), np.int64).reshape(-1, 2)
    left, right = np.concatenate([rows[alone], found[:, 0]]), np.concatenate([columns[alone], found[:, 1]])
    order = np.argsort(left)
    return Pairs(left[order], right[order])


def largest_matching(graph: dict[int, list[int]]) -> dict[int, int]:
    """Hopcroft and Karp's largest matching (SIAM J. Comput. 1973; 2:225) of {left: its rights}, as {right: left}.

    Vertices are visited in the order in which `mir_eval` visits them, so that of several largest matchings the same one comes out; its
    velocity scores depend on that.  Nothing recurses here: keys that are struck very fast give paths of any length.
    """
    matching: dict[int, int] = {}
    for left, rights in graph.items():
        free = next((right for right in rights if right not in matching), None)
        if free is not None:
            matching[free] = left
    while True:
        came, reached, ends = _layers(graph, matching)
        if not ends:
            return matching
        for right in ends:
            _augment(right, matching, came, reached)


def _layers(graph: dict[int, list[int]], matching: dict[int, int]) -> tuple[dict[int, int | None], dict[int, list[int]], list[int]]:
    """The shortest alternating paths: left -> right it came from (None at the start), right -> lefts that reach it, free rights last."""
    taken = set(matching.values())
    came: dict[int, int | None] = {left: None for left in graph if left not in taken}
    reached: dict[int, list[int]] = {}
    ends: list[int] = []
    layer = list(came)
    while layer and not ends:
        fresh: dict[int, list[int]] = {}
        for left in layer:
            for right in graph[left]:
                if right not in reached:
                    fresh.setdefault(right, []).append(left)
        reached |= fresh
        ends = [right for right in fresh if right not in matching]
        layer = [matching[right] for right in fresh if right in matching]
        came |= {matching[right]: right for right in fresh if right in matching}
    return came, reached, ends


def _augment(end: int, matching: dict[int, int], came: dict[int, int | None], reached: dict[int, list[int]]) -> None:
    """Walk back from a free right along the layers, first way first; where the walk arrives, swap the pairs along it."""
    if end not in reached:
        return
    path: list[tuple[int, list[int]]] = [(end, reached.pop(end)[::-1])]  # right, and the lefts still to try
    steps: list[int] = []  # left by which each right of the path goes on
    while path:
        _, tries = path[-1]
        while tries and tries[-1] not in came:
            tries.pop()
        if not tries:
            path.pop()
            if steps:
                steps.pop()
            continue
        left = tries.pop()
        before = came.pop(left)
        steps.append(left)
        if before is None:
            matching.update({right: step for (right, _), step in zip(path, steps, strict=True)})
            return
        if before in reached:
            path.append((before, reached.pop(before)[::-1]))
        else:
            steps.pop()
