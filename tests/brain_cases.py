"""Images to read: arrays whose every voxel is another number, in files of every kind."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from vqvae.modalities.brain import Volume, read

PATIENT = "Secretname^Jane"
SHAPE = (5, 6, 4)


def ramp(shape: tuple[int, ...] = SHAPE, kind: str = "<i2") -> np.ndarray:
    """0, 1, 2, … in the order of C."""
    return np.arange(np.prod(shape)).reshape(shape).astype(kind)


def affine(axes: str = "RAS", spacing: tuple[float, ...] = (1.0, 1.5, 4.0), origin: tuple[float, ...] = (-7.0, 3.0, 20.0)) -> np.ndarray:
    """Of an array whose axes point to `axes`; spacing: along right, anterior and superior, mm."""
    found = np.zeros((4, 4))
    found[3, 3], found[:3, 3] = 1, origin
    for place, letter in enumerate(axes):
        space = next(i for i, pair in enumerate(("LR", "PA", "IS")) if letter in pair)
        found[space, place] = spacing[space] * (1 if letter in "RAS" else -1)
    return found


def save_nifti(path: Path, array: np.ndarray, where: np.ndarray | None = None, **fields: Any) -> Path:
    """A NIfTI-1 file of the numbers as they are."""
    header = nibabel.Nifti1Header(endianness=">" if array.dtype.str[0] == ">" else "<")
    header.set_data_dtype(array.dtype)
    image = nibabel.Nifti1Image(array, affine() if where is None else where, header)
    image.to_filename(path)
    if fields:  # as saving an image makes its header anew
        packed = path.suffix == ".gz"
        content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
        found = nibabel.Nifti1Header(content[:348])
        for name, value in fields.items():
            found[name] = value
        content = found.binaryblock + content[348:]
        path.write_bytes(gzip.compress(content) if packed else content)
    return path


def save_dicom(path: Path, pixels: np.ndarray, place: float | None = 0.0, **fields: Any) -> Path:
    """One slice (rows, columns), `place` mm along the body's axis, none when it does not say."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, "1.2.840.10008.5.1.4.1.1.4"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    file.PatientName, file.PatientID, file.PatientBirthDate, file.StudyDate = PATIENT, "4711-SECRET", "19230405", "20200102"
    file.SOPInstanceUID, file.SOPClassUID = meta.MediaStorageSOPInstanceUID, meta.MediaStorageSOPClassUID
    file.Rows, file.Columns, file.SamplesPerPixel, file.PhotometricInterpretation = *pixels.shape, 1, "MONOCHROME2"
    bits = pixels.dtype.itemsize * 8
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = bits, bits, bits - 1, int(pixels.dtype.kind == "i")
    if place is not None:
        file.ImageOrientationPatient, file.PixelSpacing, file.SliceThickness = [1, 0, 0, 0, 1, 0], [1.5, 1.0], 3.0
        file.ImagePositionPatient = [10, 20, place]
    file.PixelData = pixels.tobytes()
    for name, value in fields.items():
        setattr(file, name, value)
    pydicom.dcmwrite(path, file)
    return path


def pack_dicom(path: Path, method: str) -> Path:
    """The same file beside it, its pixels packed by GDCM: "JPEGLosslessProcess14_1", "JPEGLSLossless", …"""
    import gdcm

    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, method)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    made = path.with_name(f"{path.stem}_{method}.dcm")
    writer.SetFileName(str(made))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    file, packed = pydicom.dcmread(path), pydicom.dcmread(made)  # GDCM changes more than the pixels
    file.file_meta.TransferSyntaxUID, file["PixelData"] = packed.file_meta.TransferSyntaxUID, packed["PixelData"]
    file.save_as(made)
    return made


def refusal(path: Any, **options: Any) -> str:
    """The sentence with which `path` is refused."""
    with pytest.raises(ValueError) as caught:
        read(path, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 320
    assert text.endswith(".")
    assert PATIENT[:6] not in text
    return text


def at(volume: Volume, millimetres: tuple[float, float, float]) -> float:
    """The intensity at a place in space."""
    x, y, s = np.rint(np.linalg.inv(volume.affine) @ [*millimetres, 1])[:3].astype(int)
    return float(volume.voxels[x, y, s])
