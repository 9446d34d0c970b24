"""The one flow: blocks, gaps, rates, memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vqvae import pipeline
from vqvae.codec.adaptive import AdaptiveCoder
from vqvae.codec.descriptions import indices
from vqvae.families import family
from vqvae.families.choice import choose_vectors
from vqvae.families.codebook import decode_codes
from vqvae.families.protocol import pieces
from vqvae.modalities.ecg import Ecg, example, restore, to_tensors
from vqvae.modalities.ecg.examples import Scenario, synthesise
from vqvae.modalities.protocol import Tensors
from vqvae.networks.frames import FramesConfig
from vqvae.networks.vqvae import ModelConfig, QuantizerConfig, build

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def checkpoint():
    return pipeline.load("ecg")


@pytest.fixture(scope="module")
def recording() -> Ecg:
    return synthesise(Scenario("long", seconds=240, leads=("II", "V5"))).ecg


def test_codes_do_not_depend_on_the_blocks_they_are_computed_in(checkpoint, recording, monkeypatch):
    values = to_tensors(recording).values
    whole = family(checkpoint).encode(values, 3.0, 1000).codes
    for block in (100, 700):
        monkeypatch.setattr("vqvae.families.choice.BLOCK", block)
        assert np.array_equal(family(checkpoint).encode(values, 3.0, 1000).codes, whole)


def test_with_free_bits_the_codes_are_the_nearest_and_dear_ones_take_fewer_bits(checkpoint, recording):
    values = to_tensors(recording).values
    coder = AdaptiveCoder(indices(2, 9, 2), checkpoint.start)
    free, fair, dear = (
        choose_vectors(checkpoint.model, values, [thrift] * 2, 10**6, lambda rows, levels: coder_of(checkpoint, rows, levels), None).codes
        for thrift in (0.0, 0.5, 4.0)
    )
    assert np.array_equal(free, checkpoint.model.encode(torch.from_numpy(values)).numpy()[:, :2])
    assert len(coder.encode(dear)) < len(coder.encode(fair)) < len(coder.encode(free))


def coder_of(checkpoint, rows: int, levels: int) -> AdaptiveCoder:  # type: ignore[no-untyped-def]
    return AdaptiveCoder(indices(levels, 9, rows), checkpoint.start)


def test_samples_do_not_depend_on_the_blocks_they_are_decoded_in(checkpoint, recording):
    codes = pipeline.encode(checkpoint, recording).codes
    whole = decode_codes(checkpoint.model, codes, 10**6)
    assert np.allclose(decode_codes(checkpoint.model, codes, 150), whole, atol=1e-4)


def test_pieces_cover_every_frame_once_and_bring_their_surroundings():
    for count, block, reach in [(1, 5, 3), (10, 5, 0), (23, 5, 7), (40, 100, 2)]:
        covered = [frame for piece in pieces(count, block, reach) for frame in range(piece.start, piece.stop)]
        assert covered == list(range(count))
        for piece in pieces(count, block, reach):
            assert piece.first == max(0, piece.start - reach)
            assert piece.last == min(count, piece.stop + reach)


def test_more_levels_lose_less_and_cost_more(checkpoint, recording):
    encoded = pipeline.encode(checkpoint, recording)
    errors, rates = [], []
    for level in range(1, checkpoint.levels + 1):
        rebuilt = pipeline.decode(checkpoint, encoded, level)
        errors.append(float(np.abs(rebuilt.signals - recording.signals).mean()))
        rates.append(pipeline.rate(checkpoint, encoded, level).value)
    assert errors == sorted(errors, reverse=True)
    assert rates == sorted(rates)


def test_the_stated_rate_is_that_of_the_file_that_pack_writes(checkpoint, recording):
    encoded = pipeline.encode(checkpoint, recording, 3)
    for level in (1, 3):
        data, rate = pipeline.pack(checkpoint, pipeline.at_level(checkpoint, encoded, level)), pipeline.rate(checkpoint, encoded, level)
        assert (rate.bytes, rate.counts) == (len(data), "file")
        assert rate == pipeline.rate_of(data, encoded.layout)
        assert rate.value == pytest.approx(8 * len(data) / (2 * 240))
        assert rate.compression_ratio == pytest.approx(2 * 240 * 360 * recording.bits / 8 / len(data))


@pytest.mark.parametrize("coder", ["", "static", "adaptive"])
def test_compressing_at_once_gives_the_file_that_encoding_and_packing_give(checkpoint, recording, coder):
    shares: list[float] = []
    for chunk in (60.0, 300.0):
        whole = pipeline.compress(checkpoint, recording, 1.4, coder, chunk, shares.append)
        assert whole == pipeline.pack(checkpoint, pipeline.encode_at(checkpoint, recording, 1.4, chunk), coder, chunk)
    half = len(shares) // 2
    assert shares[:half] == sorted(shares[:half])
    assert shares[-1] == pytest.approx(1.0)


def test_the_first_levels_are_the_same_whatever_is_encoded_after_them(checkpoint, recording):
    few, many = (pipeline.encode(checkpoint, recording, level) for level in (2, 4))
    assert np.array_equal(few.codes, many.codes[:, :2])
    assert pipeline.at_level(checkpoint, many, 2).quality == few.quality
    with pytest.raises(ValueError, match="not of level 3"):
        pipeline.at_level(checkpoint, few, 3)


def test_nominal_rates_are_those_of_measured_files_where_every_level_was_measured(checkpoint):
    def measured(counts: str, levels: int) -> dict:
        return {"points": [{"level": level, "rate": {"value": 50.0 * level, "counts": counts}} for level in range(1, levels + 1)]}

    def rates(metrics: dict) -> tuple[float, ...]:
        other = replace(checkpoint)
        other.__dict__["metrics"] = metrics
        return pipeline.nominal_rates(other)

    assert rates(measured("file", 6)) == (50, 100, 150, 200, 250, 300)
    for metrics in ({}, measured("file", 5), measured("fixed-length", 6)):
        assert rates(metrics)[:2] == pytest.approx((101.25, 202.5))


def test_codes_and_layout_are_all_that_decoding_needs(checkpoint, recording):
    encoded = pipeline.encode(checkpoint, recording)
    copied = pipeline.Encoded(encoded.codes.copy(), json.loads(json.dumps(encoded.layout)), encoded.quality)
    assert np.array_equal(pipeline.decode(checkpoint, copied).signals, pipeline.decode(checkpoint, encoded).signals)


@pytest.mark.parametrize("rate", [100.0, 250.0, 333.3, 360.0, 500.0, 1000.0])
def test_restore_undoes_to_tensors_at_any_rate(rate):
    recording = synthesise(Scenario("any", seconds=12, rate=rate, leads=("II",))).ecg
    tensors = to_tensors(recording)
    assert tensors.values.dtype == np.float32
    assert tensors.values.shape[2] % 32 == 0
    back = restore(Tensors(tensors.values, json.loads(json.dumps(tensors.layout))))
    assert back.signals.shape == recording.signals.shape
    assert back.rate == recording.rate
    error = np.sqrt(np.mean((back.signals - recording.signals) ** 2)) / recording.signals.std()
    assert error < (1e-6 if rate == 360 else 0.03)


@pytest.mark.parametrize("value", [0.0, -1.25])
def test_a_flat_lead_comes_back_flat_beside_one_that_is_not(checkpoint, value):
    clean = example("normal")
    flat = Ecg(np.stack([np.full_like(clean.signals[0], value), clean.signals[1]]), clean.rate, ("flat", "II"))
    rebuilt = pipeline.decode(checkpoint, pipeline.encode(checkpoint, flat), 1)
    assert np.array_equal(rebuilt.signals[0], flat.signals[0])
    assert rebuilt.signals[1].std() > 0.1


def test_blocks_give_the_same_codes_when_every_network_reaches_as_far_as_it_can(recording, monkeypatch):
    torch.manual_seed(0)
    model = build(ModelConfig(FramesConfig(width=8, dilations=(1, 5)), QuantizerConfig(codebook_size=16, levels=3))).eval()
    for parameter in model.quantizer.refiners.parameters():
        parameter.data.normal_(0, 0.3)
    values = to_tensors(recording).values
    model.quantizer.initialise(model.encoder(torch.from_numpy(values)))
    whole = model.encode(torch.from_numpy(values)).numpy()
    monkeypatch.setattr("vqvae.families.choice.BLOCK", 60)
    pieces = choose_vectors(model, values, [0.0] * 3, 10**6, lambda rows, levels: AdaptiveCoder(indices(levels, 4, rows)), None).codes
    assert np.mean(pieces != whole) < 1e-3  # ties in rounding
    assert np.allclose(decode_codes(model, whole, 60), decode_codes(model, whole, 10**6), rtol=1e-3, atol=1e-3)


def test_a_checkpoint_of_another_preprocessing_is_refused(tmp_path):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((ROOT / "checkpoints" / "ecg" / name).read_bytes())
    settings = json.loads((tmp_path / "config.json").read_text())
    settings["preprocessing"]["rate_hz"] = 500
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ValueError, match="another preprocessing"):
        pipeline.load(tmp_path)


def test_gaps_come_back_as_gaps_and_leads_keep_their_names(checkpoint):
    clean = example("normal")
    signals = clean.signals[:3].copy()
    signals[0, 1000:4000] = np.nan
    signals[1, :700] = np.nan
    signals[1, -5:] = np.nan
    signals[2] = np.nan
    holed = Ecg(signals, clean.rate, ("a", "b", "c"))
    rebuilt = pipeline.decode(checkpoint, pipeline.encode(checkpoint, holed), 6)
    assert rebuilt.leads == ("a", "b", "c")
    assert np.array_equal(np.isnan(rebuilt.signals), np.isnan(signals))
    kept = ~np.isnan(signals[0])
    assert np.abs(rebuilt.signals[0] - signals[0])[kept].max() < 0.3


@pytest.mark.parametrize("samples", [1, 3, 31, 33])
@pytest.mark.parametrize("value", [0.0, 1.5, np.nan])
def test_tiny_flat_and_empty_recordings_pass_through(checkpoint, samples, value):
    recording = Ecg(np.full((1, samples), value, np.float32), 360.0, ("I",))
    rebuilt = pipeline.decode(checkpoint, pipeline.encode(checkpoint, recording))
    report = pipeline.compare(checkpoint, recording, rebuilt)
    assert rebuilt.signals.shape == (1, samples)
    assert np.isnan(rebuilt.signals).all() == np.isnan(value)
    assert len(report.events["beats"]) == 0


def test_gain_polarity_and_offset_pass_through(checkpoint, recording):
    louder = Ecg(-4 * recording.signals + 2, recording.rate, recording.leads)
    once = pipeline.decode(checkpoint, pipeline.encode(checkpoint, recording), 6)
    twice = pipeline.decode(checkpoint, pipeline.encode(checkpoint, louder), 6)
    errors = [np.abs(once.signals - recording.signals).mean(), np.abs(twice.signals - louder.signals).mean() / 4]
    assert errors[1] < 1.5 * errors[0]


def test_a_day_of_two_leads_takes_less_than_a_gigabyte_and_a_half():
    code = """
import dataclasses
from pathlib import Path
import numpy as np
from vqvae import pipeline
from vqvae.modalities.ecg import Ecg, example
from vqvae.networks.frames import FramesConfig
from vqvae.networks.vqvae import ModelConfig, QuantizerConfig, build
piece = example("ventricular").signals[:2]
signals = np.tile(piece, 24 * 60)
recording = Ecg(signals, 360.0, ("I", "II"))
small = ModelConfig(FramesConfig(width=4, dilations=(15,)), QuantizerConfig(codebook_size=4, levels=1))  # memory is in the signals
checkpoint = dataclasses.replace(pipeline.load("ecg"), model=build(small).eval())
rebuilt = pipeline.decode(checkpoint, pipeline.encode(checkpoint, recording, 1))
assert rebuilt.signals.shape == (2, 24 * 3600 * 360)
print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1e6)  # ru_maxrss begins with the parent's size
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1.5
