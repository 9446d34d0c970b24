"""The kinds of data that can lie on the desk, what they are called, and how files of each are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.digits.recording import Digits
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.piano.recording import Piano
from vqvae.modalities.recognition import recognised_bytes


@dataclass(frozen=True)
class Kind:
    """One kind of data."""

    name: str  # of its modality
    title: str
    screen: str  # the script of its page, from main.py
    icon: str
    recording: type
    unit: str  # of its bit rates
    per: str  # what the rate is counted per besides, in words; "" for nothing
    about: str  # what its examples are, in one sentence

    def examples(self) -> dict[str, Any]:
        """Examples by name, in their order: title and description."""
        return {name: self._examples.describe(name) for name in self._examples.examples()}

    def example(self, name: str) -> Any:
        """The example of this name."""
        return self._examples.example(name)

    @property
    def _examples(self) -> Any:
        return import_module(f"vqvae.modalities.{self.name}.examples")


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "ecg", "ECG", "screens/ecg.py", ":material/ecg_heart:", Ecg, "bit/s", " per lead",
            "Your own recordings, then synthetic examples whose beats are known.",
        ),
        Kind(
            "piano", "Piano", "screens/piano.py", ":material/piano:", Piano, "bit/note", "",
            "Your own recordings, then pieces that were composed for this page or are in the public domain.",
        ),
        Kind(
            "brain", "Brain MRI", "screens/brain.py", ":material/neurology:", Volume, "bit/pixel", "",
            "Your own images, then computed brains, of which it is known what every voxel holds.",
        ),
        Kind(
            "digits", "Digits", "screens/digits.py", ":material/draw:", Digits, "bit/pixel", "",
            "Your own drawings and images, then digits that were scanned or drawn.",
        ),
    )
}  # fmt: skip
FIRST = next(iter(KINDS))


def kind_of(recording: Any) -> Kind:
    """The kind of a recording."""
    return next(kind for kind in KINDS.values() if isinstance(recording, kind.recording))


def recognised(files: Mapping[str, bytes]) -> Kind:
    """The kind that uploaded files are, by their names, first bytes and what is in an archive; an ECG when nothing tells."""
    return KINDS[recognised_bytes(files)]
