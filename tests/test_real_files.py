"""Files of real recordings: what is stated is what they take, and they decode to the same codes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from vqvae import pipeline
from vqvae.checkpoint import Checkpoint
from vqvae.codec.vqz import read
from vqvae.codecs import decode
from vqvae.families import family
from vqvae.modalities.ecg import Ecg, excerpt
from vqvae.modalities.ecg import read as read_ecg


@lru_cache(maxsize=4)
def loaded(name: str) -> Checkpoint:
    return pipeline.load(name)


def require_file_says_all(checkpoint: Checkpoint, recording: Ecg, level: int) -> tuple[pipeline.Encoded, bytes]:
    encoded = pipeline.encode(checkpoint, recording, level)
    data = pipeline.pack(checkpoint, encoded)
    rate = pipeline.rate(checkpoint, encoded)
    assert rate.bytes == len(data)
    assert rate.value == pytest.approx(8 * len(data) / recording.seconds / len(recording.leads))
    assert rate.compression_ratio == pytest.approx(recording.signals.size * recording.bits / 8 / len(data))
    assert str(len(data)) in rate.definition
    file = read(data, lambda contents: family(checkpoint).coder(contents.coder, contents.shape, contents.quality))
    assert file.damage == ()
    assert np.array_equal(file.codes, encoded.codes)
    assert (file.contents.quality, file.contents.layout) == (encoded.quality, encoded.layout)
    return encoded, data


@pytest.mark.parametrize("name", pipeline.checkpoints("ecg"))
def test_stated_bytes_are_the_files_on_ten_seconds_at_every_level(name, data: Path):
    recording = read_ecg(data / "ludb" / "121")
    assert recording.seconds == pytest.approx(10, abs=0.1)
    for level in range(1, loaded(name).levels + 1):
        encoded, file = require_file_says_all(loaded(name), recording, level)
        opened, decoded = decode(file), pipeline.decode(loaded(name), encoded)
        assert np.array_equal(opened.recording.signals, decoded.signals, equal_nan=True)
        assert (opened.recording.rate, opened.recording.leads, opened.lost) == (recording.rate, recording.leads, ())


@pytest.mark.parametrize("name", pipeline.checkpoints("ecg"))
@pytest.mark.parametrize(("record", "minutes", "level"), [("223", 10, 2), ("207", 30, 4)])
def test_stated_bytes_are_the_files_on_long_recordings(name, data: Path, record, minutes, level):
    recording = excerpt(read_ecg(data / "mitdb" / record), seconds=60 * minutes)
    assert recording.seconds == pytest.approx(60 * minutes, rel=0.01)
    require_file_says_all(loaded(name), recording, level)
