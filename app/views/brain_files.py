"""What a reader takes home: the image, pictures of it, the scores, the report, and the command that repeats it."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from app import cache, panels, slices
from app.choices_brain import CURSOR, flipped
from app.inputs import Desk
from app.words import count
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.brain.writing import write

FORMATS = {  # suffix -> what it is
    ".nii.gz": "NIfTI", ".nii": "NIfTI", ".mgz": "FreeSurfer volume", ".mgh": "FreeSurfer volume", ".png": "picture", ".tif": "picture",
    ".npy": "NumPy array", ".zip": "NIfTI pair",
}  # fmt: skip


HEADERS = {  # column of a table of slices -> what it is called in the file, with its unit
    "place": "slice", "position": "position_mm", "brain": "brain_pixels", "psnr": "psnr_db", "mse": "mse_of_window_squared",
    "mae": "mae_of_window", "gradient_error": "gradient_error_percent",
}  # fmt: skip


def pictures(shown: cache.Shown, desk: Desk) -> None:
    """The slice that is shown, as it was and as it became: drawn with the views, so that what is taken is what is seen."""
    place, turned = st.session_state[CURSOR][shown.recording.axis], flipped()  # now: no session is at hand when a download is made
    row, several = st.container(horizontal=True, gap="small"), shown.recording.slices > 1
    for side in ("original", "reconstruction"):
        label = f"{side.title()}, slice {place + 1} (.png)" if several else f"{side.title()} as shown (.png)"
        ending = f"-slice-{place + 1}-{side}.png" if several else f"-{side}.png"
        row.download_button(
            label, partial(png, shown, side, place, turned), f"{_name(shown, desk)}{ending}", "image/png", on_click="ignore",
            icon=":material/image:", key=f"picture.{side}", help="In 256 greys, all intensities of the window from black to white",
        )  # fmt: skip


def table(shown: cache.Shown) -> str:
    """Every slice and its scores as CSV: counted from 1, with units in its headers."""
    found = shown.report.events["slices"]
    return found.assign(place=found["place"] + 1).rename(columns=HEADERS).to_csv(index=False)


def downloads(shown: cache.Shown, desk: Desk, number: int) -> None:
    """Everything is made when its button is clicked; `number` is that of the volume in its file, from 1."""
    st.subheader("Take it with you", anchor=False)
    name, rebuilt = _name(shown, desk), shown.reconstruction
    row = st.container(horizontal=True)

    def button(label: str, make: Callable[[], str | bytes], ending: str, mime: str, about: str) -> None:
        title, key = f"{label} ({ending[ending.index('.') :]})", f"download{ending}"
        row.download_button(title, make, f"{name}{ending}", mime, on_click="ignore", icon=":material/download:", help=about, key=key)

    own = own_format(rebuilt)
    same = "of the original's shape, orientation, type and units: it overlays the original in a viewer"
    kept = f"The compressed file, {count(len(shown.file), 'byte')}: all that the reconstruction is made from; drop it here to open it again"
    for suffix in dict.fromkeys([own, ".nii.gz"]):
        about = f"The reconstruction as a {FORMATS[suffix]} {same}" if suffix == own else "The reconstruction as NIfTI, for viewers"
        what = "Reconstruction, all slices" if rebuilt.slices > 1 else "Reconstruction"
        button(what, lambda suffix=suffix: written(rebuilt, suffix), suffix, _mime(suffix), about)  # type: ignore[misc]
    button("Compressed file", lambda: shown.file, ".vqz", "application/octet-stream", kept)
    each = "One row per slice" if shown.recording.slices > 1 else "The scores of the slice in one row"
    button("Scores", lambda: table(shown), "-slices.csv", "text/csv", f"{each}, with units in the headers")
    button("Report", lambda: _report(shown, desk, number), "-report.json", "application/json", "Every score with its unit and definition")
    other = "" if desk.source in cache.examples("brain") else " FILE stands for your own file."
    st.caption(f"The same from the command line.{other}")
    st.code("\n".join(map(shlex.join, (command(desk, number), encoding(shown, desk, number)))), language=None, wrap_lines=True)


def own_format(recording: Volume) -> str:
    """The suffix of the file that the recording is written as: its own format; one of two files comes zipped."""
    with TemporaryDirectory(prefix="vqvae-") as folder:
        made = write(_corner(recording), Path(folder) / "image")
    return ".zip" if len(made) > 1 else made[0].name.removeprefix("image")


def _corner(recording: Volume) -> Volume:
    """A recording of the same format and of as many slices, as small as can be."""
    from dataclasses import replace

    return replace(recording, voxels=recording.voxels[:2, :2], span=recording.window)


def written(recording: Volume, suffix: str) -> bytes:
    """The file of a recording."""
    if suffix == ".zip":
        return panels.zipped(lambda folder: write(recording, folder / recording.name))
    with TemporaryDirectory(prefix="vqvae-") as folder:
        return write(recording, Path(folder) / f"image{suffix}")[0].read_bytes()


def png(shown: cache.Shown, side: str, place: int, turned: bool) -> bytes:
    """The slice at a place, in 256 greys of the original's window; turned: seen from the other side."""
    from PIL import Image

    recording = shown.recording
    volume = recording if side == "original" else shown.reconstruction
    image, packed = slices.pixels(volume, recording.axis, place, recording.window), io.BytesIO()
    if slices.view(recording, recording.axis, turned)["flip"]:
        image = image[:, ::-1]
    Image.fromarray(image).save(packed, "png")
    return packed.getvalue()


def _mime(suffix: str) -> str:
    known = {".png": "image/png", ".tif": "image/tiff", ".zip": "application/zip", ".nii.gz": "application/gzip"}
    return known.get(suffix, "application/octet-stream")


def command(desk: Desk, number: int) -> list[str]:
    """The command that gives the same reconstruction and the same numbers."""
    return ["python", "-m", "vqvae", "reconstruct", _file(desk), *_chosen(desk, number), "--output", "OUT", "--report", "REPORT.json"]


def encoding(shown: cache.Shown, desk: Desk, number: int) -> list[str]:
    """The command that writes the same compressed file."""
    return ["python", "-m", "vqvae", "encode", _file(desk), f"{_name(shown, desk)}.vqz", *_chosen(desk, number)]


def _chosen(desk: Desk, number: int) -> list[str]:
    volume = ["--volume", str(number)] if number > 1 else []
    return ["--checkpoint", desk.checkpoint, "--levels", str(desk.level), *volume]


def _file(desk: Desk) -> str:
    return f"example:{desk.source}" if desk.source in cache.examples("brain") else "FILE"


def _name(shown: cache.Shown, desk: Desk) -> str:
    return f"{shown.recording.name}-{desk.checkpoint}-{desk.level}"


def _report(shown: cache.Shown, desk: Desk, number: int) -> str:
    return json.dumps(cache.report(shown, desk.level, desk.checkpoint, command(desk, number)), indent=1, allow_nan=False)
