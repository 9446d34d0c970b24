"""The command line on images: files, folders and volumes of series, scores by person, and nothing asked of the wrong kind."""

from __future__ import annotations

import json
import re
import zlib
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import nibabel
import numpy as np
import pydicom
import pytest
from brain_cases import PATIENT, affine, pack_dicom, ramp, save_dicom, save_nifti
from PIL import Image
from pydicom.uid import HTJ2KLossless
from toy_checkpoints import save_fine_planes, save_planes

from app import cache
from vqvae.cli import main
from vqvae.codecs import decode
from vqvae.commands.arguments import kind_of
from vqvae.commands.kinds import KINDS
from vqvae.datasets.digits import TEST
from vqvae.modalities import brain, modality
from vqvae.modalities.brain import read


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """Toy checkpoints, `codes` and `fine`."""
    folder = tmp_path_factory.mktemp("models")
    save_planes(folder / "codes", brain, brain.to_tensors(brain.example("slice")).values[0, 0])
    save_fine_planes(folder / "fine", brain)
    return folder


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Path:
    """A NIfTI file of four axes: two volumes, the second twice as bright."""
    small = brain.middle(brain.example(), 4).voxels[40:136, 60:156]
    array = np.stack([small, 2 * small], axis=3).astype("<i2")
    return save_nifti(tmp_path_factory.mktemp("scan") / "sub-01_bold.nii.gz", array, affine("LPS", (1, 1, 4)))


def test_a_scan_is_reconstructed_into_a_file_that_lies_over_it_and_a_report_tells_its_price(scan, models, tmp_path, capsys):
    asked = ["reconstruct", str(scan), "--volume", "2", "--checkpoint", str(models / "fine"), "--report", str(tmp_path / "r.json")]
    assert main([*asked, "--output", str(tmp_path / "out")]) == 0
    before, after = nibabel.load(scan), nibabel.load(tmp_path / "out" / "sub-01_bold.nii.gz")
    assert np.allclose(after.affine, before.affine, atol=1e-5)
    assert after.shape == before.shape[:3]
    assert np.corrcoef(after.get_fdata().ravel(), before.get_fdata()[..., 1].ravel())[0, 1] > 0.95
    (point,) = json.loads((tmp_path / "r.json").read_text())["points"]
    assert point["rate"]["unit"] == "bit/pixel"
    assert {"bits_per_pixel", "ssim", "ssim_brain", "psnr"} <= set(point["scores"])
    told = capsys.readouterr()
    assert " bit/pixel, " in told.out
    assert "note: sub-01_bold.nii.gz holds 2 volumes: this is volume 2." in told.err


def test_of_a_photograph_the_command_line_says_that_it_is_hardly_a_brain(models, tmp_path, capsys):
    Image.fromarray(np.random.default_rng(0).integers(60, 255, (64, 48, 3)).astype(np.uint8)).save(tmp_path / "holiday.png")
    asked = ["reconstruct", str(tmp_path / "holiday.png"), "--checkpoint", str(models / "fine"), "--output", str(tmp_path / "out")]
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "This does not look like a T1 brain slice: it was in colour" in told
    assert "matter" not in told


@pytest.mark.parametrize("name", ["x.jpg", "x.JPEG", "x.dcm", "x.vqz"])
def test_an_output_that_ends_in_another_format_is_refused_in_one_sentence(name, models, tmp_path, capsys):
    asked = ["reconstruct", "example:slice", "--checkpoint", str(models / "fine"), "--output", str(tmp_path / name)]
    assert main(asked) == 2
    told = capsys.readouterr().err.strip()
    assert len(told.splitlines()) == 1
    assert f"not written as {name[1:].lower()}" in told
    assert ".nii.gz" in told
    assert not list(tmp_path.iterdir())


def test_what_was_changed_in_a_colour_jpeg_is_said_in_whole_sentences(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 48, 3)).astype(np.uint8)).save(tmp_path / "a.jpg")
    said = " ".join(brain.read(tmp_path / "a.jpg").said)
    assert "The picture was turned from colour to grey (" in said
    assert "The reconstruction of a.jpg is written as PNG" in said


