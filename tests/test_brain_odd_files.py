"""Files that are no image, or a damaged, lying or immense one: one sentence each, soon and in little memory, and never whose they are."""

from __future__ import annotations

import gzip
import io
import logging
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pytest
from brain_cases import PATIENT, affine, ramp, refusal, save_dicom, save_nifti
from PIL import Image

from vqvae.modalities import brain
from vqvae.modalities.brain import Volume, dicom, read


def volume_or_sentence(path: Path) -> Volume | str:
    try:
        return read(path)
    except ValueError as error:
        return str(error)


def test_every_odd_file_is_read_or_refused_with_one_sentence(data, caplog, recwarn, capfd):
    caplog.set_level(logging.DEBUG)
    found = 0
    for path in sorted((data / "odd/mri").rglob("*")):
        if not path.is_file():
            continue
        volume = volume_or_sentence(path)
        if isinstance(volume, str):
            assert "\n" not in volume, path
            assert len(volume) < 320, path
            assert volume.endswith("."), path
            assert str(path.parent) not in volume
            continue
        found += 1
        assert np.isfinite(volume.voxels).all(), path
        assert volume.voxels.min() < volume.voxels.max()
        layout = brain.to_tensors(volume).layout
        brain.check_layout(layout)
        assert np.allclose(brain.restore(brain.to_tensors(volume)).voxels, volume.voxels, atol=1e-5 * np.ptp(volume.window) + 1e-7), path
    assert found >= 120
    assert not [record for record in caplog.records if record.name.split(".")[0] in ("pydicom", "nibabel", "PIL")]
    assert [str(warning.message) for warning in recwarn.list if warning.category is not ResourceWarning] == []
    assert capfd.readouterr() == ("", "")


def test_compressed_dicom_is_read_like_any_other(data):
    files = data / "odd/mri/pydicom_test_files/src/pydicom/data/test_files"
    plain = read(files / "MR_small.dcm").voxels
    for name in ("MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "zipMR.gz"):
        assert np.array_equal(read(files / name).voxels, plain), name
    assert "truncated" in refusal(files / "MR_truncated.dcm")
    assert "without pixels" in refusal(files / "rtplan.dcm")
    assert "a list of other files" in refusal(files / "dicomdirtests/DICOMDIR")


def test_nobody_is_named_in_anything_that_is_made_of_their_image(tmp_path, caplog, recwarn):
    caplog.set_level(logging.DEBUG)
    secrets = {"AccessionNumber": PATIENT, "ImageComments": PATIENT, "SeriesInstanceUID": "1.2.3.4711"}
    path = save_dicom(tmp_path / "a.dcm", ramp((40, 50), "<u2"), **secrets)
    volume = read(path)
    told = repr(volume) + repr(brain.to_tensors(volume).layout) + caplog.text + "".join(str(w.message) for w in recwarn.list)
    for written in brain.write(volume, tmp_path / "out"):
        told += gzip.decompress(written.read_bytes()).decode("latin-1")
    for secret in (PATIENT[:6], "Jane", "4711", "1923", "20200102"):
        assert secret not in told, secret
    named = save_nifti(tmp_path / "b.nii", ramp(), descrip=PATIENT.encode(), db_name=PATIENT.encode(), intent_name=PATIENT.encode()[:15])
    assert PATIENT[:6].encode() in named.read_bytes()
    for written in brain.write(read(named), tmp_path / "b_out"):
        assert PATIENT[:6].encode() not in written.read_bytes()


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "a.nii is the same everywhere, every voxel is 0:"), (7, "every voxel is 7:"), (np.nan, "no value that is a finite number")],
)
def test_an_image_without_anything_to_see_is_refused(value, words, tmp_path):
    flat = np.full((5, 6, 4), value, "<f4")
    assert words in refusal(save_nifti(tmp_path / "a.nii", flat))
    flat[0, 0, :2] = np.nan, np.inf
    words = words.replace("voxel", "voxel with a finite value")
    assert words in refusal(save_nifti(tmp_path / "a.nii", flat))


def test_of_a_series_the_volume_without_anything_to_see_is_named(tmp_path):
    path = save_nifti(tmp_path / "a.nii", np.stack([ramp(), 0 * ramp() + 5], axis=3))
    assert np.array_equal(read(path).voxels, ramp())
    assert "volume 2 of a.nii is the same everywhere, every voxel is 5:" in refusal(path, volume=2)


