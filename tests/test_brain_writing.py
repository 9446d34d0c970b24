"""What is written lies over the original in any viewer: the same shape, affine, type and units."""

from __future__ import annotations

import gzip
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from brain_cases import PATIENT, affine, ramp, save_dicom, save_nifti
from PIL import Image

from vqvae.modalities import brain
from vqvae.modalities.brain import read, write
from vqvae.modalities.brain.recording import Source
from vqvae.modalities.brain.writing import stored, targets


def through(path, output):
    """A file read, made to tensors, restored and written, and its path."""
    return write(brain.restore(brain.to_tensors(read(path))), output)[0]


@pytest.mark.parametrize("axes", ["RAS", "LAS", "PIR", "SPL", "IRP"])
@pytest.mark.parametrize("kind", ["<i2", ">i2", "|u1", "<f4", ">f8", "<u2"])
def test_nifti_comes_back_with_its_numbers_affine_type_byte_order_and_units(axes, kind, tmp_path):
    path = save_nifti(tmp_path / "a.nii.gz" if axes == "RAS" else tmp_path / "a.nii", ramp(kind=kind) + 3, affine(axes), xyzt_units=2 + 8)
    before, after = nibabel.load(path), nibabel.load(through(path, tmp_path / "out"))
    assert after.shape == before.shape
    assert np.allclose(after.affine, before.affine, atol=1e-5)
    assert after.get_data_dtype() == before.get_data_dtype()
    assert after.header.endianness == before.header.endianness
    assert after.header.get_xyzt_units() == before.header.get_xyzt_units() == ("mm", "sec")
    assert np.allclose(after.header.get_zooms(), before.header.get_zooms(), atol=1e-5)
    assert np.allclose(after.get_fdata(), before.get_fdata(), atol=1e-3)
    assert type(after) is type(before)


@pytest.mark.parametrize("codes", [(0, 0), (1, 0), (0, 1), (4, 1), (2, 2)])
def test_what_an_affine_leads_to_is_kept(codes, tmp_path):
    path = save_nifti(tmp_path / "a.nii", ramp())
    image = nibabel.load(path)
    image.set_sform(affine("LAS"), codes[0])
    image.set_qform(affine("LAS"), codes[1])
    content = path.read_bytes()
    path.write_bytes(image.header.binaryblock + content[348:])
    before, after = nibabel.load(path), nibabel.load(through(path, tmp_path / "out.nii"))
    assert (int(after.header["sform_code"]), int(after.header["qform_code"])) == codes
    assert np.allclose(after.affine, before.affine, atol=1e-4)
    assert np.allclose(after.get_fdata(), before.get_fdata())


def test_scaled_integers_come_back_as_the_integers_that_they_were(tmp_path):
    path = save_nifti(tmp_path / "a.nii", ramp() - 20, scl_slope=0.37, scl_inter=-3)
    written = through(path, tmp_path / "out.nii")
    assert written.read_bytes()[352:] == path.read_bytes()[352:]
    assert np.allclose(nibabel.load(written).get_fdata(), nibabel.load(path).get_fdata())


def same(before, after, numbers) -> None:
    """All that a viewer looks at."""
    assert type(after) is type(before)
    assert np.allclose(after.affine, before.affine, atol=1e-5)
    assert np.allclose(after.get_fdata(), numbers, atol=1e-6 * np.abs(numbers).max())
    assert after.get_data_dtype() == before.get_data_dtype()
    assert after.header.endianness == before.header.endianness
    for name in ("xyzt_units", "sform_code", "qform_code"):
        assert after.header[name] == before.header[name], name
    assert np.allclose(after.header.get_zooms(), before.header.get_zooms()[:3])


@pytest.mark.parametrize("units", [0, 1, 2, 3, 2 + 8, 3 + 16, 1 + 24])
def test_units_come_back_whatever_they_are(units, tmp_path):
    path = save_nifti(tmp_path / "a.nii", ramp(), xyzt_units=units)
    after = nibabel.load(through(path, tmp_path / "out"))
    same(nibabel.load(path), after, ramp())


