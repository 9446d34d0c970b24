"""A volume and what networks see of it: the window, the margins, and nothing lost on the way back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from vqvae.families.plane_codes import decode, in_steps
from vqvae.modalities import brain
from vqvae.modalities.brain import Source, Volume, recording
from vqvae.modalities.brain.tensors import outside
from vqvae.modalities.protocol import Tensors

STORED = "nii <i2 3 RAS 2 1 0 1 2 1 1 1 0 0 0 0 1 0 0 0 0 1 0"


@pytest.fixture
def noise():
    return np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(32, 64, 1), (33, 31, 2), (1, 95, 3), (97, 2, 1)])
def test_sides_are_multiples_of_32_and_the_image_lies_in_their_middle(shape, noise):
    volume = Volume("a", noise.integers(0, 255, shape).astype(np.float32))
    values, layout = brain.to_tensors(volume)
    assert values.shape == (1, 1, *brain.sides(layout))
    assert all(side % 32 == 0 and 0 <= side - own < 32 for side, own in zip(values.shape[2:4], shape, strict=False))
    left, front = ((side - own) // 2 for side, own in zip(values.shape[2:4], shape, strict=False))
    assert np.allclose(values[0, 0, left : left + shape[0], front : front + shape[1]], volume.voxels / 255)
    assert np.array_equal(values[0, 0, 0, front : front + shape[1]], values[0, 0, left, front : front + shape[1]])
    assert np.array_equal(brain.restore(brain.to_tensors(volume)).voxels, volume.voxels)


def test_floats_come_back_within_a_hundred_thousandth_of_their_window(noise):
    volume = Volume("a", noise.normal(300, 80, (40, 50, 3)).astype(np.float32), source=Source("nii", "<f4", "RAS"))
    low, high = volume.window
    assert np.abs(brain.restore(brain.to_tensors(volume)).voxels - volume.voxels).max() <= 1e-5 * (high - low)


def test_integers_come_back_as_integers_within_their_range(noise):
    volume = Volume("a", noise.integers(0, 255, (32, 32, 1)).astype(np.float32))
    values, layout = brain.to_tensors(volume)
    rough = brain.restore(Tensors(values * 1.7 - 0.3, layout))
    assert np.array_equal(rough.voxels, np.rint(rough.voxels))
    assert (rough.voxels.min(), rough.voxels.max()) == (0, 255)


@pytest.mark.parametrize(
    ("voxels", "source", "window"),
    [
        (np.arange(10), Source(), (0, 255)),
        (np.arange(10), Source("nii", "|u1", "RAS"), (0, 8.99)),
        (np.r_[np.zeros(5000), np.arange(1, 1001)], Source("nii", "<i2", "RAS"), (0, 999)),
        (np.arange(-1000, 1001), Source("nii", "<i2", "RAS"), (-990, 998)),
        (np.r_[-1, np.arange(1000)], Source("nii", "<i2", "RAS"), (0, 998)),
        (np.r_[np.zeros(10), -np.arange(1, 11)], Source("nii", "<i2", "RAS"), (-9.91, -1.01)),
        (np.linspace(2.0, 2.001, 1001), Source("nii", "<f4", "RAS"), (2.000005, 2.000999)),
    ],
)
def test_the_window_runs_from_black_to_the_brightest_but_a_thousandth(voxels, source, window):
    volume = Volume("a", voxels.astype(np.float32)[:, None, None], source=source)
    assert volume.window == pytest.approx(window, rel=2e-3, abs=1e-6)
    assert volume.window[0] < volume.window[1]


@pytest.mark.parametrize("shape", [(64, 64, 2048), (128, 128, 384), (1024, 1024, 12)])
def test_the_window_of_a_large_volume_is_that_of_all_of_its_slices(shape, monkeypatch):
    monkeypatch.setattr(recording, "_SAMPLES", 1 << 18)
    voxels = np.full(shape, 5, np.float32)
    voxels[:, :, 1::2] = 900
    assert Volume("a", voxels, source=Source("nii", "<i2", "RAS")).window == (0, 900)


def test_what_lies_outside_of_the_window_is_counted_and_kept():
    voxels = np.full((32, 32, 1), 100, np.float32)
    voxels[0, :3, 0] = [-50, 7000, 300]
    volume = Volume("a", voxels, source=Source("nii", "<f4", "RAS"), span=(0.0, 200.0))
    assert outside(volume) == 3
    assert brain.to_tensors(volume).values.max() == pytest.approx(35)
    assert np.allclose(brain.restore(brain.to_tensors(volume)).voxels, voxels)


@pytest.mark.parametrize("value", [1e20, -3e38])
def test_one_voxel_far_out_leaves_all_others_as_they_would_be(value):
    clean = brain.example().voxels[:64, :64, :8].copy()
    spoilt = clean.copy()
    spoilt[30, 30, 4] = value
    coded = []
    for voxels in (clean, spoilt):
        volume = Volume("a", voxels, source=Source("nii", "<f4", "RAS"), span=(0.0, 255.0))
        coded.append(decode(np.rint(in_steps(brain.to_tensors(volume).values[0, 0], 8.0))[None].astype(np.int64), 8.0))
    apart = np.abs(coded[0] - coded[1])
    apart[30, 30, 4] = 0
    assert apart.max() < 0.02


def test_an_8_bit_picture_needs_no_words_on_how_it_was_stored_and_a_volume_few():
    picture = brain.to_tensors(Volume("Mil_000", np.zeros((176, 208, 32), np.float32))).layout
    assert picture == {"modality": "brain", "name": "Mil_000", "shape": [176, 208, 32]}
    assert brain.with_gaps(picture, []) == {**picture, "gaps": []}
    brain.check_layout(brain.with_gaps(picture, []))
    assert len(json.dumps(brain.to_tensors(brain.example()).layout)) < 230


def test_where_and_how_a_volume_was_stored_comes_back_from_its_layout():
    affine = np.array([[-0.9375, 0.01, 0.1, 91.3], [0.02, 1.1, 1 / 3, -120.25], [0.0, -0.2, 4.8, 1e-7], [0, 0, 0, 1]])
    source = Source("hdr", ">i2", "LAS", 5, 0.12345679, -7.5, 2, 10, 4, 1)
    volume = Volume("a", np.ones((4, 5, 6), np.float32), 1, (1, 1, 1), affine, source)
    found = brain.restore(brain.to_tensors(volume))
    assert found.source == source
    assert found.axis == 1
    assert np.allclose(found.affine, affine, rtol=1e-6, atol=1e-6)


def test_lost_slices_come_back_black_and_are_mentioned():
    volume = brain.example()
    values, layout = brain.to_tensors(volume)
    found = brain.restore(Tensors(values, brain.with_gaps(layout, [(3, 7), (30, 99)])))
    brain.check_layout(brain.with_gaps(layout, [(3, 7), (30, 99)]))
    assert not found.voxels[:, :, 3:7].any()
    assert not found.voxels[:, :, 30:].any()
    assert np.array_equal(found.voxels[:, :, 7:30], volume.voxels[:, :, 7:30])
    assert found.said == ["Slices 4 to 7 were lost: they are black.", "Slices 31 to 32 were lost: they are black."]


def test_a_rate_counts_the_pixels_of_the_image_itself_against_what_was_stored():
    picture = brain.extent(brain.to_tensors(Volume("a", np.zeros((100, 50, 3), np.float32))).layout)
    assert (picture.amount, picture.unit, picture.raw_bytes) == (15000, "bit/pixel", 15000)
    deep = brain.extent(brain.to_tensors(replace(brain.example(), source=Source("nii", "<i2", "RAS"))).layout)
    assert deep.raw_bytes == 2 * deep.amount == 2 * 176 * 208 * 32


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a/b"), ("name", 3), ("name", ""), ("shape", [1, 2]), ("shape", [0, 2, 3]), ("shape", [5000, 2, 3]),
        ("shape", [1000, 1000, 1000]), ("shape", [2.0, 2, 3]), ("window", [1, 1]), ("window", [0, float("nan")]), ("window", [0, "1"]),
        ("window", [0, True]), ("gaps", [[5, 3]]), ("gaps", [[0, 999]]), ("gaps", {}), ("source", 5), ("source", "png"),
        ("source", "exe <i2 3"), ("source", "nii <i2 3 RAS 2"), ("source", STORED.replace("RAS", "RRS")),
        ("source", STORED.replace("2 1 0", "2 0 0")),
        ("source", STORED.replace("0 1 0 0", "0 nan 0 0")), ("source", STORED.replace("0 1 0 0", "0 0 0 0")),
        ("source", STORED.replace("i2", "c8")), ("source", STORED.replace("RAS 2", "RAS 7")),
        ("modality", "ecg"),
    ],
)  # fmt: skip
def test_a_layout_that_was_forged_is_refused(field, value):
    layout = brain.to_tensors(brain.example()).layout
    brain.check_layout({**layout, "source": STORED})
    with pytest.raises(ValueError, match=r"incomplete|damaged or forged"):
        brain.check_layout({**layout, field: value})