def test_minc_2_is_refused_by_its_name_and_how_to_convert_it(tmp_path):
    (tmp_path / "a.mnc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(3000))
    found = refusal(tmp_path / "a.mnc")
    assert "MINC 2" in found
    assert "mnc2nii" in found
    (tmp_path / "b.mnc").write_bytes(b"CDF\x01" + bytes(3000))
    assert "MINC 2" not in refusal(tmp_path / "b.mnc")


def test_pictures_without_anything_to_see_are_refused(tmp_path):
    Image.new("L", (1, 1)).save(tmp_path / "a.png")
    assert "a single pixel" in refusal(tmp_path / "a.png")
    Image.new("L", (64, 64), 9).save(tmp_path / "b.png")
    assert "b.png is the same everywhere, every voxel is 9:" in refusal(tmp_path / "b.png")
    assert "a single pixel" in refusal(save_nifti(tmp_path / "c.nii", np.ones((1, 1, 1), "<i2")))


def test_a_picture_of_ten_thousand_pixels_a_side_is_refused_in_little_memory(tmp_path):
    Image.new("L", (10_000, 10_000)).save(tmp_path / "a.png")
    Image.new("1", (14_000, 14_000)).save(tmp_path / "b.png")
    tracemalloc.start()
    assert "10000 × 10000" in refusal(tmp_path / "a.png")
    assert "far too large" in refusal(tmp_path / "b.png")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_header_that_promises_terabytes_is_refused_in_little_memory(suffix, tmp_path):
    path = save_nifti(tmp_path / f"a{suffix}", ramp(), dim=[4, 1000, 1000, 60, 30000, 1, 1, 1])
    tracemalloc.start()
    assert "promises 3.6 TB" in refusal(path)
    path = save_nifti(tmp_path / f"b{suffix}", ramp(), dim=[3, 30000, 30000, 30000, 1, 1, 1, 1])
    assert "30000 × 30000 × 30000" in refusal(path)
    path = save_nifti(tmp_path / f"c{suffix}", ramp(), dim=[3, 500, 500, 200, 1, 1, 1, 1])
    assert "promises 100 MB" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def bomb(header: bytes, megabytes: int) -> bytes:
    """A .gz of a header and zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(header), *(packer.compress(bytes(1 << 20)) for _ in range(megabytes)), packer.flush()]
    return b"".join(parts)


def test_what_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    small = save_nifti(tmp_path / "a.nii", ramp()).read_bytes()[:352]
    (tmp_path / "a.nii.gz").write_bytes(bomb(small, 60))  # a small image, and much behind it
    tracemalloc.start()
    assert "the same everywhere" in refusal(tmp_path / "a.nii.gz")
    save_nifti(tmp_path / "b.nii", ramp(), dim=[4, 500, 500, 200, 100, 1, 1, 1])
    (tmp_path / "b.nii.gz").write_bytes(bomb((tmp_path / "b.nii").read_bytes()[:352], 1) + bytes(9_500_000))
    assert "unpack it first" in refusal(tmp_path / "b.nii.gz")
    monkeypatch.setattr(dicom, "_MOST_UNPACKED", 1 << 24)
    (tmp_path / "c.dcm.gz").write_bytes(bomb(bytes(128) + b"DICM", 30))
    assert "unpacks to more than" in refusal(tmp_path / "c.dcm.gz")
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()


def test_what_was_cut_off_is_refused_in_one_sentence(tmp_path):
    volume = brain.middle(brain.example(), 3)
    for suffix in (".nii", ".nii.gz", ".mgz", ".npy"):
        content = brain.write(volume, tmp_path / f"a{suffix}")[0].read_bytes()
        for share in (0.0, 0.001, 0.01, 0.5, 0.99):
            path = tmp_path / f"cut{suffix}"
            path.write_bytes(content[: int(share * len(content))])
            refusal(path)
    slice_ = brain.example("slice")
    for suffix in (".png", ".tif"):
        content = brain.write(slice_, tmp_path / f"a{suffix}")[0].read_bytes()
        for share in (0.0, 0.01, 0.5):
            path = tmp_path / f"cut{suffix}"
            path.write_bytes(content[: int(share * len(content))])
            refusal(path)
    content = save_dicom(tmp_path / "a.dcm", ramp((64, 64), "<u2")).read_bytes()
    for share in (0.0, 0.01, 0.05, 0.5, 0.99):
        (tmp_path / "cut.dcm").write_bytes(content[: int(share * len(content))])
        refusal(tmp_path / "cut.dcm")


def test_spoilt_headers_are_refused_or_read_but_never_a_traceback(tmp_path):
    random = np.random.default_rng(0)
    made = {
        "a.nii": save_nifti(tmp_path / "x.nii", ramp()).read_bytes(),
        "a.dcm": save_dicom(tmp_path / "x.dcm", ramp((8, 9), "<u2")).read_bytes(),
    }
    nibabel.MGHImage(ramp(kind="f4"), affine()).to_filename(tmp_path / "x.mgh")
    made["a.mgh"] = (tmp_path / "x.mgh").read_bytes()
    for name, content in made.items():
        for _ in range(60):
            spoilt = np.frombuffer(content, np.uint8).copy()
            places = random.integers(0, min(len(spoilt), 700), 3)
            spoilt[places] = random.integers(0, 256, 3)
            (tmp_path / name).write_bytes(spoilt.tobytes())
            told = volume_or_sentence(tmp_path / name)
            assert isinstance(told, Volume) or (told.endswith(".") and "\n" not in told), told


def test_other_files_are_refused_saying_what_works(tmp_path):
    for name in ("a.txt", "b.nii", "c.png", "d.dcm", "e.npy", "f"):
        (tmp_path / name).write_bytes(b"hello" * (200 if name == "b.nii" else 1) if name != "f" else b"")
        refusal(tmp_path / name)
    assert "NIfTI" in refusal(tmp_path / "a.txt")
    np.save(tmp_path / "g.npy", np.array([{"a": 1}]), allow_pickle=True)
    assert "no .npy file of numbers" in refusal(tmp_path / "g.npy")
    np.save(tmp_path / "h.npy", np.arange(5000))
    assert "two or three axes" in refusal(tmp_path / "h.npy")


def test_damaged_zips_are_refused(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.nii", save_nifti(tmp_path / "a.nii", ramp()).read_bytes())
    (tmp_path / "a.zip").write_bytes(content.getvalue())
    assert np.array_equal(read(tmp_path / "a.zip").voxels, ramp())
    (tmp_path / "b.zip").write_bytes(content.getvalue()[:-30])
    refusal(tmp_path / "b.zip")
    (tmp_path / "c.zip").write_bytes(struct.pack("<I", 0x04034B50))
    refusal(tmp_path / "c.zip")


def test_paths_of_folders_are_not_told(tmp_path):
    inner = Path(tmp_path / "private folder")
    inner.mkdir()
    (inner / "a.nii").write_bytes(b"nothing")
    assert "private" not in refusal(inner / "a.nii")
