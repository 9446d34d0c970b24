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
_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_ASAP = "https://raw.githubusercontent.com/fosfrancesco/asap-dataset/1aa3782cf4bd6e1be450d71f1095bbcf91b88cec/"

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("mitdb", "MIT-BIH Arrhythmia Database 1.0.0", "ODC-By 1.0", f"{_PHYSIONET}/mitdb/1.0.0/", "."),
        Dataset("ludb", "Lobachevsky University Electrocardiography Database 1.0.1", "ODC-By 1.0", f"{_PHYSIONET}/ludb/1.0.1/", "data"),
        Dataset("mnist", "MNIST, 70,000 handwritten digits (LeCun 1998)", "CC BY-SA 3.0", _KERAS, ".", "mnist.sha256"),
        Dataset("asap", "ASAP, 988 piano performances of 12 composers (Foscarin 2020)", "CC BY-NC-SA 4.0", _ASAP, ".", "asap.sha256"),
    )
}

ELSEWHERE = {  # data sets that ask for a registration: where they are to be had, and how
    "oasis": (
        "OASIS asks for a registration: ask for OASIS-1 at https://sites.wustl.edu/oasisbrains, agree to its terms of use, put the volumes "
        "into a folder and give that folder as --data"
    ),
    "adni": (
        "ADNI asks for a registration: apply at https://adni.loni.usc.edu/data-samples/adni-data, agree to its terms of use, download "
        "images as NIfTI or DICOM from https://ida.loni.usc.edu into a folder and give that folder as --data"
    ),
}


def dataset(name: str) -> Dataset:
    """The data set called `name`; ValueError naming the choices when there is none."""
    if name in ELSEWHERE:
        raise ValueError(ELSEWHERE[name])
    if name not in DATASETS:
        raise ValueError(f"no data set is called {name!r}; there are: {', '.join(DATASETS)}")
    return DATASETS[name]
