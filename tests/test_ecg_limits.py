"""What no ECG is: rates, lengths and gaps beyond reason are refused in one sentence before they cost time or memory."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vqvae.modalities.ecg.channels import resampled
from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.uploads import receive


def header(text: str, samples: int = 5000) -> dict[str, bytes]:
    return {"x.hea": text.encode(), "x.dat": np.arange(samples, dtype="<i2").tobytes()}


def edf(seconds: str, samples: tuple[int, ...] = (500,), records: int = 2) -> dict[str, bytes]:
    """An EDF file of signals with so many samples in each data record."""
    count = len(samples)
    fixed = f"{'0':8}{'':80}{'':80}01.01.0101.01.01{256 * (count + 1):<8}{'':44}{records:<8}{seconds:8}{count:<4}"
    rest = [("ECG", 16), ("", 80), ("mV", 8), ("-5", 8), ("5", 8), ("-32768", 8), ("32767", 8), ("", 80)]
    fields = "".join(f"{text:{width}}" * count for text, width in rest) + "".join(f"{n:<8}" for n in samples) + " " * 32 * count
    return {"x.edf": (fixed + fields).encode() + np.arange(sum(samples) * records, dtype="<i2").tobytes()}


def table(rows: int) -> dict[str, bytes]:
    return {"x.csv": b"II\n" + b"0.1\n0.2\n" * (rows // 2)}


def aecg(step: str) -> dict[str, bytes]:
    time = f'<sequence><value><increment value="{step}" unit="s"/></value></sequence>'
    lead = '<sequence><code code="MDC_ECG_LEAD_II"/><value><scale value="1" unit="uV"/><digits>1 2 3</digits></value></sequence>'
    return {"x.xml": f"<a><sequenceSet>{time}{lead}</sequenceSet></a>".encode()}


def clock(step: float) -> dict[str, bytes]:
    return {"x.csv": b"time,II\n" + b"".join(f"{i * step!r},{i % 3}\n".encode() for i in range(50))}


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / next(iter(files))


RATES = {
    "table, told": (table(100), 1e-12),
    "table, slow": (table(50_000), 0.005),
    "table, fast": (table(100), 100_001.0),
    "clock, slow": (clock(1e6), None),
    "clock, fast": (clock(1e-9), None),
    "clock, fastest": (clock(1e-320), None),
    "header, slowest": (header("x 1 0.0001 5000\nx.dat 16 1000 16 0 0 0 0 II\n"), None),
    "header, slow": (header("x 1 0.01 5000\nx.dat 16 1000 16 0 0 0 0 II\n"), None),
    "header, fast": (header("x 1 9999991 5000\nx.dat 16 1000 16 0 0 0 0 II\n"), None),
    "header, slow beside fast": (header("x 2 0.5 10\nx.dat 16x499 1000 16 0 0 0 0 II\nx.dat 16 1000 16 0 0 0 0 V1\n"), None),
    "EDF, slow": (edf("9e9"), None),
    "EDF, fast": (edf("1e-9"), None),
    "EDF, slow beside fast": (edf("100", (5000, 1)), None),
    "aECG, slow": (aecg("9e6"), None),
    "aECG, fast": (aecg("0.000001"), None),
}


@pytest.mark.parametrize("kind", RATES)
def test_a_rate_at_which_no_ecg_is_sampled_is_refused(tmp_path, kind):
    files, rate = RATES[kind]
    with pytest.raises(ValueError, match=r"^x\.\w+ would have a sampling rate of \S+ Hz: an ECG has 1 to 100000 samples per second\.$"):
        read(put(tmp_path, files), rate)


@pytest.mark.parametrize("rate", [1.0, 100_000.0])
def test_the_slowest_and_the_fastest_rate_are_read(tmp_path, rate):
    assert read(put(tmp_path, table(100)), rate).rate == rate
    assert read(put(tmp_path, edf(str(500 / rate))), None).rate == rate


LARGE = {
    "gap of a slow record": header("x/2 1 1\ny 5000\n~ 900000\n") | {"y.hea": b"y 1 1 5000\nx.dat 16 1000 16 0 0 0 0 II\n"},
    "pause of a fast one": header("x/2 1 360\ny 5000\n~ 300000000\n") | {"y.hea": b"y 1 360 5000\nx.dat 16 1000 16 0 0 0 0 II\n"},
}


@pytest.mark.parametrize("kind", LARGE)
def test_what_grows_too_large_at_360_hz_is_refused_before_anything_is_allocated(tmp_path, kind):
    path = put(tmp_path, LARGE[kind])
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"asks for 1 leads of \d+ samples.* at most 268435456 in all can be read"):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


def test_a_recording_that_is_nearly_all_gap_is_refused(tmp_path):
    inner = {"y.hea": b"y 1 360 5000\nx.dat 16 1000 16 0 0 0 0 II\n"}
    with pytest.raises(ValueError, match=r"x\.hea is nearly all gap, 5000 valid samples among 6005000: cut out the part"):
        read(put(tmp_path, header("x/2 1 360\ny 5000\n~ 6000000\n") | inner))
    assert read(put(tmp_path, header("x/2 1 360\ny 5000\n~ 4000000\n") | inner)).signals.shape == (1, 4_005_000)


def test_a_very_slow_lead_is_brought_to_a_fast_rate_in_small_pieces():
    lead = np.sin(np.arange(10_000, dtype=np.float32) / 20)
    whole = resampled(lead[:100], Fraction(1000), 100_000)
    tracemalloc.start()
    try:
        fast = resampled(lead, Fraction(1000), 10_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8e7
    np.testing.assert_allclose(fast[:80_000], whole[:80_000], atol=1e-6)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_damaged_anywhere_is_refused_in_one_sentence_and_leaves_nothing(tmp_path, method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("x.csv", b"II\n" + b"".join(b"%d\n" % (i * i % 977) for i in range(3000)))
    refused = 0
    for place in range(0, 300, 3):
        damaged = bytearray(packed.getvalue())
        damaged[place] ^= 0xFF
        folder = tmp_path / str(place)
        folder.mkdir()
        sentence = ""
        try:
            receive({"x.zip": bytes(damaged)}, folder)
        except ValueError as error:
            sentence = str(error)
        refused += bool(sentence)
        assert "\n" not in sentence
        assert not sentence or not list(folder.iterdir())
    assert refused > 80


def test_names_in_the_wrong_case_are_matched_where_only_one_can_be_meant(tmp_path):
    annotations = np.array([1 << 10 | 3, 0], "<u2").tobytes()
    (tmp_path / "X.DAT").write_bytes(np.arange(5000, dtype="<i2").tobytes())
    (tmp_path / "x.HEA").write_bytes(b"x 1 360 5000\nx.dat 16 1000 16 0 0 0 0 II\n")
    (tmp_path / "x.ATR").write_bytes(annotations)
    recording = read(tmp_path / "x")
    assert recording.signals.shape == (1, 5000)
    assert recording.beats is not None
    assert recording.beats.classes.tolist() == ["N"]
    (tmp_path / "x.Dat").write_bytes(b"")
    with pytest.raises(ValueError, match=r"x\.HEA needs x\.dat, which is missing"):
        read(tmp_path / "x")
