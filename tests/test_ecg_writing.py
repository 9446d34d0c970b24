"""What is written comes back, from our reader and from wfdb, and a failed write leaves nothing."""

from __future__ import annotations

import numpy as np
import pytest

from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.recording import Beats, Ecg
from vqvae.modalities.ecg.writing import write


def noise(leads: int, rate: float, amplitude: float = 1.0, offset: float = 0.0, beats: Beats | None = None) -> Ecg:
    """Noise with gaps: an inner one in the first lead, one at the end of the last."""
    signals = np.random.default_rng(leads).normal(offset, amplitude, (leads, 3001)).astype(np.float32)
    signals[0, 100:200] = np.nan
    signals[-1, -7:] = np.nan
    return Ecg(signals, rate, tuple(f"V{i + 1}" for i in range(leads)), beats=beats)


def gains(path):
    import wfdb

    return np.array(wfdb.rdheader(str(path.with_suffix(""))).adc_gain)[:, None]


@pytest.mark.parametrize("leads", range(1, 13))
@pytest.mark.parametrize("rate", [360, 128.5, 1000 / 3])
def test_a_written_record_comes_back_within_half_a_step_with_its_gaps(tmp_path, leads, rate):
    import wfdb

    recording = noise(leads, rate)
    header = write(recording, tmp_path / "out")[0]
    ours, theirs = read(header), wfdb.rdrecord(str(tmp_path / "out"))
    assert ours.leads == tuple(theirs.sig_name) == recording.leads
    assert ours.rate == pytest.approx(rate, rel=1e-9)
    assert theirs.fs == pytest.approx(rate, rel=1e-9)
    for values in (ours.signals, theirs.p_signal.T):
        assert np.array_equal(np.isnan(values), np.isnan(recording.signals))
        assert np.nanmax(np.abs(values - recording.signals) * gains(header)) <= 0.501


@pytest.mark.parametrize(
    ("amplitude", "offset", "coarsest"),
    [
        (1, 0, 1e-3),
        (5, 0, 1e-3),
        (1, 300, 1e-3),
        (1e-4, 0, 1e-4),
        (1000, 0, 0.2),
        (1e6, 0, 200),
        (0.5, -1e5, 1e-3),
        (0, 7, 1e-3),
        (1e-9, 0, 1e-3),
    ],
)
def test_the_step_is_a_microvolt_or_finer_wherever_the_range_allows(tmp_path, amplitude, offset, coarsest):
    recording = noise(2, 250, amplitude, offset)
    header = write(recording, tmp_path / "out.hea")[0]
    assert (1 / gains(header)).max() <= coarsest
    resolution = np.abs(recording.signals) * 6e-8  # of float32
    assert np.nanmax((np.abs(read(header).signals - recording.signals) - resolution) * gains(header)) <= 0.501


def test_one_enormous_sample_does_not_spoil_the_other_leads(tmp_path):
    signals = np.ones((2, 500), np.float32)
    signals[0, 3] = 3e9
    back = read(write(Ecg(signals, 250, ("I", "II")), tmp_path / "out")[0])
    assert back.signals[0, 3] == pytest.approx(3e9, rel=1e-4)
    np.testing.assert_allclose(back.signals[1], 1, atol=1e-4)


def test_beats_come_back_with_their_times_and_classes_however_far_apart(tmp_path):
    import wfdb

    times = np.array([0.0, 0.004, 1.5, 5.6, 400.0, 7000.0])
    classes = np.array(["N", "S", "V", "F", "Q", "N"])
    signals = np.zeros((1, 250 * 7001), np.float32)
    written = write(Ecg(signals, 250, ("II",), beats=Beats(times, classes)), tmp_path / "out")
    assert sorted(path.suffix for path in written) == [".atr", ".dat", ".hea"]
    back = read(tmp_path / "out.hea").beats
    np.testing.assert_allclose(back.times, times, atol=0.5 / 250)
    assert back.classes.tolist() == classes.tolist()
    annotation = wfdb.rdann(str(tmp_path / "out"), "atr")
    assert annotation.symbol == classes.tolist()
    np.testing.assert_array_equal(annotation.sample, np.rint(times * 250))


def test_the_header_carries_first_values_and_checksums_that_wfdb_confirms(tmp_path):
    import wfdb

    write(noise(3, 250), tmp_path / "out")
    header, record = wfdb.rdheader(str(tmp_path / "out")), wfdb.rdrecord(str(tmp_path / "out"), physical=False)
    assert [c % 65536 for c in header.checksum] == [c % 65536 for c in record.calc_checksum()]
    assert header.init_value == record.d_signal[0].tolist()


def test_long_records_are_written_in_blocks_without_a_seam(tmp_path):
    signals = np.random.default_rng(0).normal(size=(3, 400_000)).astype(np.float32)
    header = write(Ecg(signals, 250, ("I", "II", "III")), tmp_path / "out")[0]
    assert np.abs(read(header).signals - signals).max() < 1e-3


@pytest.mark.parametrize("name", ["a b.hea", "ä", "rec.ord", "100 (1).dat", "100"])
def test_any_name_becomes_one_that_wfdb_reads(tmp_path, name):
    import wfdb

    header = write(noise(1, 250), tmp_path / name)[0]
    assert wfdb.rdrecord(str(header.with_suffix(""))).sig_len == 3001


def test_lead_names_from_outside_cannot_add_lines_to_the_header(tmp_path):
    signals = np.zeros((2, 9), np.float32)
    header = write(Ecg(signals, 250, ("II\n../../x 16", "V1\t\0")), tmp_path / "out")[0]
    assert read(header).leads == ("II ../../x 16", "V1")


def test_a_failed_write_leaves_nothing_behind_and_the_old_record_as_it_was(tmp_path):
    write(noise(1, 250), tmp_path / "out")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    broken = Ecg(np.ones((1, 9), np.float32), 250, ("II",), beats=Beats(np.array([0.1]), np.array(["x"])))
    with pytest.raises(ValueError, match="'x' is no AAMI class"):
        write(broken, tmp_path / "out")
    with pytest.raises(ValueError, match="which is no ECG"):
        write(Ecg(np.full((1, 9), 3e30, np.float32), 250, ("II",)), tmp_path / "out")
    with pytest.raises(ValueError, match="nothing to write"):
        write(Ecg(np.ones((1, 0), np.float32), 250, ("II",)), tmp_path / "new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_leads_without_a_single_sample_stay_empty(tmp_path):
    signals = np.ones((2, 50), np.float32)
    signals[0] = np.nan
    back = read(write(Ecg(signals, 250, ("I", "II")), tmp_path / "out")[0])
    assert np.isnan(back.signals[0]).all()
    np.testing.assert_allclose(back.signals[1], 1, atol=1e-6)


def test_a_record_without_beats_does_not_inherit_those_of_the_one_it_replaces(tmp_path):
    write(noise(1, 250, beats=Beats(np.array([0.5]), np.array(["V"]))), tmp_path / "out")
    (tmp_path / "other.atr").write_bytes(b"")
    header = write(noise(1, 250), tmp_path / "out")[0]
    assert read(header).beats is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.atr", "out.dat", "out.hea"]
