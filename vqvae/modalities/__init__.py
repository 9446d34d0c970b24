"""Kinds of data, one folder each; a folder with an `__init__` is a modality."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from vqvae.modalities.protocol import Modality


def names() -> tuple[str, ...]:
    """The modalities there are, by folder; imports none of them."""
    return tuple(sorted(folder.parent.name for folder in Path(__file__).parent.glob("*/__init__.py")))


def modality(name: str) -> Modality:
    """The modality called `name`; ValueError naming the choices when there is none."""
    if name not in names():
        raise ValueError(f"no modality is called {name!r}; there are: {', '.join(names())}")
    return cast(Modality, import_module(f"vqvae.modalities.{name}"))
