"""What is read equals what independent readers, or arithmetic by hand, find in the same bytes."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vqvae.modalities.ecg.channels import resampled
from vqvae.modalities.ecg.reading import NeedsRate, read
from vqvae.modalities.ecg.recording import AAMI_CLASS

WHOLE = [
    "100_3chan",
    "3000003_0003",
    "310derive",
    "310derive_2",
    "310derive_3",
    "311derive",
    "311derive_2",
    "311derive_3",
    "311derive_4",
    "binformats",
    "flacformats",
    "mixedsignals",
    "test01_00s",
    "test01_00s_skew",
    "multi-segment/041s/041s",
    "multi-segment/s25047/3234460_0018",
    "multi-segment/s00001/3975656_0013",
]


def ours_and_wfdb(header: Path):
    """Our recording, and wfdb's leads of the same names: values, sampling rate."""
    import wfdb

    recording = read(header)
    other = wfdb.rdrecord(str(header.with_suffix("")), smooth_frames=False)
    by_name = {
        name: (values, other.fs * repeats)
        for name, values, repeats in zip(other.sig_name, other.e_p_signal, other.samps_per_frame, strict=True)
    }
    return recording, [by_name[lead] for lead in recording.leads]


def test_every_mitdb_record_has_the_values_and_beats_that_wfdb_reads(data):
    import wfdb

    headers = sorted((data / "mitdb").glob("*.hea"))
    assert len(headers) == 22
    for header in headers:
        recording, others = ours_and_wfdb(header)
        assert len(recording.leads) == 2
        assert recording.rate == 360
        assert recording.bits == 11
        for lead, (values, _) in zip(recording.signals, others, strict=True):
            np.testing.assert_allclose(lead, values, atol=1e-6)
        annotation = wfdb.rdann(str(header.with_suffix("")), "atr")
        pairs = [(s, AAMI_CLASS[c]) for s, c in zip(annotation.sample, annotation.symbol, strict=True) if c in AAMI_CLASS]
        assert Counter(recording.beats.classes.tolist()) == Counter(name for _, name in pairs)
        np.testing.assert_allclose(recording.beats.times, np.array([s for s, _ in pairs]) / 360, atol=1e-9)


@pytest.mark.parametrize("name", WHOLE)
def test_every_storage_format_gives_the_physical_values_of_wfdb(data, name):
    recording, others = ours_and_wfdb(data / "odd/ecg/wfdb_sample/sample-data" / f"{name}.hea")
    for lead, (values, rate) in zip(recording.signals, others, strict=True):
        assert rate == pytest.approx(recording.rate)
        assert len(lead) == len(values)
        assert np.array_equal(np.isnan(lead), np.isnan(values))
        np.testing.assert_allclose(lead, values, rtol=2e-7, atol=1e-6)


@pytest.mark.parametrize("fmt", ["16", "24", "32", "80", "212", "508", "516", "524"])
@pytest.mark.parametrize("leads", [1, 2, 3])
def test_gaps_written_by_wfdb_are_gaps_in_every_format(tmp_path, fmt, leads):
    import wfdb

    values = np.random.default_rng(0).uniform(-1, 1, (1001, leads))
    values[100:150, 0] = values[700:, -1] = np.nan
    names = [f"V{i}" for i in range(leads)]
    options = {"adc_gain": [100.0] * leads, "baseline": [0] * leads, "write_dir": str(tmp_path)}
    wfdb.wrsamp("g", fs=250, units=["mV"] * leads, sig_name=names, p_signal=values, fmt=[fmt] * leads, **options)
    recording, others = ours_and_wfdb(tmp_path / "g.hea")
    for lead, (same, _), true in zip(recording.signals, others, values.T, strict=True):
        np.testing.assert_allclose(lead, same, atol=1e-6)
        np.testing.assert_allclose(lead, true, atol=0.0051)


