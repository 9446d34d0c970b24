"""encode, decode, compare and benchmark from the command line."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vqvae import codecs
from vqvae.cli import main
from vqvae.contest.entries import prepare, size_at
from vqvae.modalities.ecg import example, excerpt, read, write

RECORDS = ("normal", "ventricular")


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> Path:
    """A folder of two short records."""
    folder = tmp_path_factory.mktemp("records")
    for name in RECORDS:
        write(excerpt(example(name), ["II", "V1"], 15), folder / name)
    return folder


def strict(path: Path) -> Any:
    """What a parser that knows only JSON reads."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(path.read_text(), parse_constant=refuse)


def test_a_recording_comes_back_from_its_file_as_from_the_library(records, tmp_path, capsys):
    target, back = tmp_path / "n.vqz", tmp_path / "back"
    assert main(["encode", str(records / "normal"), str(target), "--codec", "wavelet", "--quality", "2.5"]) == 0
    assert f"{target.stat().st_size} bytes by wavelet" in capsys.readouterr().out
    data = target.read_bytes()
    assert data == codecs.codec("wavelet").compress(read(records / "normal"), 2.5)
    assert main(["decode", str(target), str(back)]) == 0
    expected = codecs.codec("wavelet").decompress(data).recording
    assert np.allclose(read(back).signals, expected.signals, atol=1e-4)
    back.mkdir()
    assert main(["decode", str(target), str(back)]) == 0
    assert (back / "normal.hea").is_file()


def test_a_size_or_ratio_is_met_and_chunks_are_cut_as_asked(records, tmp_path):
    for arguments in (["--bytes", "2000"], ["--ratio", str(size_at("ecg", read(records / "normal"), 1) / 2000)]):
        target = tmp_path / "n.vqz"
        assert main(["encode", str(records / "normal"), str(target), "--codec", "averaging", *arguments, "--chunk", "5"]) == 0
        assert 1960 <= target.stat().st_size <= 2000
        assert len(codecs.unpack(target.read_bytes()).payloads) == 3  # of about 5 s each


