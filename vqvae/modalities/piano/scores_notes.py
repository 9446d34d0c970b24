"""What happened to every note, and how far onsets, durations and velocities moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqvae.modalities.piano.matching import Pairs
from vqvae.modalities.piano.recording import Notes
from vqvae.modalities.protocol import Score

if TYPE_CHECKING:
    import pandas as pd

MOVED = 0.05  # s; a kept note is called moved when it sounds further than this from where it was
STATUS = ("kept", "moved", "lost", "added")

_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_KEPT = "of the notes found in both"


def pitch_name(pitch: int) -> str:
    """60 -> "C4", 61 -> "C♯4" (middle C is C4)."""
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"


def notes_table(reference: Notes, found: Notes, pairs: Pairs) -> pd.DataFrame:
    """One row for every note of the original and every added one, in order of time.

    time (s, in the original, or of the added note), pitch (MIDI number), name, status (`STATUS`), velocity and duration (s) of the original
    (of the added note), onset_error_ms (positive: late), duration_log_ratio (log2, positive: longer), velocity_error (positive: louder),
    reference and found (indices into the two lists of notes, -1 where there is none).
    """
    import pandas as pd

    partner = np.full(len(reference.onset), -1)
    partner[pairs.reference] = pairs.found
    added = np.setdiff1d(np.arange(len(found.onset)), pairs.found)
    index = np.concatenate([np.arange(len(reference.onset)), np.full(len(added), -1)])
    other = np.concatenate([partner, added])
    both = (index >= 0) & (other >= 0)
    onset, duration, pitch, velocity = (np.concatenate([column, more[added]]) for column, more in zip(reference, found, strict=True))
    errors = np.full((3, len(index)), np.nan)
    there, here = other[both], index[both]
    errors[0, both] = 1000 * (found.onset[there] - reference.onset[here])
    errors[1, both] = np.log2(found.duration[there] / reference.duration[here])
    errors[2, both] = found.velocity[there].astype(float) - reference.velocity[here]
    status = np.where(index < 0, "added", np.where(other < 0, "lost", np.where(np.abs(errors[0]) > 1000 * MOVED, "moved", "kept")))
    table = pd.DataFrame(
        {
            "time": onset,
            "pitch": pitch.astype(int),
            "name": np.array([pitch_name(key) for key in range(128)], object)[pitch.astype(int)],
            "status": status,
            "velocity": velocity.astype(int),
            "duration": duration,
            "onset_error_ms": errors[0],
            "duration_log_ratio": errors[1],
            "velocity_error": errors[2],
            "reference": index,
            "found": other,
        }
    )
    return table.sort_values(["time", "pitch"], kind="stable", ignore_index=True)


def note_scores(table: pd.DataFrame) -> list[Score]:
    """Lost, added and moved notes, and errors of the others: mean, 95th percentile, worst."""
    status = table["status"].to_numpy()
    both = table[(status == "kept") | (status == "moved")]
    onset, duration, velocity = (both[name].abs().to_numpy() for name in ("onset_error_ms", "duration_log_ratio", "velocity_error"))
    whole = len(table) > int((status == "added").sum())
    tenth = max(1, len(onset) // 10)
    partner = "a note of the same key within 500 ms, in order"
    lost = f"Notes of the original without a partner in the reconstruction: {partner}."
    added = f"Notes of the reconstruction without a partner in the original: {partner}."
    first, last = f"Mean absolute onset error of the first tenth {_KEPT}", f"Mean absolute onset error of the last tenth {_KEPT}"
    longer = f"|log2| of the key duration over the original's, {_KEPT} (1: twice or half as long)"
    return [
        _count("notes_lost", int((status == "lost").sum()), whole, lost),
        _count("notes_added", int((status == "added").sum()), True, added),
        _count("notes_off_by_50ms", int((onset > 50).sum()), whole, f"Notes more than 50 ms early or late, {_KEPT}."),
        _count("notes_off_by_20ms", int((onset > 20).sum()), whole, f"Notes more than 20 ms early or late, {_KEPT}."),
        _error("onset_error_ms", _mean(onset), "ms", f"Mean absolute onset error {_KEPT}."),
        _error("onset_error_p95_ms", _p95(onset), "ms", f"95th percentile of the absolute onset error {_KEPT}."),
        _error("onset_error_worst_ms", float(onset.max()) if len(onset) else np.nan, "ms", f"Largest absolute onset error {_KEPT}."),
        _error("onset_error_first_tenth_ms", _mean(onset[:tenth]), "ms", f"{first}."),
        _error("onset_error_last_tenth_ms", _mean(onset[-tenth:]), "ms", f"{last}: as large as in the first tenth where nothing drifts."),
        _error("duration_log_ratio", _mean(duration), "octaves", f"Mean {longer}."),
        _error("duration_log_ratio_p95", _p95(duration), "octaves", f"95th percentile of the {longer}."),
        _error("velocity_error", _mean(velocity), "velocity", f"Mean absolute error of the MIDI velocity (1 to 127) {_KEPT}."),
        _error("velocity_error_p95", _p95(velocity), "velocity", f"95th percentile of the absolute error of the MIDI velocity {_KEPT}."),
    ]


def _error(name: str, value: float, unit: str, definition: str) -> Score:
    return Score(name, value, unit, 0.0, definition)


def _count(name: str, value: int, known: bool, definition: str) -> Score:
    return Score(name, float(value) if known else float("nan"), "notes", 0.0, definition)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _p95(values: np.ndarray) -> float:
    return float(np.percentile(values, 95)) if len(values) else float("nan")
