"""Synthetic recordings to open the page with; what is in them is known exactly."""

from __future__ import annotations

from typing import NamedTuple

from vqvae.modalities.ecg.noise import Noise
from vqvae.modalities.ecg.recording import Ecg
from vqvae.modalities.ecg.synthesis import Gap, Scenario, synthesise


class Example(NamedTuple):
    """One recording that can be opened by name."""

    scenario: Scenario
    title: str
    description: str  # one sentence

    @property
    def name(self) -> str:
        """The name that `example` takes."""
        return self.scenario.name


_QUIET = Noise(snr=24.0, muscle=0.25, mains=0.1, motion=0.0)
"""A patient who lies still."""

_EXAMPLES = {
    example.name: example
    for example in (
        Example(
            Scenario("normal", heart_rate=68, noise=_QUIET),
            "Normal rhythm",
            "A healthy sinus rhythm at 68 beats/min: every beat has a P wave, a narrow QRS complex and a T wave.",
        ),
        Example(
            Scenario("ventricular", heart_rate=72, ventricular=0.08, bigeminy=(34.0, 48.0), noise=_QUIET),
            "Ventricular beats",
            "Sinus rhythm with early, wide ventricular beats and pauses after them; from 34 to 48 s every second beat is one (bigeminy).",
        ),
        Example(
            Scenario("atrial-fibrillation", heart_rate=92, fibrillation=True, noise=_QUIET),
            "Atrial fibrillation",
            "No P waves but a fine oscillation of the atria, and beats at irregular intervals, 92 per minute on average.",
        ),
        Example(
            Scenario(
                "noisy", heart_rate=80, noise=Noise(snr=3.0, muscle=0.5),
                gaps=(Gap(("II", "III", "aVR", "aVL", "aVF"), 30.0, 33.0), Gap(("V2",), 44.0, 50.0)),
            ),
            "Noisy",
            "Sinus rhythm under a drifting baseline, muscle noise, mains hum and moving electrodes; twice an electrode comes off (gaps).",
        ),
    )
}  # fmt: skip


def examples() -> tuple[str, ...]:
    """Names of the examples, the plainest first."""
    return tuple(_EXAMPLES)


def describe(name: str) -> Example:
    """Title and description of an example; ValueError naming the choices when there is none of that name."""
    if name not in _EXAMPLES:
        raise ValueError(f"no ECG example is called {name!r}; there are: {', '.join(_EXAMPLES)}")
    return _EXAMPLES[name]


def example(name: str = "", seed: int = 0) -> Ecg:
    """The example called `name` (the first one by default): 12 leads, 60 s, 360 Hz, with its true beats."""
    return synthesise(describe(name or examples()[0]).scenario, seed).ecg
