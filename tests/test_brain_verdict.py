"""The verdict on an image: what is said first, what decides, and what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from vqvae.modalities import brain
from vqvae.modalities.brain.verdict import LIMITS, doubted, traces, worst_slices
from vqvae.modalities.protocol import Report, Score


def report(ssim_brain=(0.99, 0.97, 0.98), psnr=40.0, edges=10.0, change=(0.5, -0.4, 0.2), brain_pixels=100) -> Report:
    count = len(ssim_brain)
    slices = pd.DataFrame({"place": range(count), "position": np.arange(count) * 3.0, "brain": brain_pixels, "ssim_brain": ssim_brain})
    tissues = pd.DataFrame({"tissue": ("fluid", "grey", "white"), "before": 1.0, "after": 1.0, "change": change})
    values = {"ssim": 0.9, "ssim_brain": float(np.mean(ssim_brain)), "psnr": psnr, "gradient_error": edges}
    return Report(tuple(Score(name, value, "", 1.0, "") for name, value in values.items()), {"slices": slices, "tissues": tissues})


def test_the_worst_slice_is_said_first_then_the_mean_then_the_tissues():
    found = brain.verdict(report())
    assert found.grade == "good"
    assert found.text.startswith("Worst of 3 slices: number 2, structural similarity 0.970 in the brain (1 is perfect). On average 0.980,")
    assert found.text.index("grey matter −0.4") < found.text.index("white matter +0.2") < found.text.index("fluid +0.5")
    assert len(found.reasons) == 6


@pytest.mark.parametrize(
    ("changes", "grade", "said"),
    [
        ({"ssim_brain": (0.9, 0.9, 0.9)}, "fair", "Fine structure of the brain is softened."),
        ({"ssim_brain": (0.84, 0.84, 0.84)}, "poor", "Fine structure of the brain is lost."),
        ({"ssim_brain": (0.99, 0.99, 0.7)}, "poor", "Slice 3 is much worse than the others."),
        ({"ssim_brain": (0.97, 0.96, 0.95, 0.93, 0.89)}, "fair", "number 5, structural similarity 0.890 in the brain"),
        ({"edges": 40.0}, "fair", "Edges in the brain are off by 40"),
        ({"edges": 80.0}, "poor", "Edges in the brain are off by 80"),
        ({"change": (0.5, 0.0, -2.0)}, "fair", "white matter −2\u202f% (fair), grey matter ±0\u202f% (good), fluid +0.5\u202f% (good)"),
        ({"change": (0.0, 5.0, 0.0)}, "poor", "grey matter +5\u202f% (poor)"),
        ({"change": (9.0, 0.0, -2.0)}, "poor", "fluid +9\u202f% (poor)"),
        ({"change": (-2.0, 2.0, 2.0)}, "fair", "fluid −2\u202f%: all fair."),
    ],
)
def test_the_grade_is_the_worst_of_what_is_judged_and_the_text_says_which_it_was(changes, grade, said):
    found = brain.verdict(report(**changes))
    assert found.grade == grade
    assert said in found.text


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"change": (0.5, -2.5, 4.4)}, "Tissue volumes, by intensity: white matter +4.4\u202f% (poor), grey matter −2.5\u202f% (fair)"),
        ({"edges": 80.0}, "Edges in the brain are off by 80"),
        ({"ssim_brain": (0.99, 0.99, 0.7)}, "Slice 3 is much worse than the others."),
        ({"ssim_brain": (0.84, 0.84, 0.84)}, "Fine structure of the brain is lost."),
    ],
)
def test_what_decides_a_bad_grade_is_said_first(changes, first):
    assert brain.verdict(report(**changes)).text.startswith(first)


def test_the_worst_slice_is_not_said_twice():
    text = brain.verdict(report(ssim_brain=(0.875, 0.86, 0.88))).text
    assert text.count("0.860") == 1
    assert "keeps least" not in text


def test_what_reads_as_a_limit_keeps_it():
    for name, changes in {
        "structure": {"ssim_brain": (1 - LIMITS["structure"][0] - 0.0004,) * 3}, "edges": {"edges": LIMITS["edges"][0] + 0.04},
        "tissues": {"change": (0, LIMITS["tissues"][0] + 0.04, 0)},
    }.items():  # fmt: skip
        assert brain.verdict(report(**changes)).grade == "good", name


def test_what_cannot_be_told_is_left_out():
    found = brain.verdict(report(ssim_brain=(0.97,), change=(np.nan,) * 3))
    assert found.text.startswith("One slice: structural similarity 0.970")
    assert "matter" not in found.text
    assert len(found.reasons) == 2


def test_a_dark_image_and_an_equal_one_have_words_of_their_own():
    assert "dark throughout" in brain.verdict(report(brain_pixels=0)).text
    phantom = brain.middle(brain.example(), 2)
    equal = brain.verdict(brain.compare(phantom, phantom))
    assert equal.grade == "good"
    assert "nothing was lost" in equal.text
    ruined = brain.verdict(brain.compare(phantom, replace(phantom, voxels=phantom.voxels[::-1])))
    assert ruined.grade == "poor"


def test_slices_are_listed_from_the_worst_on_without_those_that_have_no_brain():
    slices = report(ssim_brain=(0.9, 0.5, 0.7, 0.2)).events["slices"].assign(brain=(9, 9, 9, 0))
    assert worst_slices(slices)["place"].tolist() == [1, 2, 0]


def test_a_few_bright_pixels_in_an_empty_slice_decide_nothing():
    few = report(ssim_brain=(0.99, 0.98, 0.3), brain_pixels=(5000, 6000, 3))
    found = brain.verdict(few)
    assert "Worst of the 2 of 3 slices with more than a trace of brain: number 2, structural similarity 0.980" in found.text
    assert traces(few.events["slices"].assign(brain=(5000, 0, 3))).tolist() == [False, False, True]
    assert not any("Slice 3" in reason for reason in found.reasons)
    assert any("Slice 2" in reason and "more than a trace of brain" in reason for reason in found.reasons)
    assert worst_slices(few.events["slices"])["place"].tolist() == [1, 0, 2]


def test_a_volumes_score_is_a_size_and_says_where_its_direction_is_to_be_found():
    phantom = brain.middle(brain.example(), 2)
    found = brain.compare(phantom, replace(phantom, voxels=phantom.voxels * 0.8)).find("white_volume_change")
    assert found.value >= 0
    assert "without a sign" in found.definition
    assert "Which way it changes, the verdict says." in found.definition


def test_equal_volumes_of_tissue_are_called_equal():
    said = brain.verdict(report(change=(0.0, 0.0, 0.0))).reasons
    assert sum("there is as much " in reason for reason in said) == 3


def test_what_is_no_brain_is_not_judged_as_one():
    found = doubted(report(ssim_brain=(0.5, 0.5, 0.5)), "This is no brain.")
    assert found.grade == "fair"
    assert found.text.startswith("This is no brain. Of the whole picture, SSIM is 0.900")
    assert "Fine structure" not in found.text