@pytest.mark.parametrize(("slope", "start"), [(0, 0), (np.nan, 0), (-0.5, 3), (1, 5), (1e-5, 0)])
@pytest.mark.parametrize("kind", ["<i2", ">i2"])
def test_scales_come_back_as_the_same_stored_numbers(slope, start, kind, tmp_path):
    path = save_nifti(tmp_path / "a.nii", ramp(kind=kind), scl_slope=slope, scl_inter=start)
    written = through(path, tmp_path / "out")
    before = nibabel.load(path)
    same(before, nibabel.load(written), before.get_fdata())
    assert written.read_bytes()[352:] == path.read_bytes()[352:]


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image, nibabel.Nifti1Pair, nibabel.Nifti2Pair])
@pytest.mark.parametrize("order", "<>")
def test_one_volume_of_a_series_comes_back_over_where_the_series_lies(kind, order, tmp_path):
    array, header = ramp((5, 6, 4, 3), f"{order}i2"), kind.header_class(endianness=order)
    header.set_data_dtype(array.dtype)
    header["xyzt_units"] = 2 + 8
    path = tmp_path / ("a.nii.gz" if "Image" in kind.__name__ else "a.hdr")
    kind(array, affine("PIL"), header).to_filename(path)
    for number in (1, 3):
        written = write(brain.restore(brain.to_tensors(read(path, volume=number))), tmp_path / "out")[0]
        same(nibabel.load(path), nibabel.load(written), array[..., number - 1])


def test_a_qform_that_leads_elsewhere_than_the_sform_is_left_out_and_that_is_said(tmp_path):
    path = save_nifti(tmp_path / "a.nii", ramp())
    image = nibabel.load(path)
    image.set_sform(affine("LAS"), 4)
    for origin, kept in (((-7.0, 3.0, 20.0), 1), ((-7.0, 3.0, 24.0), 0)):
        image.set_qform(affine("LAS", origin=origin), 1)
        path.write_bytes(image.header.binaryblock + path.read_bytes()[348:])
        after = nibabel.load(through(path, tmp_path / "out.nii"))
        assert np.allclose(after.affine, affine("LAS"))
        assert (int(after.header["sform_code"]), int(after.header["qform_code"])) == (4, kept)
        assert any("says twice where it lies" in words for words in read(path).said) == (not kept)


def test_an_oblique_image_comes_back_where_it_was(tmp_path):
    turned = affine() @ np.array([[0.96, -0.28, 0, 0], [0.28, 0.96, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    path = save_nifti(tmp_path / "a.nii", ramp(), turned)
    assert np.allclose(nibabel.load(through(path, tmp_path / "out")).affine, turned, atol=1e-5)


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1), (6, 5, 4, 1), (6, 5, 4, 1, 1)])
def test_axes_of_length_one_come_back(shape, tmp_path):
    path = save_nifti(tmp_path / "a.nii", ramp(shape))
    assert nibabel.load(through(path, tmp_path / "out")).shape == shape


def test_nifti_2_and_pairs_and_mgh_stay_what_they_are(tmp_path):
    nibabel.Nifti2Image(ramp(), affine()).to_filename(tmp_path / "a.nii")
    nibabel.Nifti1Pair(ramp(), affine()).to_filename(tmp_path / "b.hdr")
    nibabel.MGHImage(ramp(kind=">i2"), affine("PIR")).to_filename(tmp_path / "c.mgz")
    for name, kind in (("a.nii", nibabel.Nifti2Image), ("b.hdr", nibabel.Nifti1Pair), ("c.mgz", nibabel.MGHImage)):
        before = nibabel.load(tmp_path / name)
        after = nibabel.load(through(tmp_path / name, tmp_path / "out" / name[0]))
        assert type(after) is kind
        assert np.allclose(after.affine, before.affine, atol=1e-5)
        assert np.array_equal(after.get_fdata(), before.get_fdata())
        assert after.get_data_dtype() == before.get_data_dtype()


