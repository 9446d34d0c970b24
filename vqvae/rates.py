"""What files cost."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from vqvae.codec.container import unpack
from vqvae.codec.header import write_fields
from vqvae.codec.notes import pitch_bytes
from vqvae.modalities import modality
from vqvae.modalities.protocol import Apart

_CODED = {"pitch": pitch_bytes}  # what counts the bytes of each part of what is coded


class Rate(NamedTuple):
    """What a reconstruction costs."""

    value: float
    unit: str  # "bit/s": per second and lead; "bit/note": without what is stated apart
    counts: str  # what is counted: "file"
    bytes: int  # all of the file
    compression_ratio: float
    definition: str
    apart: Mapping[str, float] = MappingProxyType({})  # what of the file the value does not count, by name: "pitch_bits_per_note"


def rate_of(data: bytes, layout: dict[str, Any]) -> Rate:
    """What a file costs, headers and side information included."""
    kind: Any = modality(layout["modality"])
    extent, apart = kind.extent(layout), _apart(data, kind.APART)
    counted = len(data) - sum(apart.values())
    per_unit = 8 / extent.amount if extent.amount else 0.0
    unit = extent.unit.replace("bit/", "bits_per_")
    return Rate(
        counted * per_unit, extent.unit, "file", len(data), extent.raw_bytes / len(data),
        _definition(len(data), counted, extent.raw, kind.APART.said), {f"{name}_{unit}": size * per_unit for name, size in apart.items()},
    )  # fmt: skip


def passed_through(layout: dict[str, Any]) -> int:
    """Bytes that what a layout passes through untouched takes in any codec's file, about: a codec's name and sizes move it by a few."""
    kind: Any = modality(layout["modality"])
    without = layout | dict.fromkeys(kind.APART.fields, "")
    return len(write_fields({"layout": layout})) - len(write_fields({"layout": without}))


def _apart(data: bytes, apart: Apart) -> dict[str, int]:
    """Bytes of a file that are stated apart: of what is coded, and of fields of its layout."""
    if not (apart.coded or apart.fields):
        return {}
    contents, payloads, _ = unpack(data)
    found = {name: sum(_CODED[name](payload) for payload in payloads if payload) for name in apart.coded}
    values = {"codec": contents.codec, "coder": contents.coder, "quality": contents.quality, "shape": list(contents.shape)}
    values |= {"chunk": contents.chunk, "layout": contents.layout}
    whole = len(write_fields(values))
    for name in apart.fields:
        found[name] = whole - len(write_fields(values | {"layout": contents.layout | {name: ""}}))
    return found


def _definition(size: int, counted: float, raw: str, apart: str) -> str:
    ratio = f"The ratio is against {raw}."
    if counted == size:
        return f"All {size} bytes of the .vqz file: entropy-coded codes, side information, headers and checksums. {ratio}"
    return f"{counted} of the {size} bytes of the .vqz file: all but {apart}, which are stated apart. {ratio}"
