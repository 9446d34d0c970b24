"""What the desk knows of each kind of data."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.kinds import KINDS, kind_of, recognised
from vqvae import modalities


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return packed.getvalue()


def of_version(packed: bytes, version: int) -> bytes:
    """An archive whose list of contents asks for this version of a reader."""
    place = packed.index(b"PK\1\2") + 6
    return packed[:place] + version.to_bytes(2, "little") + packed[place + 2 :]


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("piano", {"a.mid": b""}),
        ("piano", {"A.MIDI": b"garbage"}),
        ("piano", {"no suffix": b"MThd\0\0\0\6"}),
        ("piano", {"a.riff": b"RIFF\0\0\0\0RMIDdata"}),
        ("piano", {"sound.mid": b"RIFF\0\0\0\0WAVEfmt "}),  # the reader says that it is a sound
        ("piano", {"set.zip": zipped("notes/readme.txt", "notes/piece.mid")}),
        ("piano", {"a.wav": b"RIFF\0\0\0\0WAVEfmt "}),
        ("ecg", {"a.dat": b"RIFF\0\0\0\0WAVEfmt "}),
        ("ecg", {"100.zip": zipped("100.hea", "100.dat")}),
        ("ecg", {"broken.zip": b"PK\3\4"}),
        ("ecg", {"future.zip": of_version(zipped("notes/piece.mid"), 99)}),
        ("ecg", {"100.hea": b"100 2 360", "100.dat": b""}),
        ("ecg", {"a.docx": b"PK"}),
    ],
)
def test_files_are_recognised_by_name_first_bytes_or_what_an_archive_holds(kind, files):
    assert recognised(files).name == kind


def test_every_kind_is_a_modality_with_examples_of_its_own_and_no_two_share_a_name():
    names = [name for kind in KINDS.values() for name in kind.examples()]
    assert len(names) == len(set(names)) > len(KINDS)
    for kind in KINDS.values():
        assert kind.name in modalities.names()
        assert kind_of(kind.example(next(iter(kind.examples())))) is kind
