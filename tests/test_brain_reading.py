"""Every file of a brain becomes the same volume: voxels in the order of RAS, where they lie, and what was changed."""

from __future__ import annotations

import struct
import zlib
from itertools import permutations, product

import nibabel
import numpy as np
import pytest
from brain_cases import SHAPE, affine, at, ramp, refusal, save_dicom, save_nifti
from PIL import Image

from vqvae.modalities import brain
from vqvae.modalities.brain import limits, read
from vqvae.modalities.brain.dicom import _upright
from vqvae.modalities.brain.planes import plane

AXES = ["".join(letters) for order in permutations(("LR", "PA", "IS")) for letters in product(*order)]


@pytest.mark.parametrize("axes", AXES)
def test_however_an_array_lies_every_place_in_space_keeps_its_intensity(axes, tmp_path):
    array, where = ramp(), affine(axes)
    volume = read(save_nifti(tmp_path / "a.nii", array, where))
    for index in ((0, 0, 0), (4, 5, 3), (1, 2, 3), (4, 0, 2)):
        place = (where @ [*index, 1])[:3]
        assert at(volume, place) == array[index]
    assert volume.axis == 2
    assert volume.spacing == (1.0, 1.5, 4.0)
    assert nibabel.aff2axcodes(volume.affine) == ("R", "A", "S")


@pytest.mark.parametrize(("spacing", "axis"), [((4, 1, 1), 0), ((1, 4, 1), 1), ((1, 1, 4), 2), ((1, 1, 1), 2), ((1.02, 1, 1), 2)])
def test_slices_lie_along_the_axis_with_clearly_the_largest_spacing(spacing, axis, tmp_path):
    volume = read(save_nifti(tmp_path / "a.nii", ramp(), affine("PSL", spacing)))
    assert volume.axis == axis
    assert volume.spacing[2] == pytest.approx(spacing[axis])
    assert volume.axes == {0: (1, 2, 0), 1: (0, 2, 1), 2: (0, 1, 2)}[axis]
    assert volume.positions[1] - volume.positions[0] == pytest.approx(spacing[axis])


@pytest.mark.parametrize(("units", "scale"), [(1, 1e-3), (2, 1), (3, 1e3), (0, 1)])
def test_places_are_in_mm_whatever_a_file_counts_in(units, scale, tmp_path):
    where = np.diag([scale] * 3 + [1.0]) @ affine()
    volume = read(save_nifti(tmp_path / "a.nii", ramp(), where, xyzt_units=units))
    assert volume.spacing == pytest.approx((1.0, 1.5, 4.0))
    assert volume.positions == pytest.approx([20, 24, 28, 32])
    assert plane(volume, 2, 0).start(volume) == pytest.approx((-7, 3))


def test_a_single_slice_is_looked_at_from_the_front(tmp_path):
    assert read(save_nifti(tmp_path / "a.nii", ramp((1, 6, 5)), affine("RAS", (1, 1, 1)))).voxels.shape == (6, 5, 1)
    assert read(save_nifti(tmp_path / "b.nii", ramp((6, 5)), affine("RAS", (1, 1, 1)))).voxels.shape == (6, 5, 1)


def test_of_a_series_one_volume_is_read_and_that_is_said(tmp_path):
    array = ramp((*SHAPE, 3, 2))
    path = save_nifti(tmp_path / "fmri.nii.gz", array)
    for number, (later, last) in enumerate(product(range(2), range(3)), 1):
        volume = read(path, volume=number)
        assert np.array_equal(volume.voxels, array[..., last, later])
        assert any(f"volume {number}." in words for words in volume.said)
    assert "choose one from 1 to 6" in refusal(path, volume=7)
    assert len(read(save_nifti(tmp_path / "a.nii", ramp((*SHAPE, 1)))).said) == 1  # on its window
    assert "it holds one" in refusal(tmp_path / "a.nii", volume=2) or "from 1 to 1" in refusal(tmp_path / "a.nii", volume=2)


@pytest.mark.parametrize("kind", ["<i2", ">i2", "|u1", ">f4", "<f8", "<u2", "|i1", "<i4"])
def test_every_type_of_number_in_every_byte_order_is_read(kind, tmp_path):
    assert np.array_equal(read(save_nifti(tmp_path / "a.nii", ramp(kind=kind))).voxels, ramp())


