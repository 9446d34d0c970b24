"""Unusual, broken and hostile files: each reads to a sound recording or is refused in one sentence."""

from __future__ import annotations

import io
import os
import socket
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from odd_files import ECG, SAMPLES, one_sentence, put, recording_or_sentence, refusal

from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.recording import Ecg

FOLDER = Path(os.environ.get("VQVAE_DATA", "/nonexistent")) / "odd/ecg"
ODD = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()) if FOLDER.is_dir() else []


@pytest.mark.parametrize("name", ODD or ["all"])
def test_every_odd_file_reads_soundly_or_is_refused_in_one_sentence(data, name):
    path = FOLDER / name
    recording = recording_or_sentence(path)
    if isinstance(recording, str):
        assert path.stem in one_sentence(recording, FOLDER) or path.suffix in {".hea", ".zip"}
        return
    assert recording.signals.dtype == np.float32
    assert recording.rate > 0
    assert len(set(recording.leads)) == len(recording.leads) >= 1
    finite = recording.signals[np.isfinite(recording.signals)]
    assert len(finite) > 0
    if not path.name.startswith(("binformats", "flacformats")):  # ramps through all values of a format
        assert np.abs(np.median(finite)) < 10
        assert np.quantile(np.abs(finite), 0.9) < 100
    for note in recording.notes:
        one_sentence(note, FOLDER)


def test_most_odd_files_that_hold_an_ecg_are_read(data):
    assert sum(isinstance(recording_or_sentence(FOLDER / name), Ecg) for name in ODD) >= 135


HEADERS = {
    "no signals": (b"x 0 250 4\n", "describes no signals"),
    "fewer signals than promised": (b"x 3 250 4\nx.dat 16\n", "promises 3 signals but describes 1"),
    "parent folder": (ECG.replace(b"x.dat", b"../x.dat"), "not the plain name"),
    "absolute path": (ECG.replace(b"x.dat", b"/etc/passwd"), "not the plain name"),
    "windows path": (ECG.replace(b"x.dat", b"C:\\x.dat"), "not the plain name"),
    "address": (ECG.replace(b"x.dat", b"http://127.0.0.1/x.dat"), "not the plain name"),
    "chained address": (ECG.replace(b"x.dat", b"zip::s3://a/x.dat"), "not the plain name"),
    "segment in a parent folder": (b"x/2 1 250 8\n../x_1 4\nx_2 4\n", "not the plain name"),
    "segment that is missing": (b"x/2 1 250 8\nx_1 4\nx_2 4\n", "x_1.hea is missing"),
    "segment that is itself": (b"x/1 1 250 8\nx 4\n", "made of segments itself"),
    "nothing but gaps": (b"x/1 1 250 8\n~ 8\n", "nothing but gaps"),
    "signal file that is missing": (ECG.replace(b"x.dat", b"y.dat"), "drop y.dat together with it"),
    "unknown format": (ECG.replace(b" 16 1000", b" 99 1000"), "storage format 99"),
    "no format": (b"x 1 250 4\nx.dat\n", "without a storage format"),
    "rate zero": (ECG.replace(b"250", b"0"), "sampling rate"),
    "rate that is no number": (ECG.replace(b"250", b"fast"), "sampling rate"),
    "rate not finite": (ECG.replace(b"250", b"1e999"), "sampling rate"),
    "no samples in a frame": (ECG.replace(b" 16 1000", b" 16x0 1000"), "0 samples per frame"),
    "gain that is no number": (ECG.replace(b"1000/mV", b"much"), "gain"),
    "text where a number belongs": (ECG.replace(b"16 0 0 0 0 II", b"16 zero"), "where an integer belongs"),
    "empty": (b"", "is empty"),
    "comments only": (b"# nothing\n", "is empty"),
    "binary garbage": (bytes(range(256)) * 9, "no WFDB header"),
    "not UTF-8 and no header": (b"\xff\xfe\xe9\n", "no WFDB header"),
    "FLAC that is none": (ECG.replace(b" 16 1000", b" 516 1000"), "not the FLAC file"),
    "offset beyond the file": (ECG.replace(b" 16 1000", b" 16+9999 1000"), "holds no samples"),
    "endless name": (ECG.replace(b"x.dat", b"x" * 5000), "not the plain name"),
    "blood pressure only": (ECG.replace(b"/mV", b"/mmHg"), "no ECG channel"),
}