@pytest.mark.parametrize("fmt", ["8", "16", "24", "32", "61", "80", "160", "212", "310", "311"])
@pytest.mark.parametrize("leads", [1, 2, 3])
def test_any_bytes_mean_what_they_mean_to_wfdb(tmp_path, fmt, leads):
    bytes_ = np.random.default_rng(0).choice(np.array([0, 0, 0, 0, 0, 0, 2, 4, 8, 0x20, 0x7F, 0x80, 0xA5, 0xFF], np.uint8), 7200)
    if fmt == "311":
        bytes_[3::4] &= 63  # two bits of four bytes are unused
    bytes_.tofile(tmp_path / "b.dat")
    frames = {"8": 7200, "16": 3600, "24": 2400, "32": 1800, "61": 3600, "80": 7200, "160": 3600, "212": 4800, "310": 5400, "311": 5400}[
        fmt
    ] // leads
    lines = [f"b.dat {fmt} 200({lead})/mV 0 0 3 0 0 V{lead}" for lead in range(leads)]
    (tmp_path / "b.hea").write_text("\n".join([f"b {leads} 250 {frames}", *lines]) + "\n")
    recording, others = ours_and_wfdb(tmp_path / "b.hea")
    for lead, (same, _) in zip(recording.signals, others, strict=True):
        np.testing.assert_allclose(lead, same, rtol=2e-7, atol=1e-6)
    assert fmt == "8" or np.isnan(recording.signals).any()


def test_sel100_keeps_its_offset_and_its_beats(data):
    recording, others = ours_and_wfdb(data / "odd/ecg/cardio_tests/cardio/tests/data/sel100.hea")
    np.testing.assert_allclose(recording.signals, [values for values, _ in others], atol=1e-6)
    assert len(recording.beats.times) == 1134


def test_a_layout_puts_the_leads_of_its_segments_in_place_and_leaves_gaps(tmp_path):
    (tmp_path / "m.hea").write_text("m/4 2 100 40\nm_layout 0\nm_1 10\n~ 20\nm_2 10\n")
    (tmp_path / "m_layout.hea").write_text("m_layout 2 100 0\n~ 0 100/mV 8 0 0 0 0 II\n~ 0 100/mV 8 0 0 0 0 V\n")
    (tmp_path / "m_1.hea").write_text("m_1 1 100 10\nm_1.dat 16 1000/mV 16 0 0 0 0 V\n")
    (tmp_path / "m_2.hea").write_text("m_2 2 100 10\nm_2.dat 16 10/uV 16 0 0 0 0 V\nm_2.dat 16 200/mV 16 0 0 0 0 II\n")
    np.arange(10, dtype="<i2").tofile(tmp_path / "m_1.dat")
    np.stack([np.arange(10) * 10, np.arange(10) * 2], axis=1).astype("<i2").tofile(tmp_path / "m_2.dat")
    recording = read(tmp_path / "m.hea")
    nothing, ramp = np.full(20, np.nan), np.arange(10)
    assert recording.leads == ("II", "V")
    np.testing.assert_allclose(recording.signals[0], [*nothing, *nothing[:10], *ramp * 0.01], atol=1e-7)
    np.testing.assert_allclose(recording.signals[1], [*ramp * 0.001, *nothing, *ramp * 0.001], atol=1e-7)


def test_a_monitor_record_of_15_segments_has_the_values_of_wfdb(data, tmp_path):
    folder = data / "odd/ecg/wfdb_sample/sample-data/multi-segment/s25047"
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    header = tmp_path / "s25047-2704-05-04-10-44.hea"
    lines = header.read_text().splitlines()[:18]  # up to segment 15; segment 16 has no samples here
    frames = sum(int(line.split()[1]) for line in lines[1:])
    header.write_text("\n".join([lines[0].replace("/20", "/17").replace("543240", str(frames)), *lines[1:]]) + "\n")
    recording, others = ours_and_wfdb(header)
    assert recording.leads == ("II", "V")
    assert recording.notes == ("Left out, as not ECG: ABP (mmHg).",)
    for lead, (values, _) in zip(recording.signals, others, strict=True):
        assert np.isnan(lead[:25740]).all()
        np.testing.assert_allclose(lead, values, atol=1e-6)