def test_several_recordings_become_files_in_a_folder(records, tmp_path):
    assert main(["encode", *(str(records / name) for name in RECORDS), str(tmp_path / "out"), "--codec", "dct", "--quality", "1"]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{name}.vqz" for name in RECORDS]


def test_no_file_replaces_an_input_or_another_recordings_file(records, tmp_path, capsys):
    for name in RECORDS:
        write(read(records / "normal"), tmp_path / name / "same")
    twice = [str(tmp_path / name / "same") for name in RECORDS]
    assert main(["encode", *twice, str(tmp_path / "out"), "--codec", "dct", "--quality", "1"]) == 2
    target = str(tmp_path / "out" / "same.vqz")
    before = Path(target).read_bytes()
    assert main(["encode", target, target, "--codec", "dct", "--quality", "0"]) == 2
    assert capsys.readouterr().err.count("same.vqz would replace") == 2
    assert Path(target).read_bytes() == before


def test_damage_is_said_and_the_rest_is_written(records, tmp_path, capsys):
    target = tmp_path / "n.vqz"
    main(["encode", str(records / "normal"), str(target), "--codec", "dct", "--quality", "1", "--chunk", "5"])
    data = bytearray(target.read_bytes())
    data[-1] ^= 1
    target.write_bytes(data)
    capsys.readouterr()
    assert main(["decode", str(target), str(tmp_path / "back")]) == 0
    assert "chunk 3 of 3" in capsys.readouterr().err
    signals = read(tmp_path / "back").signals
    assert np.isnan(signals[:, -100:]).all()
    assert not np.isnan(signals[:, :3000]).any()


def test_a_file_of_which_nothing_is_left_is_refused_in_one_sentence_and_nothing_is_written(records, tmp_path, capsys):
    target = tmp_path / "n.vqz"
    main(["encode", str(records / "normal"), str(target), "--codec", "dct", "--quality", "1", "--chunk", "5"])
    whole = target.read_bytes()
    payloads = sum(len(payload or b"") for payload in codecs.unpack(whole).payloads)
    capsys.readouterr()
    for damaged in (whole[:-payloads], whole[:-payloads] + bytes(255 - byte for byte in whole[-payloads:])):
        target.write_bytes(damaged)
        assert main(["decode", str(target), str(tmp_path / "back")]) == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1
        assert "damaged throughout" in lines[0]
        assert list(tmp_path.iterdir()) == [target]


UNREADABLE = {  # what a file was made into -> what is said of it, and the way out
    "empty": (lambda file: b"", "the file is empty", "get another copy"),
    "begun": (lambda file: file[:5], "cut off after 5 bytes, before its first chunk", "get another copy"),
    "cut": (lambda file: file[:40], "cut off after 40 bytes, before its first chunk", "get another copy"),
    "spoilt": (lambda file: file[:20] + bytes(20) + file[40:], "damaged in several places", "get another copy"),
    "foreign": (lambda file: b"PK\x03\x04" + bytes(100), "not a .vqz file", "give one that this program wrote"),
    "newer": (lambda file: file[:3] + b"\x02" + file[4:40] + bytes(40), "format version 2", "install a newer one"),
}


@pytest.mark.parametrize("case", list(UNREADABLE))
def test_a_file_that_cannot_be_read_is_named_with_what_is_wrong_and_a_way_out(case, records, tmp_path, capsys):
    change, wrong, way_out = UNREADABLE[case]
    target = tmp_path / f"{case}.vqz"
    target.write_bytes(change(codecs.codec("dct").compress(read(records / "normal"), 1.0)))
    for command in (["decode", str(target), str(tmp_path / "back")], ["encode", str(target), str(tmp_path / "new.vqz"), "--codec", "dct"]):
        assert main(command) == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1
        assert lines[0].startswith(f"vqvae: {target} cannot be read: ")
        assert wrong in lines[0]
        assert way_out in lines[0]
    assert list(tmp_path.iterdir()) == [target]


def test_damage_of_a_file_that_is_coded_again_is_said(records, tmp_path, capsys):
    target = tmp_path / "n.vqz"
    main(["encode", str(records / "normal"), str(target), "--codec", "dct", "--quality", "1", "--chunk", "5"])
    target.write_bytes(target.read_bytes()[:-1])
    capsys.readouterr()
    assert main(["encode", str(target), str(tmp_path / "new.vqz"), "--codec", "dct", "--quality", "0"]) == 0
    assert capsys.readouterr().err.startswith(f"{target}: chunk 3 of 3")


def test_compare_gives_the_numbers_of_the_library_in_the_order_of_the_codecs(records, tmp_path, capsys):
    output = tmp_path / "r.json"
    given = ["compare", str(records / "ventricular"), "--codecs", "smoothing,dct", "--ratio", "12", "--lead", "II", "--output", str(output)]
    assert main(given) == 0
    table = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in table[2:4]] == ["| smoothing", "| dct"]
    found = strict(output)
    contest = prepare("ecg", read(records / "ventricular"), lead="II")
    expected = {answer.codec: answer for answer in contest.compare([codecs.codec(n) for n in ("smoothing", "dct")], contest.size(12))}
    assert [point["codec"] for point in found["points"]] == ["smoothing", "dct"]
    for point in found["points"]:
        mine = expected[point["codec"]]
        assert point["bytes"] == len(mine.data)
        assert point["rate"] == {"value": mine.rate, "unit": "bit/s", "counts": "file"}
        assert point["scores"]["prdn"]["value"] == mine.truth.value("prdn")
        assert point["recordings"]["ventricular"]["prdn"] == mine.truth.value("prdn")
    assert found["winners"]["prdn"] == [min(expected.values(), key=lambda answer: answer.truth.value("prdn")).codec]


