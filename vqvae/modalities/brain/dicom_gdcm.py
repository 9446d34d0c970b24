"""A program: unpacks the DICOM files that it is given on its input, with GDCM; answers with .npy files.  Each goes after its length.

It ends, and says nothing, at the first file that it cannot unpack.  `dicom_apart` starts it.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pydicom import Dataset

SIZE = 8  # bytes of a length


def main(memory: int) -> None:
    """Answer until the input ends; memory: bytes that this process may have."""
    import pydicom

    _limit(memory)
    while size := int.from_bytes(sys.stdin.buffer.read(SIZE), "little"):
        dataset = pydicom.dcmread(io.BytesIO(sys.stdin.buffer.read(size)), force=True)
        answer = io.BytesIO()
        np.save(answer, _pixels(dataset), allow_pickle=False)
        sys.stdout.buffer.write(len(answer.getvalue()).to_bytes(SIZE, "little") + answer.getvalue())
        sys.stdout.buffer.flush()


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has none
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _pixels(dataset: Dataset) -> np.ndarray:
    from pydicom.uid import JPEGExtended12Bit

    if dataset.file_meta.TransferSyntaxUID == JPEGExtended12Bit and dataset.SamplesPerPixel == 1:
        return _extended(dataset)
    dataset.pixel_array_options(decoding_plugin="gdcm")
    return np.asarray(dataset.pixel_array)


def _extended(dataset: Dataset) -> np.ndarray:
    """JPEG of 12 bits, which GDCM unpacks and pydicom does not ask it to."""
    import gdcm
    from pydicom.encaps import generate_frames

    frames, rows, columns = int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns)
    kind = gdcm.PixelFormat(1, dataset.BitsAllocated, dataset.BitsStored, dataset.BitsStored - 1, dataset.PixelRepresentation)
    found = []
    for packed in generate_frames(dataset.PixelData, number_of_frames=frames):
        fragment, fragments = gdcm.Fragment(), gdcm.SequenceOfFragments.New()
        fragment.SetByteStringValue(packed)
        fragments.AddFragment(fragment)
        element, image = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010)), gdcm.Image()
        element.SetValue(fragments.__ref__())
        image.SetNumberOfDimensions(2)
        image.SetDimensions((columns, rows, 1))
        image.SetDataElement(element)
        image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2))
        image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
        image.SetPixelFormat(kind)
        pixels = np.frombuffer(image.GetBuffer().encode("utf-8", "surrogateescape"), "<i2" if dataset.PixelRepresentation else "<u2")
        found.append(pixels.reshape(rows, columns))
    return np.stack(found)


if __name__ == "__main__":
    main(int(sys.argv[1]))
