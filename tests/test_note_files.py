"""Performances as `.vqz` files: what comes back, what is lost with a damaged chunk, what the bytes are for, and learning to write them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from note_cases import composed

from vqvae import checkpoint, codecs, pipeline
from vqvae.baselines.note_coder import OrderZeroCoder
from vqvae.cli import main
from vqvae.codec.container import pack as pack_file
from vqvae.codec.container import unpack
from vqvae.codec.notes import DURATION, MOST, ONSET, NoteCoder
from vqvae.codec.state import pack, pack_several, unpack_several
from vqvae.config import to_json, write_json
from vqvae.families.grid import Grid
from vqvae.modalities.piano import Piano, describe_preprocessing, example, examples, read, to_tensors
from vqvae.note_training import train_notes
from vqvae.rates import rate_of
from vqvae.training.config import Source
from vqvae.training.notes import NotesConfig, NotesTraining

OPPONENTS = ("grid", "grid-adaptive")


@pytest.fixture(scope="module")
def pieces(tmp_path_factory) -> Path:
    return composed(tmp_path_factory.mktemp("data") / "asap")


@pytest.fixture(scope="module")
def trained(pieces, tmp_path_factory) -> Path:
    """The folder of a checkpoint that has learned from them."""
    training = NotesTraining((Source("asap", ("Bach/*",)),), (Source("asap", ("Haydn/*",)),), notes=300, performances=6)
    config = NotesConfig("toy-notes", "piano", training, learned=(3.0, 5.0), preprocessing=describe_preprocessing())
    run = tmp_path_factory.mktemp("run")
    write_json(run / "toy.json", to_json(config))
    assert main(["train", str(run / "toy.json"), "--data", str(pieces.parent), "--run", str(run)]) == 0
    return (run / "best").rename(run / "toy-notes")


@pytest.fixture(scope="module")
def piece(pieces) -> Piano:
    return read(next(pieces.glob("Haydn/*/Player0.mid")))


def every(trained: Path) -> list[str]:
    return [*OPPONENTS, str(trained)]


def test_a_performance_comes_back_as_the_grid_has_it_whatever_the_coder(piece, trained):
    for quality in (1.0, 4.5, 7.0):
        back = [codecs.codec(name).decompress(codecs.codec(name).compress(piece, quality)) for name in every(trained)]
        for found in back:
            assert not found.damage
            assert found.recording.frame == piece.frame
            assert found.recording.name == piece.name
            assert np.array_equal(found.recording.notes, back[0].recording.notes)
        assert back[0].recording.count == piece.count
        assert np.array_equal(np.bincount(back[0].recording.notes.pitch), np.bincount(piece.notes.pitch))


def test_chunks_change_no_note(piece, trained):
    for name in every(trained):
        whole, parts = (codecs.codec(name, chunk) for chunk in (None, 50))
        files = [codec.compress(piece, 5.0) for codec in (whole, parts)]
        assert len(unpack(files[1]).payloads) > len(unpack(files[0]).payloads) == 1
        one, two = (codec.decompress(file).recording for codec, file in zip((whole, parts), files, strict=True))
        assert np.array_equal(one.notes, two.notes)


def test_a_damaged_chunk_costs_its_own_notes_and_shifts_no_other(piece, trained):
    for name in every(trained):
        codec = codecs.codec(name, 50)
        file = bytearray(codec.compress(piece, 5.0))
        payloads = unpack(bytes(file)).payloads
        file[-len(payloads[-1] or b"") - 3] ^= 255  # within the last chunk but one
        found = codec.decompress(bytes(file))
        whole = codec.decompress(codec.compress(piece, 5.0)).recording.notes
        (harm,) = found.damage
        kept = np.r_[0 : harm.start, harm.stop : piece.count]
        assert 0 < harm.start < harm.stop < piece.count
        assert found.recording.count == len(kept)
        assert np.abs(found.recording.notes.onset - whole.onset[kept]).max() < 1e-4
        assert np.array_equal(found.recording.notes.pitch, whole.pitch[kept])


def test_a_file_that_is_damaged_throughout_says_so(piece):
    codec = codecs.codec("grid")
    file = bytearray(codec.compress(piece, 3.0))
    file[-2] ^= 255
    with pytest.raises(ValueError, match="nothing in the file could be decoded"):
        codec.decompress(bytes(file))


def test_the_rate_leaves_out_pitches_and_frame_which_are_stated_apart(piece, trained):
    layout = to_tensors(piece).layout
    bare = replace(piece, frame=example(examples()[0]).frame)
    for name in every(trained):
        data = codecs.codec(name).compress(piece, 4.0)
        rate = rate_of(data, layout)
        assert rate.unit == "bit/note"
        assert rate.bytes == len(data)
        assert (rate.value + sum(rate.apart.values())) * piece.count / 8 == pytest.approx(len(data))
        assert set(rate.apart) == {"pitch_bits_per_note", "frame_bits_per_note"}
        other = rate_of(codecs.codec(name).compress(bare, 4.0), to_tensors(bare).layout)
        assert other.value == pytest.approx(rate.value, abs=0.3)


def test_more_quality_takes_more_bytes(piece, trained):
    for name in every(trained):
        sizes = [rate_of(codecs.codec(name).compress(piece, quality), to_tensors(piece).layout).value for quality in range(9)]
        assert sizes == sorted(sizes)


def test_what_was_learned_saves_bytes_on_a_piece_that_was_not_heard(piece, trained):
    layout = to_tensors(piece).layout
    for quality in (3.0, 5.0):
        order0, cold, ours = (rate_of(codecs.codec(name).compress(piece, quality), layout).value for name in every(trained))
        assert ours < cold < order0


def test_learning_twice_gives_the_same_bytes(trained, pieces, tmp_path):
    config = checkpoint.load(trained).config
    assert isinstance(config, NotesConfig)
    again = train_notes(config, pieces.parent, tmp_path, lambda doing, share: None)
    assert (again / "start.bin").read_bytes() == (trained / "start.bin").read_bytes()


def test_learning_stops_when_asked_and_begins_anew_from_its_folder(trained, pieces, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("vqvae.commands.terminal.Stopped.asked", True)
    write_json(tmp_path / "toy.json", to_json(checkpoint.load(trained).config))
    again = ["--data", str(pieces.parent)]
    assert main(["train", str(tmp_path / "toy.json"), *again, "--run", str(tmp_path / "run")]) == 0
    assert "stopped; go on with" in capsys.readouterr().out
    assert not (tmp_path / "run" / "best" / "start.bin").exists()
    monkeypatch.setattr("vqvae.commands.terminal.Stopped.asked", False)
    assert main(["train", "--resume", str(tmp_path / "run"), *again]) == 0
    assert (tmp_path / "run" / "best" / "start.bin").read_bytes() == (trained / "start.bin").read_bytes()


def test_packed_states_come_back_as_packing_each_alone_gives_them(trained):
    states = unpack_several((trained / "start.bin").read_bytes(), 8)
    assert set(states) >= {"pitch", "begin", "spread", "interval", "velocity", "duration"}
    few = {name: states[name] for name in ("begin", "spread")}
    again = unpack_several(pack_several(few), 8)
    for name, state in few.items():
        assert all(np.array_equal(one, two) for one, two in zip(state, again[name], strict=True))
    with pytest.raises(ValueError, match="more than 1000"):
        pack_several(few, 1000)
    with pytest.raises(ValueError, match="another version"):
        unpack_several(pack(states["spread"]))


def test_a_file_of_another_checkpoint_or_of_a_forged_shape_is_refused(piece, trained):
    data = codecs.codec(str(trained)).compress(piece, 3.0)
    with pytest.raises(ValueError, match="made by toy-notes"):
        codecs.codec("grid").decompress(data)
    with pytest.raises(ValueError, match="takes 0 to 8"):
        codecs.codec("grid").compress(piece, 9.0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("row", "code"), [(ONSET, MOST), (ONSET, 1 << 20), (DURATION, MOST), (DURATION, 100)])
def test_forged_times_are_refused_in_a_sentence(row, code, piece, trained):
    for name in every(trained):
        data = codecs.codec(name, 4000).compress(piece, 0.0)
        contents, (payload,), _ = unpack(data)
        coder = NoteCoder(Grid.of(0.0).scale) if name != "grid" else OrderZeroCoder(Grid.of(0.0).scale)
        if name == str(trained):
            coder = pipeline.family(pipeline.load(name)).coder("adaptive", contents.shape, 0.0)
        codes = coder.decode(payload, contents.shape)
        codes[0, row, -1] = code
        with pytest.raises(ValueError, match="longer than anything that can be read: their file is damaged or forged"):
            codecs.codec(name).decompress(pack_file(contents, [coder.encode(codes)]))


def test_levels_of_a_checkpoint_are_its_qualities(piece, trained):
    model = pipeline.load(trained)
    assert model.levels == 6
    rates = []
    for level in (1, 6):
        encoded = pipeline.encode(model, piece, level)
        rates.append(pipeline.rate(model, encoded).value)
        assert pipeline.decode(model, encoded).count == piece.count
        assert [size.name for size in pipeline.sizes(model, encoded)] == ["fixed length", "adaptive"]
    assert rates[0] < rates[1]
    assert len(pipeline.nominal_rates(model)) == 6


def test_evaluate_and_benchmark_write_one_schema(pieces, trained, tmp_path, capsys):
    one, many = tmp_path / "one.json", tmp_path / "many.json"
    chosen = ["--data", str(pieces), "--pieces", "Haydn/*"]
    assert main(["evaluate", str(trained), *chosen, "--levels", "5", "--output", str(one)]) == 0
    assert main(["benchmark", "piano", *chosen, "--codecs", f"grid,{trained}", "--output", str(many)]) == 0
    (point,) = json.loads(one.read_text())["points"]
    points = json.loads(many.read_text())["points"]
    (same,) = [entry for entry in points if entry["codec"] == "toy-notes" and entry["quality"] == 5.0]
    assert [entry["quality"] for entry in points if entry["codec"] == "grid"] == [1.0, 2.1, 3.0, 4.0, 5.0, 6.0]
    assert set(point["recordings"]) == {f"Haydn/{examples()[0]}/Player{player}" for player in range(2)}
    for name in ("note_f1_onset_10ms", "pitch_bits_per_note", "frame_bits_per_note"):
        assert point["scores"][name] == same["scores"][name]
    assert point["rate"] == same["rate"]
    assert point["rate"]["unit"] == "bit/note"
    assert "bit/note" in capsys.readouterr().out


def test_the_command_line_encodes_decodes_and_reconstructs_a_performance(pieces, trained, tmp_path, capsys):
    source = next(pieces.glob("Haydn/*/Player0.mid"))
    packed, back, again, report = (tmp_path / name for name in ("p.vqz", "back.mid", "again.mid", "r.json"))
    assert main(["encode", str(source), str(packed), "--checkpoint", str(trained), "--quality", "5"]) == 0
    assert "bit/note (apart from that: pitch" in capsys.readouterr().out
    assert main(["decode", str(packed), str(back), "--checkpoint", str(trained)]) == 0
    rest = ["--levels", "5", "--output", str(again), "--report", str(report)]
    assert main(["reconstruct", str(source), "--checkpoint", str(trained), *rest]) == 0
    assert read(back).notes.pitch.tolist() == read(again).notes.pitch.tolist()
    assert np.abs(read(back).notes.onset - read(again).notes.onset).max() < 1e-3
    scores = json.loads(report.read_text())["points"][0]["scores"]
    assert scores["note_f1_onset"]["value"] == 100
    assert main(["encode", str(source), str(packed), "--codec", "grid", "--rate", "360"]) == 2
    assert "--rate" in capsys.readouterr().err
    assert main(["evaluate", str(trained), "--data", str(pieces), "--records", "1"]) == 2
    assert "--records" in capsys.readouterr().err
