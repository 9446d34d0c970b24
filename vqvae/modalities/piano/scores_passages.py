"""Where a reconstruction was damaged most, and what a listener would say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

PASSAGE = 4.0  # s
WEIGHTS = {"onset_error_ms": 1 / 50, "duration_log_ratio": 1 / 2, "velocity_error": 1 / 20}
"""Of one note: 50 ms early or late, two octaves of duration or 20 of velocity weigh as much as a note lost or added."""

FEWEST_WORTH_SAYING = {"onset_error_ms": 20.0, "duration_log_ratio": 0.5, "velocity_error": 8.0}


def severity(table: pd.DataFrame) -> np.ndarray:
    """What happened to every row of `notes_table`, (R,), as a share of a lost note: 0 where nothing did, 2 at most."""
    weighed = [weight * table[column].abs().fillna(0).to_numpy() for column, weight in WEIGHTS.items()]
    return np.where(table["status"].isin(("lost", "added")), 1.0, np.minimum(np.sum(weighed, axis=0), 2.0))


def worst_passages(table: pd.DataFrame, count: int = 20, seconds: float = PASSAGE) -> pd.DataFrame:
    """The `count` worst stretches of `seconds`, no two of which overlap, worst first.

    start and stop (s), severity (sum of what happened to the notes that start in it, in lost notes), notes, reason (in words).
    """
    import pandas as pd

    times, weights = table["time"].to_numpy(), severity(table)
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    stops = np.searchsorted(times, times + seconds, "left")
    totals = sums[stops] - sums[:-1]
    free = np.ones(len(times), bool)
    rows: list[tuple[float, float, float, int, str]] = []
    for first in np.argsort(-totals, kind="stable").tolist():
        if len(rows) == count or totals[first] <= 0:
            break
        stop = int(stops[first])
        if free[first] and free[stop - 1]:
            free[first:stop] = False
            start = float(times[first])
            rows.append((start, start + seconds, float(totals[first]), stop - first, reason(table.iloc[first:stop])))
    return pd.DataFrame(rows, columns=["start", "stop", "severity", "notes", "reason"])


def reason(passage: pd.DataFrame) -> str:
    """What happened in some rows of `notes_table`: "2 notes lost; up to 84 ms late; up to 22 velocity steps too loud"."""
    said = []
    for status in ("lost", "added"):
        some = int((passage["status"] == status).sum())
        said += [f"{some} note{'s' if some != 1 else ''} {status}"] if some else []
    for column, words in (
        ("onset_error_ms", lambda e: f"up to {abs(e):.0f} ms {'late' if e > 0 else 'early'}"),
        ("duration_log_ratio", lambda e: f"up to {2**e:.1f} times as long" if e > 0 else f"cut to {100 * 2**e:.0f} % of their length"),
        ("velocity_error", lambda e: f"up to {abs(e):.0f} velocity steps too {'loud' if e > 0 else 'soft'}"),
    ):
        errors = passage[column].dropna()
        worst = float(errors.loc[errors.abs().idxmax()]) if len(errors) else 0.0
        if abs(worst) >= FEWEST_WORTH_SAYING[column]:
            said.append(words(worst))
    return "; ".join(said) or "many small errors"
