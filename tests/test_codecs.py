"""Every codec by name, and which one reads a file."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vqvae import baselines
from vqvae.checkpoint import SHIPPED
from vqvae.codec.container import pack, unpack
from vqvae.codecs import Opponent, codec, decode, digest, identity, names, open_vqz, trained
from vqvae.modalities.ecg import Ecg, example, excerpt, length, restore, to_tensors, with_gaps
from vqvae.modalities.protocol import Tensors


@pytest.fixture(scope="module")
def recording() -> Ecg:
    return excerpt(example("noisy"), ["II", "V2"], 20)


@pytest.mark.parametrize("name", baselines.names("ecg"))
def test_a_file_needs_nothing_but_itself_and_gives_back_what_the_opponent_decodes(name, recording):
    opponent: Any = codec(name)
    data = opponent.compress(recording, 1.5)
    found = open_vqz(data).decompress(data)
    assert found.damage == ()
    back = found.recording
    assert (back.rate, back.leads, back.name, back.bits) == (recording.rate, recording.leads, recording.name, recording.bits)
    assert (np.isnan(back.signals) == np.isnan(recording.signals)).all()
    baseline, (values, layout) = baselines.baseline(name), to_tensors(recording)
    expected = restore(Tensors(baseline.decode(baseline.encode(values, 1.5), 1.5, values.shape[2]), layout))
    assert np.array_equal(back.signals, expected.signals, equal_nan=True)
    assert len(opponent.compress(recording, 3.0)) > len(data)


@pytest.mark.parametrize("name", baselines.names("ecg"))
def test_a_lost_chunk_comes_back_as_a_gap_and_the_rest_as_it_was(name, recording):
    opponent = Opponent(baselines.baseline(name), chunk=5.0)
    data = opponent.compress(recording, 2.0)
    whole = opponent.decompress(data).recording
    payloads = unpack(data).payloads
    broken = bytearray(data)
    broken[-1 - sum(len(payload or b"") for payload in payloads[3:])] ^= 1  # in the third chunk
    found = opponent.decompress(bytes(broken))
    assert [lost.chunk for lost in found.damage] == [2]
    lost, before = np.isnan(found.recording.signals), np.isnan(whole.signals)
    contents = unpack(data).contents
    column = 2 ** round(np.log2(length(contents.layout) / contents.shape[-1]))  # samples, a power of two with all of them
    start, stop = (frame * column - 32 for frame in contents.frames(2))  # samples
    assert 2880 < start < stop < 6200
    assert lost[:, start:stop].all()
    assert (lost[:, : start - 600] == before[:, : start - 600]).all()
    assert (lost[:, stop + 600 :] == before[:, stop + 600 :]).all()
    assert np.allclose(found.recording.signals[~lost], whole.signals[~lost], atol=1e-3)


def test_shorter_chunks_are_more_and_cost_bytes(recording):
    files = [Opponent(baselines.baseline("dct"), chunk=seconds).compress(recording, 2.0) for seconds in (5.0, 300.0)]
    assert [unpack(data).contents.chunks for data in files] == [4, 1]
    assert len(files[0]) > len(files[1])
    signals = [codec("dct").decompress(data).recording.signals for data in files]
    assert np.array_equal(*signals, equal_nan=True)


def test_gaps_are_added_to_those_there_are(recording):
    layout = to_tensors(recording).layout
    added = with_gaps(layout, [(-1.0, 0.5), (19.5, 30.0), (40.0, 50.0)])
    assert added["gaps"] == [[*gaps, [0, 180], [7020, 7200]] for gaps in layout["gaps"]]


def test_a_file_of_another_codec_or_version_is_told_apart(recording):
    data = codec("dct").compress(recording, 1.0)
    with pytest.raises(ValueError, match="made by dct, not by wavelet"):
        codec("wavelet").decompress(data)
    file = unpack(data)
    for contents, words in (
        (replace(file.contents, codec="unknown"), "made by unknown, which is not here"),
        (replace(file.contents, sha256="0" * 32), "another version of dct"),
    ):
        with pytest.raises(ValueError, match=words):
            open_vqz(pack(contents, [payload for payload in file.payloads if payload is not None]))
    with pytest.raises(ValueError, match=r"\.vqz"):
        open_vqz(b"not a file of ours")


@pytest.mark.parametrize("name", names("ecg"))
def test_a_file_whose_codes_are_not_those_of_its_recording_is_refused_before_they_are_decoded(name, recording):
    found = codec(name)
    file = unpack(found.compress(recording, 2.0))
    rows, channels, frames = file.contents.shape
    wrong = ((rows, channels, 9 * frames), (rows, channels + 1, frames), (rows, channels, 0), (rows, 0, frames), (1, channels, frames))
    for shape in wrong:
        stated = replace(file.contents, shape=shape, chunk=frames)
        forged = pack(stated, [file.payloads[0] or b""] * stated.chunks)
        with pytest.raises(ValueError, match="damaged or forged"):
            open_vqz(forged).decompress(forged, lambda share: pytest.fail("something was decoded"))


@pytest.mark.parametrize("name", ["dct", "ecg"])
@pytest.mark.parametrize("change", [{"rate": 1e-310}, {"rate": 1e-5}, {"samples": 1}, {"leads": ["II"]}, {"gaps": [[[9, 1]], []]}], ids=str)
def test_a_file_that_lies_about_its_recording_is_refused_in_a_sentence(name, change, recording):
    file = unpack(codec(name).compress(recording, 2.0))
    forged = pack(replace(file.contents, layout={**file.contents.layout, **change}), [payload or b"" for payload in file.payloads])
    with pytest.raises(ValueError, match="damaged or forged"):
        decode(forged)


def test_a_file_states_what_decodes_it(recording):
    for name in ("dct", "wavelet"):
        assert identity(codec(name)).startswith(digest(codec(name).compress(recording, 0.0)))
    assert identity(codec("dct")) != identity(codec("wavelet"))


def test_what_is_not_there_is_said_with_the_choices(recording, tmp_path):
    with pytest.raises(ValueError, match=r"no codec 'best'.*wavelet-adaptive"):
        codec("best")
    with pytest.raises(ValueError, match="no codec"):
        codec(tmp_path)
    with pytest.raises(ValueError, match="chunks of 0 s"):
        codec("dct", chunk=0.0)
    with pytest.raises(ValueError, match="coder of its own"):
        codec("dct", coder="static")
    for quality in (-3.1, 9.1, float("nan")):
        with pytest.raises(ValueError, match="takes -3 to 9"):
            codec("dct").compress(recording, quality)


def test_checkpoints_come_before_opponents():
    assert names("ecg")[0] == "ecg"
    assert names("ecg")[-len(baselines.names("ecg")) :] == baselines.names("ecg")


def test_only_what_was_trained_has_weights_whatever_lies_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("dct", "own"):
        shutil.copytree(SHIPPED / "ecg-vae", tmp_path / name)
    found = trained(["dct", "vae", "ecg", "own", "no/such"])
    assert found == {"vae": SHIPPED / "ecg-vae", "ecg": SHIPPED / "ecg", "own": Path("own")}


def test_a_file_of_ones_own_checkpoint_is_decoded_with_its_folder(recording, tmp_path):
    shutil.copytree(SHIPPED / "ecg-fine", tmp_path / "best")
    data = codec(tmp_path / "best").compress(recording, 1.0)
    with pytest.raises(ValueError, match="put its folder into checkpoints/"):
        open_vqz(data)
    rebuilt = open_vqz(data, tmp_path / "best").decompress(data).recording
    assert rebuilt.signals.shape == recording.signals.shape
    with pytest.raises(ValueError, match="made by best, not by ecg"):
        open_vqz(data, SHIPPED / "ecg")


def test_what_a_lost_chunk_changes_outside_the_marked_gap_is_below_a_tenth_of_its_deviation(recording):
    """Templates and the decoder's second pass look at beats from everywhere: with a chunk lost, they find others."""
    data = codec("ecg-fine", chunk=5.0).compress(recording, 1.5)
    whole = codec("ecg-fine").decompress(data).recording.signals
    last = unpack(data).payloads[-1] or b""
    found = decode(data[: -len(last)])
    ((start, stop),) = found.lost
    outside = np.ones(whole.shape[1], bool)
    outside[int(start * recording.rate) : int(stop * recording.rate) + 1] = False
    deviation = np.nanstd(whole, axis=1, keepdims=True)
    change = 100 * ((found.recording.signals - whole) / deviation)[:, outside]
    assert np.isfinite(change[~np.isnan(whole[:, outside])]).all()
    assert np.sqrt(np.nanmean(change**2)) < 1
    assert np.nanmax(np.abs(change)) < 8
