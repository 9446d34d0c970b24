"""ECG files of every kind this project reads."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from vqvae.modalities.ecg.aecg_files import read_aecg
from vqvae.modalities.ecg.dicom_files import read_dicom
from vqvae.modalities.ecg.edf_files import read_edf
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.ecg.table_files import NeedsRate, read_npy, read_table
from vqvae.modalities.ecg.uploads import main_file, unpack
from vqvae.modalities.ecg.wfdb_files import read_wfdb
from vqvae.modalities.ecg.wfdb_header import neighbour
from vqvae.modalities.protocol import Progress

__all__ = ["KNOWN", "NeedsRate", "read"]

KNOWN = "WFDB (.hea with .dat), EDF, BDF, CSV, TSV, .npy, DICOM (.dcm), HL7 aECG (.xml) or a .zip of one record"
LEAST_VALID = 1e-3  # share of samples in the fullest lead; what has less takes hours to work on and shows nothing
_TABLES = {".csv", ".tsv", ".txt", ".tab"}


def read(path: Path, rate: float | None = None, progress: Progress | None = None) -> Ecg:
    """The ECG in `path`: a file, a WFDB record's name without suffix, or a .zip that holds one record.

    rate: samples per second, for CSV and .npy files that do not say; files that know their own rate ignore it.
    progress: called with the share that is done, 0 to 1, while long files are read.
    Raises NeedsRate where a rate is missing, and ValueError with one sentence for every other fault.
    """
    path = Path(path)
    recording = _read(path, rate, progress)
    samples = recording.signals.shape[1]
    valid = max(int(np.count_nonzero(np.isfinite(lead))) for lead in recording.signals)
    if not valid:
        raise ValueError(f"{path.name} holds no valid sample in any lead.")
    if valid < samples * LEAST_VALID:
        raise ValueError(f"{path.name} is nearly all gap, {valid} valid samples among {samples}: cut out the part that was recorded.")
    return recording


def _read(path: Path, rate: float | None, progress: Progress | None) -> Ecg:
    suffix = path.suffix.lower()
    header = neighbour(path, f"{path.stem if suffix and path.is_file() else path.name}.hea")
    if not path.is_file() and not header.is_file():
        raise ValueError(f"{path.name} does not exist: give a file, or a WFDB record's name without suffix.")
    if not path.is_file():
        return read_wfdb(header, progress)
    if suffix == ".hea":
        return read_wfdb(path, progress)
    if suffix == ".zip":
        with tempfile.TemporaryDirectory() as folder:
            unpack(path, Path(folder))
            return read(main_file(Path(folder), path.name), rate, progress)
    if suffix == ".npy":
        return read_npy(path, rate)
    if suffix == ".xml":
        return read_aecg(path)
    return _sniffed(path, header, rate, progress)


def _sniffed(path: Path, header: Path, rate: float | None, progress: Progress | None) -> Ecg:
    """Kinds that can be told by their first bytes, then text, then the files of a WFDB record."""
    with path.open("rb") as file:
        start = file.read(132)
    suffix = path.suffix.lower()
    if start[128:] == b"DICM" or suffix in {".dcm", ".dicom"}:
        return read_dicom(path)
    if start[:8] in (b"0       ", b"\xffBIOSEMI") or suffix in {".edf", ".bdf"}:
        return read_edf(path, progress)
    if suffix in _TABLES:
        return read_table(path, rate, progress)
    if header.is_file():
        return read_wfdb(header, progress)
    if suffix in {".dat", ".mat", ".atr"}:
        raise ValueError(f"{path.name} needs its header: drop {header.name} together with it.")
    raise ValueError(f"{path.name} is no ECG file of a kind that can be read: {KNOWN}.")
