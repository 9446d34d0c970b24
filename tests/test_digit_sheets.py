"""Opponents for digits: one picture of all of them, of which every byte is counted, and how they are compared."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from vqvae.baselines import baseline, names
from vqvae.cli import main
from vqvae.codec.container import unpack
from vqvae.codecs import codec, open_vqz
from vqvae.modalities import digits
from vqvae.rates import rate_of

SHEETS = {"jpeg-sheet": ("JPEG", 40.0), "jpeg2000-sheet": ("JPEG2000", 1.0), "webp-sheet": ("WEBP", 60.0)}


def test_the_opponents_of_digits_are_those_that_ship():
    assert names("digits") == (*SHEETS,)
    assert {baseline(name).modality for name in SHEETS} == {"digits"}


@pytest.mark.parametrize("count", [1, 2, 5, 39, 40])
@pytest.mark.parametrize("name", SHEETS)
def test_a_file_holds_one_complete_picture_of_all_digits_whose_bytes_are_all_counted(name, count):
    recording = digits.excerpt(digits.example("scanned-digits"), 0, count)
    format_, quality = SHEETS[name]
    data = codec(name).compress(recording, quality)
    contents, (payload,), _ = unpack(data)
    with Image.open(io.BytesIO(payload), formats=[format_]) as picture:
        assert count <= picture.size[0] * picture.size[1] / 784 < 2 * count + 1
        sheet = np.asarray(picture.convert("L"))
    found = open_vqz(data).decompress(data).recording
    assert found.images.shape == recording.images.shape
    assert np.isin(found.images, sheet).all()
    assert digits.compare(recording, found).value("mse") < 0.02
    cost = rate_of(data, contents.layout)
    assert cost.bytes == len(data) > len(payload)
    assert cost.value == pytest.approx(8 * len(data) / recording.images.size)


def test_digits_come_back_in_their_order_from_a_sheet_without_loss():
    images = np.random.default_rng(0).integers(0, 256, (1, 1, 28, 28, 7), dtype=np.uint8)
    coder = baseline("jpeg2000-sheet").coder(1, 3.0)
    coder._options = {"irreversible": False, "no_jp2": True}
    assert np.array_equal(coder.decode(coder.encode(images), images.shape), images)


def test_benchmark_of_digits_lets_opponents_have_the_bytes_of_the_checkpoint_and_no_more(tmp_path, capsys):
    np.savez(tmp_path / "mnist.npz", x_test=digits.example("drawn-digits").images)
    given = ["benchmark", "digits", "--data", str(tmp_path), "--records", "x_test/0-20,x_test/20-40", "--output", str(tmp_path / "r.json")]
    assert main(given) == 0
    printed = capsys.readouterr().out
    assert all(f"| {name} |" in printed for name in ("digits", *SHEETS))
    points = {point["codec"]: point for point in json.loads((tmp_path / "r.json").read_text())["points"]}
    assert set(points) == {"digits", *SHEETS}
    for name in SHEETS:
        for part, row in points[name]["recordings"].items():
            own = points["digits"]["recordings"][part]
            assert row["bytes"] <= own["bytes"] or row["quality"] == baseline(name).qualities[0]
            assert row["mse"] > own["mse"]
    assert main([*given, "--codecs", "jpeg-sheet"]) != 0
    assert "name one of those" in capsys.readouterr().err
