"""Public data sets that can be downloaded, and on what terms."""

from __future__ import annotations

from typing import NamedTuple


class Dataset(NamedTuple):
    """A folder on a server, and the SHA-256 of its files: listed there in `SHA256SUMS.txt`, or here beside this module."""

    name: str
    title: str
    licence: str
    url: str
    records: str  # folder of the records below the download
    listed: str = ""  # the file beside this module that lists its checksums, where the server does not


_PHYSIONET = "https://physionet.org/files"
_ASAP = "https://raw.githubusercontent.com/fosfrancesco/asap-dataset/1aa3782cf4bd6e1be450d71f1095bbcf91b88cec/"

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("mitdb", "MIT-BIH Arrhythmia Database 1.0.0", "ODC-By 1.0", f"{_PHYSIONET}/mitdb/1.0.0/", "."),
        Dataset("ludb", "Lobachevsky University Electrocardiography Database 1.0.1", "ODC-By 1.0", f"{_PHYSIONET}/ludb/1.0.1/", "data"),
        Dataset("asap", "ASAP, 988 piano performances of 12 composers (Foscarin 2020)", "CC BY-NC-SA 4.0", _ASAP, ".", "asap.sha256"),
    )
}


def dataset(name: str) -> Dataset:
    """The data set called `name`; ValueError naming the choices when there is none."""
    if name not in DATASETS:
        raise ValueError(f"no data set is called {name!r}; there are: {', '.join(DATASETS)}")
    return DATASETS[name]
