"""Computed brains: what they are made of is known, and they look like brains."""

from __future__ import annotations

import numpy as np
import pytest

from vqvae.modalities import brain
from vqvae.modalities.brain.examples import INTENSITIES, describe, truth


@pytest.mark.parametrize("name", brain.examples())
def test_shares_of_tissue_are_shares_and_fill_the_brain(name):
    tissue = truth(name)
    whole = np.sum(tissue, axis=0)
    assert all(part.shape == brain.example(name).voxels.shape for part in tissue)
    assert min(part.min() for part in tissue) >= 0
    assert whole.max() <= 1 + 1e-6
    assert (whole[[0, -1]] == 0).all()
    assert 0.15 < whole.mean() < 0.6
    assert (tissue.lesion.max() > 0.9) == (name == "lesion")


def test_a_whole_brain_has_about_as_much_grey_as_white_matter_and_little_fluid():
    found = describe("phantom")
    grey, white, fluid, _ = (part.sum() * found.step / 1000 for part in truth("phantom"))  # cm³
    assert 1000 < grey + white < 1700
    assert 0.6 < grey / white < 1.6
    assert 0.03 < fluid / (grey + white) < 0.25


def test_the_cortex_is_a_thin_ribbon_with_white_matter_inside_and_nothing_outside():
    tissue = truth("slice")
    row = np.stack(tissue)[:3, 88:, 104, 0]  # from the middle to the right
    assert row[1, 20] > 0.9
    outermost = np.flatnonzero(row.sum(axis=0) > 0.5)[-1]
    assert row[0, outermost - 3 : outermost].max() > 0.5
    assert 55 < outermost < 70


def test_every_tissue_has_its_intensity():
    volume, tissue = brain.example("lesion"), truth("lesion")
    for part, share in zip(tissue._fields, tissue, strict=True):
        pure = volume.voxels[share > 0.999]
        assert len(pure) > 500, part
        assert pure.mean() == pytest.approx(INTENSITIES[part], abs=0.5)
        assert pure.std() == pytest.approx(2.0, abs=0.3)
    assert not volume.voxels[np.sum(tissue, axis=0) == 0].any()


def test_another_seed_is_another_brain_of_the_same_size():
    first, second = truth("slice").grey, truth("slice", 1).grey
    assert np.abs(first - second).mean() > 0.01
    assert first.sum() == pytest.approx(second.sum(), rel=0.25)


def test_the_grainy_scan_is_brighter_on_one_side_and_noisier():
    volume, tissue = brain.example("grainy"), truth("grainy")
    white = tissue.white > 0.999
    left, right = white.copy(), white.copy()
    left[60:], right[:116] = False, False
    assert volume.voxels[right].mean() > 1.05 * volume.voxels[left].mean()
    near = white.copy()
    near[:86], near[90:], near[:, :102], near[:, 106:] = False, False, False, False
    assert volume.voxels[near].std() == pytest.approx(12, rel=0.3)


def test_an_unknown_example_is_refused_naming_the_known_ones():
    with pytest.raises(ValueError, match=r"'x'.*phantom"):
        brain.example("x")
