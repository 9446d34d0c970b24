"""The list of files that a server offers: lines of `<sha256> <path>`, the paths not to be trusted."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_LINE = re.compile(r"([0-9a-fA-F]{64})[ \t]+\*?(\S.*)")


class Entry(NamedTuple):
    """One file of a data set."""

    sha256: str  # lower case
    path: str  # below the data set's folder, "/" between the parts


def parse(text: str) -> list[Entry]:
    """Read a `SHA256SUMS.txt`; ValueError for a line of another form, for a path that leads out of the folder, and for an empty list."""
    entries = []
    for line in filter(str.strip, text.splitlines()):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"the list of checksums has a line that is not '<sha256> <path>': {line.strip()[:80]!r}")
        entries.append(Entry(found[1].lower(), _safe(found[2])))
    if not entries:
        raise ValueError("the list of checksums is empty, so there is nothing to download")
    return entries


def _safe(path: str) -> str:
    parts = path.removeprefix("./").split("/")
    if any(part in ("", ".", "..") for part in parts) or re.search(r'[\\:*?"<>|\x00-\x1f\x7f]', path):
        raise ValueError(f"the list of checksums names the file {path!r}, which could lie outside the folder; nothing of it was downloaded")
    return "/".join(parts)


def place(output: Path, path: str) -> Path:
    """Where the file `path` goes; ValueError when a link inside `output` would lead it elsewhere."""
    target = output / PurePosixPath(path)
    if not target.parent.resolve().is_relative_to(output.resolve()):
        raise ValueError(f"{target} would be written outside {output} because a folder in between is a link; remove the link")
    return target
