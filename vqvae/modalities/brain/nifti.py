"""NIfTI, MGH and the other formats of volumes that nibabel reads."""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vqvae.modalities.brain.limits import require_size
from vqvae.modalities.brain.orientation import axes_of, place
from vqvae.modalities.brain.quiet import quiet
from vqvae.modalities.brain.recording import Source, Volume, spacing_of
from vqvae.modalities.brain.values import Real, finite, real

if TYPE_CHECKING:
    from nibabel.spatialimages import SpatialImage

SUFFIXES = (".nii", ".hdr", ".img", ".mgh", ".mgz", ".mnc", ".par", ".rec", ".head", ".brik", ".v")
KNOWN = "NIfTI (.nii, .nii.gz, .hdr with .img), MGH, DICOM, PNG, JPEG, TIFF and .npy work"
_DAMAGE = (  # what nibabel raises on damaged headers and data, besides its own errors
    *(ValueError, OSError, EOFError, zlib.error, MemoryError, ArithmeticError, RuntimeError, NotImplementedError),
    *(LookupError, TypeError, AttributeError, ImportError, AssertionError, SyntaxError),
)
_DEFLATE = 1100  # times smaller than its contents a compressed file is at most
_MOST_UNPACKED = 1 << 32  # bytes that are gone through to reach a volume


class _Placed(NamedTuple):
    affine: np.ndarray
    said: tuple[str, ...]
    codes: tuple[int, int]  # of sform and qform


def read_volume(path: Path, name: str, volume: int | None = None) -> Volume:
    """The volume called `volume` (from 1) of a file, the first one when None; ValueError in one sentence when there is none to be read.

    Of a series only that volume is read.
    """
    with quiet():
        image = _opened(path)
        shape = tuple(int(side) for side in image.shape)
        if len(shape) < 2:
            raise ValueError(f"{path.name} holds numbers along {len(shape)} axis: an image has two or three.")
        spatial = (*shape[:3], *(1,) * (3 - len(shape)))
        require_size(path.name, spatial)
        _require_there(path, image, shape)
        chosen = _chosen(path, shape, volume)
        found = _values(path, image, shape, chosen)
        placed = _affine(path, image)
    series = math.prod(shape[3:])
    voxels, missing = finite(found.values.reshape(spatial), path.name if series == 1 else f"volume {chosen + 1} of {path.name}")
    lying = place(voxels, placed.affine)
    source = _source(path, image, placed, len(shape) if series == 1 else 3, found)
    said = (*_series(path, shape, chosen), *found.said, *missing, *placed.said, *_format(path, image))
    spacing = spacing_of(lying.affine, source.units)
    return Volume(name, np.ascontiguousarray(lying.voxels), lying.axis, spacing, lying.affine, source, said, series=series)


def _opened(path: Path) -> SpatialImage:
    import nibabel
    from nibabel.filebasedimages import ImageFileError
    from nibabel.minc1 import MincError
    from nibabel.parrec import PARRECError
    from nibabel.spatialimages import HeaderDataError, ImageDataError, SpatialImage
    from nibabel.wrapstruct import WrapStructError

    try:
        image = nibabel.load(path)
    except (ImageFileError, HeaderDataError, ImageDataError, WrapStructError, PARRECError, MincError, *_DAMAGE):
        if _is_minc2(path):
            convert = "convert it to NIfTI first, such as with `mnc2nii`"
            raise ValueError(f"{path.name} is a MINC 2 file, which cannot be read here: {convert}.") from None
        raise ValueError(f"{path.name} is no image that can be read, or its header is damaged: {KNOWN}.") from None
    if not isinstance(image, SpatialImage):
        raise ValueError(f"{path.name} holds no voxels but something else (a surface, lines or a matrix): give an image.")
    return image


def _is_minc2(path: Path) -> bool:
    """Whether it is an HDF5 file that is called MINC."""
    with path.open("rb") as file:
        return path.suffix.lower() == ".mnc" and file.read(8) == b"\x89HDF\r\n\x1a\n"


def _require_there(path: Path, image: Any, shape: tuple[int, ...]) -> None:
    """ValueError for a header that promises more than the file can hold."""
    stored = next((Path(holder.filename) for key, holder in image.file_map.items() if key in ("image", "REC") and holder.filename), path)
    if not stored.is_file():
        raise ValueError(f"{path.name} is a header without its voxels: {stored.name} has to lie beside it.")
    promised = math.prod(shape) * np.dtype(image.get_data_dtype()).itemsize
    packed = stored.suffix.lower() in (".gz", ".mgz", ".bz2", ".zst")
    size = stored.stat().st_size
    most = _DEFLATE * size if packed else size
    known = hasattr(image.dataobj, "offset") or packed  # formats that hold plain numbers, one after the other
    if known and promised > most:
        held = f"promises {_bytes(promised)} of voxels and is a file of {_bytes(size)}"
        raise ValueError(f"{path.name} {held}: it is truncated or damaged, get another copy of it.")
    if packed and promised > _MOST_UNPACKED:
        raise ValueError(f"{path.name} unpacks to {_bytes(promised)}, more than {_bytes(_MOST_UNPACKED)}: unpack it first.")


def _bytes(count: int) -> str:
    unit = next((unit for unit in ("bytes", "kB", "MB", "GB") if count < 1000 ** (1 + ("bytes", "kB", "MB", "GB").index(unit))), "TB")
    size = count / 1000 ** ("bytes", "kB", "MB", "GB", "TB").index(unit)
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"