@pytest.mark.parametrize("fault", HEADERS)
def test_headers_with_a_fault_are_refused_in_one_sentence(tmp_path, fault):
    content, said = HEADERS[fault]
    path = put(tmp_path, x_hea=content, x_dat=SAMPLES)
    before = sorted(tmp_path.iterdir())
    assert said in refusal(path)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["http://127.0.0.1/x.dat", "s3://bucket/x.dat", "//127.0.0.1/x.dat"])
def test_no_header_makes_the_reader_open_a_connection(tmp_path, monkeypatch, name):
    def refuse(*_, **__):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert "not the plain name" in refusal(put(tmp_path, x_hea=ECG.replace(b"x.dat", name.encode())))


def test_a_truncated_signal_file_gives_what_is_there_and_says_so(tmp_path):
    recording = read(put(tmp_path, x_hea=ECG.replace(b"4\n", b"650000\n", 1), x_dat=SAMPLES))
    assert recording.signals.shape == (1, 4)
    assert recording.notes == ("x.dat ends after 4 of the 650000 samples that its header promises: what is there was read.",)


def test_a_header_that_promises_fewer_samples_is_followed_and_says_so(tmp_path):
    recording = read(put(tmp_path, x_hea=ECG, x_dat=SAMPLES * 100))
    assert recording.signals.shape == (1, 4)
    assert "holds 400 samples and its header promises 4" in recording.notes[0]


