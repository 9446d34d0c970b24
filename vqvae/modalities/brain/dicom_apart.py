"""Pixels of DICOM files, unpacked: by Pillow and pydicom here, by GDCM in a process of its own.

GDCM alone knows lossless JPEG, JPEG-LS and JPEG of 12 bits, and ends the process that it runs in when a damaged file upsets it; that
process may use so much memory and time and no more, and what the files say of a patient does not get there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pydicom import Dataset

MEMORY = 2 << 30  # bytes that unpacking may take
SECONDS = 120.0  # that it may take for one file
SIZE = 8  # bytes of the length that goes before a file, and before an array
_PIXELS = (  # all that unpacking needs to know
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PlanarConfiguration", "PhotometricInterpretation", "PixelRepresentation"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
)
_PROGRAM = Path(__file__).with_name("dicom_gdcm.py")


class Unpacker:
    """Unpacks the files of one series, in one other process where it takes one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Unpacker:
        return self

    def unpack(self, dataset: Dataset) -> np.ndarray:
        """The pixels of one file as pydicom arranges them; ValueError, or an error of pydicom, for what cannot be unpacked."""
        plugin = plugin_for(dataset)
        if plugin != "gdcm":
            if plugin:
                dataset.pixel_array_options(decoding_plugin=plugin)
            return np.asarray(dataset.pixel_array)
        process = self._running()
        content = without_patient(dataset)
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        try:
            _pipe(process.stdin).write(len(content).to_bytes(SIZE, "little") + content)
            _pipe(process.stdin).flush()
            size = int.from_bytes(_pipe(process.stdout).read(SIZE), "little")  # nothing where the process has ended
            return np.asarray(np.load(BytesIO(_pipe(process.stdout).read(size)), allow_pickle=False))
        finally:
            late.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.kill()
            with self._process:  # closes its pipes, and waits
                pass

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-P", str(_PROGRAM), str(MEMORY)]
            alone = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # threads would take of its memory
            piped = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=piped, stdout=piped, stderr=subprocess.DEVNULL, env=alone)
        return self._process


def plugin_for(dataset: Dataset) -> str:
    """What unpacks a file: one of pydicom's decoders, "gdcm", or nothing where its pixels are not packed or nothing can."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEGExtended12Bit

    syntax = dataset.file_meta.TransferSyntaxUID if "TransferSyntaxUID" in dataset.file_meta else None
    if syntax is None or not syntax.is_compressed or syntax.is_deflated:
        return ""
    known = get_decoder(syntax).available_plugins
    twelve = syntax == JPEGExtended12Bit and int(dataset.BitsStored) > 8  # not for Pillow
    return next((name for name in ("pydicom", "pillow", "gdcm") if name in known and not (twelve and name != "gdcm")), "")


def without_patient(dataset: Dataset) -> bytes:
    """A DICOM file of the same pixels and no more."""
    from pydicom import dcmwrite
    from pydicom.dataset import Dataset, FileMetaDataset

    bare = Dataset()
    for word in _PIXELS:
        if word in dataset:
            bare[word] = dataset[word]
    bare.file_meta = FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    content = BytesIO()
    dcmwrite(content, bare)
    return content.getvalue()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("there is no way to what unpacks")
    return pipe