def test_compare_writes_the_bundle_as_a_folder_or_a_zip(records, tmp_path):
    given = ["compare", str(records / "normal"), "--codecs", "dct", "--bytes", "2000", "--noise", "muscle+mains:6", "--output"]
    assert main([*given, str(tmp_path / "out")]) == 0
    assert main([*given, str(tmp_path / "out.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        assert names == {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
        assert archive.read("files/dct.vqz") == (tmp_path / "out" / "files" / "dct.vqz").read_bytes()
    found = strict(tmp_path / "out" / "results.json")
    assert found["configuration"]["noise"] == "muscle+mains:6"
    assert found["points"][0]["faithful"]["prdn"]["value"] < found["points"][0]["scores"]["prdn"]["value"]
    assert set(found["inputs"]["sha256_of_files"]) == {"normal.hea", "normal.dat", "normal.atr"}


def test_a_codec_that_was_trained_on_a_record_of_this_name_is_said(records, tmp_path, capsys):
    write(read(records / "normal"), tmp_path / "101")
    output = tmp_path / "r.json"
    assert main(["compare", str(tmp_path / "101"), "--codecs", "autoencoder,dct", "--bytes", "2000", "--output", str(output)]) == 0
    said = capsys.readouterr().err.strip()
    assert said.startswith("note: autoencoder was trained on a record of this name, ")
    assert "mitdb/101" in said
    assert strict(output)["warnings"] == [said.removeprefix("note: ")]


def between(rows: list[dict[str, float]], ratio: float) -> tuple[float, float]:
    """PRDN and the share of QRS widths at a ratio, from the two files around it."""
    known = sorted((row["compression_ratio"], row["prdn"], row["qrs_duration_within_10ms"]) for row in rows)
    low, high = max(row for row in known if row[0] <= ratio), min(row for row in known if row[0] >= ratio)
    part = math.log(ratio / low[0]) / math.log(high[0] / low[0])
    return low[1] ** (1 - part) * high[1] ** part, low[2] + part * (high[2] - low[2])


def test_benchmark_reads_every_record_off_its_own_curve_and_then_averages(records, tmp_path, capsys):
    output = tmp_path / "r.json"
    given = ["benchmark", "ecg", "--data", str(records), "--codecs", "dct,averaging", "--ratios", "10,30", "--leads", "first"]
    assert main([*given, "--seconds", "12", "--output", str(output)]) == 0
    found = strict(output)
    assert found["data"]["recordings"] == list(RECORDS)
    assert [(entry["codec"], entry["compression_ratio"]) for entry in found["at_ratios"]] == [
        (codec, ratio) for codec in ("dct", "averaging") for ratio in (10.0, 30.0)
    ]
    for entry in found["at_ratios"]:
        mine = [point for point in found["points"] if point["codec"] == entry["codec"]]
        expected = {record: between([point["recordings"][record] for point in mine], entry["compression_ratio"]) for record in RECORDS}
        for record, (prdn, share) in expected.items():
            assert entry["recordings"][record]["prdn"] == pytest.approx(prdn)
            assert entry["recordings"][record]["qrs_duration_within_10ms"] == pytest.approx(share)
        assert entry["scores"]["prdn"]["value"] == pytest.approx(sum(prdn for prdn, _ in expected.values()) / 2)
    for point in found["points"]:
        assert point["bytes"] == sum(row["bytes"] for row in point["recordings"].values())
        assert set(point["seconds"]) == {"encode", "decode", "score"}
        assert set(point["recordings"]) == set(RECORDS)
    row = found["points"][0]["recordings"]["normal"]
    assert row["bytes"] == len(codecs.codec("dct").compress(excerpt(read(records / "normal"), ["II"], 12), row["quality"]))
    assert "| PRDN at 10 (%) | PRDN at 30 (%) |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["encode", "example:normal", "x.vqz", "--codec", "best"], "there is no codec 'best'"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--quality", "11"], "takes -3 to 9"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--bytes", "90"], "more than the 90 asked for"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--bytes", "0"], "0 bytes"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--ratio", "-2"], "ratio of -2"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--levels", "2"], "no levels"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--chunk", "0"], "chunks of 0 s"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--coder", "static"], "coder of its own"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--coder", "huffman"], "invalid choice: 'huffman'"),
        (["encode", "example:normal", "x.vqz", "--codec", "dct", "--bytes", "900", "--ratio", "2"], "not allowed with"),
        (["encode", "example:normal", "none/x.vqz", "--codec", "dct"], "none/x.vqz cannot be written"),
        (["encode", "nowhere.hea", "x.vqz", "--codec", "dct"], "nowhere"),
        (["decode", "nowhere.vqz", "x"], "there is no file nowhere.vqz"),
        (["decode", str(Path(__file__)), "x"], "vqz"),
        (["decode", str(Path(__file__).parent), "x"], "is a folder"),
        (["compare", "example:normal", "--codecs", "dct"], "--bytes --ratio"),
        (["compare", "example:normal", "--codecs", "", "--bytes", "900"], "none"),
        (["compare", "example:normal", "--codecs", "dct,best", "--bytes", "900"], "there is no codec 'best'"),
        (["compare", "example:normal", "--codecs", "dct", "--bytes", "-1"], "-1 bytes"),
        (["compare", "example:normal", "--codecs", "dct", "--ratio", "nan"], "ratio of nan"),
        (["compare", "example:normal", "--codecs", "dct", "--ratio", "0"], "ratio of 0"),
        (["compare", "example:normal", "--codecs", "dct", "--bytes", "900", "--noise", "muscle"], "KIND:DB"),
        (["compare", "example:normal", "--codecs", "dct", "--bytes", "900", "--noise", "hum:3"], "no noise called hum"),
        (["compare", "example:normal", "--codecs", "dct", "--bytes", "900", "--noise", "muscle:3", "--seed", "-1"], "seed"),
        (["compare", "example:normal", "--codecs", "dct", "--bytes", "900", "--lead", "X9"], "X9"),
        (["compare", "example:normal", "--codecs", "dct", "--bytes", "900", "--output", "none/r.json"], "none/r.json cannot be written"),
        (["benchmark", "cats", "--data", ".", "--output", "r.json"], "no kind of data 'cats'"),
        (["benchmark", "ecg", "--data", "nowhere", "--output", "r.json", "--codecs", "dct"], "there is no folder"),
        (["benchmark", "ecg", "--data", ".", "--output", "r.json", "--codecs", "dct", "--ratios", "8,x"], "'x' is none"),
        (["benchmark", "ecg", "--data", ".", "--output", "none/r.json"], "none/r.json cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_written(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert words in lines[0]
    assert list(tmp_path.iterdir()) == []


def test_a_ratio_beyond_the_grid_and_a_lead_that_is_not_there_are_refused(records, capsys, tmp_path):
    given = ["benchmark", "ecg", "--data", str(records), "--codecs", "dct", "--output", str(tmp_path / "r.json")]
    for more, words in (("--ratios=2", "the ratio 2 lies outside"), ("--leads=V9", "no lead 'V9'"), ("--seconds=0", "holds nothing")):
        assert main([*given, more]) == 2
        assert words in capsys.readouterr().err


def _interrupted(running: subprocess.Popen[str]) -> str:
    """What a process says that hears Ctrl-C; pressed again after a while, as an interrupt that meets a finalizer is lost in Python."""
    for _ in range(3):
        running.send_signal(signal.SIGINT)
        try:
            return running.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("it goes on after three times Ctrl-C")


def test_ctrl_c_ends_a_comparison_although_a_codec_gives_no_sign_of_progress():
    code = (
        "import os, runpy, signal, sys, threading; from vqvae.codecs import Opponent\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background it is ignored\n"
        "Opponent.compress = lambda *_: (os.write(1, b'begun\\n'), threading.Event().wait())\n"
        "sys.argv = ['vqvae', 'compare', 'example:normal', '--codecs', 'dct,smoothing,averaging', '--bytes', '900']\n"
        "runpy.run_module('vqvae', run_name='__main__')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            begun = running.stdout and running.stdout.readline()
            said = _interrupted(running)
        finally:
            running.kill()
    assert begun == "begun\n"
    assert running.returncode == 130
    assert said == "vqvae: stopped; what was finished is kept\n"