def _chosen(path: Path, shape: tuple[int, ...], volume: int | None) -> int:
    """From 0."""
    chosen, count = 1 if volume is None else volume, math.prod(shape[3:])
    if count < 1:
        raise ValueError(f"{path.name} holds no volume: its header says {' × '.join(map(str, shape))}.")
    if not 1 <= chosen <= count:
        raise ValueError(f"{path.name} has no volume {chosen}: choose one from 1 to {count}.")
    return chosen - 1


def _series(path: Path, shape: tuple[int, ...], chosen: int) -> tuple[str, ...]:
    count = math.prod(shape[3:])
    return (f"{path.name} holds {count} volumes: this is volume {chosen + 1}.",) if count > 1 else ()


def _values(path: Path, image: Any, shape: tuple[int, ...], chosen: int) -> Real:
    try:
        if len(shape) > 3:
            later = np.unravel_index(chosen, shape[3:], order="F")
            stored = image.dataobj[(slice(None), slice(None), slice(None), *map(int, later))]
        else:
            stored = image.dataobj
        values = np.asanyarray(stored)
    except _DAMAGE:
        why = "its voxels cannot be read as its header describes them"
        raise ValueError(f"{path.name} is truncated or damaged, {why}: get another copy of it.") from None
    try:
        return real(values)
    except ValueError as error:
        raise ValueError(f"{path.name} is no image: {error}.") from None


def _affine(path: Path, image: Any) -> _Placed:
    """Where voxels lie; by their sizes alone when the file's own words are of no use."""
    header, affine = image.header, image.affine
    sform, qform = (int(header[code]) if code in _fields(header) else 1 for code in ("sform_code", "qform_code"))
    if affine is not None and _is_usable(np.asarray(affine, np.float64)):
        affine = np.asarray(affine, np.float64)
        if not sform and not qform:
            unknown = f"{path.name} does not say where left and right are: its axes were taken as {axes_of(affine)}."
            return _Placed(affine, (unknown,), (0, 0))
        if sform and qform and not _agrees(image, affine):
            twice = f"{path.name} says twice where it lies, and not the same: its sform counts, its qform is left out."
            return _Placed(affine, (twice,), (sform, 0))
        return _Placed(affine, (), (sform, qform))
    zooms = [float(zoom) if 0 < float(zoom) < 1e3 else 1.0 for zoom in (*header.get_zooms(), 1.0, 1.0, 1.0)[:3]]
    unusable = f"{path.name} describes its place in space by numbers that are of no use: its axes were taken as RAS."
    return _Placed(np.diag([*zooms, 1.0]), (unusable,), (1, 1))


def _agrees(image: Any, affine: np.ndarray) -> bool:
    """Whether a NIfTI file's qform leads to where its affine does, within 0.01 mm a voxel; other formats have none that could not."""
    from nibabel.spatialimages import HeaderDataError

    if not hasattr(image, "get_qform"):
        return True
    try:
        return bool(np.allclose(image.get_qform(), affine, atol=0.01))
    except (HeaderDataError, *_DAMAGE):
        return False


def _is_usable(affine: np.ndarray) -> bool:
    """Whether three axes point to where they can be told apart."""
    from nibabel.orientations import io_orientation

    sound = bool(np.isfinite(affine).all()) and abs(np.linalg.det(affine[:3, :3])) > 1e-12
    return sound and not np.isnan(io_orientation(affine)).any()


def _fields(header: Any) -> tuple[str, ...]:
    return tuple(header.keys()) if hasattr(header, "keys") else ()


def _source(path: Path, image: Any, placed: _Placed, dims: int, found: Real) -> Source:
    """How to write it again; what is neither NIfTI nor MGH becomes NIfTI."""
    from nibabel import MGHImage
    from nibabel.nifti1 import Nifti1Image, Nifti1Pair
    from nibabel.nifti2 import Nifti2Header

    axes, (sform, qform) = axes_of(placed.affine), placed.codes
    suffix, own = path.name.lower().rpartition(".")[2], np.dtype(image.get_data_dtype())
    kept = isinstance(image, Nifti1Pair | MGHImage) and found.plain
    kind = own if kept else np.dtype(np.float32) if found.values.dtype.kind == "f" else found.values.dtype
    scaled = kept and kind.kind in "iu"
    slope, intercept = (float(getattr(image.dataobj, name)) if scaled else default for name, default in (("slope", 1.0), ("inter", 0.0)))
    if isinstance(image, Nifti1Pair):
        form = ("nii.gz" if suffix == "gz" else "nii") if isinstance(image, Nifti1Image) else "hdr"
        version, units = 2 if isinstance(image.header, Nifti2Header) else 1, int(image.header["xyzt_units"])
        return Source(form, kind.str, axes, dims, slope, intercept, version, units, sform, qform, not found.plain and kind.kind in "ui")
    form = ("mgh" if suffix == "mgh" else "mgz") if isinstance(image, MGHImage) else "nii.gz"
    return Source(form, kind.str, axes, dims, slope, intercept)


def _format(path: Path, image: Any) -> tuple[str, ...]:
    """Which other format it comes back in."""
    from nibabel import MGHImage
    from nibabel.nifti1 import Nifti1Pair

    return () if isinstance(image, Nifti1Pair | MGHImage) else (f"What becomes of {path.name} is written as NIfTI.",)
