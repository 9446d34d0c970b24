"""Piano performances: reading, tensors, examples."""

from __future__ import annotations

from vqvae.modalities.piano.examples import example, examples
from vqvae.modalities.piano.pedal import pedals, sounding_ends
from vqvae.modalities.piano.reading import parts, read
from vqvae.modalities.piano.recording import Notes, Pedal, Piano, fingerprint
from vqvae.modalities.piano.tensors import describe_preprocessing, extent, length, restore, to_tensors, with_gaps
from vqvae.modalities.piano.writing import targets, write

name = "piano"

__all__ = [
    "Notes",
    "Pedal",
    "Piano",
    "describe_preprocessing",
    "example",
    "examples",
    "extent",
    "fingerprint",
    "length",
    "name",
    "parts",
    "pedals",
    "read",
    "restore",
    "sounding_ends",
    "targets",
    "to_tensors",
    "with_gaps",
    "write",
]
