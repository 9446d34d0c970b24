"""Which kind of data files are."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from vqvae.modalities import modality, names

UNKNOWN = "ecg"
"""What is taken for granted when nothing tells: recordings come in more formats than can be recognised."""


def recognised(files: Mapping[str, BinaryIO]) -> str:
    """The modality that files are, by their names, first bytes and what is in an archive; `UNKNOWN` when nothing tells."""
    kinds: dict[str, Any] = {name: modality(name) for name in names() if name != UNKNOWN}
    found = (name for name, kind in kinds.items() if any(_asked(kind, called, file) for called, file in files.items()))
    return next(found, UNKNOWN)


def _asked(kind: Any, called: str, file: BinaryIO) -> bool:
    """Whether a kind recognises a file, whose beginning others may have read before."""
    file.seek(0)
    return bool(kind.recognises(called, file))


def recognised_bytes(files: Mapping[str, bytes]) -> str:
    """The same of files in memory."""
    return recognised({name: io.BytesIO(content) for name, content in files.items()})


def recognised_path(path: Path) -> str:
    """The same of a file on disk, of which no more is read than tells; by its name where there is none."""
    if not path.is_file():
        return recognised_bytes({path.name: b""})
    with path.open("rb") as file:
        return recognised({path.name: file})
