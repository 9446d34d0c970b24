"""Files from outside, whose names and sizes are not to be trusted: into one flat folder, and which of them to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from vqvae.modalities import archives
from vqvae.modalities.ecg.wfdb_header import read_header

_DATA = {".edf", ".bdf", ".csv", ".tsv", ".npy", ".dcm", ".dicom", ".xml"}
_PARTS = {".dat", ".mat"}
_WEAK = {".txt", ".tab"}  # a table, or just a note beside the recording


def receive(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put uploaded files, by name, into the empty `folder`, and say which path to hand to `read`.

    Names lose their folders; archives are unpacked.  Raises ValueError with one sentence when there is not exactly
    one recording; what was put into `folder` by then is removed.
    """
    return archives.receive_into(folder, files, "an ECG recording", _matters, lambda source: main_file(folder, source))


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .zip into `folder`, without its folders; ValueError when it is damaged, too large or suspicious."""
    archives.unpack(archive, folder, _matters)


def main_file(folder: Path, source: str) -> Path:
    """The one file in `folder` to hand to `read`; `source` names the upload in errors."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() != ".zip")
    headers = [path for path in paths if path.suffix.lower() == ".hea"]
    if headers:
        return _single(_records(headers), [])
    data = [path for path in paths if path.suffix.lower() in _DATA]
    weak = [path for path in paths if path.suffix.lower() in _WEAK]
    parts = [path for path in paths if path.suffix.lower() in _PARTS]
    if not data and parts:
        raise ValueError(f"{parts[0].name} needs its header: drop {parts[0].stem}.hea together with it.")
    return _single(data or weak or [p for p in paths if _looks_like_data(p)], [source])


def _single(candidates: Sequence[Path], sources: Sequence[str]) -> Path:
    if not candidates:
        raise ValueError(f"{sources[0][:80]} holds no ECG file: WFDB (.hea with .dat), EDF, BDF, CSV, .npy, DICOM or HL7 aECG would work.")
    if len(candidates) > 1:
        named = ", ".join(path.name for path in candidates[:4]) + (" and more" if len(candidates) > 4 else "")
        raise ValueError(f"These are {len(candidates)} recordings, {named}: drop one at a time.")
    return candidates[0]


def _records(headers: Sequence[Path]) -> list[Path]:
    """The headers that are no part of another record: not its segments, nor the numerics (`…n`) that monitors store beside it."""
    if len(headers) == 1:
        return list(headers)
    parts = {segment.name for path in headers for segment in read_header(path).segments}
    parts |= {f"{path.stem}n" for path in headers}
    return [path for path in headers if path.stem not in parts] or list(headers)


def _looks_like_data(path: Path) -> bool:
    """DICOM files often have no suffix."""
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _matters(name: str) -> bool:
    return Path(name).suffix.lower() in {".hea", *_DATA, *_PARTS}