def test_an_image_goes_into_a_file_and_comes_out_in_its_own_format(scan, models, tmp_path):
    for checkpoint in ("codes", "fine"):
        assert main(["encode", str(scan), str(tmp_path / "a.vqz"), "--checkpoint", str(models / checkpoint), "--levels", "1"]) == 0
        assert main(["decode", str(tmp_path / "a.vqz"), str(tmp_path / "out"), "--checkpoint", str(models / checkpoint)]) == 0
        assert nibabel.load(tmp_path / "out.nii.gz").shape == (96, 96, 4)
        assert main(["decode", str(tmp_path / "a.vqz"), str(tmp_path / "out.nii"), "--checkpoint", str(models / checkpoint)]) == 0
        assert nibabel.load(tmp_path / "out.nii").get_data_dtype() == np.int16


def test_a_file_is_decoded_once_and_its_damage_is_told_once(scan, models, tmp_path, capsys, monkeypatch):
    assert main(["encode", str(scan), str(tmp_path / "a.vqz"), "--codec", "jpeg2000", "--ratio", "20"]) == 0
    opened = []

    def damaged(data: bytes) -> SimpleNamespace:
        opened.append(data)
        return SimpleNamespace(recording=decode(data).recording, damage=(SimpleNamespace(sentence="slice 3 is lost"),))

    monkeypatch.setattr("vqvae.codecs.decode", damaged)
    asked = ["--checkpoint", str(models / "codes"), "--levels", "1", "--output", str(tmp_path / "out")]
    assert main(["reconstruct", str(tmp_path / "a.vqz"), *asked]) == 0
    assert len(opened) == 1
    assert capsys.readouterr().err.count("slice 3 is lost") == 1
    assert main(["reconstruct", str(tmp_path / "a.vqz"), "example:slice", *asked]) == 0
    assert capsys.readouterr().err.count("slice 3 is lost") == 1


def test_a_folder_of_dicom_files_is_one_image(tmp_path):
    pixels = brain.example("slice").voxels[..., 0].T[::-1].astype("<u2")
    for place in range(3):
        (tmp_path / "study").mkdir(exist_ok=True)
        save_dicom(tmp_path / "study" / f"IM{place}", pixels, 4.0 * place, PixelSpacing=[1, 1])
    assert kind_of(str(tmp_path / "study")) == "brain"
    assert main(["encode", str(tmp_path / "study"), str(tmp_path / "a.vqz"), "--codec", "jpeg2000", "--ratio", "30"]) == 0
    found = decode((tmp_path / "a.vqz").read_bytes()).recording
    assert found.name == "study"
    assert found.voxels.shape == read(tmp_path / "study").voxels.shape


def test_people_of_a_folder_are_scored_and_their_splits_kept_apart(models, tmp_path, capsys):
    for number in range(4):
        brain.write(brain.middle(brain.example("slab", number), 2), tmp_path / "data" / f"sub-{number}.nii.gz")
    asked = ["evaluate", str(models / "codes"), "--data", str(tmp_path / "data"), "--levels", "2"]
    seen = {}
    for split in ("training", "validation"):
        assert main([*asked, "--split", split, "--output", str(tmp_path / "m.json")]) == 0
        assert "gives no split" in capsys.readouterr().err
        found = json.loads((tmp_path / "m.json").read_text())
        seen[split] = set(found["data"]["recordings"])
        assert set(found["points"][0]["recordings"]) == seen[split]
    assert len(seen["training"]) == 3
    assert seen["training"] | seen["validation"] == {f"sub-{number}" for number in range(4)}
    assert main([*asked, "--records", "sub-1,sub-9"]) == 2
    assert "no image called sub-9" in capsys.readouterr().err


def test_the_test_split_of_a_folder_is_scored_where_it_has_one(models, tmp_path, capsys):
    for number, split in enumerate(("train", "validate", "test")):
        (tmp_path / "data" / f"slices_{split}").mkdir(parents=True)
        brain.write(brain.middle(brain.example("slab", number), 2), tmp_path / "data" / f"slices_{split}" / f"case_{number}.nii.gz")
    asked = ["evaluate", str(models / "codes"), "--levels", "1", "--output", str(tmp_path / "m.json"), "--split", "test", "--data"]
    assert main([*asked, str(tmp_path / "data")]) == 0
    assert json.loads((tmp_path / "m.json").read_text())["data"]["recordings"] == ["case_2"]
    assert KINDS["digits"].divided(tmp_path / "mnist", "test") == [*TEST]
    with pytest.raises(ValueError, match="ludb has no split 'test'; it has: training, validation"):
        KINDS["ecg"].divided(tmp_path / "ludb", "test")


