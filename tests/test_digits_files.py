"""Digits out of files of every kind, and into files."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vqvae.modalities import brain, digits
from vqvae.modalities.digits import Digits, arrays, read
from vqvae.modalities.digits.normalising import centred, normalised
from vqvae.modalities.digits.pictures import picture_of, size_of
from vqvae.modalities.recognition import recognised_bytes


def stroke(height: int = 300, width: int = 200, ink: float = 0.0, ground: float = 1.0) -> np.ndarray:
    """An upright bar on an empty ground, not in the middle."""
    found = np.full((height, width), ground)
    found[height // 5 : height // 2, width // 4 : width // 3] = ink
    return found


def image_file(picture: np.ndarray, form: str = "PNG") -> bytes:
    packed = io.BytesIO()
    Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(packed, form)
    return packed.getvalue()


def idx_file(images: np.ndarray) -> bytes:
    return struct.pack(">4B3I", 0, 0, 8, 3, *images.shape) + images.tobytes()


@pytest.fixture(scope="module")
def seven() -> Digits:
    return digits.excerpt(digits.example("drawn-digits"), 28, 29)


@pytest.fixture(scope="module")
def many() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (30, 28, 28), np.uint8)


def test_a_digit_is_20_pixels_large_with_its_mass_in_the_middle_however_large_and_wherever_it_was():
    for scale in (1, 3, 11):
        for turn in (0, 1):
            picture = np.rot90(np.kron(stroke(60, 40), np.ones((scale, scale))), turn)
            found = normalised(picture, "a").image.astype(float)
            rows, columns = np.flatnonzero(found.max(axis=1) > 64), np.flatnonzero(found.max(axis=0) > 64)
            assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
            centre = [(found * place).sum() / found.sum() for place in np.indices((28, 28))]
            assert np.abs(np.array(centre) - 14).max() <= 0.51


def test_light_ink_on_dark_and_dark_ink_on_light_are_the_same_digit():
    light, dark = normalised(stroke(ink=0.9, ground=0.1), "a"), normalised(stroke(ink=0.1, ground=0.9), "a")
    assert (light.image == dark.image).all()
    assert light.image.max() == 255
    assert len(dark.said) == len(light.said) + 1


def test_an_image_of_28_pixels_stays_where_it_is_and_is_turned_only_when_its_ink_is_dark(seven):
    values = seven.images[0] / 255
    shifted = np.roll(values, 3, axis=1)
    assert (normalised(shifted, "a").image == np.rint(255 * shifted)).all()
    assert (normalised(1 - shifted, "a").image == np.rint(255 * shifted)).all()


def test_the_centre_of_a_digit_that_would_not_fit_gives_way_to_its_ink():
    ink = np.zeros((40, 40))
    ink[0, :], ink[:, 0] = 1, 0.4
    assert centred(ink).sum() == pytest.approx(centred(ink[::-1]).sum())


def test_an_array_of_28_pixels_is_read_as_it_is_from_every_file(many, tmp_path):
    np.save(tmp_path / "a.npy", many)
    np.savez_compressed(tmp_path / "b.npz", x_train=many[:3], x_test=many, y_test=np.arange(30))
    (tmp_path / "c-idx3-ubyte").write_bytes(idx_file(many))
    (tmp_path / "d-idx3-ubyte.gz").write_bytes(gzip.compress(idx_file(many)))
    np.save(tmp_path / "flat.npy", many.reshape(30, 784))
    np.save(tmp_path / "share.npy", many[:, None] / 255)
    for file in sorted(tmp_path.iterdir()):
        assert np.array_equal(read(file).images, many), file.name


def test_a_part_of_an_array_is_a_path_that_goes_on_inside_its_file(many, tmp_path):
    np.savez_compressed(tmp_path / "b.npz", x_train=many[:3], x_test=many)
    (tmp_path / "t10k-idx3-ubyte.gz").write_bytes(gzip.compress(idx_file(many)))
    assert np.array_equal(read(tmp_path / "b.npz" / "x_train").images, many[:3])
    found = read(tmp_path / "b.npz" / "x_test" / "10-25")
    assert (np.array_equal(found.images, many[10:25]), found.name) == (True, "b-x_test-10-25")
    assert np.array_equal(read(tmp_path / "t10k-idx3-ubyte.gz" / "4-9").images, many[4:9])


def test_small_digits_are_scaled_up_and_a_folder_of_images_is_read_in_the_order_of_names(tmp_path):
    small = np.zeros((2, 8, 8))
    small[:, 1:7, 3:5] = 16
    np.save(tmp_path / "small.npy", small)
    found = read(tmp_path / "small.npy").images
    assert (found[0] == found[1]).all()
    assert found[0].max() == 255
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, picture in {"b": stroke(), "a": stroke(200, 300)}.items():
        (folder / f"{name}.jpg").write_bytes(image_file(picture, "JPEG"))
    both = read(folder)
    assert (both.count, both.name) == (2, "photos")
    assert (both.images[0] == read(folder / "a.jpg").images[0]).all()
    assert any("2 images" in said for said in both.said)


def test_numbers_below_0_are_darker_than_those_above(many, tmp_path):
    array = np.zeros((1, 28, 28), np.int8)
    array[0, :3], array[0, 5] = -5, 100
    np.save(tmp_path / "a.npy", array)
    found = read(tmp_path / "a.npy").images[0].astype(int)
    assert found[0, 0] < found[4, 0] < found[5, 0]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_floating_point_pictures_without_numbers_are_refused_in_a_sentence(value, tmp_path, recwarn):
    picture = stroke().astype(np.float32)
    picture[9, 9] = value
    Image.fromarray(picture).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif has pixels that are no numbers"):
        read(tmp_path / "a.tif")
    assert not recwarn.list


def test_how_large_a_picture_is_is_not_told_to_the_terminal(tmp_path, recwarn):
    header = image_file(np.zeros((2, 2)))
    content = struct.pack(">2I", 10_000, 10_000) + header[24:29]
    data = header[:16] + content + struct.pack(">I", zlib.crc32(b"IHDR" + content)) + header[33:]
    assert size_of(data) == (10_000, 10_000)
    with pytest.raises(ValueError, match="10000 × 10000 pixels"):
        picture_of(data, "a.png")
    assert not recwarn.list


def test_what_is_transparent_is_ground_under_dark_and_under_light_ink(tmp_path):
    for ink in (0, 255):
        layers = np.zeros((300, 200, 4), np.uint8)
        layers[..., :3], layers[..., 3] = ink, 255 * (stroke() == 0)
        Image.fromarray(layers).save(tmp_path / "a.png")
        assert np.abs(read(tmp_path / "a.png").images.astype(int) - normalised(stroke(), "a").image).max() <= 1


def lying_npy(shape: tuple[int, ...]) -> bytes:
    packed = io.BytesIO()
    np.lib.format.write_array_header_1_0(packed, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return packed.getvalue() + bytes(1000)


def npz_file(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def npy(values: np.ndarray) -> bytes:
    packed = io.BytesIO()
    np.save(packed, values, allow_pickle=True)
    return packed.getvalue()


BAD = {
    "blank.png": (image_file(np.ones((90, 90))), "blank"),
    "dot.png": (image_file(np.ones((1, 1))), "blank"),
    "cut.png": (image_file(np.random.default_rng(0).random((90, 90)))[:900], "damaged or cut off"),
    "large.png": (image_file(np.zeros((6000, 6000))), "6000 × 6000 pixels"),
    "text.png": (b"not an image", "no image that can be read"),
    "nan.npy": (npy(np.full((2, 28, 28), np.nan)), "no numbers"),
    "huge.npy": (lying_npy((10**9, 28, 28)), "take a part"),
    "short.npy": (lying_npy((10, 28, 28)), "ends before"),
    "pickle.npy": (npy(np.array([{}])), "no array of numbers"),
    "line.npy": (npy(np.zeros(10)), "shape"),
    "labels.npz": (npz_file("y.npy", npy(np.arange(9))), "no array of images"),
    "zip.npz": (b"PK\3\4damaged", "damaged .npz"),
    "labels-idx1-ubyte": (struct.pack(">4BI", 0, 0, 8, 1, 9) + bytes(9), "no images"),
    "short-idx3-ubyte": (idx_file(np.zeros((3, 28, 28), np.uint8))[:-1], "ends earlier"),
    "lying-idx3-ubyte": (struct.pack(">4B3I", 0, 0, 8, 3, 2**31, 28, 28), "take a part"),
    "note.txt": (b"words", "holds no digits"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_digit_is_refused_in_one_sentence_that_names_the_file(name, tmp_path):
    content, why = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=why) as refused:
        read(tmp_path / name)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_one_digit_is_written_as_an_image_that_reads_back_and_several_are_not(seven, tmp_path):
    (file,) = digits.write(seven, tmp_path / "seven.png")
    assert (read(file).images == seven.images).all()
    with pytest.raises(ValueError, match=r"an image shows one"):
        digits.write(digits.example("drawn-digits"), tmp_path / "all.png")
    assert [path.name for path in tmp_path.iterdir()] == ["seven.png"]


def test_small_images_and_arrays_of_digits_are_recognised_and_large_images_are_not_taken_from_others(many):
    small, large = image_file(np.eye(28)), image_file(np.eye(256))
    for files in ({"a.png": small}, {"b.npz": npz_file("x.npy", npy(many))}, {"train-images-idx3-ubyte": idx_file(many)}):
        assert recognised_bytes(files) == "digits", next(iter(files))
    assert recognised_bytes({"a.png": large}) != "digits"
    assert recognised_bytes({"a.npz": npz_file("x.npy", npy(np.arange(5)))}) != "digits"


def photo(ground: int, ink: int, width: int = 30) -> bytes:
    """One stroke off the centre of a large picture with noise and a shade from left to right, JPEG."""
    picture = np.random.default_rng(0).normal(ground, 4, (600, 450)) * np.linspace(1, 0.85, 450)
    picture[300:520, 60 : 60 + width] = ink
    file = io.BytesIO()
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=60)
    return file.getvalue()


def test_dark_ink_on_light_paper_is_a_digit_at_any_size_and_a_scan_or_a_dark_picture_is_not():
    assert all(recognised_bytes({"a.jpg": photo(paper, ink)}) == "digits" for paper, ink in ((150, 50), (240, 20), (120, 30)))
    assert all(recognised_bytes({"a.jpg": photo(*other)}) == "brain" for other in ((10, 250), (40, 10), (200, 20, 380), (200, 199)))
    slices = brain.middle(brain.example("phantom"), 1).voxels[:, :, 0]
    for grey in (slices / slices.max(), np.clip(slices / slices.max() + 0.1, 0, 1)):
        assert recognised_bytes({"slice.png": image_file(grey)}) == "brain"


def test_a_picture_in_many_colours_is_no_digit_and_red_ink_on_yellow_paper_is_one(tmp_path):
    letter = np.full((480, 640, 3), (0.95, 0.9, 0.6))
    letter[100:380, 300:330] = [0.6, 0.1, 0.1]
    beach = letter.copy()
    beach[:180], beach[-120:, :300] = [0.4, 0.65, 0.95], [0.2, 0.6, 0.2]
    assert recognised_bytes({"letter.jpg": image_file(letter, "JPEG")}) == "digits"
    assert recognised_bytes({"beach.jpg": image_file(beach, "JPEG")}) == "brain"
    (tmp_path / "beach.jpg").write_bytes(image_file(beach, "JPEG"))
    (tmp_path / "letter.jpg").write_bytes(image_file(letter, "JPEG"))
    assert any("looks like no digit" in said for said in read(tmp_path / "beach.jpg").said)
    assert not any("looks like no digit" in said for said in read(tmp_path / "letter.jpg").said)


def test_arrays_of_28_by_28_are_digits_and_those_of_other_sides_are_not(many):
    pixels = np.zeros((9, 28, 28), np.uint8)
    for array in (pixels, pixels[0], pixels[:, None], pixels[..., None], pixels.reshape(9, 784), pixels.astype(np.float32)):
        assert recognised_bytes({"a.npy": npy(array)}) == "digits", array.shape
    for kind, shape in {"brain": (64, 64, 28), "ecg": (12, 5000)}.items():
        assert recognised_bytes({"a.npy": npy(np.zeros(shape, np.uint8))}) == kind
    assert recognised_bytes({"a.npy": b"\x93NUMPY"}) == "ecg"


def test_dropped_images_become_one_recording_and_what_holds_none_is_refused(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    files = {"b.png": image_file(stroke()), "a.png": image_file(stroke(200, 300))}
    assert read(digits.receive(files, folder)).count == 2
    (tmp_path / "out").mkdir()
    with pytest.raises(ValueError, match="holds no digits"):
        digits.receive({"a.txt": b"1", "b.txt": b"2"}, tmp_path / "out")


def test_mnist_is_read_as_it_is_published(data):
    found = read(data / "mnist" / "mnist.npz" / "x_test" / "0-10")
    assert found.images.shape == (10, 28, 28)
    assert found.images[0].sum() == 18454  # the seven that every course begins with
    assert arrays.npz(data / "mnist" / "mnist.npz").shape == (10_000, 28, 28)


def test_mnist_s_own_digits_are_centred_as_this_reader_centres(data):
    images = read(data / "mnist" / "mnist.npz" / "x_test" / "0-200").images.astype(float)
    again = np.array([255 * centred(image / 255) for image in images])
    centres = [[np.einsum("nij,ij->n", stack, grid) / stack.sum(axis=(1, 2)) for grid in np.indices((28, 28))] for stack in (images, again)]
    assert np.abs(np.subtract(*centres)).mean() < 0.1
    assert np.square((again - images) / 255).mean() < 0.02


def test_the_parts_of_mnist_are_the_official_ones_and_do_not_overlap(tmp_path):
    from vqvae.datasets.digits import TEST, parts
    from vqvae.datasets.splits import SPLITS

    split = SPLITS["mnist"]
    spans = [tuple(map(int, name.removeprefix("x_train/").split("-"))) for name in (*split.training, *split.validation)]
    assert spans[0][0] == 0
    assert spans[-1][1] == 60_000
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    assert all(name.startswith("x_test/") for name in TEST)
    with pytest.raises(ValueError, match="holds no MNIST"):
        parts(tmp_path)
    with pytest.raises(ValueError, match="no folder"):
        parts(tmp_path / "nowhere")
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_file(np.zeros((10_000, 28, 28), np.uint8))))
    assert isinstance(parts(tmp_path)["x_test/0-1000"], Path)
    assert read(parts(tmp_path)["x_test/9000-10000"]).count == 1000
