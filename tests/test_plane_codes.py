"""Images and volumes through wavelet planes: files give back what was coded, whatever the sides."""

from __future__ import annotations

import hashlib
import tracemalloc

import numpy as np
import pytest

from vqvae.families import plane_codes
from vqvae.families.plane_descriptions import NEIGHBOURS, coefficients, plane_indices, slice_band

WHOLE = 64
TRADE = 0.1


def picture(x: int, y: int, slices: int) -> np.ndarray:
    """A smooth head-like volume with an edge, values from 0 to 1."""
    u, v, w = np.meshgrid(np.linspace(-1, 1, x), np.linspace(-1, 1, y), np.linspace(-0.6, 0.6, slices), indexing="ij")
    inside = (u / 0.8) ** 2 + (v / 0.9) ** 2 + w**2 < 1
    return (inside * (0.5 + 0.2 * np.sin(9 * u + 3 * w) * np.cos(7 * v))).astype(np.float32)


@pytest.mark.parametrize(("x", "y", "slices"), [(32, 64, 1), (64, 64, 2), (64, 32, 5), (32, 32, 17)])
def test_payloads_hold_the_codes_and_codes_the_volume(x, y, slices):
    volume = picture(x, y, slices)
    found = plane_codes.encode(volume, 4.0, TRADE, WHOLE, {})
    assert found.codes.shape[1:] == plane_codes.shape_of(volume.shape)
    coder = plane_codes.coder_of(found.codes.shape[1:], {})
    np.testing.assert_array_equal(coder.decode(found.payloads[0], found.codes.shape), found.codes)
    assert coder.encode(found.codes) == found.payloads[0]
    rebuilt = plane_codes.decode(found.codes, 4.0)[:, :, :slices]
    assert np.sqrt(np.square(rebuilt - volume).mean()) < 0.7 * 2.0**-4


def test_chunks_are_coded_each_by_itself_and_hold_the_same_codes_as_one():
    volume = picture(32, 32, 32)
    whole = plane_codes.encode(volume, 3.0, 0.0, WHOLE, {})
    parts = plane_codes.encode(volume, 3.0, 0.0, 2, {})
    assert (len(whole.payloads), len(parts.payloads)) == (1, 2)
    np.testing.assert_array_equal(whole.codes, parts.codes)


def test_more_quality_takes_more_bytes_and_leaves_less_error():
    volume = picture(64, 64, 8)
    sizes, errors = [], []
    for quality in (1.0, 2.0, 3.0, 4.0, 5.0):
        found = plane_codes.encode(volume, quality, TRADE, WHOLE, {})
        sizes.append(sum(map(len, found.payloads)))
        errors.append(np.square(plane_codes.decode(found.codes, quality)[:, :, :8] - volume).mean())
    assert sizes == sorted(sizes)
    assert errors == sorted(errors, reverse=True)


def test_the_lowest_band_is_predicted_and_comes_back_exactly():
    for shape in ((1, 1, 3), (1, 5, 2), (4, 1, 2), (6, 7, 4)):
        rounded = np.random.default_rng(3).integers(-900, 900, shape)
        remainders = rounded - plane_codes._predicted(rounded)
        np.testing.assert_array_equal(plane_codes._restored(remainders), rounded)


def test_many_or_large_slices_make_smaller_groups_so_that_memory_is_bounded():
    assert plane_codes.shape_of((192, 224, 1)) == (1, 192, 224, 1)
    assert plane_codes.shape_of((192, 224, 3))[0] == 4
    assert plane_codes.shape_of((192, 224, 400)) == (8, 192, 224, 50)
    for side in (32, 256, 512, 1024):
        group, x, y, _ = plane_codes.shape_of((side, side, 64))
        assert group == 1 or group * x * y <= plane_codes.LARGEST_GROUP


@pytest.mark.parametrize("slice_levels", [0, 1, 2, 3])
def test_neighbours_lie_before_what_they_predict_and_in_the_band_they_are_said_to(slice_levels):
    x, y = 64, 32
    plane = coefficients(x, y, slice_levels)
    group = 1 << slice_levels
    assert sorted(plane.order) == list(range(group * x * y))
    distances = plane.description.distances
    assert distances.shape == (group * x * y, NEIGHBOURS)
    place = np.stack(np.unravel_index(plane.order, (group, x, y)), axis=1)
    for west, (dx, dy) in ((0, (0, -1)), (1, (-1, 0))):
        channels = np.flatnonzero(distances[:, west])
        np.testing.assert_array_equal(place[channels] + [0, dx, dy], place[channels - distances[channels, west]])
        assert (distances[channels, west] > 0).all()


def test_bands_across_slices_are_counted_from_the_finest():
    assert [slice_band(place, 3)[0] for place in range(8)] == [0, 3, 2, 2, 1, 1, 1, 1]
    assert [slice_band(place, 1)[0] for place in range(2)] == [0, 1]


def test_indices_of_a_plane_are_written_and_read():
    from vqvae.families.plane_coder import PlaneCoder

    levels, x, y, slices = 3, 5, 4, 6
    codes = np.random.default_rng(4).integers(0, 512, (1, levels, x, y, slices))
    order = (np.arange(levels) * x * y + np.arange(x * y)[:, None]).ravel()
    coder = PlaneCoder(plane_indices(x, y, levels, 9), order, None)
    np.testing.assert_array_equal(coder.decode(coder.encode(codes), codes.shape), codes)
    with pytest.raises(ValueError, match="do not fit"):
        coder.encode(codes[:, :, :4])


def test_describing_a_large_slice_takes_little_more_memory_than_what_is_kept():
    tracemalloc.start()
    kept = coefficients.__wrapped__(256, 512, 0).description.distances.nbytes
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * kept


@pytest.mark.parametrize(("slice_levels", "digest"), [(0, "9787df0efafd142b"), (3, "0b6a5122974a8c20")])
def test_files_that_were_written_depend_on_a_description_that_stays(slice_levels, digest):
    """A snapshot: coders that learned begin with this, and their files are read with it."""
    plane = coefficients(64, 96, slice_levels)
    found = hashlib.sha256(plane.order.astype("<i8").tobytes())
    for part in plane.description.layout:
        found.update(np.asarray(part, "<i4").tobytes())
    assert found.hexdigest()[:16] == digest
