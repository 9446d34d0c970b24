"""Scores of the examples: composed for them, and one theme that belongs to everybody."""

from __future__ import annotations

from vqvae.modalities.piano.examples_notation import Written, line, pitch, rolled

_MAJOR, _HARMONIC_MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)
Chord = tuple[str, ...]


def scales() -> list[Written]:
    """C major and A harmonic minor over three octaves, up and down, in octaves of both hands."""
    score: list[Written] = []
    beat = 0.0
    for tonic, steps in ((48, _MAJOR), (45, _HARMONIC_MINOR)):
        up = [tonic + 12 * octave + step for octave in range(3) for step in steps] + [tonic + 36]
        for place, key in enumerate(up + up[-2::-1]):
            length = 1.5 if place == 2 * len(up) - 2 else 0.25
            score += [Written(beat, length, key + 12, melody=True), Written(beat, length, key)]
            beat += length
        beat += 2
    return score


def chords() -> list[Written]:
    """A chorale of four-part chords; the long ones are broken upwards."""
    text = (
        "C3+G3+E4+C5/1 A2+A3+E4+C5/1 F2+A3+F4+C5/1 G2+G3+D4+B4/1 | C3+G3+E4+C5/2 E3+G3+C4+G4/2 |"
        "F3+A3+C4+A4/1 D3+A3+D4+F4/1 G3+B3+D4+G4/1 E3+B3+E4+G#4/1 | A2+A3+E4+C5/2 F3+A3+D4+D5/2 |"
        "G3+C4+E4+E5/1 B2+G3+D4+F5/1 C3+G3+C4+E5/1 F2+A3+C4+D5/1 | G2+G3+B3+D5/2 G2+G3+D4+B4/2 |"
        "A2+E3+C4+C5/1 E3+G3+C4+C5/1 F3+A3+C4+A4/1 D3+A3+D4+F4/1 | G2+G3+D4+B4/2 C2+G3+E4+C5/2 |"
        "F2+F3+C4+Ab4/2 C3+E3+C4+G4/2 | G2+F3+B3+D5/2 C2+C3+G3+E4+C5/4"
    )
    score: list[Written] = []
    together: dict[float, list[Written]] = {}
    for note in line(text):
        together.setdefault(note.beat, []).append(note)
    for chord in together.values():
        top = max(note.pitch for note in chord)
        chord = [note._replace(melody=note.pitch == top) for note in chord]
        score += rolled(chord, 0.045) if chord[0].length >= 2 else chord
    return score


def rubato() -> list[Written]:
    """A melody in A minor over broken chords."""
    melody = (
        "E5/1.5 D5/.5 C5/1 B4/1 | A4/2 D5/1 F5/1 | B4/1.5 C5/.5 D5/1 F5/1 | E5/3 G5/1 |"
        "A5/1.5 G5/.5 F5/1 E5/1 | D5/2 F5/1 A4/1 | G#4/1 B4/1 E5/1 D5/1 | C5/3 E5/1 |"
        "A5/2 C6/1 A5/1 | G5/2 E5/1 C5/1 | F5/1.5 E5/.5 D5/1 A4/1 | C5/2 B4/.5 C5/.5 D5/1 |"
        "F5/1 E5/1 D5/1 B4/1 | B4/1.5 G#4/.5 B4/1 D5/1 | C5/2 B4/1 G#4/1 | A4/4"
    )
    harmony = "A D G C F D E A F C D A D E E A"
    keys = {
        "A": ("A2", "E3", "C4"), "D": ("D3", "A3", "F4"), "G": ("G2", "D3", "B3"), "C": ("C3", "G3", "E4"),
        "F": ("F2", "C3", "A3"), "E": ("E2", "B2", "G#3"),
    }  # fmt: skip
    score = line(melody, melody=True)
    for bar, name in enumerate(harmony.split()):
        low, middle, high = keys[name]
        score += line(f"{low}/.5 {middle}/.5 {high}/.5 {middle}/.5 {low}/.5 {middle}/.5 {high}/.5 {middle}/.5", 4.0 * bar)
    return score


