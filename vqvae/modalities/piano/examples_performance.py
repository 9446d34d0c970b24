"""A small pianist: scores become performances by rules from studies of performance, and chance where fingers are inexact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vqvae.modalities.piano.examples_notation import Written, ending
from vqvae.modalities.piano.midi_file import TEMPO, Events, assemble
from vqvae.modalities.piano.recording import SUSTAIN, Notes, Piano
from vqvae.modalities.piano.tempo import TempoMap

DIVISION = 480  # ticks a quarter note
_SILENCE = 0.5  # s, the empty bar before the first note
_GAP = 0.02  # s that a key is up before it is struck again
_TRACK_NAME, _TIME_SIGNATURE = 0x03, 0x58


@dataclass(frozen=True)
class Style:
    """How a score is played."""

    tempo: float = 100.0  # quarter notes a minute
    beats: int = 4  # of a bar
    phrase: float = 16.0  # quarter notes
    rubato: float = 0.04  # how much slower a phrase's ends are than its middle, as a share
    ritardando: float = 4.0  # quarter notes at the end that slow down
    loudness: float = 62.0  # velocity
    swell: float = 10.0  # velocity, from a phrase's ends to its middle
    lead: float = 0.015  # s that the melody comes before its accompaniment
    emphasis: float = 14.0  # velocity, of melody above accompaniment
    touch: float = 0.95  # part of its written length that a key is held
    chance: float = 0.004  # s, standard deviation of an onset
    pedal: float = 0.0  # quarter notes from one change of the pedal to the next; 0 for none


def perform(name: str, title: str, score: list[Written], style: Style, seed: int = 0) -> Piano:
    """A performance of `score`; the same for the same seed.

    Phrases swell and press on towards their middle (Todd 1992, doi 10.1121/1.402843); the end slows down as runners do (Friberg and
    Sundberg 1999, doi 10.1121/1.426687); the melody is louder and early (Goebl 2001, doi 10.1121/1.1376133).
    """
    random = np.random.default_rng(seed)
    score = sorted(note._replace(beat=note.beat + style.beats) for note in score)
    end = ending(score)
    events = _tempo_events(title, _quarter_lengths(end, style), style)
    tempo = TempoMap(DIVISION, events)
    beat, length, pitch, melody, roll = (np.array(column) for column in zip(*score, strict=True))
    arch = _arch((beat - style.beats) / style.phrase % 1)
    lead = np.where(melody & _accompanied(beat, melody), style.lead, 0.0)
    late = roll - lead + random.normal(0, style.chance, len(score))
    onset = tempo.seconds(beat * DIVISION) + late
    written = tempo.seconds((beat + length) * DIVISION) - tempo.seconds(beat * DIVISION)
    duration = written * np.clip(style.touch + random.normal(0, 0.03, len(score)), 0.2, 1.05) - roll
    velocity = style.loudness + style.swell * arch + np.where(melody, style.emphasis / 2, -style.emphasis / 2)
    velocity += 4.0 * (beat % style.beats == 0) + random.normal(0, 2.5, len(score))
    notes = Notes(onset, np.maximum(duration, 0.03), pitch.astype(np.int16), np.clip(np.rint(velocity), 20, 115).astype(np.int16))
    frame = assemble(DIVISION, _with_pedal(events, tempo, end, style))
    return Piano(name, _released(notes.sorted()), frame)


def _arch(part: np.ndarray) -> np.ndarray:
    """0 at a phrase's ends, 1 in its middle."""
    return 1 - (2 * part - 1) ** 2


def _quarter_lengths(end: float, style: Style) -> np.ndarray:
    """µs of every quarter note, those of the empty bar before the first note among them."""
    middle = np.arange(int(np.ceil(end)) + 2) + 0.5
    slower = 1 + style.rubato * (1 - 1.5 * _arch((middle - style.beats) / style.phrase % 1))
    left = np.clip((middle - (end - style.ritardando)) / style.ritardando, 0, 1)
    speed = (1 + (0.55**3 - 1) * left) ** (1 / 3)  # as runners stop, with curvature 3, from 100 to 55 %
    lengths = 60e6 / style.tempo * slower / speed
    lengths[: style.beats] = 1e6 * _SILENCE / style.beats
    return np.rint(lengths).astype(np.int64)


def _tempo_events(title: str, lengths: np.ndarray, style: Style) -> Events:
    """Title, time signature and the tempo of every quarter note."""
    name = title.encode("ascii")
    others = [bytes((0xFF, _TRACK_NAME, len(name))) + name, bytes((0xFF, _TIME_SIGNATURE, 4, style.beats, 2, 24, 8))]
    others += [bytes((0xFF, TEMPO, 3)) + int(length).to_bytes(3, "big") for length in lengths]
    tick = np.concatenate([[0, 0], DIVISION * np.arange(len(lengths))])
    return Events(tick, -1 - np.arange(len(others)), others, int(tick[-1]))


def _accompanied(beat: np.ndarray, melody: np.ndarray) -> np.ndarray:
    """Which notes begin together with one of the accompaniment."""
    return np.isin(beat, beat[~melody])


def _with_pedal(events: Events, tempo: TempoMap, end: float, style: Style) -> Events:
    """The pedal goes up just after every change of harmony and down again, through all the values between."""
    if not style.pedal:
        return events
    times, values = [], []
    for beat in np.arange(style.beats, end, style.pedal):
        start = float(tempo.seconds(beat * DIVISION))
        times += [start + 0.02 + 0.012 * step for step in range(6)] + [start + 0.16 + 0.015 * step for step in range(6)]
        values += [100, 78, 54, 30, 12, 0, 16, 38, 62, 84, 104, 112]
    last = float(tempo.seconds(end * DIVISION))
    times += [last + 0.02 * step for step in range(5)]
    values += [90, 66, 40, 18, 0]
    kept = slice(6, None)  # it is up at the beginning
    tick = np.rint(tempo.ticks(np.array(times[kept]))).astype(np.int64)
    code = 0xB0 << 16 | SUSTAIN << 8 | np.array(values[kept], np.int64)
    order = np.argsort(np.concatenate([events.tick, tick]), kind="stable")
    joined = np.concatenate([events.tick, tick])[order], np.concatenate([events.code, code])[order]
    return Events(*joined, events.others, max(events.end, int(tick.max())))


def _released(notes: Notes) -> Notes:
    """Every key is up before it is struck again."""
    order = np.lexsort((notes.onset, notes.pitch))
    duration = notes.duration[order]
    same = notes.pitch[order][1:] == notes.pitch[order][:-1]
    room = np.diff(notes.onset[order]) - _GAP
    duration[:-1] = np.where(same, np.minimum(duration[:-1], np.maximum(room, _GAP)), duration[:-1])
    released = np.empty_like(duration)
    released[order] = duration
    return notes._replace(duration=released)
