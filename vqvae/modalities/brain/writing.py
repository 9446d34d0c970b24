"""Volumes to files: the format, shape, orientation, affine, type and units that they came with."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from vqvae.modalities.brain.orientation import unplace
from vqvae.modalities.brain.recording import Source, Volume, spacing_of
from vqvae.modalities.brain.tensors import stored_again
from vqvae.modalities.protocol import Report

SUFFIXES = (".nii.gz", ".nii", ".hdr", ".img", ".mgz", ".mgh", ".png", ".tif", ".npy")
_PICTURES = (".png", ".tif")
_MGH_TYPES = ("u1", "i2", "i4", "f4")


def write(recording: Volume, path: Path) -> list[Path]:
    """Write a volume; returns its files.

    path: where it ends in one of `SUFFIXES` that is the format; else the suffix of the file that was read is added, or .nii.gz for several
    slices out of pictures.  Shape, orientation, affine, type and units are those of the original.  Everything is written beside and then
    renamed.  ValueError when the format cannot hold the volume.
    """
    suffix = suffix_of(path) or _own_suffix(recording)
    base = path.name[: len(path.name) - len(suffix_of(path))]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".brain-") as folder:
        _save(recording, Path(folder) / f"volume{suffix}", suffix)
        made = sorted(Path(folder).iterdir(), key=lambda file: file.suffix == ".img")
        return [file.replace(path.parent / f"{base}{file.name.removeprefix('volume')}") for file in made]


def targets(path: Path) -> tuple[Path, ...]:
    """Every file that `write` may make."""
    suffix = suffix_of(path)
    base = path.name[: len(path.name) - len(suffix)]
    if suffix in (".hdr", ".img"):
        return path.parent / f"{base}.hdr", path.parent / f"{base}.img"
    return (path,) if suffix else tuple(path.parent / f"{base}{ending}" for ending in SUFFIXES)


def suffix_of(path: Path) -> str:
    """The part of a path that says a format, as it is written there; empty when none does."""
    return next((path.name[-len(suffix) :] for suffix in SUFFIXES if path.name.lower().endswith(suffix)), "")


def marked(recording: Volume, report: Report) -> Volume:
    """The recording as it is to be written: there is nothing to mark in it."""
    return recording


def _own_suffix(recording: Volume) -> str:
    source = recording.source
    if f".{source.format}" in _PICTURES and (recording.slices > 1 or not source.picture):
        return ".nii.gz"
    return f".{source.format}"


def _save(recording: Volume, path: Path, suffix: str) -> None:
    kind = suffix.lower()
    if kind in _PICTURES:
        _save_picture(recording, path)
    elif kind == ".npy":
        np.save(path, _rows(recording) if _is_one_picture(recording) else _arranged(recording)[0], allow_pickle=False)
    elif kind in (".mgh", ".mgz"):
        _save_mgh(recording, path)
    else:
        _save_nifti(recording, path, kind in (".hdr", ".img"))


def stored(voxels: np.ndarray, source: Source) -> np.ndarray:
    """Values as the numbers that the file holds."""
    if not source.whole:
        return voxels.astype(np.dtype(source.dtype))
    steps = (stored_again(voxels, source).astype(np.float64) - source.intercept) / source.slope
    kind = np.dtype(source.dtype).newbyteorder("=")
    least, most = (0, 1) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
    top = float(most) if int(float(most)) == most else np.nextafter(float(most), 0)  # voxels of 32 bits may have been rounded to beyond it
    return np.clip(np.rint(steps), least, top).astype(np.dtype(source.dtype))


def _arranged(recording: Volume) -> tuple[np.ndarray, np.ndarray]:
    """The array of the file, and its affine."""
    source, numbers = recording.source, stored(recording.voxels, recording.source)
    array, affine = unplace(numbers, recording.affine, recording.axis, source.axes or "RAS")
    if source.dims == 2 and recording.slices == 1:
        return array[:, :, 0], affine
    return array.reshape(array.shape + (1,) * (source.dims - 3)), affine


def _is_one_picture(recording: Volume) -> bool:
    return recording.source.picture and recording.source.dims == 2 and recording.slices == 1


def _rows(recording: Volume) -> np.ndarray:
    """The pixels (rows, columns) of a single picture, its top first."""
    return stored(recording.voxels, recording.source)[:, ::-1, 0].T


def _save_picture(recording: Volume, path: Path) -> None:
    """A slice as an 8-bit or 16-bit picture, in TIFF as floating-point numbers too; others go from black to white as the window does."""
    from PIL import Image

    if recording.slices > 1:
        raise ValueError(f"{recording.name} has {recording.slices} slices, {path.suffix} holds one picture: write it as .nii.gz")
    if np.dtype(recording.source.dtype).newbyteorder("=") in (np.uint8, np.uint16) and recording.source.slope == 1:
        pixels = _rows(recording)
        pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    elif not recording.source.whole and path.suffix.lower() == ".tif":
        pixels = _rows(recording).astype(np.float32)
    else:
        low, high = recording.window
        pixels = np.rint(np.clip((recording.voxels[:, ::-1, 0].T - low) / (high - low), 0, 1) * 65535).astype(np.uint16)
    Image.fromarray(np.ascontiguousarray(pixels)).save(path)


def _save_mgh(recording: Volume, path: Path) -> None:
    import nibabel

    array, affine = _arranged(recording)
    if array.dtype.str[1:] not in _MGH_TYPES or recording.source.slope != 1 or recording.source.intercept:
        array = unplace(recording.voxels, recording.affine, recording.axis, recording.source.axes or "RAS")[0].astype(np.float32)
    nibabel.MGHImage(array.astype(array.dtype.newbyteorder(">")), affine).to_filename(path)


def _save_nifti(recording: Volume, path: Path, pair: bool) -> None:
    import nibabel

    source, (array, affine) = recording.source, _arranged(recording)
    if array.dtype.kind == "b" or (array.dtype.itemsize == 2 and array.dtype.kind == "f"):
        array = array.astype(np.uint8 if array.dtype.kind == "b" else np.float32)
    kinds = (nibabel.Nifti2Pair, nibabel.Nifti2Image) if source.version == 2 else (nibabel.Nifti1Pair, nibabel.Nifti1Image)
    kind = kinds[0 if pair else 1]
    header = kind.header_class(endianness=">" if np.dtype(source.dtype).str[0] == ">" else "<")  # another class's would lose that
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    header["xyzt_units"] = source.units
    header.set_zooms((*spacing_of(affine), 1.0, 1.0, 1.0, 1.0)[: array.ndim])
    placed = bool(source.sform or source.qform) or not np.allclose(header.get_best_affine(), affine, atol=1e-4)
    image = kind(array, affine if placed else None, header)
    if placed:
        image.set_qform(affine, source.qform)
        image.set_sform(affine, source.sform or int(not source.qform))
    if source.slope != 1 or source.intercept:
        image.header.set_slope_inter(source.slope, source.intercept)
    image.to_filename(path)