def fugue() -> list[Written]:
    """Three voices in G minor: subject, answer at the fifth, subject in the bass, an episode that falls, and a last entry on top."""
    subject = "G4/1 Bb4/.5 A4/.5 G4/.5 D5/1 C5/.5 | Bb4/.5 A4/.5 Bb4/.5 C5/.5 A4/1 D4/1"
    counter = "F4/.5 G4/.5 A4/.5 C#5/.5 F4/1 D4/.5 E4/.5 | D4/.5 C#4/.5 D4/.5 E4/.5 A4/1 C#4/1"  # below the answer
    episode = "Bb5/1 G5/.5 F5/.5 Eb5/.5 C5/.5 A5/1 | A5/1 F5/.5 Eb5/.5 D5/.5 Bb4/.5 G5/1"
    below = "G3/1 Eb4/1 C4/1 F3/1 | F3/1 D4/1 Bb3/1 Eb3/1"
    middle = "D4/1 Bb4/1 G4/1 C4/1 | C4/1 A4/1 F4/1 Bb3/1"
    return [
        *line(subject, melody=True),
        *line(subject, 8, True, up=7), *line(counter, 8),
        *line(subject, 16, True, up=-12), *line(counter, 16, up=5), *line("D5/2 D5/1 Bb5/1 | G5/.5 A5/.5 G5/1 F#5/1 A5/1", 16),
        *line(episode, 24, True), *line(below, 24), *line(middle, 24),
        *line(subject, 32, True, up=12), *line(counter, 32, up=-7), *line("G2/2 Bb2/1 C3/1 | D3/2 D3/2", 32),
        *line("G5/.5 F5/.5 Eb5/1 D5/1.5 C5/.5 | Bb4/.5 A4/.5 G4/1 F#4/2 | G4/4", 40, True),
        *line("Bb3/1 C4/1 D4/1 Eb4/1 | D4/1 C4/1 A3/2 | B3/4", 40),
        *line("G3/1 C3/1 Bb2/1 C3/1 | D3/2 D2/2 | G2+G3/4", 40),
    ]  # fmt: skip


def nocturne() -> list[Written]:
    """A slow song in D flat major over wide broken chords that the pedal binds."""
    melody = (
        "F5/2 Ab5/1 Gb5/1 | F5/1.5 Eb5/.5 Db5/2 | Bb4/1 Db5/1 Gb5/1.5 F5/.5 | Eb5/3 Ab4/1 |"
        "F5/1 F5/.5 Gb5/.5 Ab5/1 Db6/1 | Bb5/2 Ab5/.5 Gb5/.5 F5/1 | Gb5/1.5 F5/.5 Eb5/1 C5/1 | Db5/4 |"
        "Db6/2 C6/1 Bb5/1 | Bb5/1 Ab5/1 Gb5/1 Bb4/1 |"
        "Ab4/.25 Bb4/.25 C5/.25 Db5/.25 Eb5/.25 F5/.25 Gb5/.25 Ab5/.25 Gb5/1 C5/1 | F5/1 Eb5/.5 C5/.5 Db5/2"
    )
    harmony = "Db Bbm Gb Ab Db Gb Ebm Db Bbm Gb Ab Db"
    keys = {
        "Db": ("Db2", "Ab3", "Db4", "F4"), "Bbm": ("Bb1", "F3", "Db4", "F4"), "Gb": ("Gb2", "Db3", "Bb3", "Gb4"),
        "Ab": ("Ab1", "Gb3", "C4", "Eb4"), "Ebm": ("Eb2", "Gb3", "C4", "Eb4"),
    }  # fmt: skip
    score = line(melody, melody=True)
    for bar, name in enumerate(harmony.split()):
        for half in (0, 2):
            score += [
                Written(4 * bar + half + place / 3, (2.0 if place == 0 else 1 / 3), pitch(keys[name][key]))
                for place, key in enumerate((0, 1, 2, 3, 2, 1))
            ]
    return score + rolled(line("Db2+Ab2+F3+Db4+Ab4+Db5/4", 48), 0.07)


def minuet() -> list[Written]:
    """The first sixteen bars, twice: Christian Petzold, Minuet in G major, BWV Anh. 114, Notebook for Anna Magdalena Bach (1725)."""
    right = (
        "D5/1 G4/.5 A4/.5 B4/.5 C5/.5 | D5/1 G4/1 G4/1 | E5/1 C5/.5 D5/.5 E5/.5 F#5/.5 | G5/1 G4/1 G4/1 |"
        "C5/1 D5/.5 C5/.5 B4/.5 A4/.5 | B4/1 C5/.5 B4/.5 A4/.5 G4/.5 | F#4/1 G4/.5 A4/.5 B4/.5 G4/.5 | A4/3 |"
        "D5/1 G4/.5 A4/.5 B4/.5 C5/.5 | D5/1 G4/1 G4/1 | E5/1 C5/.5 D5/.5 E5/.5 F#5/.5 | G5/1 G4/1 G4/1 |"
        "C5/1 D5/.5 C5/.5 B4/.5 A4/.5 | B4/1 C5/.5 B4/.5 A4/.5 G4/.5 | A4/1 B4/.5 A4/.5 G4/.5 F#4/.5 | G4/3"
    )
    left = (
        "G3+B3+D4/2 A3/1 | B3/3 | C4/3 | B3/3 | A3/3 | G3/3 | D4/1 B3/1 G3/1 | D4/1 D3/.5 C4/.5 B3/.5 A3/.5 |"
        "B3/2 A3/1 | G3/1 B3/1 G3/1 | C4/3 | B3/1 C4/.5 B3/.5 A3/.5 G3/.5 | A3/2 F#3/1 | G3/2 B3/1 | C4/1 D4/1 D3/1 | G3/2 G2/1"
    )
    return [note for start in (0, 48) for note in (*line(right, start, melody=True), *line(left, start))]
