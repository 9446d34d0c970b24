"""The static coder of fine checkpoints: what it writes, and how its tables are learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_checkpoints import save_fine

from vqvae import checkpoint as checkpoints
from vqvae import codecs, coder_training, pipeline
from vqvae.checkpoint import Checkpoint
from vqvae.cli import main
from vqvae.codec.container import unpack
from vqvae.codec.vqz import read as read_vqz
from vqvae.coder_training import SYMBOLS, learn_coders
from vqvae.families import family
from vqvae.families.fine import MAX_CODE
from vqvae.modalities.ecg import example, excerpt, write
from vqvae.modalities.ecg import read as read_ecg
from vqvae.modalities.ecg.examples import Scenario, synthesise
from vqvae.training.config import START, TABLES, Source

SHIPPED = "ecg-fine"


@pytest.fixture(scope="module")
def shipped() -> Checkpoint:
    return pipeline.load(SHIPPED)


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    """A folder with short records of four synthetic people."""
    root = tmp_path_factory.mktemp("data")
    (root / "synthetic").mkdir()
    for seed in range(4):
        write(synthesise(Scenario(str(seed), seconds=25, leads=("I", "II")), seed).ecg, root / "synthetic" / str(seed))
    return root


def trained_on(people: Path, folder: Path) -> Path:
    """A fine checkpoint whose configuration names the first three of them."""
    save_fine(folder)
    untrained = checkpoints.load(folder)
    training = replace(untrained.config.training, training=(Source("synthetic", ("0", "1", "2")),))
    checkpoints.save(folder, replace(untrained.config, training=training), untrained.model)
    return folder


def learn(folder: Path, people: Path) -> Checkpoint:
    learn_coders(folder, people, lambda doing, share: None)
    return pipeline.load(folder)


def sizes(checkpoint: Checkpoint, encoded: pipeline.Encoded) -> dict[str, int]:
    return {size.name: size.bytes for size in pipeline.sizes(checkpoint, encoded)}


@pytest.mark.parametrize("level", [1, 4, 8])
def test_both_coders_hold_the_same_codes_and_the_adaptive_one_in_fewer_bytes_than_any_other_way(shipped, level):
    encoded = pipeline.encode(shipped, example("ventricular"), level)
    files = {name: pipeline.pack(shipped, encoded, name) for name in family(shipped).coders}
    for name, data in files.items():
        file = read_vqz(data, lambda contents: family(shipped).coder(contents.coder, contents.shape, contents.quality))
        assert (file.contents.coder, file.damage) == (name, ())
        assert np.array_equal(file.codes, encoded.codes)
    found = sizes(shipped, encoded)
    assert list(found) == ["fixed length", "static", "adaptive"]
    assert {name: len(data) for name, data in files.items()} == {name: found[name] for name in files}
    assert found["adaptive"] < found["static"] < found["fixed length"]


def test_codes_far_beyond_the_tables_come_back(shipped):
    own = family(shipped)
    random = np.random.default_rng(0)
    for most in (SYMBOLS // 2, 1000, MAX_CODE):
        codes = np.rint(np.clip(random.laplace(0, most / 4, (2, 32, 40)), -most, most)).astype(np.int32)
        codes[0, :2, 0], codes[1, -2:, -1] = (-most, most), (most, -most)
        coder = own.coder("static", codes.shape, 2.0)
        assert np.array_equal(coder.decode(coder.encode(codes), codes.shape), codes)


def test_the_finest_step_writes_codes_that_the_tables_do_not_hold(shipped):
    recording = excerpt(example("ventricular"), seconds=5)
    encoded = pipeline.encode_at(shipped, recording, family(shipped).qualities[1])
    assert np.abs(encoded.codes).max() > 4 * SYMBOLS
    data = pipeline.pack(shipped, encoded, "static")
    assert np.array_equal(codecs.decode(data).recording.signals, pipeline.decode(shipped, encoded).signals, equal_nan=True)


def test_the_command_writes_a_static_file_of_the_size_it_states(tmp_path, capsys):
    names = {"static": tmp_path / "static.vqz", "adaptive": tmp_path / "adaptive.vqz"}
    for coder, path in names.items():
        assert main(["encode", "example:normal", str(path), "--codec", SHIPPED, "--levels", "3", "--coder", coder]) == 0
        assert f"{path.stat().st_size} bytes by {SHIPPED}" in capsys.readouterr().out
        assert unpack(path.read_bytes()).contents.coder == coder
    one, two = (codecs.decode(path.read_bytes()).recording.signals for path in names.values())
    assert np.array_equal(one, two)


@pytest.mark.parametrize(("folder", "record", "seconds"), [("ludb", "121", 10), ("mitdb", "223", 600)])
def test_stated_bytes_are_those_of_static_files_of_real_recordings(shipped, data: Path, folder, record, seconds):
    recording = excerpt(read_ecg(data / folder / record), seconds=seconds)
    encoded = pipeline.encode(shipped, recording, 3)
    found, file = sizes(shipped, encoded), pipeline.pack(shipped, encoded, "static")
    assert len(file) == found["static"] == pipeline.rate_of(file, encoded.layout).bytes
    assert found["adaptive"] < found["static"] < 0.5 * found["fixed length"]
    opened = read_vqz(file, lambda contents: family(shipped).coder(contents.coder, contents.shape, contents.quality))
    assert np.array_equal(opened.codes, encoded.codes)


def test_learning_the_tables_keeps_the_start_state_and_makes_another_identity(people, tmp_path):
    folder = trained_on(people, tmp_path / "toy")
    (folder / START).write_bytes((checkpoints.find(SHIPPED) / START).read_bytes())
    before = pipeline.load(folder)
    start, weights, identity = (folder / START).read_bytes(), before.sha256, before.identity
    learned = learn(folder, people)
    assert (folder / START).read_bytes() == start
    assert learned.sha256 == weights
    assert learned.identity != identity
    assert learned.tables.signed
    assert (len(learned.tables.plans), learned.tables.size) == (32, SYMBOLS)


def test_learned_tables_beat_the_fixed_length_on_somebody_else_at_every_level(people, tmp_path):
    learned = learn(trained_on(people, tmp_path / "toy"), people)
    stranger = read_ecg(people / "synthetic" / "3")
    for level in range(1, learned.levels + 1):
        found = sizes(learned, pipeline.encode(learned, stranger, level))
        assert found["static"] < 0.45 * found["fixed length"]


def test_tables_are_learned_from_whole_recordings_so_that_others_judge_what_one_taught(people, tmp_path, monkeypatch):
    seen = []

    def note(codes, *settings, **more):
        seen.extend(codes)
        return counted(codes, *settings, **more)

    counted = coder_training.static_tables.learn
    monkeypatch.setattr(coder_training.static_tables, "learn", note)
    learned = learn(trained_on(people, tmp_path / "toy"), people)
    frames = [pipeline.encode(learned, read_ecg(people / "synthetic" / name), 1).codes.shape[2] for name in "012"]
    rates = learned.config.training.rates // 2
    assert [codes.shape for codes in seen] == [(2, 32, rates * count) for count in frames]


def test_a_fine_checkpoint_without_tables_says_so(tmp_path):
    save_fine(tmp_path / "toy")
    (tmp_path / "toy" / TABLES).unlink(missing_ok=True)
    bare = pipeline.load(tmp_path / "toy")
    encoded = pipeline.encode(bare, excerpt(example("normal"), seconds=5), 1)
    assert pipeline.pack(bare, encoded)
    with pytest.raises(ValueError, match=r"toy has no tables\.bin, which the static coder needs: use the adaptive coder"):
        pipeline.pack(bare, encoded, "static")