def test_real_people_are_read_from_their_slices(data, models, tmp_path):
    asked = ["evaluate", str(models / "codes"), "--data", str(data / "oasis"), "--records", "Mil_000", "--levels", "1"]
    assert main([*asked, "--output", str(tmp_path / "m.json")]) == 0
    (point,) = json.loads((tmp_path / "m.json").read_text())["points"]
    assert point["scores"]["bits_per_pixel"]["value"] == pytest.approx(8 * point["bytes"] / (176 * 208 * 32))


def test_codecs_are_compared_on_an_image_with_noise_by_how_near_they_come_to_the_clean_one(tmp_path, capsys):
    asked = ["compare", "example:slice", "--codecs", "jpeg2000", "--ratio", "40", "--noise", "rician:8"]
    assert main([*asked, "--output", str(tmp_path / "r.json")]) == 0
    (point,) = json.loads((tmp_path / "r.json").read_text())["points"]
    assert point["scores"]["psnr"]["value"] != pytest.approx(point["faithful"]["psnr"]["value"], abs=0.1)
    noisy = brain.disturbed(brain.example("slice"), "rician:8")
    assert "8 %" in noisy.said[-1]
    assert 0.05 < np.abs(noisy.voxels - brain.example("slice").voxels).mean() / 255 < 0.1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "example:slice", "--codecs", "jpeg", "--ratio", "8", "--noise", "muscle:12"], "is not rician:PERCENT"),
        (["compare", "example:slice", "--codecs", "jpeg", "--ratio", "8", "--noise", "rician:x"], "is not rician:PERCENT"),
        (["reconstruct", "example:slice", "--lead", "II", "--output", "x"], "--lead is not for recordings of this kind (brain)"),
        (["reconstruct", "example:slice", "--from", "1", "--output", "x"], "--from is not for recordings of this kind (brain)"),
        (["reconstruct", "example:slice", "--volume", "2", "--output", "x"], "--volume chooses in images of several volumes"),
        (["reconstruct", "example:normal", "--volume", "2", "--output", "x"], "--volume"),
        (["benchmark", "brain", "--data", ".", "--seconds", "8", "--output", "x"], "--seconds is not for recordings of this kind (brain)"),
        (["benchmark", "brain", "--data", "gone", "--output", "x"], "there is no folder gone"),
        (["reconstruct", "gone.nii.gz", "--output", "x"], "there is no file gone.nii.gz"),
    ],
)
def test_what_does_not_concern_images_is_refused_in_one_sentence(arguments, words, models, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "reconstruct" and "normal" not in arguments[1]:
        arguments = [*arguments, "--checkpoint", str(models / "codes")]
    assert main(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert words in lines[0]


def _without_pixels(path: Path, **more) -> None:
    file = pydicom.dcmread(save_dicom(path, np.eye(80, dtype="<u2")))
    del file.PixelData
    for word, value in more.items():
        setattr(file, word, value)
    file.save_as(path)


def _encrypted(path: Path) -> None:
    hidden = pydicom.Dataset()
    hidden.EncryptedContentTransferSyntaxUID, hidden.EncryptedContent = "1.2.840.10008.1.2", b"0123456789"
    _without_pixels(path, EncryptedAttributesSequence=[hidden])


def _odd_syntax(path: Path) -> None:
    file = pydicom.dcmread(pack_dicom(save_dicom(path, np.eye(80, dtype="<u2")), "JPEG2000Lossless"))
    file.file_meta.TransferSyntaxUID = HTJ2KLossless
    file.save_as(path)


def _cut(path: Path) -> None:
    content = save_nifti(path, np.random.default_rng(0).integers(0, 99, (40, 40, 4)).astype("<i2")).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _bomb(path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    header = save_nifti(path.with_name("x.nii"), ramp(), dim=[4, 1000, 1000, 60, 100, 1, 1, 1]).read_bytes()[:352]
    path.write_bytes(packer.compress(header + bytes(20 << 20)) + packer.flush() + bytes(12_000_000))


BAD = {
    "zero.nii.gz": (lambda path: save_nifti(path, 0 * ramp()), "the same everywhere"),
    "constant.nii": (lambda path: save_nifti(path, 0 * ramp() + 7), "every voxel is 7"),
    "nothing.nii": (lambda path: save_nifti(path, np.full((5, 6, 4), np.nan, "<f4")), "no value that is a finite number"),
    "constant.png": (lambda path: Image.new("L", (80, 90), 9).save(path), "every voxel is 9"),
    "single.tif.nii": (lambda path: save_nifti(path, np.ones((1, 1, 1), "<i2")), "give a larger one"),
    "immense.png": (lambda path: Image.new("1", (10_000, 8_000)).save(path), "cut or shrink it first"),
    "bomb.nii.gz": (_bomb, "unpack it first"),
    "cut.nii.gz": (_cut, "get another copy"),
    "terabytes.nii": (lambda path: save_nifti(path, ramp(), dim=[4, 1000, 1000, 60, 30000, 1, 1, 1]), "promises 3.6 TB"),
    "report.dcm": (_without_pixels, "without pixels"),
    "encrypted.dcm": (_encrypted, "decrypt it first"),
    "odd.dcm": (_odd_syntax, "convert it"),
    "a.mnc": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(999)), "mnc2nii"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_images_end_in_one_sentence_with_a_way_out_and_leave_nothing(name, models, tmp_path, capfd, caplog):
    make, words = BAD[name]
    make(tmp_path / name)
    before = {*tmp_path.iterdir()}
    out = ["--output", str(tmp_path / "out"), "--report", str(tmp_path / "report.json")]
    for asked in (["reconstruct", str(tmp_path / name), *out], ["encode", str(tmp_path / name), str(tmp_path / "a.vqz")]):
        assert main([*asked, "--checkpoint", str(models / "codes")]) == 2
        (line,) = capfd.readouterr().err.strip().splitlines()
        assert words in line
    refused = cache.receive({name: (tmp_path / name).read_bytes()}, None)
    assert isinstance(refused, cache.Refusal)
    assert refused.sentence == line.removeprefix("vqvae: ")
    assert {*tmp_path.iterdir()} == before
    assert PATIENT[:6] not in line + caplog.text


COMMANDS = ("reconstruct", "evaluate", "encode", "decode", "compare", "benchmark", "train", "download", "list")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_tells_what_it_takes_on_every_line_of_its_help(command, capsys):
    with pytest.raises(SystemExit) as left:
        main([*filter(None, [command]), "--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out
    for line, following in pairwise([*told[told.index("options:") :].splitlines(), ""]):
        if line.lstrip().startswith("-"):
            assert "  " in line.strip() or following.startswith(" " * 10), line
    if not command:
        assert all(f"\n    {name}" in told for name in COMMANDS)


def test_the_length_of_chunks_is_told_for_every_kind_of_data(capsys):
    with pytest.raises(SystemExit):
        main(["encode", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    for kind, unit in (("ecg", "seconds"), ("piano", "notes"), ("brain", "slices"), ("digits", "digits")):
        assert re.search(rf"{unit}[^(]*\({modality(kind).CHUNKS.usual:g}\b", told), kind


def test_the_middle_slices_of_every_person_are_compared_at_sizes(tmp_path):
    brain.write(brain.middle(brain.example("slab"), 5), tmp_path / "data" / "sub-0.nii.gz")
    asked = ["benchmark", "brain", "--data", str(tmp_path / "data"), "--slices", "1", "--codecs", "jpeg,jpeg2000", "--ratios", "14,28"]
    assert main([*asked, "--output", str(tmp_path / "b.json")]) == 0
    found = json.loads((tmp_path / "b.json").read_text())
    assert {entry["compression_ratio"] for entry in found["at_ratios"]} == {14, 28}
    assert {point["codec"] for point in found["points"]} == {"jpeg", "jpeg2000"}
    pixels = 176 * 208
    assert all(point["bytes"] < pixels for point in found["points"])
