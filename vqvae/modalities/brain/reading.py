"""Files to volumes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from vqvae.modalities import archives
from vqvae.modalities.brain.arrays import read_array
from vqvae.modalities.brain.contents import Content, content_of
from vqvae.modalities.brain.dicom import read_dicom
from vqvae.modalities.brain.names import in_order, name_of, person_of
from vqvae.modalities.brain.nifti import KNOWN, read_volume
from vqvae.modalities.brain.pictures import read_pictures
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.brain.tensors import FURTHEST, outside, too_far
from vqvae.modalities.wording import count, share


def read(path: Path | Sequence[Path], volume: int | None = None) -> Volume:
    """The image in a file, in a folder or .zip that holds one, or in several files that are the slices of one volume, in order.

    volume: which one (from 1) of a series of volumes.  What the file says of a patient is not read.  ValueError in one sentence for what
    cannot be read.
    """
    paths = [path] if isinstance(path, Path) else list(path)
    if not paths:
        raise ValueError("there is no file to read an image from.")
    for each in paths:
        if not each.exists():
            raise ValueError(f"there is no file {each}.")
        if each.is_file() and not each.stat().st_size:
            raise ValueError(f"{each.name} is empty (0 bytes): its upload or copy was cut off; get the file again.")
    if len(paths) > 1:
        found = _several(paths, person_of(paths[0]))
    elif paths[0].is_dir():
        found = _one(of_folder(paths[0]), paths[0].name, volume)
    else:
        found = _one(paths, name_of(paths[0]), volume)
    if beyond := outside(found):
        low, high = found.window
        lying = f"{count(beyond, 'voxel')} outside of that ({share(100 * beyond / found.voxels.size)}) kept as well"
        if far := too_far(found):
            lying += f"; {far} of them, more than {FURTHEST:g} times that range away, coded as if no further"
        found = replace(found, said=(*found.said, f"Black to white is {low:g} to {high:g}, {lying}."))
    if volume not in (None, 1) and found.series == 1:
        raise ValueError(f"{found.name} has no volume {volume}: it holds one.")
    return found


def _one(paths: Sequence[Path], name: str, volume: int | None) -> Volume:
    if len(paths) > 1:
        return _several(paths, name)
    path, kind = paths[0], content(paths[0])
    if kind == "archive":
        with tempfile.TemporaryDirectory(prefix="brain-") as folder:
            archives.unpack(path, Path(folder), lambda _: True)
            return replace(_one(of_folder(Path(folder), path.name), name, volume), name=name)
    if kind == "volume":
        return read_volume(path, name, volume)
    if kind == "array":
        return read_array(path, name, volume)
    if kind:
        return _several(paths, name)
    raise ValueError(f"{path.name} is no image that can be read: {KNOWN}.")


def _several(paths: Sequence[Path], name: str) -> Volume:
    kinds = {content(path) for path in paths}
    if kinds == {"dicom"}:
        return read_dicom(paths, name)
    if kinds == {"picture"}:
        return read_pictures(paths, name)
    raise ValueError(f"{name} is several files that are not slices of one volume: DICOM files or pictures of one size work.")


def of_folder(folder: Path, called: str = "") -> list[Path]:
    """The files of the one image in a folder, in order; ValueError when there is none or more than one."""
    called = (called or folder.name)[:80]
    kinds: dict[Content, list[Path]] = {}
    for path in in_order(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        kinds.setdefault(content(path), []).append(path)
    volumes = [*(path for path in kinds.get("volume", ()) if not _is_half(path)), *kinds.get("array", ())]
    if len(volumes) > 1:
        named = ", ".join(path.name[:60] for path in volumes[:4]) + (" and more" if len(volumes) > 4 else "")
        raise ValueError(f"{called} holds {len(volumes)} images, {named}: give one at a time.")
    pictures = kinds.get("picture", [])
    found = volumes or kinds.get("dicom") or pictures
    if not found:
        raise ValueError(f"{called} holds no image: {KNOWN}.")
    owners = {person_of(path) for path in pictures} if found is pictures else set()
    if len({owner for owner in owners if not owner.isdigit()}) > 1:
        named = ", ".join(sorted(owners)[:3])
        raise ValueError(f"{called} holds pictures of several things, {named}: give the slices of one person at a time.")
    return found


def content(path: Path) -> Content:
    """What a file on disk is."""
    with path.open("rb") as file:
        return content_of(path.name, file)


def _is_half(path: Path) -> bool:
    """Whether it is the part of two that is not read by itself."""
    halves = {".img": ".hdr", ".rec": ".par", ".brik": ".head"}
    bare = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    other = halves.get(bare.suffix.lower())
    return other is not None and any(bare.with_suffix(ending).exists() for ending in (other, other.upper(), f"{other}.gz"))