def test_scaled_integers_are_read_as_what_they_stand_for(tmp_path):
    path = save_nifti(tmp_path / "a.nii", ramp(), scl_slope=0.25, scl_inter=-3)
    assert np.allclose(read(path).voxels, ramp() * 0.25 - 3)


def test_voxels_that_are_no_numbers_are_black_and_counted(tmp_path):
    array = ramp(kind="<f4")
    array[0, 0, :3], array[1, 1, 1] = np.nan, np.inf
    volume = read(save_nifti(tmp_path / "a.nii", array))
    assert np.isfinite(volume.voxels).all()
    assert volume.voxels[0, 0].tolist() == [0, 0, 0, 3]
    assert "4 voxels" in volume.said[0]


def test_complex_voxels_are_magnitudes_and_coloured_ones_grey(tmp_path):
    volume = read(save_nifti(tmp_path / "a.nii", (3 + 4j) * ramp().astype("<c8")))
    assert np.allclose(volume.voxels, 5 * ramp())
    coloured = np.zeros(SHAPE, [("R", "u1"), ("G", "u1"), ("B", "u1")])
    coloured["G"] = ramp(kind="u1")
    volume = read(save_nifti(tmp_path / "b.nii", coloured))
    assert np.allclose(volume.voxels, np.rint(0.587 * ramp()))
    assert "grey" in volume.said[0]


def test_a_place_in_space_that_is_none_is_replaced_and_that_is_said(tmp_path):
    volume = read(save_nifti(tmp_path / "a.nii", ramp(), sform_code=0, qform_code=0))
    assert "does not say where left and right are" in volume.said[0]
    path = save_nifti(tmp_path / "b.nii", ramp(), srow_x=[np.nan] * 4)
    assert "of no use" in read(path).said[0]


def test_mgh_and_pairs_and_arrays_are_read_alike(tmp_path):
    where = affine()
    nibabel.MGHImage(ramp(kind="f4"), where).to_filename(tmp_path / "a.mgz")
    nibabel.Nifti1Pair(ramp(), where).to_filename(tmp_path / "b.hdr")
    np.save(tmp_path / "c.npy", ramp())
    for name in ("a.mgz", "b.hdr", "b.img", "c.npy"):
        assert np.array_equal(read(tmp_path / name).voxels, ramp()), name
    assert np.allclose(read(tmp_path / "a.mgz").affine, where)
    (tmp_path / "b.img").unlink()
    assert "b.img has to lie beside it" in refusal(tmp_path / "b.hdr")


def test_a_picture_keeps_its_top_at_the_end_of_y(tmp_path):
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for name in ("a.png", "a.tif"):
        Image.fromarray(pixels).save(tmp_path / name)
        voxels = read(tmp_path / name).voxels
        assert voxels.shape == (4, 3, 1)
        assert np.array_equal(voxels[:, :, 0].T[::-1], pixels)
    np.save(tmp_path / "a.npy", pixels)
    assert np.array_equal(read(tmp_path / "a.npy").voxels, voxels)


def test_16_bit_pictures_keep_their_bits_and_coloured_ones_become_grey(tmp_path):
    deep = (np.arange(600).reshape(20, 30) * 100).astype(np.uint16)
    for name in ("a.png", "a.tif"):
        Image.fromarray(deep).save(tmp_path / name)
        assert np.array_equal(read(tmp_path / name).voxels[:, ::-1, 0].T, deep)
    coloured = np.zeros((20, 30, 3), np.uint8)
    coloured[..., 0], coloured[:5, :, 2] = 200, 100
    Image.fromarray(coloured).save(tmp_path / "b.png")
    volume = read(tmp_path / "b.png")
    assert set(np.unique(volume.voxels)) == {60, 71}
    assert "from colour to grey" in volume.said[0]
    Image.fromarray(coloured[..., :1].repeat(3, 2) + np.arange(30, dtype=np.uint8)[:, None]).save(tmp_path / "c.png")
    assert read(tmp_path / "c.png").said == ()


