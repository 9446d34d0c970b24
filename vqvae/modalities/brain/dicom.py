"""DICOM: single slices, series of them in several files, and frames of one; what stands there of the patient is not even parsed."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqvae.modalities.brain.dicom_apart import Unpacker
from vqvae.modalities.brain.dicom_places import Stack, stack
from vqvae.modalities.brain.limits import require_size
from vqvae.modalities.brain.orientation import axes_of, place
from vqvae.modalities.brain.quiet import quiet
from vqvae.modalities.brain.recording import Source, Volume, spacing_of
from vqvae.modalities.brain.values import TURNED_GREY, finite, grey

if TYPE_CHECKING:
    from pydicom import Dataset

SUFFIXES = (".dcm", ".dicom", ".ima")
_READ = (  # nothing else of a file is looked at
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PlanarConfiguration", "PhotometricInterpretation", "PixelRepresentation"),
    *("BitsAllocated", "BitsStored", "HighBit", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "PixelData", "FloatPixelData"),
    *("DoubleFloatPixelData", "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor", "ExtendedOffsetTable"),
    *("BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "PixelSpacing"),
    *("BluePaletteColorLookupTableData", "ImagePositionPatient", "ImageOrientationPatient", "SliceThickness", "SpacingBetweenSlices"),
    *("SeriesInstanceUID", "InstanceNumber", "EncryptedAttributesSequence", "DirectoryRecordSequence", "ExtendedOffsetTableLengths"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "GridFrameOffsetVector", "WaveformSequence"),
)
_DAMAGE = (
    *(ValueError, OSError, EOFError, zlib.error, MemoryError, ArithmeticError, RuntimeError, NotImplementedError, LookupError),
    *(TypeError, AttributeError, RecursionError, ImportError, SyntaxError),
)
_MOST_UNPACKED = 1 << 29  # bytes of a file in a .gz


class _Pixels(NamedTuple):
    values: np.ndarray  # (frames, rows, columns)
    slope: float
    intercept: float
    colour: bool
    inverted: bool  # white is the least


def is_dicom(start: bytes) -> bool:
    """Whether a file that begins with these bytes says that it is DICOM; some do not."""
    return start[128:132] == b"DICM"


def read_dicom(paths: Sequence[Path], name: str) -> Volume:
    """The image in DICOM files: one slice, or the largest series; ValueError in one sentence when there is none."""
    with quiet():
        found = [_opened(path) for path in paths]
        chosen, said = _one_series(paths, found)
        sizes = Counter((_number(found[i], "Rows"), _number(found[i], "Columns")) for i in chosen)
        (rows, columns), _ = sizes.most_common(1)[0]
        alike = [i for i in chosen if (_number(found[i], "Rows"), _number(found[i], "Columns")) == (rows, columns)]
        if len(alike) < len(chosen):
            said += (f"{len(chosen) - len(alike)} images of another size than {columns} × {rows} were left out.",)
        frames = sum(max(1, _number(found[i], "NumberOfFrames")) for i in alike)
        require_size(name, (columns, rows, frames) if frames > 1 else (columns, rows))
        try:
            stacked = stack([found[i] for i in alike])
        except _DAMAGE:
            raise ValueError(f"{name} describes where its slices lie by words that cannot be understood: it is damaged.") from None
        with Unpacker() as unpacker:
            pixels = [_pixels(paths[i], found[i], unpacker) for i in alike]
    return _volume(name, paths[0].name if len(paths) == 1 else name, pixels, stacked, said)


def _opened(path: Path) -> Dataset:
    """What `_READ` lists of a file."""
    import pydicom
    from pydicom.errors import BytesLengthException, InvalidDicomError

    data = _unpacked(path)
    try:
        try:
            dataset = pydicom.dcmread(io.BytesIO(data) if data else path, specific_tags=list(_READ))
        except InvalidDicomError:
            dataset = pydicom.dcmread(io.BytesIO(data) if data else path, specific_tags=list(_READ), force=True)
            if "Rows" not in dataset:
                raise ValueError from None
        for word in _READ:
            dataset.get(word)  # what is damaged shows here
        found = {word for word in ("DirectoryRecordSequence", "WaveformSequence", "EncryptedAttributesSequence") if word in dataset}
        there = any(word in dataset for word in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"))
    except (BytesLengthException, *_DAMAGE):
        raise ValueError(f"{path.name} is no DICOM file, or a damaged one: get another copy of it.") from None
    if not there:
        raise ValueError(f"{path.name} is a DICOM file without pixels{_instead(found)}.")
    return dataset


def _instead(found: set[str]) -> str:
    if "DirectoryRecordSequence" in found:
        return ", a list of other files: give those files, or their folder as a .zip"
    if "WaveformSequence" in found:
        return ", it holds curves: the page for ECGs reads them"
    if "EncryptedAttributesSequence" in found:
        return ", they are encrypted: decrypt it first"
    return ", as reports, plans and annotations are: give the files of the images"


def _unpacked(path: Path) -> bytes:
    """The contents of a file in a .gz, nothing for any other file."""
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return b""
    try:
        with gzip.open(path) as packed:
            data = packed.read(_MOST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error):
        raise ValueError(f"{path.name} is a damaged .gz file: get another copy of it.") from None
    if len(data) > _MOST_UNPACKED:
        raise ValueError(f"{path.name} unpacks to more than {_MOST_UNPACKED >> 20} MB: unpack it first.")
    return data


def _one_series(paths: Sequence[Path], found: list[Dataset]) -> tuple[list[int], tuple[str, ...]]:
    """Places of the files of the largest series."""
    series: dict[str, list[int]] = {}
    for place_, dataset in enumerate(found):
        series.setdefault(str(dataset.get("SeriesInstanceUID", "")), []).append(place_)
    chosen = max(series.values(), key=len)
    if len(series) == 1:
        return chosen, ()
    return chosen, (f"The {len(paths)} files are of {len(series)} series: this is the one with the most of them, {len(chosen)}.",)


def _number(dataset: Dataset, word: str) -> int:
    """A whole number of a file, 0 where it says none."""
    try:
        return int(dataset.get(word) or 0)
    except _DAMAGE:
        return 0


def _pixels(path: Path, dataset: Dataset, unpacker: Unpacker) -> _Pixels:
    from pydicom.pixels import apply_color_lut, apply_modality_lut

    frames, rows, columns = max(1, _number(dataset, "NumberOfFrames")), _number(dataset, "Rows"), _number(dataset, "Columns")
    require_size(path.name, (columns, rows, frames) if frames > 1 else (columns, rows))
    shown = str(dataset.get("PhotometricInterpretation", ""))
    try:
        values = unpacker.unpack(dataset)
        if shown == "PALETTE COLOR":
            values = apply_color_lut(values, dataset)
        if "ModalityLUTSequence" in dataset:
            values = apply_modality_lut(values, dataset)
        slope, intercept = (float(dataset.get(word, default)) for word, default in (("RescaleSlope", 1.0), ("RescaleIntercept", 0.0)))
    except _DAMAGE:
        raise ValueError(_why(path, dataset)) from None
    colour = values.shape[-1:] == (3,) and values.ndim > (2 if frames == 1 else 3)
    values = (grey(values) if colour else values).reshape(-1, rows, columns)
    sound = math.isfinite(slope) and slope != 0 and math.isfinite(intercept)
    return _Pixels(values, slope if sound else 1.0, intercept if sound else 0.0, colour, shown == "MONOCHROME1")


def _why(path: Path, dataset: Dataset) -> str:
    """Why pixels could not be decoded."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    syntax = UID(str(getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", "")))
    try:
        known = not syntax.is_compressed or get_decoder(syntax).is_available
    except (ValueError, NotImplementedError, AttributeError):
        known = not syntax
    named = syntax.name.partition(" (Process")[0] if syntax and syntax.name != syntax else "an unknown method"
    convert = "convert it to uncompressed DICOM or NIfTI first"
    if not known:
        return f"the pixels of {path.name} are packed with {named}, which cannot be read here: {convert}."
    if syntax and syntax.is_compressed:
        return f"the pixels of {path.name} are packed with {named} and cannot be unpacked: it is damaged, or of an unusual kind; {convert}."
    return f"{path.name} is truncated or damaged, its pixels cannot be read as its header describes them: get another copy of it."


