"""HL7 annotated ECG (aECG, PORT_MT020001): XML as regulators collect it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from vqvae.modalities.ecg.channels import MAX_MAGNITUDE, Channel, believed, check_rate, check_size, select
from vqvae.modalities.ecg.recording import Ecg

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0}
_PREFIX = "MDC_ECG_LEAD_"


class _Lead(NamedTuple):
    channel: Channel
    digits: np.ndarray  # (T,) float64
    scale: float
    origin: float


def read_aecg(path: Path) -> Ecg:
    """The longest sequence set of `path` in mV (the rhythm, where an average beat is there too)."""
    sets = [(rate, leads) for rate, leads in _sets(path) if leads]
    if not sets:
        raise ValueError(f"{path.name} holds no HL7 aECG sequences: export the recording as aECG, DICOM or EDF.")
    rate, leads = max(sets, key=lambda found: max(len(lead.digits) for lead in found[1]) / found[0])
    selection = select([lead.channel for lead in leads], path.name)
    length = max(len(leads[i].digits) for i in selection.indices)
    check_size(len(selection.indices), length, rate, path.name)
    signals = np.full((len(selection.indices), length), np.nan, np.float32)
    for row, (index, factor) in enumerate(zip(selection.indices, selection.factors, strict=True)):
        lead = leads[index]
        signals[row, : len(lead.digits)] = (lead.digits * lead.scale + lead.origin) * factor
    notes = list(selection.notes)
    if len(sets) > 1:
        notes.append(f"Read was the longest of the {len(sets)} sequence sets of {path.name}.")
    return Ecg(signals, rate, selection.leads, path.stem, 16, None, tuple(notes))


def _sets(path: Path) -> Iterator[tuple[float, list[_Lead]]]:
    """Sampling rate and leads of every sequence set."""
    raw = path.read_bytes()
    if any("<!DOCTYPE".encode(encoding) in raw for encoding in ("ascii", "utf-16-le", "utf-16-be")):
        raise ValueError(f"{path.name} declares its own XML entities, which an aECG never needs: such files are refused.")
    try:
        root = ElementTree.fromstring(raw)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise ValueError(f"{path.name} is no well-formed XML, or is cut off.") from None
    for node in root.iter():
        if _tag(node) != "sequenceSet":
            continue
        sequences = [s for s in node.iter() if _tag(s) == "sequence"]
        rate = next((r for r in (_rate(s, path.name) for s in sequences) if r), None)
        leads = [lead for lead in (_lead(s, path.name) for s in sequences) if lead is not None]
        if rate is None and leads:
            raise ValueError(f"{path.name} has a sequence set without a time increment: its sampling rate is unknown.")
        if rate is not None:
            yield rate, leads


def _tag(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _child(node: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return next((child for child in node.iter() if _tag(child) == name), None)


def _number(node: ElementTree.Element, file: str) -> float:
    return believed(node.get("value", ""), f"the {_tag(node)}", file)


def _rate(sequence: ElementTree.Element, file: str) -> float | None:
    increment = _child(sequence, "increment")
    if increment is None:
        return None
    step = _number(increment, file) * _SECONDS.get(increment.get("unit", "s"), 0.0)
    if not 1e-7 < step < 1e7:
        raise ValueError(f"{file} has a time increment of {increment.get('value')} {increment.get('unit', '')[:10]}, which is no time.")
    return check_rate(round(1 / step, 6), file)


def _lead(sequence: ElementTree.Element, file: str) -> _Lead | None:
    digits, scale, origin, code = (_child(sequence, name) for name in ("digits", "scale", "origin", "code"))
    if digits is None or scale is None or code is None:
        return None
    try:
        values = np.array((digits.text or "").split(), np.float64)
    except ValueError:
        raise ValueError(f"{file} has samples that are no numbers.") from None
    values[np.abs(values) > MAX_MAGNITUDE] = np.nan
    name = code.get("code", "")
    unit = scale.get("unit", "")
    same = origin is None or origin.get("unit", unit) == unit
    if not same:
        raise ValueError(f"{file} gives the origin and the scale of {name[:40]} in different units.")
    short = name.removeprefix(_PREFIX).replace("AV", "aV")
    return _Lead(Channel(short, unit), values, _number(scale, file), 0.0 if origin is None else _number(origin, file))
