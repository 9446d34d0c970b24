"""What is hardly a slice of a brain is told by its colour and its border; what is one is not suspected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vqvae.modalities import brain
from vqvae.modalities.brain.likeness import doubt
from vqvae.modalities.brain.noise import with_noise


@pytest.mark.parametrize("name", brain.examples())
def test_no_example_is_suspected_not_even_with_noise(name):
    image = brain.middle(brain.example(name), 2)
    assert doubt(image) == ""
    assert doubt(with_noise(image, 2)) == ""


def test_no_slice_of_a_real_head_is_suspected(data):
    files = sorted((data / "oasis").glob("*.jpg"))[::181]
    assert len(files) > 20
    assert [path.name for path in files if doubt(brain.read(path))] == []


def photograph(path, colour: bool) -> brain.Volume:
    """Something bright to its borders, with a dark part in the middle."""
    pixels = np.random.default_rng(0).integers(60, 255, (90, 120, 3 if colour else 1)).astype(np.uint8)
    pixels[30:60, 40:80] = 3
    Image.fromarray(pixels if colour else pixels[:, :, 0]).save(path)
    return brain.read(path)


def test_a_photograph_is_told_by_its_colour_and_its_bright_border(tmp_path):
    said = doubt(photograph(tmp_path / "colour.png", colour=True))
    assert said.startswith("This does not look like a T1 brain slice: it was in colour")
    assert "and 100\u202f% of its border is bright" in said
    share = 100 * (1 - 30 * 40 / (90 * 120))
    assert f"of {share:.1f}\u202f% of its pixels" in said
    grey = doubt(photograph(tmp_path / "grey.png", colour=False))
    assert "colour" not in grey
    assert "of its border is bright" in grey


def test_a_map_of_labels_is_told_by_its_even_areas():
    phantom = brain.middle(brain.example(), 2)
    said = doubt(replace(phantom, voxels=np.rint(phantom.voxels / 40) * 40))
    assert "of neighbouring pixels are exactly equal, as in a map of labels" in said
    assert "border" not in said


def test_what_is_hardly_a_brain_is_judged_as_none(tmp_path):
    for image, strange in ((photograph(tmp_path / "a.png", colour=True), True), (brain.middle(brain.example(), 2), False)):
        report = brain.compare(image, image)
        assert ("does not look like" in brain.judged(image, report).text) == strange
        assert (brain.judged(image, report) == brain.verdict(report)) != strange


def test_a_brain_in_colour_is_suspected_for_its_colour_alone():
    image = brain.middle(brain.example("slice"), 1)
    said = doubt(replace(image, source=replace(image.source, colour=True)))
    assert "it was in colour" in said
    assert "border" not in said
