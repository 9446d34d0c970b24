"""Reading EDF, DICOM, aECG, tables and arrays: the values are those that the file's own arithmetic gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vqvae.modalities.ecg.channels import resampled
from vqvae.modalities.ecg.reading import NeedsRate, read


def test_slower_leads_come_to_the_fastest_rate_with_their_shape_and_their_gaps(tmp_path):
    seconds = np.arange(2000) / 500
    fast, slow = np.sin(2 * np.pi * 5 * seconds) * 1000, np.sin(2 * np.pi * 5 * seconds[::2]) * 1000
    slow[400:500] = -(2**15)
    (tmp_path / "f.hea").write_text("f 2 250 1000\nf.dat 16x2 1000/mV 16 0 0 0 0 I\nf.dat 16 1000/mV 16 0 0 0 0 II\n")
    np.concatenate([fast.reshape(-1, 2), slow[:, None]], axis=1).astype("<i2").tofile(tmp_path / "f.dat")
    recording = read(tmp_path / "f.hea")
    assert recording.rate == 500
    assert recording.notes == ("Resampled to 500 Hz, the rate of the fastest lead: II (250 Hz).",)
    assert np.array_equal(np.flatnonzero(np.isnan(recording.signals[1])), np.arange(800, 1000))
    there = np.r_[20:760, 1040:1980]
    assert np.abs(recording.signals[1] - recording.signals[0])[there].max() < 0.02


def test_resampling_leaves_a_lead_without_samples_empty_and_a_constant_constant():
    from fractions import Fraction

    assert np.isnan(resampled(np.full(10, np.nan, np.float32), Fraction(2), 20)).all()
    np.testing.assert_allclose(resampled(np.full(50, 3.5, np.float32), Fraction(5, 2), 125), 3.5, atol=1e-5)


@pytest.mark.parametrize("ratio", ["2", "5/2", "1/3", "4/3", "147/160", "1000/999"])
def test_resampling_in_blocks_equals_resampling_in_one_piece(ratio):
    from fractions import Fraction

    from scipy.signal import resample_poly

    values = np.random.default_rng(0).normal(size=600_007).cumsum().astype(np.float32)
    up, down = Fraction(ratio).as_integer_ratio()
    whole = resample_poly(values.astype(np.float64), up, down, padtype="edge")
    assert np.abs(resampled(values, Fraction(ratio), len(whole)) - whole).max() < 0.02 * np.abs(np.diff(values)).max()


@pytest.mark.parametrize("name", ["test_generator.bdf", "test_generator_datarec_generator_2.bdf"])
def test_bdf_values_are_those_of_an_independent_reader(data, name):
    import edfio

    path = data / "odd/ecg/edf_pyedflib/pyedflib/tests/data" / name
    recording, other = read(path), edfio.read_bdf(path)
    assert recording.bits == 24
    assert len(recording.leads) >= 5
    signals = {signal.label: signal for signal in other.signals}
    fast = [row for row, lead in enumerate(recording.leads) if signals[lead].sampling_frequency == recording.rate]
    assert fast
    for row in fast:
        signal, values = signals[recording.leads[row]], recording.signals[row]
        np.testing.assert_allclose(values, signal.data * {"uV": 1e-3, "mV": 1}[signal.physical_dimension], rtol=1e-5, atol=1e-6)


def test_edf_values_are_those_of_an_independent_reader_and_its_filler_is_a_gap(data):
    import edfio

    path = data / "odd/ecg/cardio_tests/cardio/tests/data/sample.edf"
    recording, other = read(path), edfio.read_edf(path)
    assert recording.rate == 300
    np.testing.assert_allclose(recording.signals[0, :9000], other.signals[0].data[:9000], atol=1e-6)
    assert np.isnan(recording.signals[0, 9000:]).all()


def edf(*, kind: str, onsets: list[float], records: int | None = None) -> bytes:
    """An EDF+ of one ECG at 4 Hz and its annotations, one data record a second; sample = 0, 1, 2, …"""
    fields = [
        ("ECG", "EDF Annotations"),
        ("", ""),
        ("mV", ""),
        ("-32768", "-1"),
        ("32767", "1"),
        ("-32768", "-32768"),
        ("32767", "32767"),
        ("", ""),
        ("4", "16"),
        ("", ""),
    ]
    widths = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32]
    count = len(onsets) if records is None else records
    fixed = f"{'0':8}{'':80}{'':80}{'01.01.85':8}{'00.00.00':8}{768:<8}{kind:44}{count:<8}{1:<8}{2:<4}"
    head = fixed + "".join(f"{value:{width}}" for pair, width in zip(fields, widths, strict=True) for value in pair)
    body = b"".join(
        np.arange(4 * i, 4 * i + 4, dtype="<i2").tobytes() + f"+{onset}\x14\x14\0".encode().ljust(32, b"\0")
        for i, onset in enumerate(onsets)
    )
    return head.encode() + body


def test_pauses_of_a_discontinuous_edf_are_gaps(tmp_path):
    (tmp_path / "d.edf").write_bytes(edf(kind="EDF+D", onsets=[10, 11, 14.5]))
    recording = read(tmp_path / "d.edf")
    gap = [np.nan] * 10
    np.testing.assert_array_equal(recording.signals[0], [*range(8), *gap, *range(8, 12)])
    assert any("pauses" in note for note in recording.notes)


def test_an_edf_that_promises_more_records_than_it_holds_gives_what_is_there(tmp_path):
    (tmp_path / "d.edf").write_bytes(edf(kind="EDF+C", onsets=[0, 1], records=500))
    recording = read(tmp_path / "d.edf")
    np.testing.assert_array_equal(recording.signals[0], range(8))
    assert any("promises 500 data records and holds 2" in note for note in recording.notes)


@pytest.mark.parametrize("name", ["cardio_tests/cardio/tests/data/sample.dcm", "dicom_ecg_marcodebe/sample_files/anonymous_ecg.dcm"])
def test_dicom_values_are_samples_times_sensitivity(data, name):
    import pydicom

    path = data / "odd/ecg" / name
    recording, group = read(path), pydicom.dcmread(path).WaveformSequence[0]
    raw = np.frombuffer(group.WaveformData, "<i2").reshape(-1, 12)
    microvolts = [float(channel.ChannelSensitivity) for channel in group.ChannelDefinitionSequence]
    np.testing.assert_allclose(recording.signals, (raw * microvolts).T / 1000, atol=1e-6)
    assert recording.leads == ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    assert recording.rate == float(group.SamplingFrequency)
    assert "MEDIAN BEAT" in recording.notes[0]


def test_aecg_values_are_digits_times_scale(data):
    recording = read(data / "odd/ecg/aecg_xml/src/aecg/data/examples/minimum_aecg.xml")
    np.testing.assert_allclose(recording.signals, [np.array([-2, -2, -2, -2, -3, -4, -3, -5, -5, -4, -6, -9, -9]) * 0.0025], atol=1e-7)
    assert (recording.rate, recording.leads) == (500, ("II",))


@pytest.mark.parametrize(
    ("text", "leads", "first"),
    [
        ("I,II\n0.1,0.2\n0.3,0.4\n", ("I", "II"), [0.1, 0.3]),
        ("0.1\t0.2\n0.3\t0.4\n", ("lead 1", "lead 2"), [0.1, 0.3]),
        ("I;II\n0,1;0,2\n0,3;0,4\n", ("I", "II"), [0.1, 0.3]),
        ("I [uV],II [uV]\n100,200\n300,400\n", ("I", "II"), [0.1, 0.3]),
        ("'I','II'\n'uV','uV'\n100,200\n300,400\n", ("I", "II"), [0.1, 0.3]),
        ("0.1 0.2\r\n0.3 0.4\r\n", ("lead 1", "lead 2"), [0.1, 0.3]),
        ("sample,I\n0,0.1\n1,0.3\n", ("I",), [0.1, 0.3]),
        ("I,II\n0.1,0.2\n,0.4\n", ("I", "II"), [0.1, np.nan]),
        ("0.1\n0.3\n", ("lead 1",), [0.1, 0.3]),
        ("\ufeffI,II,RESP\n0.1,0.2,7\n0.3,0.4,8\n", ("I", "II"), [0.1, 0.3]),
    ],
)
def test_tables_are_read_however_they_are_written(tmp_path, text, leads, first):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    recording = read(tmp_path / "t.csv", rate=250)
    assert (recording.leads, recording.rate) == (leads, 250)
    np.testing.assert_allclose(recording.signals[0], np.float32(first))


@pytest.mark.parametrize(("name", "factor"), [("time (s)", 1), ("Time [ms]", 1000), ("t", 1), ("", 1)])
def test_a_time_column_gives_the_rate(tmp_path, name, factor):
    rows = [f"{i / 360 * factor:.5f},{i % 7}" for i in range(2000)]
    (tmp_path / "t.csv").write_text("\n".join(([f"{name},II"] if name else []) + rows))
    recording = read(tmp_path / "t.csv")
    assert recording.rate == 360
    assert recording.signals.shape == (1, 2000)


def test_tables_and_arrays_without_a_rate_ask_for_it(tmp_path):
    (tmp_path / "t.csv").write_text("I,II\n0.1,0.2\n0.3,0.4\n")
    np.save(tmp_path / "a.npy", np.zeros((2, 9), np.float32))
    for name in ("t.csv", "a.npy"):
        with pytest.raises(NeedsRate, match=f"{name} has no sampling rate: say how many samples per second it has"):
            read(tmp_path / name)


@pytest.mark.parametrize("shape", [(500,), (3, 500), (500, 3)])
def test_the_longer_axis_of_an_array_is_time(tmp_path, shape):
    values = np.random.default_rng(0).normal(size=shape)
    np.save(tmp_path / "a.npy", values)
    expected = np.atleast_2d(values if shape[0] < shape[-1] or len(shape) == 1 else values.T)
    np.testing.assert_allclose(read(tmp_path / "a.npy", 500).signals, np.float32(expected))


def test_integers_of_an_array_are_microvolts_and_a_note_says_so(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(1000, dtype=np.int16))
    recording = read(tmp_path / "a.npy", 500)
    np.testing.assert_allclose(recording.signals[0], np.arange(1000) / 1000, atol=1e-6)
    assert "µV" in recording.notes[0]


def test_progress_climbs_to_one(data):
    shares: list[float] = []
    read(data / "mitdb/114.hea", progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1


LONG = """
import sys
import numpy as np
from pathlib import Path
from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.writing import write
folder = Path(sys.argv[1]); frames = 24 * 3600 * 360
def peak():  # kB; ru_maxrss would begin with the size of the process that started this one
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
(folder / "long.hea").write_text(f"long 2 360 {frames}\\nlong.dat 212 200/mV 11 1024 0 0 0 MLII\\nlong.dat 212 200/mV 11 1024 0 0 0 V5\\n")
with (folder / "long.dat").open("wb") as file:
    for _ in range(24):
        file.write(bytes(3 * frames // 24))
recording = read(folder / "long.hea")
middle = peak()
write(recording, folder / "copy")
after = peak()
assert recording.signals.shape == (2, frames) and recording.signals[1, -1] == np.float32(-5.12)
print(middle // 1024, after // 1024)
"""


def test_a_day_of_two_leads_is_read_and_written_in_under_600_megabytes(tmp_path):
    done = subprocess.run([sys.executable, "-c", LONG, str(tmp_path)], capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr
    reading, writing = map(int, done.stdout.split())
    assert reading < 600
    assert writing < 600
