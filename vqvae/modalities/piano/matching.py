"""Which note of a reconstruction is which note of the original.

Two matchings serve two purposes.  `pair` follows every key through the piece and keeps the order of its strikes: it tells what became of
each note, however far that moved.  `hits` is the largest one-to-one matching within tolerances, which transcription scores count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.bipartite import largest_matching
from vqvae.modalities.piano.chains import Strikes, align
from vqvae.modalities.piano.recording import Notes
from vqvae.modalities.protocol import Progress

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


def pair(reference: Notes, found: Notes, reach: float = REACH, progress: Progress | None = None) -> Pairs:
    """Pair the notes of every key in order, so that the sum of |onset error| + `reach` / 2 for each lost or added note is smallest.

    `progress` gets the share done and may raise to stop.
    """
    keys = _by_key(reference, found, reach)
    onsets, others = reference.onset[keys.reference], found.onset[keys.found]
    groups = _groups(keys)
    rows, columns, done = _in_place(groups, onsets, others, reach)
    chains = align(Strikes(onsets, others, keys.low, keys.high), groups[~done], reach, progress)
    left, right = keys.reference[np.append(rows, chains[:, 0])], keys.found[np.append(columns, chains[:, 1])]
    order = np.argsort(left)
    return Pairs(left[order], right[order])


def hits(
    reference: Notes, found: Notes, tolerance: float, offset: tuple[float, float] | None = None, progress: Progress | None = None
) -> Pairs:
    """The largest matching of notes of one pitch whose onsets differ by at most `tolerance` s: `mir_eval.transcription.match_notes`.

    `offset` (ratio, least) also asks the ends to differ by at most that ratio of the original's duration, or `least` s where this is more.
    Distances are rounded to 0.1 ms as there; where several largest matchings exist, the same one is chosen.  `progress` gets the share done
    and may raise to stop.
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
    return _largest(rows[order], columns[order], len(reference.onset), len(found.onset), progress)


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


def _largest(rows: np.ndarray, columns: np.ndarray, size: int, others: int, progress: Progress | None) -> Pairs:
    """The largest matching of a graph with edges (E,), sorted by row, then column; only what has a choice is searched."""
    alone = (np.bincount(rows, minlength=size)[rows] == 1) & (np.bincount(columns, minlength=others)[columns] == 1)
    graph: dict[int, list[int]] = {}
    for row, column in zip(rows[~alone].tolist(), columns[~alone].tolist(), strict=True):
        graph.setdefault(column, []).append(row)
    found = np.array(sorted(largest_matching(graph, progress).items()), np.int64).reshape(-1, 2)
    left, right = np.concatenate([rows[alone], found[:, 0]]), np.concatenate([columns[alone], found[:, 1]])
    order = np.argsort(left)
    return Pairs(left[order], right[order])
