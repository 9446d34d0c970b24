"""Public data sets that can be downloaded, and on what terms."""

from __future__ import annotations

from typing import NamedTuple


class Dataset(NamedTuple):
    """A folder on a server that lists its files with their checksums in `SHA256SUMS.txt`."""

    name: str
    title: str
    licence: str
    url: str
    records: str  # folder of the records below the download


_PHYSIONET = "https://physionet.org/files"

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("mitdb", "MIT-BIH Arrhythmia Database 1.0.0", "ODC-By 1.0", f"{_PHYSIONET}/mitdb/1.0.0/", "."),
        Dataset("ludb", "Lobachevsky University Electrocardiography Database 1.0.1", "ODC-By 1.0", f"{_PHYSIONET}/ludb/1.0.1/", "data"),
    )
}


def dataset(name: str) -> Dataset:
    """The data set called `name`; ValueError naming the choices when there is none."""
    if name not in DATASETS:
        raise ValueError(f"no data set is called {name!r}; there are: {', '.join(DATASETS)}")
    return DATASETS[name]
