"""Files to be refused, and what a refusal must be: one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vqvae.modalities.ecg.reading import read
from vqvae.modalities.ecg.recording import Ecg

ECG = b"x 1 250 4\nx.dat 16 1000/mV 16 0 0 0 0 II\n"
SAMPLES = np.arange(4, dtype="<i2").tobytes()


def refusal(path: Path, rate: float | None = 250) -> str:
    """The sentence with which `path` is refused."""
    with pytest.raises(ValueError) as caught:
        read(path, rate)
    return one_sentence(str(caught.value), path.parent)


def recording_or_sentence(path: Path) -> Ecg | str:
    try:
        return read(path, 250)
    except ValueError as error:
        return str(error)


def one_sentence(text: str, folder: Path) -> str:
    assert "\n" not in text
    assert len(text) < 300
    assert text.endswith(".")
    assert str(folder) not in text
    return text


def put(folder: Path, **files: bytes) -> Path:
    """Write files (`x_hea` is x.hea) and say where the first is."""
    paths = [folder / ".".join(name.rsplit("_", 1)) for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    return paths[0]
