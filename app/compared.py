"""What the Compare page must know of each kind of data: how sizes are said, which scores are usual, what can be added to a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.kinds import KINDS
from app.words import count, length
from vqvae.modalities import brain
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.digits.recording import Digits
from vqvae.modalities.ecg.disturb import KINDS as NOISES
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.piano import to_tensors
from vqvae.modalities.piano.recording import Piano
from vqvae.rates import passed_through

_SMALL_HEADER = 80  # bytes of a file of digits that are no codes, about
_HEADER = 100  # bytes of a file of few notes that are neither notes nor what passes through, about


class Amount(NamedTuple):
    """How much a recording is, to turn one way of saying a size into another."""

    units: float  # lead-seconds, notes
    raw_bytes: float
    aside: float = 0.0  # bytes of every file that bit rates do not count

    def to_bytes(self, value: float, unit: str) -> int:
        """A size in bytes."""
        if unit == "ratio":
            return max(1, int(self.raw_bytes / value))
        return max(1, int(value * self.units / 8 + self.aside if unit == "rate" else value))

    def said(self, size: int, unit: str) -> float:
        """`size` bytes in another unit."""
        if unit == "ratio":
            return self.raw_bytes / size
        return 8 * (size - self.aside) / self.units if unit == "rate" else float(size)


class Heavy(NamedTuple):
    """What a recording weighs."""

    values: int
    bytes: int  # of one reconstruction in memory


@dataclass(frozen=True)
class Compared:
    """One kind of data on the Compare page."""

    rate: str  # the unit that rates are said in, as `Amount.said` counts them
    ratio: str  # "times smaller than the original"
    size_help: str  # what must be known of `rate`
    usual: tuple[str, Callable[[Amount], float]]  # unit and size at first
    limits: tuple[str, float, float]  # unit and sizes that can be asked for
    curve: tuple[str, tuple[float, ...]]  # unit and sizes of the curve, those that matter most first
    curve_said: str  # the same in words
    scores: tuple[str, ...]  # in the table at first; the first one ranks
    windows: tuple[float, ...]  # s, lengths to choose from
    window: float  # s, at first
    amount: Callable[[Any], Amount]
    facts: Callable[[Any], str]  # what a recording is, beside its name
    heavy: Callable[[Any], Heavy]
    large: int  # values from which on nothing is computed without the reader's word
    arrays: Callable[[Any], Any]  # the heavy parts of a reconstruction
    lead: Callable[[Any], str]  # of a contest: what its scores are measured on; empty where there is no choice
    preparing: str  # what is done before the first codec
    rate_help: str  # what the table's column of rates counts
    twice: str  # the text about the opponent that takes part twice
    steps: Mapping[str, tuple[str, float]] = field(default_factory=dict)  # unit -> how a size in it is written and stepped, if not as usual
    aside: str = ""  # what it is that `rate` does not count
    noises: Mapping[str, str] = field(default_factory=dict)  # what can be added to a recording before it is coded, in words

    @property
    def units(self) -> dict[str, str]:
        """How a size can be said -> words."""
        return {"ratio": self.ratio, "rate": self.rate, "bytes": "bytes"}


def _ecg_amount(recording: Ecg) -> Amount:
    leads, samples = recording.signals.shape
    return Amount(leads * samples / recording.rate, leads * samples * recording.bits / 8)


def _piano_amount(recording: Piano) -> Amount:
    layout = to_tensors(recording).layout
    return Amount(recording.count, layout["mid_bytes"], passed_through(layout))


def _brain_amount(recording: Volume) -> Amount:
    extent = brain.extent(brain.to_tensors(brain.middle(recording, 1)).layout)
    return Amount(recording.voxels.size, extent.raw_bytes * recording.voxels.size / extent.amount)


def _ecg_facts(recording: Ecg) -> str:
    return f"{count(len(recording.leads), 'lead')}, {length(recording.seconds)}, {recording.rate:g} Hz."


def _piano_facts(recording: Piano) -> str:
    return f"{count(recording.count, 'note')}, {length(recording.seconds)}."


def _brain_facts(recording: Volume) -> str:
    width, height, slices = recording.voxels.shape
    others = f" Volume 1 of the {recording.series} in its file: the others are not compared." if recording.series > 1 else ""
    return f"{count(slices, 'slice')} of {width} × {height} pixels.{others}"


def _digits_facts(recording: Digits) -> str:
    together = "" if recording.count == 1 else " Opponents store all of them side by side as one picture, whose header counts."
    return f"{count(recording.count, 'digit')} of 28 × 28 pixels.{together or ' The headers of its files count, and are most of them.'}"


COMPARED = {
    "ecg": Compared(
        rate=f"bit/s{KINDS['ecg'].per}",
        ratio="times smaller than the original",
        size_help="",
        usual=("ratio", lambda amount: 32.0),
        limits=("ratio", 1.5, 1000.0),
        curve=("ratio", (8.0, 16.0, 32.0, 64.0, 4.0, 128.0)),
        curve_said="from 4 to 128 times smaller",
        scores=("prdn", "max_error", "r_peak_f1_36ms", "qrs_duration_within_10ms", "st_level_change"),
        windows=(2.0, 4.0, 10.0, 30.0),
        window=4.0,
        amount=_ecg_amount,
        facts=_ecg_facts,
        heavy=lambda recording: Heavy(recording.signals.size, recording.signals.nbytes),
        large=20_000_000,
        arrays=lambda recording: recording.signals,
        lead=lambda contest: contest.recording.leads[contest.analysis.lead],
        preparing="finding its beats",
        rate_help="Bits of the file per second and lead.",
        twice="compare_wavelet",
        noises=NOISES,
    ),
    "piano": Compared(
        rate="bit/note with pitch",
        ratio="times smaller than the .mid file",
        size_help="Bits per note are those of the whole file less what passes through untouched in every codec's (tempo, pedals, texts).",
        usual=("rate", lambda amount: round(10.0 + 8 * _HEADER / amount.units, 1)),
        limits=("rate", 1.0, 64.0),
        curve=("rate", (10.0, 8.0, 12.0, 7.0, 15.0, 20.0)),
        curve_said="from 7 to 20 bit/note",
        scores=(
            "note_f1_onset_offset_velocity_10ms", "onset_error_ms", "duration_log_ratio", "velocity_error", "chord_spread_change_ms",
            "sounding_overlap",
        ),
        windows=(4.0, 8.0, 15.0, 30.0, 60.0),
        window=8.0,
        amount=_piano_amount,
        facts=_piano_facts,
        heavy=lambda recording: Heavy(recording.count, 300 * recording.count),
        large=50_000,
        arrays=lambda recording: recording.notes,
        lead=lambda contest: "",
        preparing="finding out how long its notes sound",
        rate_help=(
            "Bits of the file per note, without those that say which keys are struck and without what passes through untouched "
            "(tempo, pedals, texts)."
        ),
        twice="compare_grid",
        aside="tempo, pedals and texts that pass through",
    ),
    "brain": Compared(
        rate="bit/pixel",
        ratio="times smaller than the pixels as stored",
        size_help="",
        usual=("rate", lambda amount: 0.14),
        limits=("rate", 0.02, 8.0),
        curve=("rate", (0.14, 0.56, 0.28, 0.1, 1.0, 0.2)),
        curve_said="from 0.1 to 1 bit/pixel",
        scores=("ssim_brain", "ssim", "psnr", "gradient_error", "grey_volume_change"),
        windows=(1.0,),
        window=1.0,
        amount=_brain_amount,
        facts=_brain_facts,
        heavy=lambda recording: Heavy(recording.voxels.size, recording.voxels.nbytes),
        large=20_000_000,
        arrays=lambda recording: recording.voxels,
        lead=lambda contest: "",
        preparing="looking at its slices",
        rate_help="Bits of the file per pixel.",
        twice="compare_plane_wavelet",
        steps={"rate": ("%.3f", 0.01)},
    ),
    "digits": Compared(
        rate="bit/pixel",
        ratio="times smaller than one byte a pixel",
        size_help="The checkpoint has one codebook and so one size; the one at first is just above it.",
        usual=("rate", lambda amount: round(0.36 + 8 * _SMALL_HEADER / amount.units, 3)),
        limits=("rate", 0.05, 16.0),
        curve=("rate", (0.36, 0.5, 1.0, 0.25, 2.0, 4.0)),
        curve_said="from 0.25 to 4 bit/pixel",
        scores=("mse", "psnr", "ssim", "mae"),
        windows=(12.0,),
        window=12.0,
        amount=lambda recording: Amount(recording.images.size, recording.images.size),
        facts=_digits_facts,
        heavy=lambda recording: Heavy(recording.images.size, recording.images.nbytes),
        large=20_000_000,
        arrays=lambda recording: recording.images,
        lead=lambda contest: "",
        preparing="looking at its digits",
        rate_help="Bits of the file per pixel.",
        twice="",
        steps={"rate": ("%.3f", 0.01)},
    ),
}  # fmt: skip
