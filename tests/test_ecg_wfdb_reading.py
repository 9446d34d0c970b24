"""Reading WFDB records: the values and beats are those of an independent reader, whatever the storage format."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.recording import AAMI_CLASS
from vqvae.modalities.ecg.wfdb_header import files_of

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


def test_the_files_of_a_record_are_its_headers_segments_signals_and_beats_and_no_others(data, tmp_path):
    (tmp_path / "m.hea").write_text("m/3 1 100 20\nm_1 10\n~ 0\nm_2 10\n")
    for part in ("m_1", "m_2"):
        (tmp_path / f"{part}.hea").write_text(f"{part} 1 100 10\nsamples_{part}.dat 16 200/mV 16 0 0 0 0 II\n")
    for other in ("samples_m_1.dat", "samples_m_2.dat", "m.atr", "m.dat", "n.hea", "m.csv"):
        (tmp_path / other).write_bytes(b"")
    found = [file.name for file in files_of(tmp_path / "m.hea")]
    assert found == ["m.atr", "m.hea", "m_1.hea", "m_2.hea", "samples_m_1.dat", "samples_m_2.dat"]
    assert [file.name for file in files_of(data / "mitdb/101.hea")] == ["101.atr", "101.dat", "101.hea"]


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