def test_pictures_come_back_as_pictures_with_the_same_pixels(tmp_path):
    deep = (np.arange(600).reshape(20, 30) * 100).astype(np.uint16)
    made = {"a.png": (deep // 300).astype(np.uint8), "b.png": deep, "c.tif": deep, "d.tif": deep.astype(np.float32) / 7}
    for name, pixels in made.items():
        Image.fromarray(pixels).save(tmp_path / name)
        written = through(tmp_path / name, tmp_path / "out" / name.split(".")[0])
        assert written.suffix == (tmp_path / name).suffix
        found = np.asarray(Image.open(written))
        assert found.dtype == pixels.dtype
        assert np.allclose(found, pixels, rtol=1e-5), name
    np.save(tmp_path / "e.npy", ramp())
    assert np.array_equal(np.load(through(tmp_path / "e.npy", tmp_path / "out" / "e")), ramp())


def test_floating_point_pictures_keep_their_units(tmp_path):
    pixels = np.linspace(-2, 5.5, 600, dtype=np.float32).reshape(20, 30)
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    assert np.allclose(np.asarray(Image.open(through(tmp_path / "a.tif", tmp_path / "out"))), pixels, atol=1e-5)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_every_slice_of_pictures_and_of_dicom_without_places_is_written(kind, tmp_path):
    planes = [ramp((20, 30), kind) // 3 + np.arange(30, dtype=kind) * place for place in range(4)]
    for place, pixels in enumerate(planes):
        Image.fromarray(pixels).save(tmp_path / f"a_{place}.png")
        save_dicom(tmp_path / f"{place}.dcm", pixels, None, InstanceNumber=place)
    for suffix in ("png", "dcm"):
        volume = read(sorted(tmp_path.glob(f"*.{suffix}")))
        for name, found in (("direct", volume), ("restored", brain.restore(brain.to_tensors(volume)))):
            written = write(found, tmp_path / f"{suffix}_{name}")[0]
            assert written.name == f"{suffix}_{name}.nii.gz"
            assert np.array_equal(nibabel.load(written).get_fdata(), volume.voxels)
            assert np.array_equal(volume.voxels[:, ::-1].transpose(2, 1, 0), planes)


def test_several_slices_said_to_have_two_axes_are_all_written(tmp_path):
    volume = brain.Volume("a", ramp().astype(np.float32), source=Source("png", "<u2", dims=2))  # as in files of before
    assert np.array_equal(nibabel.load(write(volume, tmp_path / "a")[0]).get_fdata(), volume.voxels)


def test_a_picture_written_as_a_volume_lies_as_it_did(tmp_path):
    Image.fromarray(ramp((20, 30), "<u2")).save(tmp_path / "a.png")
    volume = read(tmp_path / "a.png")
    assert np.array_equal(read(write(volume, tmp_path / "b.nii")[0]).voxels, volume.voxels)


def test_dicom_comes_back_as_nifti_over_the_same_place_without_its_patient(tmp_path):
    paths = [save_dicom(tmp_path / f"{place}.dcm", ramp((3, 4), "<u2"), 4.0 * place) for place in range(3)]
    volume = read(paths)
    written = write(volume, tmp_path / "out")[0]
    assert written.name == "out.nii.gz"
    found = nibabel.load(written)
    assert found.affine[:3, 3].tolist() == [-10, -20, 0]
    assert PATIENT[:6].encode() not in gzip.decompress(written.read_bytes())
    assert PATIENT[:6] not in str(brain.to_tensors(volume).layout) + str(volume.said)
    alone = read(save_dicom(tmp_path / "alone.dcm", ramp((3, 4), "|u1"), None))
    assert write(alone, tmp_path / "alone")[0].name == "alone.png"


def test_another_format_can_be_asked_for_and_one_that_cannot_hold_a_volume_is_refused(tmp_path):
    volume = brain.example()
    for suffix in (".nii", ".mgz", ".hdr", ".npy"):
        files = write(volume, tmp_path / f"a{suffix}")
        assert set(files) <= set(targets(tmp_path / f"a{suffix}"))
        assert np.array_equal(read(files[0]).voxels, volume.voxels), suffix
    with pytest.raises(ValueError, match=r"32 slices.*\.nii\.gz"):
        write(volume, tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()
    middle = brain.middle(volume, 1)
    scan = replace(middle, voxels=middle.voxels * 3.7, source=replace(volume.source, dtype="<f4"), span=None)
    shown = np.asarray(Image.open(write(scan, tmp_path / "one.png")[0]))
    assert shown.max() == 65535
    assert shown.shape == volume.voxels.shape[1::-1]


@pytest.mark.parametrize("dtype", ["<i4", ">u4", "<i8", ">u8"])
def test_the_largest_whole_numbers_stay_the_brightest(dtype):
    most = np.iinfo(dtype).max
    voxels = np.full((4, 4, 2), most, np.float32)  # which rounds to one more than there is
    found = stored(voxels, Source("nii", dtype, "RAS"))
    assert found.dtype == np.dtype(dtype)
    assert all(int(number) > 0.999 * most for number in found.ravel())
