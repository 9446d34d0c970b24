"""Which kind of data files are."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from vqvae.modalities import modality, names

UNKNOWN = "ecg"
"""What is taken for granted when nothing tells: recordings come in more formats than can be recognised."""
BROAD = "brain"
"""What is asked last: any picture can be a slice, and kinds that know theirs better come first."""
_LOOKED_INTO = 20  # files of a folder


def recognised(files: Mapping[str, BinaryIO]) -> str:
    """The modality that files are, by their names, first bytes and what is in an archive; `UNKNOWN` when nothing tells."""
    kinds: dict[str, Any] = {name: modality(name) for name in sorted(names(), key=BROAD.__eq__) if name != UNKNOWN}
    found = (name for name, kind in kinds.items() if any(_asked(kind, called, file) for called, file in files.items()))
    return next(found, UNKNOWN)


def _asked(kind: Any, called: str, file: BinaryIO) -> bool:
    """Whether a kind recognises a file, whose beginning others may have read before."""
    file.seek(0)
    return bool(kind.recognises(called, file))


def others(files: Mapping[str, bytes], kind: str) -> list[str]:
    """The other modalities that files of these names may be of as well."""
    found = {name: getattr(modality(name), "takes", None) for name in names() if name != kind}
    return [name for name, takes in found.items() if takes and files and all(map(takes, files))]


def recognised_bytes(files: Mapping[str, bytes]) -> str:
    """The same of files in memory."""
    return recognised({name: io.BytesIO(content) for name, content in files.items()})


def recognised_path(path: Path) -> str:
    """The same of a file on disk, or of the first ones in a folder, as far as that takes; by its name where there is none."""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())[:_LOOKED_INTO] if path.is_dir() else []
    if not files:
        return recognised_bytes({path.name: b""})
    with ExitStack() as opened:
        return recognised({file.name: opened.enter_context(file.open("rb")) for file in files})
