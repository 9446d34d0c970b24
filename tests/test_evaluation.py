"""Means of scores over recordings: which take part, and that it is said which do not."""

from __future__ import annotations

import math

from vqvae.evaluation import averaged, mean
from vqvae.modalities.protocol import Score

PSNR = Score("psnr", math.nan, "dB", math.inf, "Peak signal-to-noise ratio.")


def test_one_recording_that_came_back_exactly_does_not_take_the_mean_from_the_others():
    entry = averaged(PSNR, [30.0, math.inf, 40.0, math.nan])
    assert entry["value"] == 35
    assert entry["unit"] == "dB"
    assert entry["definition"].startswith(PSNR.definition)
    assert "1 of 4 recordings came back exactly" in entry["definition"]
    assert averaged(PSNR, [30.0, 40.0]) == {"value": 35, "unit": "dB", "definition": PSNR.definition}
    assert averaged(PSNR, [math.inf, math.inf])["value"] is None


def test_who_cannot_answer_is_left_out_and_where_nobody_can_there_is_no_mean():
    assert mean([1.0, math.nan, 3.0]) == 2
    assert mean([math.nan]) is mean([]) is None
