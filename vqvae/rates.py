"""What files cost."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from vqvae.codec.container import unpack
from vqvae.codec.header import write_fields
from vqvae.codec.notes import pitch_bytes
from vqvae.modalities import modality


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
    extent = kind.extent(layout)
    apart = _apart(data, kind.APART) if hasattr(kind, "APART") else {}
    counted = len(data) - sum(apart.values())
    per_unit = 8 / extent.amount if extent.amount else 0.0
    return Rate(
        counted * per_unit, extent.unit, "file", len(data), extent.raw_bytes / len(data), _definition(len(data), counted, extent.raw),
        {f"{name}_bits_per_note": size * per_unit for name, size in apart.items()},
    )  # fmt: skip


def passed_through(layout: dict[str, Any]) -> int:
    """Bytes that what a layout passes through untouched takes in any codec's file, about: a codec's name and sizes move it by a few."""
    kind: Any = modality(layout["modality"])
    without = layout | dict.fromkeys(getattr(kind, "APART", ()), "")
    return len(write_fields({"layout": layout})) - len(write_fields({"layout": without}))


def _apart(data: bytes, fields: tuple[str, ...]) -> dict[str, int]:
    """Bytes of a file of notes that say which keys are struck, and those that these fields of its layout take."""
    contents, payloads, _ = unpack(data)
    found = {"pitch": sum(pitch_bytes(payload) for payload in payloads if payload)}
    values = {"codec": contents.codec, "coder": contents.coder, "quality": contents.quality, "shape": list(contents.shape)}
    values |= {"chunk": contents.chunk, "layout": contents.layout}
    whole = len(write_fields(values))
    for name in fields:
        found[name] = whole - len(write_fields(values | {"layout": contents.layout | {name: ""}}))
    return found


def _definition(size: int, counted: float, raw: str) -> str:
    ratio = f"The ratio is against {raw}."
    if counted == size:
        return f"All {size} bytes of the .vqz file: entropy-coded codes, side information, headers and checksums. {ratio}"
    return (
        f"{counted} of the {size} bytes of the .vqz file: all but which keys are struck and what passes through untouched (tempo, pedals, "
        f"texts), which are stated apart. {ratio}"
    )
