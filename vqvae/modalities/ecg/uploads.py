"""Files from outside, whose names and sizes are not to be trusted: into one flat folder, and which of them to read."""

from __future__ import annotations

import lzma
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from vqvae.modalities.ecg.wfdb_header import read_header

MAX_FILES = 2000
MAX_BYTES = 2**30  # of one upload, unpacked
MAX_RATIO = 200  # unpacked to packed; recordings pack 2 to 20 times
_DATA = {".edf", ".bdf", ".csv", ".tsv", ".npy", ".dcm", ".dicom", ".xml"}
_PARTS = {".dat", ".mat"}
_DAMAGE = (  # what unpacking raises, whichever way an archive was packed
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, UnicodeDecodeError),
    *(EOFError, NotImplementedError, RuntimeError, OSError, MemoryError),
)
_WEAK = {".txt", ".tab"}  # a table, or just a note beside the recording


def receive(files: Mapping[str, bytes], folder: Path) -> Path:
    """Put uploaded files, by name, into the empty `folder`, and say which path to hand to `read`.

    Names lose their folders; archives are unpacked.  Raises ValueError with one sentence when there is not exactly
    one recording; what was put into `folder` by then is removed.
    """
    if not files:
        raise ValueError("There is no file: drop an ECG recording.")
    if sum(map(len, files.values())) > MAX_BYTES or len(files) > MAX_FILES:
        raise ValueError(f"That is more than {MAX_BYTES >> 20} MB or {MAX_FILES} files: drop one recording at a time.")
    try:
        for name, content in files.items():
            path = _place(name, folder)
            path.write_bytes(content)
            if path.suffix.lower() == ".zip":
                unpack(path, folder)
                path.unlink()
        return main_file(folder, ", ".join(_plain(name) for name in list(files)[:3]))
    except ValueError:
        for path in folder.iterdir():
            path.unlink()
        raise


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .zip into `folder`, without its folders; ValueError when it is damaged, too large or suspicious."""
    try:
        with zipfile.ZipFile(archive) as file:
            members = [m for m in file.infolist() if not m.is_dir() and not _ignored(m.filename)]
            if not members:
                raise ValueError(f"{archive.name} holds no files.")
            limit = min(MAX_BYTES, MAX_RATIO * archive.stat().st_size)
            if len(members) > MAX_FILES or sum(member.file_size for member in members) > limit:
                raise ValueError(f"{archive.name} unpacks to more than {limit >> 20} MB or {MAX_FILES} files: pack one recording only.")
            for member in members:
                if _matters(member.filename) or not (folder / _plain(member.filename)).exists():
                    with file.open(member) as source, _place(member.filename, folder).open("wb") as target:
                        shutil.copyfileobj(source, target)  # never more than file_size: a size that lies fails its checksum
    except _DAMAGE:
        raise ValueError(f"{archive.name} is a damaged, encrypted or unusual .zip: pack the recording again, without a password.") from None


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


def _plain(name: str) -> str:
    """The last part of a path of any system, without control characters."""
    return "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())[-60:]


def _ignored(name: str) -> bool:
    return _plain(name).startswith(".") or _plain(name) in ("Thumbs.db", "desktop.ini")


def _matters(name: str) -> bool:
    return Path(_plain(name)).suffix.lower() in {".hea", *_DATA, *_PARTS}


def _place(name: str, folder: Path) -> Path:
    """Where in `folder` a file called `name` goes; ValueError for names that are none, and for a second file of one name."""
    plain = _plain(name)
    if not plain or plain.startswith(".") or re.fullmatch(r"[.\s]*", plain) or re.search(r'[:*?"<>|]', plain):
        raise ValueError(f"{plain[:60]!r} is no name for a recording's file: rename it with letters, digits and a suffix.")
    path = folder / plain
    if path.exists():
        raise ValueError(f"There are two files called {plain[:80]}: drop one recording at a time.")
    return path