def test_pictures_in_order_are_the_slices_of_one_person(tmp_path):
    paths = [tmp_path / f"case_001_slice_{place}.nii.png" for place in range(12)]
    for place, path in enumerate(paths):
        Image.fromarray(np.full((6, 8), place, np.uint8)).save(path)
    volume = read(paths)
    assert volume.name == "case_001"
    assert volume.voxels[0, 0].tolist() == list(range(12))
    assert np.array_equal(read(tmp_path).voxels, volume.voxels)
    Image.fromarray(np.full((6, 9), 1, np.uint8)).save(paths[3])
    assert "another size" in refusal(paths)


def test_a_dicom_series_is_put_in_order_by_where_its_slices_lie(tmp_path):
    planes = [(ramp((3, 4), "<u2") + 100 * place).astype("<u2") for place in range(5)]
    paths = [save_dicom(tmp_path / f"{name}.dcm", planes[place], 4.0 * place) for place, name in enumerate("dbeac")]
    volume = read(paths)
    assert volume.voxels.shape == (4, 3, 5)
    assert volume.spacing == (1.0, 1.5, 4.0)
    for place in range(5):  # DICOM counts towards left, posterior and superior
        assert at(volume, (-(10 + 2), -(20 + 1.5), 4.0 * place)) == planes[place][1, 2]
    assert np.array_equal(read(tmp_path).voxels, volume.voxels)


def test_what_does_not_belong_to_a_series_is_left_out_and_mentioned(tmp_path):
    pixels = ramp((3, 4), "<u2")
    paths = [save_dicom(tmp_path / f"{place}.dcm", pixels, 4.0 * place) for place in range(4)]
    paths.append(save_dicom(tmp_path / "echo.dcm", pixels, 8.0))
    paths.append(save_dicom(tmp_path / "scout.dcm", pixels, 2.0, ImageOrientationPatient=[0, 1, 0, 0, 0, -1]))
    paths.append(save_dicom(tmp_path / "large.dcm", ramp((5, 4), "<u2"), 9.0))
    paths.append(save_dicom(tmp_path / "other.dcm", pixels, 9.0, SeriesInstanceUID="1.2.3"))
    volume = read(paths)
    assert volume.slices == 4
    for word in ("2 series", "another size", "another direction", "where another one does"):
        assert any(word in words for words in volume.said), word
    paths = [save_dicom(tmp_path / f"u{place}.dcm", pixels, 4.0 * place**2) for place in range(4)]
    assert any("not evenly spaced" in words for words in read(paths).said)


