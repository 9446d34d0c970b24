"""Folders of images as people have them: by person, and no person on both sides of a split."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import nibabel
import numpy as np
import pytest
from brain_cases import affine, ramp, save_dicom, save_nifti
from PIL import Image

from vqvae.datasets.download import download
from vqvae.datasets.images import SPLITS, people, selected, survey
from vqvae.datasets.registry import DATASETS, dataset
from vqvae.modalities.brain import read


def draw(path: Path, value: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((ramp((40, 50)) % 200 + value).astype(np.uint8)).save(path)
    return path


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return save_nifti(path, ramp())


def sides_of(folder: Path) -> dict[str, set[str]]:
    everybody = survey(folder).people
    return {split: {person.subject for person in everybody if person.split == split} for split in SPLITS}


def test_the_slices_that_train_are_of_other_people_than_those_that_validate(data):
    sides = sides_of(data / "oasis")
    assert (len(sides["training"]), len(sides["validation"])) == (150, 20)
    assert not sides["training"] & sides["validation"]
    found = people(data / "oasis", "validation")
    assert len(found) == 20
    assert {len(files) for files in found.values()} == {32}
    name, files = next(iter(found.items()))
    assert [int(path.stem.rpartition("_s")[2]) for path in files] == list(range(1, 33))
    volume = read(files)
    assert (volume.name, volume.voxels.shape, volume.window) == (name, (176, 208, 32), (0, 255))
    assert not survey(data / "oasis").said


def test_a_table_names_slices_people_and_splits_and_a_wrong_one_is_refused(tmp_path):
    for name in ("a1", "a2", "b1"):
        draw(tmp_path / f"{name}.png")
    table = tmp_path / "slices.csv"
    table.write_text("file,subject,slice,split\na2.png,anna,2,training\na1.png,anna,1,training\nb1.png,bert,1,validation\n")
    assert people(tmp_path, "training") == {"anna": (tmp_path / "a1.png", tmp_path / "a2.png")}
    table.write_text("file,subject,slice,split\na1.png,anna,1,training\na2.png,anna,2,validation\nb1.png,bert,1,validation\n")
    assert [*people(tmp_path)] == ["training/anna", "validation/anna", "bert"]
    assert "shares 1 of 2 subjects (anna)" in survey(tmp_path).said[0]
    table.write_text("file,person\na1.png,anna\n")
    with pytest.raises(ValueError, match="columns file, subject, slice"):
        people(tmp_path)


def test_the_oasis_teaching_set_is_read_as_it_is(tmp_path):
    folder = tmp_path / "keras_png_slices_data"
    for split, cases in (("train", (1, 2)), ("validate", (3,)), ("test", (4,))):
        for case in cases:
            for place in range(11):
                draw(folder / f"keras_png_slices_{split}" / f"case_{case:03}_slice_{place}.nii.png", place)
        draw(folder / f"keras_png_slices_seg_{split}" / "seg_001_slice_0.nii.png")
    for given in (tmp_path, folder):
        assert sides_of(given) == {"training": {"case_001", "case_002"}, "validation": {"case_003"}, "test": {"case_004"}}
    files = people(folder)["case_002"]
    assert [path.name for path in files] == [f"case_002_slice_{place}.nii.png" for place in range(11)]
    assert [*people(folder / "keras_png_slices_test")] == ["case_004"]
    assert not survey(folder).said


def test_the_adni_teaching_set_is_read_as_it_is_and_its_doubt_is_said(tmp_path):
    for split, kind, scan in (("train", "AD", 218391), ("train", "NC", 808819), ("test", "AD", 388206)):
        for place in (78, 94):
            draw(tmp_path / "AD_NC" / split / kind / f"{scan}_{place}.jpeg")
    assert sides_of(tmp_path) == {"training": {"218391", "808819"}, "validation": {"388206"}, "test": set()}
    assert [path.stem for path in people(tmp_path / "AD_NC")["808819"]] == ["808819_78", "808819_94"]
    assert "cannot be known" in survey(tmp_path).said[0]


def test_a_folder_of_volumes_without_a_split_is_split_by_person_and_stays_so(tmp_path):
    for number in range(20):
        for session in (1, 2):
            put(tmp_path / f"sub-{number:02}" / f"ses-{session}" / "anat" / f"sub-{number:02}_ses-{session}_T1w.nii.gz")
    sides = sides_of(tmp_path)
    assert sides["training"] | sides["validation"] == {f"sub-{number:02}" for number in range(20)}
    assert not sides["training"] & sides["validation"]
    assert len(sides["validation"]) == 2
    assert len(people(tmp_path, "validation")) == 4
    assert "gives no split" in survey(tmp_path).said[0]
    (tmp_path / "sub-99").mkdir()
    put(tmp_path / "sub-99" / "sub-99_T1w.nii")
    after = sides_of(tmp_path)
    assert len(after["validation"] ^ sides["validation"]) <= 2
    assert read(people(tmp_path)["sub-99_T1w"]).voxels.shape == ramp().shape


HABITS = {
    "a folder each, files named by sequence": ("subject{}/T1.nii", "subject{}/T2.nii"),
    "a folder each, always the same file": ("subject{}/orig.nii",),
    "a folder each, files named by folder": ("P{}/P{}_T1.nii", "P{}/P{}_other.nii"),
    "visits": ("patient{}_visit1.nii", "patient{}_visit2.nii"),
    "sequences": ("anna{}_T1.nii", "anna{}_T2.nii", "anna{}_FLAIR_brain.nii"),
    "folders by sequence": ("IXI-T1/IXI{}-Guys-T1.nii", "IXI-T2/IXI{}-Guys-T2.nii"),
    "folders by session": ("ses-1/bert{}.nii", "ses-2/bert{}.nii"),
    "folders by group": ("patients/a{}.nii", "controls/b{}.nii"),
    "sessions below folders": ("all/{}/ses-1/T1w.nii", "all/{}/ses-2/T1w.nii"),
    "numbered slices in folders": ("P{}/000.png", "P{}/001.png"),
    "slices below folders": ("P{}/axial/slice_1.png", "P{}/axial/slice_2.png"),
    "pictures named by a data set": ("OAS1_00{}.png",),
    "slices named by a data set": ("OAS1_00{}_MR1_s1.png", "OAS1_00{}_MR1_s2.png"),
    "DICOM": ("P{}/DICOM/1.dcm", "P{}/DICOM/2.dcm"),
}


@pytest.mark.parametrize("habit", HABITS)
def test_nobody_trains_and_validates_however_images_are_called(habit, tmp_path):
    """Every name has one number, the person's: no number is on both sides, every file is read, slices lie in one volume."""
    made = (draw(tmp_path / ".a.png"), put(tmp_path / ".a.nii"), save_dicom(tmp_path / ".a.dcm", ramp((3, 4), "<u2")))
    samples = {path.suffix: path.read_bytes() for path in made}
    for number, pattern in product(range(10, 18), HABITS[habit]):
        path = tmp_path / pattern.format(*[number] * 2)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(samples[path.suffix])
    whose: dict[str, set[str]] = {}
    for person in survey(tmp_path).people:
        for file in person.files:
            (number,) = re.findall(r"(?<!\d)(?:00)?(1\d)(?!\d)", file.relative_to(tmp_path).as_posix())[:1]
            whose.setdefault(person.split, set()).add(f"{number}{file.name[0] if 'group' in habit else ''}")
            assert len({other.parent for other in person.files}) == 1
    assert sum(len(person.files) for person in survey(tmp_path).people) == 8 * len(HABITS[habit])
    assert not whose["training"] & whose["validation"]
    assert len(whose["validation"]) == (2 if "group" in habit else 1)
    slices = {len(person.files) for person in survey(tmp_path).people}
    assert slices == {len(HABITS[habit]) if "slices" in habit or habit == "DICOM" else 1}


