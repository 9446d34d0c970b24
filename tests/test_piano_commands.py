"""The command line on performances: the part of a piece that is meant, and options of another kind of data refused."""

from __future__ import annotations

import json
import shlex
import zipfile
from pathlib import Path

import numpy as np
import pytest
from midi_cases import midi, track

from vqvae.cli import main
from vqvae.codecs import decode
from vqvae.commands.arguments import kind_of
from vqvae.commands.kinds import KINDS
from vqvae.modalities import names
from vqvae.modalities.piano import example, excerpt, read, write


def struck(status: int, pitches: range) -> bytes:
    """A key after the other, a quarter of a second each with as much silence before; the track is called "Pino"."""
    keys = [event for key in pitches for event in ((50, f"9{status:x}{key:02x}40"), (50, f"8{status:x}{key:02x}00"))]
    return track((0, "ff030450696e6f"), *keys) if status == 0 else track(*keys)


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence on standard error."""
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.fixture
def piece(tmp_path) -> Path:
    (tmp_path / "song.mid").write_bytes(midi(struck(0, range(48, 72)), struck(1, range(80, 90)), struck(9, range(36, 40))))
    return tmp_path / "song.mid"


def test_every_kind_of_data_is_known_to_the_command_line():
    assert set(KINDS) == set(names())


@pytest.mark.parametrize("asked", [["--track", "2"], ["--track", "pino"], ["--from", "2", "--to", "7.5"], ["--track", "1", "--to", "3"]])
def test_a_track_and_a_stretch_of_time_are_coded_alone(asked, piece, tmp_path, capsys):
    output = tmp_path / "out.vqz"
    assert main(["encode", str(piece), str(output), "--codec", "grid-adaptive", "--quality", "6", *asked]) == 0
    given = dict(zip(asked[::2], asked[1::2], strict=True))
    expected = read(piece, given.get("--track"))
    if len(given) > 1 or "--to" in given:
        expected = excerpt(expected, float(given.get("--from", 0)), float(given["--to"]))
    found = decode(output.read_bytes()).recording
    assert 0 < found.count < read(piece).count
    assert np.array_equal(np.sort(found.notes.pitch), np.sort(expected.notes.pitch))
    assert np.abs(found.notes.onset - expected.notes.onset).max() < 0.02


def test_a_stretch_is_reconstructed_and_the_command_of_the_evidence_repeats_it(piece, tmp_path, capsys):
    asked = ["--track", "track 1, channel 1", "--from", "2.0", "--to", "6.0"]
    assert main(["reconstruct", str(piece), "--checkpoint", "piano-fine", *asked, "--output", str(tmp_path / "part.mid")]) == 0
    assert read(tmp_path / "part.mid").count == excerpt(read(piece, "1"), 2, 6).count
    results = tmp_path / "results.json"
    assert main(["compare", str(piece), "--codecs", "grid,grid-adaptive", "--bytes", "400", *asked, "--output", str(results)]) == 0
    written = json.loads(results.read_text())
    assert shlex.join(asked) in written["command"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["reconstruct", "example:minuet", "--lead", "II", "--output", "x"], "--lead is not for recordings of this kind (piano)"),
        (["reconstruct", "example:minuet", "--rate", "360", "--output", "x"], "--rate is not for recordings of this kind (piano)"),
        (["reconstruct", "example:normal", "--track", "1", "--output", "x"], "--track is not for recordings of this kind (ecg)"),
        (["reconstruct", "example:normal", "--audio", "x.ogg", "--output", "x"], "--audio is not for recordings of this kind (ecg)"),
        (["encode", "example:normal", "x.vqz", "--from", "1"], "--from is not for recordings of this kind (ecg)"),
        (["encode", "example:minuet", "x.vqz", "--from", "5", "--to", "3"], "--from 5 --to 3 is no stretch of time"),
        (["encode", "example:minuet", "x.vqz", "--from", "nan"], "--from nan"),
        (["encode", "example:minuet", "x.vqz", "--from", "9000"], "no note of minuet is struck from 9000 s on"),
        (["encode", "example:minuet", "x.vqz", "--track", "1"], "--track chooses in MIDI files"),
        (["compare", "example:minuet", "--bytes", "900", "--noise", "muscle:12"], "--noise is not for recordings of this kind (piano)"),
        (["evaluate", "piano", "--data", ".", "--lead", "II"], "--lead is not for recordings of this kind (piano)"),
        (["benchmark", "piano", "--data", ".", "--records", "1", "--output", "x"], "--records is not for recordings of this kind (piano)"),
        (["benchmark", "piano", "--data", ".", "--ratios", "8", "--output", "x"], "--ratios is not for recordings of this kind (piano)"),
    ],
)
def test_what_does_not_fit_the_kind_of_data_is_said_in_one_sentence_and_nothing_is_written(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert words in told(capsys)
    assert list(tmp_path.iterdir()) == []


def test_a_performance_is_known_by_what_is_in_the_file_and_an_ecg_is_what_nothing_tells(tmp_path):
    (inside,) = write(example("scales"), tmp_path / "scales")
    inside.rename(tmp_path / "no suffix")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("readme.txt", "")
        archive.writestr("folder/piece.mid", (tmp_path / "no suffix").read_bytes())
    (tmp_path / "100.dat").write_bytes(bytes(100))
    for name in ("no suffix", "set.zip", "gone.mid"):
        assert kind_of(str(tmp_path / name)) == "piano", name
    for name in ("100.dat", "gone"):
        assert kind_of(str(tmp_path / name)) == "ecg", name
    assert kind_of("example:scales") == "piano"
    assert kind_of("example:normal") == "ecg"
    assert main(["encode", str(tmp_path / "set.zip"), str(tmp_path / "set.vqz"), "--codec", "grid-adaptive"]) == 0
    assert decode((tmp_path / "set.vqz").read_bytes()).recording.count == example("scales").count
