"""Whole data sets from their servers: resumable, and every file checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

from vqvae.datasets import manifest, transfer
from vqvae.datasets.registry import DATASETS, dataset

CHECKSUMS = "SHA256SUMS.txt"

_LONGEST_LIST = 16_000_000  # bytes


def download(name: str, output: Path, base: str | None = None, progress: Callable[[int, int], None] | None = None) -> list[Path]:
    """Bring the data set called `name` into the folder `output`; returns its files.

    A list of checksums, the server's or for some data sets our own, says which files there are.  A file that is there and right is left
    alone, one that was begun (`.part`) is continued, and a file gets its name only once its SHA-256 is right; the same call again picks up
    where the last one stopped.
    `base` is the address of a mirror with the same layout.  `progress` is told (files done, files in all).
    ValueError in one sentence when the server, a checksum or the disk refuses.
    """
    url = base or dataset(name).url
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"a data set comes from an address that begins with https:// or http://, not {url!r}")
    url = url.rstrip("/") + "/"
    entries = manifest.parse(_listed(name, url))
    targets = [manifest.place(output, entry.path) for entry in entries]
    for done, (entry, target) in enumerate(zip(entries, targets, strict=True)):
        if progress is not None:
            progress(done, len(entries))
        if not _right(target, entry.sha256):
            transfer.fetch(url + quote(entry.path), target, entry.sha256)
    if progress is not None:
        progress(len(entries), len(entries))
    return targets


def _listed(name: str, url: str) -> str:
    """The list of checksums."""
    own = DATASETS[name].listed if name in DATASETS else ""
    if own:
        return (Path(__file__).parent / own).read_text(encoding="utf-8")
    return transfer.read_text(url + CHECKSUMS, _LONGEST_LIST)


def _right(target: Path, sha256: str) -> bool:
    with transfer.disk(target):
        return target.is_file() and transfer.digest(target) == sha256
