"""Dropped files: one piece is found among them, and nothing leaves their folder."""

from __future__ import annotations

import io
import zipfile

import pytest
from midi_cases import NOTE, midi

from vqvae.modalities.piano import read, receive

PIECE = midi(NOTE)


def packed(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return content.getvalue()


@pytest.mark.parametrize("name", ["a.mid", "C:\\music\\a.midi", "../../a.kar", "a.rmi", "a"])
def test_a_dropped_piece_is_put_into_the_folder_and_handed_on(tmp_path, name):
    path = receive({name: PIECE}, tmp_path)
    assert path.parent == tmp_path
    assert path.stem == "a"
    assert read(path).count == 1


def test_the_piece_is_found_beside_other_files_and_in_a_zip(tmp_path):
    path = receive({"notes.zip": packed(a_mid=PIECE, readme_txt=b"-", __DS_Store=b"-"), "cover.jpg": b"-"}, tmp_path)
    assert path.name == "a.mid"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "drop a MIDI file"),
        ({"a.mid": PIECE, "b.mid": PIECE}, "These are 2 files, a.mid, b.mid"),
        ({"a.zip": packed(a_mid=PIECE, b_mid=PIECE)}, "one piece at a time"),
        ({"a.zip": b"PK\3\4broken"}, "damaged"),
        ({"a.zip": packed()}, "holds no files"),
        ({"...": PIECE}, "no name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_one_piece_is_refused_and_leaves_nothing(tmp_path, files, words):
    with pytest.raises(ValueError, match=words):
        receive(files, tmp_path)
    assert not list(tmp_path.iterdir())
