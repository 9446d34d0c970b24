"""Layouts out of files, which may say anything."""

from __future__ import annotations

import math
from typing import Any

from vqvae.modalities.ecg.channels import MAX_MAGNITUDE, MAX_VALUES, RATES

FIELDS = {"modality", "rate", "samples", "leads", "name", "bits", "offsets", "gains", "gaps"}
NO_NAMES = ("", ".", "..")  # that a file in a folder could have
LONGEST_TEXT = 200  # characters


def check_layout(layout: dict[str, Any]) -> None:
    """ValueError unless this can be what `to_tensors` made: every field there, of its kind, and in agreement with the others."""
    if set(layout) != FIELDS or layout["modality"] != "ecg":
        raise ValueError("the file's description of the ECG is incomplete or of another kind: it was not written by this program")
    leads, samples = layout["leads"], layout["samples"]
    named = isinstance(leads, list) and 0 < len(leads) <= MAX_VALUES and all(map(_is_text, leads)) and len(set(leads)) == len(leads)
    counted = named and type(samples) is int and 0 < samples <= MAX_VALUES // len(leads)
    stored = type(layout["bits"]) is int and 1 <= layout["bits"] <= 64
    timed = _is_number(layout["rate"]) and RATES[0] <= layout["rate"] <= RATES[1]
    called = _is_text(layout["name"]) and layout["name"] not in NO_NAMES and not set(layout["name"]) & set("/\\\0")
    if not (counted and stored and timed and called):
        raise ValueError("the file's description of the ECG names impossible leads, rates or lengths: it is damaged or forged")
    scaled = all(isinstance(layout[key], list) and len(layout[key]) == len(leads) for key in ("offsets", "gains", "gaps"))
    if not scaled or not all(_is_number(value) and abs(value) <= MAX_MAGNITUDE for value in [*layout["offsets"], *layout["gains"]]):
        raise ValueError("the file's description of the ECG does not give every lead its mean and size: it is damaged or forged")
    if not all(isinstance(gaps, list) and all(_is_gap(gap, samples) for gap in gaps) for gaps in layout["gaps"]):
        raise ValueError("the file's description of the ECG has gaps outside the recording: it is damaged or forged")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_gap(value: Any, samples: int) -> bool:
    return isinstance(value, list) and [*map(type, value)] == [int, int] and 0 <= value[0] <= value[1] <= samples
