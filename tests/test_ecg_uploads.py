"""Zips and uploads: one recording is found in them, whatever else they hold; nothing leaves their folder."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from odd_files import ECG, SAMPLES, one_sentence, refusal

from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.uploads import receive


def pack(files: dict[str, bytes]) -> bytes:
    """The bytes of a .zip of `files`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def test_a_zipped_record_reads_like_the_record(tmp_path):
    (tmp_path / "a.zip").write_bytes(pack({"study/x.hea": ECG, "study/x.dat": SAMPLES, "__MACOSX/._x.dat": b"-", "study/readme.txt": b"-"}))
    recording = read(tmp_path / "a.zip")
    assert recording.name == "x"
    np.testing.assert_allclose(recording.signals, [[0, 0.001, 0.002, 0.003]])


def test_names_in_a_zip_cannot_leave_its_folder(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.zip").write_bytes(pack({"../../x.hea": ECG, "/tmp/../x.dat": SAMPLES}))
    assert read(inner / "a.zip").signals.shape == (1, 4)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.zip"]


def test_zip_bombs_are_refused_before_they_unfold(tmp_path, monkeypatch):
    bomb = pack({"x.dat": bytes(30_000_000), "x.hea": ECG})
    (tmp_path / "a.zip").write_bytes(bomb)
    assert "unpacks to more than" in refusal(tmp_path / "a.zip")
    size = (30_000_000).to_bytes(4, "little")
    assert bomb.count(size) == 2
    (tmp_path / "a.zip").write_bytes(bomb.replace(size, (50).to_bytes(4, "little")))  # a size that lies
    assert "a.zip" in refusal(tmp_path / "a.zip")
    (tmp_path / "a.zip").write_bytes(pack({f"{i}.dat": b"" for i in range(3000)}))
    assert "2000 files" in refusal(tmp_path / "a.zip")


def test_an_upload_is_put_into_its_folder_and_its_header_is_handed_on(tmp_path):
    path = receive({"C:\\data\\x.dat": SAMPLES, "/home/somebody/x.hea": ECG}, tmp_path)
    assert path == tmp_path / "x.hea"
    assert read(path).signals.shape == (1, 4)


def test_the_master_of_a_segmented_upload_is_handed_on(data, tmp_path):
    folder = data / "odd/ecg/wfdb_sample/sample-data/multi-segment/041s"
    path = receive({file.name: file.read_bytes() for file in folder.iterdir()}, tmp_path)
    assert path.name == "041s.hea"
    assert read(path).signals.shape == (3, 8000)


def test_the_numerics_beside_a_monitor_record_are_not_taken_for_another(data, tmp_path):
    folder = data / "odd/ecg/wfdb_sample/sample-data/multi-segment/s25047"
    path = receive({file.name: file.read_bytes() for file in folder.iterdir()}, tmp_path)
    assert path.name == "s25047-2704-05-04-10-44.hea"
    assert "3234460_0016.dat, which is missing" in refusal(path)


def test_a_zipped_upload_is_unpacked(tmp_path):
    path = receive({"study.zip": pack({"x.hea": ECG, "x.dat": SAMPLES})}, tmp_path)
    assert read(path).signals.shape == (1, 4)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x.dat", "x.hea"]


UPLOADS = {
    "nothing": ({}, "There is no file"),
    "samples without header": ({"100.dat": SAMPLES}, "100.dat needs its header: drop 100.hea together with it"),
    "two records": ({"a.hea": ECG, "b.hea": ECG, "x.dat": SAMPLES}, "2 recordings, a.hea, b.hea: drop one at a time"),
    "two tables": ({"a.csv": b"1\n2\n", "b.csv": b"1\n2\n"}, "2 recordings"),
    "one name twice": ({"a/x.hea": ECG, "b/x.hea": ECG}, "two files called x.hea"),
    "hidden name": ({".hea": ECG}, "no name for a recording"),
    "no name": ({"..": ECG}, "no name for a recording"),
    "stream of another name": ({"x:y.hea": ECG}, "no name for a recording"),
    "no data": ({"picture.png": b"-"}, "picture.png holds no ECG file"),
    "bad zip": ({"a.zip": b"PK nonsense"}, "damaged, encrypted or unusual .zip"),
}


@pytest.mark.parametrize("fault", UPLOADS)
def test_uploads_that_are_not_one_recording_are_refused_and_leave_nothing(tmp_path, fault):
    files, said = UPLOADS[fault]
    with pytest.raises(ValueError) as caught:
        receive(files, tmp_path)
    assert said in one_sentence(str(caught.value), tmp_path)
    assert list(tmp_path.iterdir()) == []
