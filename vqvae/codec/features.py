"""Collecting the features of a description, and the names of those that several kinds of data share."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vqvae.codec.description import Feature, Magnitude, Signed, Term

MOST_ROWS = 12  # rows beyond are taken for the twelfth: the standard ECG has twelve leads


class Features:
    """Numbers features as they come up, each once."""

    def __init__(self) -> None:
        self.found: list[Feature] = []

    def __call__(self, feature: Feature) -> int:
        """The feature's number."""
        for number, known in enumerate(self.found):
            if type(known) is type(feature) and known == feature:  # tuples of different types are equal too
                return number
        self.found.append(feature)
        return len(self.found) - 1

    def value(self, neighbour: int, cap: int, shift: int = 0) -> int:
        """A neighbour's value within ±cap."""
        return self(Signed((Term(neighbour),), cap, shift))

    def size(self, *terms: Term) -> int:
        """Magnitude of neighbours in eight classes."""
        return self(Magnitude(terms, 7, 0))


def across_rows(distances: np.ndarray, first: int, rows: int) -> np.ndarray:
    """Distances (Q, J) within a row -> (rows * Q, J), with four more neighbours from `first` on: the same channel in other rows.

    In order: the row before, the one before that, the first row and the second.  The first row has none of them, the second has no
    second one.
    """
    span = len(distances)
    tiled = np.tile(distances, (rows, 1, 1))
    for row in range(1, rows):
        others = [1, 2, row, row - 1] if row > 1 else [1, 0, 1, 0]
        tiled[row, :, first : first + 4] = span * np.array(others)
    return tiled.reshape(rows * span, -1)


def row_numbers(rows: int, span: int) -> np.ndarray:
    """The row of every channel, (rows * span,)."""
    return np.repeat(np.arange(rows), span)


def join(*columns: Iterable[int]) -> np.ndarray:
    """Identities (M, I) of the channels."""
    return np.stack([np.array(column) for column in columns], axis=1)
