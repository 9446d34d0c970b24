"""Noise of magnitude images, and the blur that a reconstruction is measured beside."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from vqvae.modalities import brain
from vqvae.modalities.brain.noise import WIDTHS, best_blur, blurred, denoised, with_noise
from vqvae.modalities.brain.recording import Source, Volume


def flat(value: float, slices: int = 2) -> Volume:
    return Volume("flat", np.full((120, 120, slices), value, np.float32), span=(0.0, 100.0), source=Source("nii", "<f4", "RAS"))


def test_noise_is_rayleigh_in_black_and_nearly_gaussian_where_it_is_bright():
    dark, bright = (with_noise(flat(value), 4.0).voxels for value in (0.0, 80.0))
    assert dark.mean() == pytest.approx(4 * math.sqrt(math.pi / 2), rel=0.01)
    assert dark.std() == pytest.approx(4 * math.sqrt(2 - math.pi / 2), rel=0.02)
    assert bright.std() == pytest.approx(4, rel=0.02)
    assert bright.mean() == pytest.approx(80 + 4**2 / (2 * 80), abs=0.1)


def test_noise_is_the_same_again_another_for_another_seed_and_its_own_in_every_slice():
    first = with_noise(flat(50), 5).voxels
    assert np.array_equal(first, with_noise(flat(50), 5).voxels)
    assert not np.array_equal(first, with_noise(flat(50), 5, seed=1).voxels)
    assert abs(np.corrcoef(first[:, :, 0].ravel(), first[:, :, 1].ravel())[0, 1]) < 0.05
    assert np.array_equal(first[:, :, :1], with_noise(flat(50, 1), 5).voxels)


def test_a_noisy_image_is_held_as_its_file_would_hold_it_and_keeps_its_window():
    clean = brain.middle(brain.example(), 1)
    eight = replace(clean, voxels=np.rint(clean.voxels), source=Source(), span=None)
    noisy = with_noise(eight, 10)
    assert noisy.window == eight.window
    assert np.array_equal(noisy.voxels, np.clip(np.rint(noisy.voxels), 0, 255))
    assert np.array_equal(with_noise(eight, 0).voxels, eight.voxels)


@pytest.mark.parametrize("percent", [-1, 101, math.nan])
def test_noise_that_cannot_be_is_refused(percent):
    with pytest.raises(ValueError, match="from 0 to 100"):
        with_noise(flat(50), percent)


def test_the_best_blur_is_the_best_of_all_that_are_tried():
    clean = brain.middle(brain.example(), 2)
    noisy = with_noise(clean, 12)
    mask = clean.voxels > 10 / 255 * clean.window[1]
    errors = [((blurred(noisy, width).voxels - clean.voxels)[mask] ** 2).sum() for width in WIDTHS]
    assert best_blur(clean, noisy) == pytest.approx(WIDTHS[int(np.argmin(errors))], abs=0.051)
    assert 0 < best_blur(clean, with_noise(clean, 4)) < best_blur(clean, noisy)
    assert best_blur(clean, clean) == 0


def test_a_blurred_image_is_every_slice_blurred_by_itself():
    from scipy.ndimage import gaussian_filter

    clean = replace(brain.middle(brain.example(), 2), source=Source("nii", "<f4", "RAS"))
    for place in range(2):
        expected = gaussian_filter(clean.voxels[:, :, place], 0.8)
        assert blurred(clean, 0.8).voxels[:, :, place] == pytest.approx(expected, abs=1e-3)


def test_a_reconstruction_without_noise_beats_the_blur_which_beats_the_noise():
    clean = brain.middle(brain.example(), 2)
    heard: list[float] = []
    found = denoised(clean, with_noise(clean, 8), clean, heard.append)
    psnr = [one.value("psnr") for one in (found.noisy, found.blurred, found.reconstruction)]
    assert psnr == sorted(psnr)
    assert psnr[0] < psnr[1] < psnr[2] == math.inf
    assert found.width in WIDTHS
    assert heard[-1] == pytest.approx(1)
    assert heard == sorted(heard)