@pytest.mark.parametrize(
    "header",
    [
        ECG.replace(b"4\n", b"999999999999999\n", 1),
        ECG.replace(b" 16 1000", b" 16x999999 1000"),
        b"x/2 1 250 0\ny 4\n~ 999999999999999\n",
        b"x/2 1 250 0\ny 4\ny 999999999999999\n",
    ],
)
def test_absurd_counts_allocate_nothing(tmp_path, header):
    path = put(tmp_path, x_hea=header, x_dat=SAMPLES, y_hea=ECG)
    tracemalloc.start()
    recording = recording_or_sentence(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert isinstance(recording, Ecg) or one_sentence(recording, tmp_path)


def test_a_thousand_channels_are_summed_up_in_a_short_sentence(tmp_path):
    lines = [f"x.dat 16 1/mmHg 16 0 0 0 0 {'pressure ' * 9}{i}" for i in range(1000)]
    path = put(tmp_path, x_hea="\n".join(["x 1000 250 4", *lines]).encode(), x_dat=SAMPLES)
    assert "and 997 more" in refusal(path) or "and 998 more" in refusal(path)


def test_three_samples_and_a_flat_line_are_recordings(tmp_path):
    three = read(put(tmp_path, x_hea=ECG.replace(b"4\n", b"3\n", 1), x_dat=SAMPLES[:6]))
    assert three.signals.shape == (1, 3)
    flat = read(put(tmp_path, x_hea=ECG, x_dat=bytes(8)))
    assert flat.signals.tolist() == [[0, 0, 0, 0]]


def test_a_lead_without_samples_is_a_gap_and_a_record_without_any_is_refused(tmp_path):
    two = b"x 2 250 2\nx.dat 16 1000/mV 16 0 0 0 0 I\nx.dat 16 1000/mV 16 0 0 0 0 II\n"
    recording = read(put(tmp_path, x_hea=two, x_dat=np.array([-32768, 5, -32768, 6], "<i2").tobytes()))
    assert np.isnan(recording.signals[0]).all()
    assert "no valid sample" in refusal(put(tmp_path, x_hea=two, x_dat=np.full(4, -32768, "<i2").tobytes()))


TEXT = b"Dear colleague, the recording is attached. With kind regards.\n" * 30
FILES = {
    "text as EDF": ("a.edf", TEXT, "no EDF or BDF file"),
    "text as BDF": ("a.bdf", TEXT, "no EDF or BDF file"),
    "text as DICOM": ("a.dcm", TEXT, "no DICOM file"),
    "text as array": ("a.npy", TEXT, "no plain NumPy array"),
    "text as zip": ("a.zip", TEXT, "damaged, encrypted or unusual .zip"),
    "text as XML": ("a.xml", TEXT, "no well-formed XML"),
    "text as table": ("a.csv", TEXT, "no table of numbers"),
    "text as dat": ("a.dat", TEXT, "needs its header: drop a.hea together with it"),
    "binary as table": ("a.csv", bytes(range(256)) * 40, "is not text"),
    "table that stops being one": ("a.csv", b"I,II\n" + b"1,2\n" * 50 + b"1,oops\n", "not 2 numbers"),
    "empty table": ("a.csv", b"", "is empty"),
    "empty array": ("a.npy", b"", "no plain NumPy array"),
    "empty EDF": ("a.edf", b"", "no EDF or BDF file"),
    "sound": ("a.wav", b"RIFF" + bytes(100), "no ECG file of a kind that can be read"),
    "entities in XML": ("a.xml", b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><a>&b;</a>', "XML entities"),
    "entities in wide XML": ("a.xml", '<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><a>&b;</a>'.encode("utf-16"), "XML entities"),
    "missing file": ("a.hea.gone", None, "does not exist"),
}


@pytest.mark.parametrize("fault", FILES)
def test_files_that_are_not_what_their_name_says_are_refused_in_one_sentence(tmp_path, fault):
    name, content, said = FILES[fault]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert said in refusal(tmp_path / name)


def array(values: np.ndarray, **options: bool) -> bytes:
    content = io.BytesIO()
    np.save(content, values, **options)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        array(np.array([{}, print], object), allow_pickle=True),
        array(np.zeros((2, 3, 4))),
        array(np.zeros(9, complex)),
        array(np.array("text")),
        array(np.zeros((2, 500)))[:-8],
        array(np.zeros((2, 500))).replace(b"(2, 500)", b"(2, 5e9)"),
        array(np.zeros((2, 500))).replace(b"(2, 500), }    ", b"(2, 50000000), }"[:15]),
    ],
)
def test_arrays_that_are_no_leads_of_samples_are_refused(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    assert "a.npy" in refusal(tmp_path / "a.npy")


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(tmp_path, rate):
    (tmp_path / "a.npy").write_bytes(array(np.zeros(500)))
    assert "would have a sampling rate of" in refusal(tmp_path / "a.npy", rate)


@pytest.mark.parametrize("content", [b"", b"\xff" * 33, b"\x02\x04", b"\x02\xdc\0\0", b"\x01\xec\x01\0"])  # the last two: codes 55 and 59
def test_an_annotation_file_that_is_none_costs_the_beats_and_not_the_recording(tmp_path, content):
    recording = read(put(tmp_path, x_hea=ECG, x_dat=SAMPLES, x_atr=content))
    assert recording.beats is None
    assert "x.atr is no annotation file" in recording.notes[0]


@pytest.mark.parametrize("suffix", ["hea", "edf", "dcm", "csv", "npy", "xml"])
def test_bytes_flipped_or_cut_off_anywhere_never_raise_anything_but_a_sentence(tmp_path, data, suffix):
    table = "time,II\n" + "".join(f"{i / 250},{i % 9}\n" for i in range(300))
    originals = {
        "hea": (FOLDER / "wfdb_sample/sample-data/100_3chan.hea").read_bytes(),
        "edf": (FOLDER / "cardio_tests/cardio/tests/data/sample.edf").read_bytes()[:2000],
        "dcm": (FOLDER / "cardio_tests/cardio/tests/data/sample.dcm").read_bytes(),
        "csv": table.encode(),
        "npy": array(np.zeros((2, 100))),
        "xml": (FOLDER / "aecg_xml/src/aecg/data/examples/minimum_aecg.xml").read_bytes(),
    }
    (tmp_path / "100_3chan.dat").write_bytes((FOLDER / "wfdb_sample/sample-data/100_3chan.dat").read_bytes())
    path, rng, refused = tmp_path / f"100_3chan.{suffix}", np.random.default_rng(0), 0
    for _ in range(60):
        content = bytearray(originals[suffix])
        for place in rng.integers(0, min(len(content), 1200), rng.integers(1, 6)):
            content[place] = rng.integers(256)
        path.write_bytes(content[: rng.integers(len(content))] if rng.random() < 0.3 else content)
        recording = recording_or_sentence(path)
        if isinstance(recording, str):
            refused += bool(one_sentence(recording, tmp_path))
        else:
            assert np.isfinite(recording.signals).any()
    assert refused > 0