def test_a_record_is_found_by_its_name_its_header_and_its_signal_file(data):
    folder = data / "mitdb"
    shapes = {read(folder / name).signals.shape for name in ("114", "114.hea", "114.dat", "114.atr")}
    assert shapes == {(2, 650000)}


def test_format_8_differences_add_up_across_blocks(tmp_path):
    steps = np.random.default_rng(0).integers(-3, 4, 2_500_000)
    (tmp_path / "d.hea").write_text(f"d 1 250 {len(steps)}\nd.dat 8 100/mV 12 0 7 0 0 II\n")
    steps.astype(np.int8).tofile(tmp_path / "d.dat")
    np.testing.assert_allclose(read(tmp_path / "d.hea").signals[0], (7 + np.cumsum(steps)) / 100, rtol=1e-6, atol=1e-5)


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


@pytest.mark.parametrize(("unit", "millivolts"), [("V", 1000), ("mV", 1), ("uV", 1e-3), ("µV", 1e-3), ("nV", 1e-6)])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_voltages_become_millivolts(tmp_path, unit, millivolts, encoding):
    (tmp_path / "u.hea").write_text(f"u 1 250 4\nu.dat 16 2/{unit} 16 0 0 0 0 II\n", encoding=encoding)
    np.array([0, 2, 4, -6], "<i2").tofile(tmp_path / "u.dat")
    np.testing.assert_allclose(read(tmp_path / "u.hea").signals[0], np.array([0, 1, 2, -3]) * millivolts, rtol=1e-6)


def header_of(*signals: str) -> str:
    return "\n".join([f"x {len(signals)} 250 4", *(f"x.dat 16 {line}" for line in signals)]) + "\n"


def test_what_is_no_ecg_is_left_out_and_named(tmp_path):
    (tmp_path / "x.hea").write_text(
        header_of("1/mV 16 0 0 0 0 II", "1/mmHg 16 0 0 0 0 ABP", "1/mV 16 0 0 0 0 RESP", "1/NU 16 0 0 0 0 x", "1/mV 16 0 0 0 0 II")
    )
    np.arange(20, dtype="<i2").tofile(tmp_path / "x.dat")
    recording = read(tmp_path / "x.hea")
    assert recording.leads == ("II", "II 2")
    assert recording.signals[1].tolist() == [4, 9, 14, 19]
    assert recording.notes == ("Left out, as not ECG: ABP (mmHg), RESP (mV), x (NU).",)


def test_leads_without_any_unit_are_taken_as_millivolts_and_a_note_says_so(tmp_path):
    (tmp_path / "x.hea").write_text(header_of("1/NU 16 0 0 0 0 II", "1/mmHg 16 0 0 0 0 ABP"))
    np.arange(8, dtype="<i2").tofile(tmp_path / "x.dat")
    recording = read(tmp_path / "x.hea")
    assert recording.signals.tolist() == [[0, 2, 4, 6]]
    assert "no voltage unit" in recording.notes[0]


def test_annotation_times_follow_the_resolution_their_file_states(tmp_path):
    import wfdb

    (tmp_path / "x.hea").write_text("x 1 100 1000\nx.dat 16 1/mV 16 0 0 0 0 II\n")
    np.zeros(1000, "<i2").tofile(tmp_path / "x.dat")
    wfdb.wrann("x", "qrs", np.array([500, 2500, 9000, 20000]), ["N", "V", "+", "N"], fs=1000, write_dir=str(tmp_path))
    recording = read(tmp_path / "x.hea")
    assert recording.beats.times.tolist() == [0.5, 2.5]
    assert recording.beats.classes.tolist() == ["N", "V"]
    assert "1 beats outside" in recording.notes[0]


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
