"""Files from outside, whose names and sizes are not to be trusted, into one flat folder."""

from __future__ import annotations

import lzma
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

MAX_FILES = 2000
MAX_BYTES = 2**30  # of one upload, unpacked
MAX_RATIO = 200  # unpacked to packed; recordings pack 2 to 20 times
DAMAGE = (  # what unpacking raises, whichever way an archive was packed
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, UnicodeDecodeError),
    *(EOFError, NotImplementedError, RuntimeError, OSError, MemoryError),
)


def receive_into(folder: Path, files: Mapping[str, bytes], what: str, matters: Callable[[str], bool], main: Callable[[str], Path]) -> Path:
    """Put uploaded files, by name, into the empty `folder`; returns what `main` says, told how the upload is called.

    Names lose their folders; archives are unpacked: of two files of one name in them, the one that `matters`.  what: "an ECG recording",
    for the sentence where nothing came.  Raises ValueError with one sentence; what was put into `folder` by then is removed.
    """
    if not files:
        raise ValueError(f"There is no file: drop {what}.")
    if sum(map(len, files.values())) > MAX_BYTES or len(files) > MAX_FILES:
        raise ValueError(f"That is more than {MAX_BYTES >> 20} MB or {MAX_FILES} files: drop one recording at a time.")
    try:
        for name, content in files.items():
            path = place(name, folder)
            path.write_bytes(content)
            if path.suffix.lower() == ".zip":
                unpack(path, folder, matters)
                path.unlink()
        return main(", ".join(plain(name) for name in list(files)[:3]))
    except ValueError:
        for path in folder.iterdir():
            path.unlink()
        raise


def unpack(archive: Path, folder: Path, matters: Callable[[str], bool]) -> None:
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
                if matters(plain(member.filename)) or not (folder / plain(member.filename)).exists():
                    with file.open(member) as source, place(member.filename, folder).open("wb") as target:
                        shutil.copyfileobj(source, target)  # never more than file_size: a size that lies fails its checksum
    except DAMAGE:
        raise ValueError(f"{archive.name} is a damaged, encrypted or unusual .zip: pack the recording again, without a password.") from None


def plain(name: str) -> str:
    """The last part of a path of any system, without control characters."""
    return "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())[-60:]


def place(name: str, folder: Path) -> Path:
    """Where in `folder` a file called `name` goes; ValueError for names that are none, and for a second file of one name."""
    last = plain(name)
    if not last or last.startswith(".") or re.fullmatch(r"[.\s]*", last) or re.search(r'[:*?"<>|]', last):
        raise ValueError(f"{last[:60]!r} is no name for a recording's file: rename it with letters, digits and a suffix.")
    path = folder / last
    if path.exists():
        raise ValueError(f"There are two files called {last[:80]}: drop one recording at a time.")
    return path


def _ignored(name: str) -> bool:
    return plain(name).startswith(".") or plain(name) in ("Thumbs.db", "desktop.ini")