def test_rescaled_dicom_is_read_as_what_its_numbers_stand_for_and_inverted_one_upright(tmp_path):
    pixels = ramp((3, 4), "<i2")
    volume = read(save_dicom(tmp_path / "a.dcm", pixels, RescaleSlope="2", RescaleIntercept="-5"))
    assert np.array_equal(np.unique(volume.voxels), np.arange(12) * 2 - 5)
    inverted = read(save_dicom(tmp_path / "b.dcm", pixels, place=None, PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(inverted.voxels[:, ::-1, 0].T, 11 - pixels)


def test_one_tissue_is_as_bright_in_every_slice_of_inverted_dicom(tmp_path):
    tissue, planes = 400, [np.full((3, 4), 400, "<u2") for _ in range(3)]
    for place, pixels in enumerate(planes):
        pixels[0, 0], pixels[2, 3] = 5, 1000 * (place + 1)
    for name, slopes in (("alike", (2, 2, 2)), ("own", (1, 2, 4))):
        scaled = [np.where(pixels == tissue, tissue // slope, pixels).astype("<u2") for pixels, slope in zip(planes, slopes, strict=True)]
        given = zip(scaled, slopes, strict=True)
        paths = [
            save_dicom(
                tmp_path / f"{name}{place}.dcm", pixels, 4.0 * place, PhotometricInterpretation="MONOCHROME1", RescaleSlope=str(slope)
            )
            for place, (pixels, slope) in enumerate(given)
        ]
        volume = read(paths)
        assert len(set(volume.voxels[1, 1])) == 1, name
        assert volume.voxels[1, 1, 0] > volume.voxels[0, 0, 2], name


def test_inverted_floating_point_dicom_keeps_its_fractions():
    planes = np.array([[[0.25, 0.5, np.nan, 0.75]]], np.float32)
    assert np.array_equal(_upright(planes), [[[0.75, 0.5, np.nan, 0.25]]], equal_nan=True)


def test_pictures_of_several_depths_are_no_volume_and_lost_bits_of_colours_are_said(tmp_path):
    Image.fromarray(ramp((20, 30), "|u1")).save(tmp_path / "a_0.png")
    Image.fromarray(ramp((20, 30), "<u2") * 100).save(tmp_path / "a_1.png")
    assert "a_1.png holds 16 bits or more and a_0.png 8 bits" in refusal([tmp_path / "a_0.png", tmp_path / "a_1.png"])
    Image.fromarray(ramp((20, 30), "|u1")).save(tmp_path / "b.tif", save_all=True, append_images=[Image.fromarray(ramp((20, 30), "<f4"))])
    assert "different depths, 8 bits and floating-point numbers" in refusal(tmp_path / "b.tif")
    rows = b"".join(b"\0" + (ramp((30, 3), ">u2") * 700).astype(">u2").tobytes() for _ in range(20))  # Pillow writes none
    parts = {b"IHDR": struct.pack(">2I5B", 30, 20, 16, 2, 0, 0, 0), b"IDAT": zlib.compress(rows), b"IEND": b""}
    made = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts.items())
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(made))
    assert any("16 bits a colour: 8 of them were read" in words for words in read(tmp_path / "c.png").said)


def test_four_slices_of_a_scan_are_no_picture_in_colour(tmp_path):
    np.save(tmp_path / "a.npy", ramp((64, 60, 4), "<i2"))
    assert np.array_equal(read(tmp_path / "a.npy").voxels, ramp((64, 60, 4)))
    np.save(tmp_path / "b.npy", ramp((64, 60, 4), "|u1"))
    assert "grey" in read(tmp_path / "b.npy").said[0]


def test_a_volume_that_is_not_there_is_refused_of_every_kind(tmp_path):
    Image.fromarray(ramp((20, 30), "|u1")).save(tmp_path / "a.png")
    np.save(tmp_path / "b.npy", ramp((20, 30)))
    save_dicom(tmp_path / "c.dcm", ramp((20, 30), "<u2"), None)
    for name in ("a.png", "b.npy", "c.dcm"):
        assert "no volume 7: it holds one" in refusal(tmp_path / name, volume=7)
        assert read(tmp_path / name, volume=1).slices == 1


def test_what_is_read_can_be_coded_whatever_its_numbers(tmp_path):
    array = ramp((20, 30, 2), np.longdouble)
    np.save(tmp_path / "a.npy", array)
    volume = read(tmp_path / "a.npy")
    layout = brain.to_tensors(volume).layout
    brain.check_layout(brain.with_gaps(layout, []))
    assert np.array_equal(read(brain.write(volume, tmp_path / "out")[0]).voxels, array)


def test_one_voxel_far_out_is_said_and_does_not_reach_what_is_coded(tmp_path):
    array = np.random.default_rng(0).uniform(0, 900, (40, 40, 3)).astype("<f4")
    array[20, 20, 1] = 1e20
    volume = read(save_nifti(tmp_path / "a.nii", array))
    assert any("1 of them, more than 256 times that range away" in words for words in volume.said)
    assert 256 < brain.to_tensors(volume).values.max() <= 257
    array[20, 20, 1] = 9000
    assert not any("of them" in words for words in read(save_nifti(tmp_path / "b.nii", array)).said)


def test_voxels_outside_of_the_window_are_counted_and_said(tmp_path):
    array = ramp((20, 50, 4))
    volume = read(save_nifti(tmp_path / "a.nii", array))
    assert volume.voxels.max() == array.max() > volume.window[1]
    assert volume.said == ("Black to white is 0 to 3995, 4 voxels outside of that (0.1\u202f%) kept as well.",)


def test_limits_are_known_before_anything_is_read(tmp_path):
    Image.new("L", (limits.MAX_SIDE + 1, 2)).save(tmp_path / "a.png")
    assert f"{limits.MAX_SIDE} along a side" in refusal(tmp_path / "a.png")
    np.lib.format.open_memmap(tmp_path / "b.npy", "w+", np.uint8, (512, 512, 300)).flush()
    assert "512 × 512 × 300" in refusal(tmp_path / "b.npy")
    with pytest.raises(ValueError, match="there is no file"):
        read(tmp_path / "gone.nii")
    (tmp_path / "empty").mkdir()
    assert "holds no image" in refusal(tmp_path / "empty")
