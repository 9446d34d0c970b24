"""`.vqz` files of the reader's own: the recording in one, and what must be known of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.kinds import kind_of
from app.words import count, number, times_smaller
from vqvae.checkpoint_codec import CheckpointCodec
from vqvae.codec.container import MAGIC
from vqvae.codecs import Opened, decode
from vqvae.families import family
from vqvae.modalities import modality
from vqvae.modalities.looks import clock


class Decoded(NamedTuple):
    """A recording that is already a reconstruction."""

    recording: Any
    told: str  # what it was made with and what of it is lost, in plain text
    damaged: bool  # whether anything is lost


def find(files: Mapping[str, bytes]) -> str | None:
    """The name of the `.vqz` file among uploaded ones, None without; ValueError when it did not come alone."""
    found = [name for name, content in files.items() if content.startswith(MAGIC) or name.lower().endswith(".vqz")]
    if found and len(files) > 1:
        raise ValueError(f"{found[0][:80]} holds a whole recording: drop it by itself.")
    return found[0] if found else None


def open_file(name: str, data: bytes) -> Decoded:
    """The recording in a `.vqz` file; ValueError with one sentence when nothing can be read."""
    try:
        file = decode(data)
    except ValueError as error:
        raise ValueError(f"{name[:80]} cannot be opened: {error}.") from error
    said = [
        f"{name[:80]} was decoded: what is shown is the reconstruction in it. The recording that it was made from is not in "
        "the file, so what it lost cannot be measured here; what is called original below is the decoded recording.",
        _made(file),
        *_lost(file),
    ]
    return Decoded(file.recording, " ".join(said), bool(file.lost))


def _made(file: Opened) -> str:
    quality, low, high = (f"{value:.3g}".replace("-", "−") for value in (file.quality, *file.codec.qualities))
    rate = file.rate
    size = count(rate.bytes, "byte")
    if not file.lost:  # what is left of a file that was cut off says nothing of its rate
        per = kind_of(file.recording).per
        size += f", {number(rate.value, rate.unit)}{per}, {times_smaller(rate.compression_ratio)} than that recording"
    how = f"quality {quality} (possible: {low} to {high})"
    if isinstance(file.codec, CheckpointCodec) and file.codec.checkpoint.nested and file.quality >= 1:
        how = f"{quality} of {high} codebooks used"
    return f"Written by {file.codec.title}, {how}: {size}."


def _span(unit: str, start: float, stop: float) -> str:
    """A stretch as it is said: by the clock, or by number."""
    return f"{clock(start)} to {clock(stop)}" if unit == "s" else f"{unit} {number(int(start) + 1)} to {number(int(stop))}"


def _lost(file: Opened) -> list[str]:
    """What the file's damage cost."""
    said = []
    if file.lost:
        own: Any = modality(file.codec.modality)
        spans = ", ".join(_span(own.CHUNKS.unit, *lost) for lost in file.lost)
        said.append(f"The file is damaged: {spans} could not be decoded and is left empty.")
        if isinstance(file.codec, CheckpointCodec):
            said += filter(None, [getattr(family(file.codec.checkpoint), "beside_gaps", "")])
    kept = [harm.sentence for harm in file.damage if harm.stop == harm.start]
    return said + [f"{sentence[0].upper()}{sentence[1:]}." for sentence in kept]
