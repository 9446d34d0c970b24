"""DICOM whose pixels are packed: what was packed without loss comes back exactly, and damaged files end no more than another process."""

from __future__ import annotations

import subprocess

import numpy as np
import pydicom
import pytest
from brain_cases import PATIENT, pack_dicom, ramp, refusal, save_dicom
from pydicom.uid import HTJ2KLossless

from vqvae.modalities.brain import dicom_apart, read

EXACT = ("JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless", "RLELossless")


def noise(kind: str, bits: int) -> np.ndarray:
    low, high = (-(1 << bits - 1), 1 << bits - 1) if kind[1] == "i" else (0, 1 << bits)
    return np.random.default_rng(bits).integers(low, high, (30, 40)).astype(kind)


def smooth() -> np.ndarray:
    """12 bits."""
    x, y = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 30))
    return (4000 * np.exp(-3 * (x**2 + y**2))).astype("<u2")


def upright(path) -> np.ndarray:
    return read(path).voxels[::-1, ::-1, 0].T  # DICOM counts towards left and posterior


@pytest.mark.parametrize("method", EXACT)
@pytest.mark.parametrize(("kind", "bits"), [("|u1", 8), ("<u2", 16), ("<i2", 12)])
def test_pixels_that_were_packed_without_loss_come_back_exactly(method, kind, bits, tmp_path):
    pixels = noise(kind, bits)
    path = save_dicom(tmp_path / "a.dcm", pixels, BitsStored=bits, HighBit=bits - 1)
    assert np.array_equal(upright(path), pixels)
    assert np.array_equal(upright(pack_dicom(path, method)), pixels)


@pytest.mark.parametrize("method", ["JPEGExtendedProcess2_4", "JPEGLSNearLossless"])
def test_pixels_of_12_bits_that_were_packed_with_loss_come_back_nearly(method, tmp_path):
    path = save_dicom(tmp_path / "a.dcm", smooth(), BitsStored=12, HighBit=11)
    assert np.abs(upright(pack_dicom(path, method)) - smooth()).max() <= 4


def test_real_files_are_read_whatever_packs_them(data):
    files = data / "odd/mri/pydicom_test_files/src/pydicom/data/test_files"
    plain = read(files / "MR_small.dcm").voxels
    assert np.array_equal(read(files / "MR_small_jpeg_ls_lossless.dcm").voxels, plain)
    assert np.array_equal(read(files / "SC_rgb_jpeg_gdcm.dcm").voxels, read(files / "SC_rgb_rle.dcm").voxels)
    assert read(files / "JPGExtended.dcm").voxels.max() == 264
    assert read(files / "JPEGLSNearLossless_16.dcm").voxels.shape[2] == 1


def test_a_packed_series_is_unpacked_by_one_other_process(tmp_path, monkeypatch):
    started = []
    begin = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *given, **how: started.append(begin(*given, **how)) or started[-1])
    planes = [noise("<u2", 12) // (place + 1) for place in range(4)]
    plain = [save_dicom(tmp_path / f"{place}.dcm", plane, 4.0 * place) for place, plane in enumerate(planes)]
    packed = [pack_dicom(path, "JPEGLosslessProcess14_1") for path in plain]
    assert np.array_equal(read(packed).voxels, read(plain).voxels)
    assert len(started) == 1
    assert started[0].returncode is not None  # it has ended, and was waited for


def forged(path, marker: bytes) -> bytes:
    """The file whose picture says that it is 65520 pixels a side."""
    content = bytearray(path.read_bytes())
    place = content.rindex(b"\xff\xd8")
    place = content.index(marker, place)
    content[place + 5 : place + 9] = b"\xff\xf0\xff\xf0"
    return bytes(content)


@pytest.mark.parametrize(("method", "marker"), [("JPEGLosslessProcess14_1", b"\xff\xc3"), ("JPEGLSLossless", b"\xff\xf7")])
def test_pictures_that_lie_about_their_size_or_are_damaged_are_refused_in_one_sentence(method, marker, tmp_path, capfd):
    path = pack_dicom(save_dicom(tmp_path / "a.dcm", noise("<u2", 12)), method)
    lying = tmp_path / "b.dcm"
    lying.write_bytes(forged(path, marker))
    assert "cannot be unpacked" in refusal(lying)  # one of them ends the process that unpacks it
    lying.write_bytes(path.read_bytes()[:-700])
    refusal(lying)
    assert capfd.readouterr() == ("", "")


def test_unpacking_gets_so_much_memory_and_time_and_no_more(tmp_path, monkeypatch):
    pixels = np.kron(smooth(), np.ones((20, 20), np.uint16))
    path = pack_dicom(save_dicom(tmp_path / "a.dcm", pixels), "JPEGLSLossless")
    monkeypatch.setattr(dicom_apart, "MEMORY", 1 << 24)
    assert "cannot be unpacked" in refusal(path)
    monkeypatch.undo()
    assert np.array_equal(upright(path), pixels)
    monkeypatch.setattr(dicom_apart, "SECONDS", 0.0)
    assert "cannot be unpacked" in refusal(path)


def test_whose_image_it_is_stays_out_of_what_is_handed_to_another_process(tmp_path):
    path = pack_dicom(save_dicom(tmp_path / "a.dcm", smooth()), "JPEGLSLossless")
    assert PATIENT.encode() in path.read_bytes()
    handed = dicom_apart.without_patient(pydicom.dcmread(path))
    assert PATIENT[:6].encode() not in handed
    assert b"4711" not in handed


def test_what_nothing_here_unpacks_is_refused_by_its_name(tmp_path):
    path = pack_dicom(save_dicom(tmp_path / "a.dcm", ramp((30, 40), "<u2")), "JPEG2000Lossless")
    other = pydicom.dcmread(path)
    other.file_meta.TransferSyntaxUID = HTJ2KLossless
    other.save_as(path)
    found = refusal(path)
    assert "High-Throughput JPEG 2000" in found
    assert "which cannot be read here: convert it" in found