def _volume(name: str, file: str, pixels: list[_Pixels], stacked: Stack, said: tuple[str, ...]) -> Volume:
    planes = np.concatenate([one.values for one in pixels])[list(stacked.order)]
    scales = [(one.slope, one.intercept) for one in pixels for _ in one.values]
    scales = [scales[i] for i in stacked.order]
    whole, same = planes.dtype.kind in "iu", len(set(scales)) == 1
    if not same:
        slopes, starts = np.array(scales, np.float64).T[:, :, None, None]
        planes = planes * slopes + starts
    inverted = np.array([one.inverted for one in pixels for _ in one.values])[list(stacked.order)]
    if inverted.any():
        planes[inverted] = _upright(planes[inverted])
    slope, intercept = scales[0] if same else (1.0, 0.0)
    colour = any(one.colour for one in pixels)
    said = (*said, *stacked.said, *((f"The image was {TURNED_GREY}.",) if colour else ()))
    kind = planes.dtype.newbyteorder("<").str if whole and same else "<f4"
    if not whole and same:
        planes, slope, intercept = planes * slope + intercept, 1.0, 0.0
    if stacked.affine is None:
        voxels, missing = finite((planes * slope + intercept).transpose(2, 1, 0)[:, ::-1], file)
        return _picture(name, voxels, kind, (slope, intercept), colour, (*said, *missing))
    voxels, missing = finite(planes.transpose(2, 1, 0) * slope + intercept, file)
    lying = place(voxels, stacked.affine)
    written = "DICOM is read and not written: what becomes of it is written as NIfTI."
    source = Source("nii.gz", kind, axes_of(stacked.affine), 3, slope, intercept, colour=colour)
    return Volume(
        name, np.ascontiguousarray(lying.voxels), lying.axis, spacing_of(lying.affine), lying.affine, source, (*said, *missing, written)
    )


def _upright(planes: np.ndarray) -> np.ndarray:
    """What is stored with white as the least, all of it about the same middle: one tissue stays as bright from slice to slice."""
    if planes.dtype.kind in "iu":
        return (int(planes.max()) + int(planes.min()) - planes.astype(np.int64)).astype(planes.dtype)
    known = planes[np.isfinite(planes)]
    return known.max() + known.min() - planes if known.size else planes


def _picture(name: str, voxels: np.ndarray, kind: str, scale: tuple[float, float], colour: bool, said: tuple[str, ...]) -> Volume:
    """Without a place in space: as a picture is, the top of the image at the end of Y."""
    as_is = scale == (1.0, 0.0) and np.dtype(kind).newbyteorder("=") in (np.uint8, np.uint16)
    form = "PNG" if as_is and voxels.shape[2] == 1 else "NIfTI"
    nowhere = f"The file does not say where the image lies; DICOM is read and not written: what becomes of it is written as {form}."
    held = Source("nii.gz", kind, "RAS", 3, *scale, colour=colour)
    source = Source("png", np.dtype(kind).str, dims=2 if voxels.shape[2] == 1 else 3, colour=colour) if as_is else held
    return Volume(name, voxels, source=source, said=(*said, nowhere))
