"""Codes of wavelet coefficients, band by band."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from vqvae.modalities.ecg import Ecg, figure
from vqvae.modalities.ecg.drawing import MOST_SHADES, magnitude_strip
from vqvae.modalities.ecg.paper import View
from vqvae.networks.wavelet import to_frames
from vqvae.spectrum import band_edges, band_use, magnitudes

RATE, FRAME = 360, 32


def test_bands_are_octaves_that_meet_and_end_at_half_the_sampling_rate():
    edges = band_edges(FRAME, FRAME / RATE)
    assert edges[0] == (0, pytest.approx(5.625))
    for (_, high), (low, _) in pairwise(edges):
        assert high == low
    assert edges[-1] == (90, 180)


@pytest.mark.parametrize("frequency", [2.0, 8.0, 16.0, 32.0, 65.0, 130.0])
def test_a_tone_is_largest_in_the_band_that_its_frequency_lies_in(frequency):
    tone = np.sin(2 * np.pi * frequency * np.arange(FRAME * 200) / RATE)
    codes = np.rint(100 * to_frames(tone, 5)).astype(int).T
    sizes = magnitudes(codes).mean(axis=1)
    low, high = band_edges(FRAME, FRAME / RATE)[int(sizes.argmax())]
    assert low <= frequency < high


def test_what_bands_hold_is_counted_by_hand():
    codes = np.zeros((2, FRAME, 4), int)
    codes[0, 0] = [5, -9, 5, 5]
    codes[1, 0] = [0, 0, -9, 5]
    codes[:, 16:] = 1
    use = band_use(codes, FRAME / RATE)
    assert (use[0].zero, use[0].largest) == (25.0, 9)
    assert use[0].bits == pytest.approx(-(0.5 * np.log2(0.5) + 2 * 0.25 * np.log2(0.25)))
    assert (use[1].zero, use[1].largest, use[1].bits) == (100.0, 0, 0.0)
    assert (use[-1].zero, use[-1].largest, use[-1].bits) == (0.0, 1, 0.0)
    assert sum(band.per_second for band in use) == pytest.approx(RATE)


def test_larger_codes_are_brighter_and_tell_their_size():
    sizes = np.array([[0, 1, 2, 40], [0, 0, 3, 100_000]])
    strip = magnitude_strip(sizes, ((0.0, 6.0), (6.0, 12.0)), 1.0, 0.0)
    assert strip.codes[1].tolist() == [0, 0, 3, MOST_SHADES - 1]
    light = strip.colours[0].astype(int) @ [3, 6, 1]
    assert light[-1] == light.max()
    recording = Ecg(np.zeros((1, 4 * RATE), np.float32), float(RATE), ("II",))
    picture = figure(recording, recording, View(), strip=strip)
    cells = next(trace for trace in picture.data if trace.type == "heatmap")
    assert cells.customdata.tolist() == strip.codes.tolist()
    assert list(picture.layout.yaxis3.ticktext) == ["0–6", "6–12"]
    assert "band %{y} of 2" in cells.hovertemplate
