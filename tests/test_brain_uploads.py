"""What is dropped on the page: which kind of data it is, and the one image in it."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from brain_cases import ramp, save_dicom, save_nifti
from PIL import Image

from vqvae.modalities import brain, ecg, piano
from vqvae.modalities.recognition import recognised_bytes, recognised_path


def packed(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


@pytest.fixture
def series(tmp_path):
    """Three DICOM files of one series, without suffixes."""
    made = {}
    for place in range(3):
        made[f"IM{place}"] = save_dicom(tmp_path / "one.dcm", (ramp((3, 4)) + 20 * place).astype("<u2"), 4.0 * place).read_bytes()
    return made


@pytest.fixture
def slices():
    """Four pictures of one person."""
    made = {}
    for place in range(4):
        file = io.BytesIO()
        Image.fromarray((ramp((70, 80)) % 200 + place).astype(np.uint8)).save(file, "PNG")
        made[f"anna_s{place + 8}.png"] = file.getvalue()
    return made


def test_images_of_brains_are_told_from_other_kinds_by_what_is_in_them(tmp_path, series, slices):
    nifti = save_nifti(tmp_path / "a.nii.gz", ramp()).read_bytes()
    stack = io.BytesIO()
    np.save(stack, np.zeros((64, 64, 9), np.uint8))
    for files in (
        {"a.nii.gz": nifti}, {"a.nii": b"anything"}, {"b.mgz": b""}, {"IM0": series["IM0"]}, {"a.dcm": series["IM0"]}, slices,
        {"x.zip": packed({"study/a.nii.gz": nifti})}, {"x.zip": packed(series)}, {"x.zip": packed(slices)}, {"v.npy": stack.getvalue()},
    ):  # fmt: skip
        assert recognised_bytes(files) == "brain", [*files]
    (midi,) = piano.write(piano.example("scales"), tmp_path / "scales")
    signals = io.BytesIO()
    np.save(signals, np.zeros((5000, 12)))
    for kind, files in (
        ("piano", {"a.mid": midi.read_bytes()}),
        ("piano", {"x.zip": packed({"a.mid": midi.read_bytes()})}),
        ("ecg", {"a.npy": signals.getvalue()}),
        ("ecg", {"x.zip": packed({"a.hea": b"", "a.dat": b""})}),
    ):
        assert recognised_bytes(files) == kind, [*files]
    small = io.BytesIO()
    Image.new("L", (28, 28)).save(small, "PNG")
    assert recognised_bytes({"seven.png": small.getvalue()}) != "brain"


def test_curves_in_dicom_are_an_ecg(data):
    path = data / "odd/mri/pydicom_test_files/src/pydicom/data/test_files/waveform_ecg.dcm"
    assert recognised_path(path) == "ecg"
    assert ecg.read(path).signals.shape[0] == 12


def test_a_folder_is_recognised_by_its_files(tmp_path, slices):
    for name, content in slices.items():
        (tmp_path / name).write_bytes(content)
    assert recognised_path(tmp_path) == "brain"


@pytest.mark.parametrize("as_zip", [False, True])
def test_slices_dropped_together_are_one_volume(as_zip, slices, series, tmp_path):
    for number, (files, name) in enumerate(((slices, "anna"), (series, "IM"))):
        (tmp_path / str(number)).mkdir()
        main = brain.receive({"study.zip": packed(files)} if as_zip else files, tmp_path / str(number))
        volume = brain.read(main)
        assert volume.slices == len(files)
        assert volume.name == ("study" if as_zip else name)
        assert volume.voxels[0, 0].tolist() == sorted(volume.voxels[0, 0].tolist())


def test_a_pair_and_files_beside_an_image_are_received(tmp_path):
    files = brain.write(brain.example(), tmp_path / "a.hdr")
    (tmp_path / "to").mkdir()
    dropped = {file.name: file.read_bytes() for file in files} | {"a.json": b"{}", "notes.txt": b"-"}
    assert np.array_equal(brain.read(brain.receive(dropped, tmp_path / "to")).voxels, brain.example().voxels)


def test_several_images_and_no_image_are_refused_and_leave_nothing_behind(tmp_path, slices):
    nifti = save_nifti(tmp_path / "a.nii", ramp()).read_bytes()
    (tmp_path / "to").mkdir()
    others = {name.replace("anna", "bert"): content for name, content in slices.items()}
    for files, words in (
        ({"a.nii": nifti, "b.nii": nifti}, "2 images, a.nii, b.nii"),
        ({"a.txt": b"-"}, "holds no image"),
        (slices | others, "several things, anna, bert"),
        ({}, "no file"),
        ({"a.zip": packed({"x/../../a.txt": b"-"})}, "holds no image"),
    ):
        with pytest.raises(ValueError, match=words):
            brain.receive(files, tmp_path / "to")
        assert not [*(tmp_path / "to").iterdir()]