def test_who_was_taken_for_a_subject_is_said_and_that_one_alone_cannot_be_split(tmp_path):
    for name in ("anna", "bert"):
        put(tmp_path / name / "T1.nii")
    (said,) = survey(tmp_path).said
    assert "taken for subjects: anna, bert" in said
    put(tmp_path / "only" / "clara" / "T1.nii")
    put(tmp_path / "only" / "clara" / "T2.nii")
    (said,) = survey(tmp_path / "only").said
    assert "one subject, clara: nobody validates" in said
    assert {person.split for person in survey(tmp_path / "only").people} == {"training"}


def test_pairs_dicom_folders_and_pictures_lie_side_by_side(tmp_path):
    nibabel.Nifti1Pair(ramp(), affine()).to_filename(tmp_path / "a.hdr")
    for place in range(3):
        (tmp_path / "scan").mkdir(exist_ok=True)
        save_dicom(tmp_path / "scan" / f"{place}.dcm", ramp((3, 4), "<u2"), 4.0 * place)
        draw(tmp_path / "bert" / f"bert_{place}.png", place)
    (tmp_path / "readme.txt").write_text("-")
    found = people(tmp_path)
    assert {name: len(files) for name, files in found.items()} == {"a": 1, "scan": 3, "bert": 3}
    for name, files in found.items():
        assert read(files).voxels.size > 0, name


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(ValueError, match="no folder"):
        people(tmp_path / "gone")
    with pytest.raises(ValueError, match="holds no image"):
        people(tmp_path)
    put(tmp_path / "anna.nii")
    with pytest.raises(ValueError, match="nobody in the split 'validation'"):
        people(tmp_path, "validation")
    with pytest.raises(ValueError, match="no split 'dev'"):
        people(tmp_path, "dev")
    with pytest.raises(ValueError, match="no image called bert; it has anna"):
        selected(tmp_path, ["bert"])
    assert [*selected(tmp_path, ["anna"])] == ["anna"]


@pytest.mark.parametrize(("name", "place"), [("oasis", "oasisbrains"), ("adni", "adni.loni.usc.edu")])
def test_data_sets_that_ask_for_a_registration_say_where_and_how(name, place, tmp_path):
    with pytest.raises(ValueError, match=f"(?s)registration.*{place}.*--data"):
        download(name, tmp_path)


def test_mnist_comes_from_an_address_and_with_a_checksum():
    assert dataset("mnist").listed == "mnist.sha256"
    assert DATASETS["mnist"].url.startswith("https://")
