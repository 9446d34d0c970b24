"""Pieces to open the page with: composed for it, with one theme of 1725, and played by a small pianist."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vqvae.modalities.piano import examples_pieces as pieces
from vqvae.modalities.piano.examples_notation import Written
from vqvae.modalities.piano.examples_performance import Style, perform
from vqvae.modalities.piano.recording import Piano


class Example(NamedTuple):
    """One recording that can be opened by name."""

    name: str
    title: str
    description: str  # one sentence
    score: Callable[[], list[Written]]
    style: Style


_EXAMPLES = {
    example.name: example
    for example in (
        Example(
            "minuet", "Minuet",
            "Christian Petzold's Minuet in G major (BWV Anh. 114, Notebook for Anna Magdalena Bach, 1725): its first sixteen bars, twice.",
            pieces.minuet, Style(tempo=122, beats=3, phrase=24, rubato=0.05, touch=0.82, loudness=64),
        ),
        Example(
            "rubato", "Rubato",
            "A melody in A minor that takes its time, played a little before its broken chords and louder than they are.",
            pieces.rubato, Style(tempo=80, rubato=0.16, ritardando=8, lead=0.028, swell=16, emphasis=20, touch=1.0, pedal=4),
        ),
        Example(
            "nocturne", "Nocturne",
            "A slow song in D flat major over wide broken chords, which the pedal holds from one change of harmony to the next.",
            pieces.nocturne, Style(tempo=62, rubato=0.1, ritardando=6, loudness=54, lead=0.03, swell=14, emphasis=24, touch=1.0, pedal=2),
        ),
        Example(
            "fugue", "Fugue",
            "Three voices in G minor: a subject, its answer at the fifth, an entry in the bass, an episode and a last entry on top.",
            pieces.fugue, Style(tempo=86, phrase=8, touch=0.88, lead=0.008, emphasis=12, swell=7),
        ),
        Example(
            "chords", "Chords",
            "A chorale in C major: the keys of short chords come down within a few milliseconds, long chords are broken upwards.",
            pieces.chords, Style(tempo=66, phrase=8, rubato=0.06, chance=0.007, lead=0.012, touch=0.93),
        ),
        Example(
            "scales", "Scales",
            "C major and A harmonic minor over three octaves, both hands an octave apart, as even as fingers are.",
            pieces.scales, Style(tempo=82, phrase=14, rubato=0.02, ritardando=2, lead=0.004, emphasis=6, swell=18),
        ),
    )
}  # fmt: skip


def examples() -> tuple[str, ...]:
    """Names of the examples, the best known first."""
    return tuple(_EXAMPLES)


def describe(name: str) -> Example:
    """Title and description of an example; ValueError naming the choices when there is none of that name."""
    if name not in _EXAMPLES:
        raise ValueError(f"no piano example is called {name!r}; there are: {', '.join(_EXAMPLES)}")
    return _EXAMPLES[name]


def example(name: str = "", seed: int = 0) -> Piano:
    """The example called `name` (the first one by default), half a minute to a minute long."""
    found = describe(name or examples()[0])
    return perform(found.name, found.title, found.score(), found.style, seed)
