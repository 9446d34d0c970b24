"""A performance as sound: a sampled grand piano, or a plain synthesised tone where its sounds are not installed.

The sustain pedal is honoured by letting notes last as long as they sound.  Soft and sostenuto pedal change nothing that is heard here.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vqvae.modalities.piano.pedal import sounding_ends
from vqvae.modalities.piano.recording import Notes, Piano
from vqvae.modalities.piano.sound_files import ogg, wav
from vqvae.modalities.piano.sound_tone import render_tones
from vqvae.modalities.protocol import Progress

__all__ = ["RATE", "TAIL", "gain_for", "has_piano", "ogg", "render", "wav"]

RATE = 44100  # Hz
TAIL = 2.0  # s after the last note has ended
RING = 30.0  # s after its onset no string is heard, whatever the pedal does
LONGEST = 45 * 60.0  # s that are rendered at once: about 1 GB
PEAK = 0.6  # of full scale, where `gain_for` puts the loudest moment: a reconstruction that is louder has 4 dB until it is clipped

_SOUNDFONT = "TimGM6mb.sf2"  # inside the installed pretty_midi
_GAIN = -6.0  # dB
_VOICES = 512
_PIANO = 0  # General MIDI program: acoustic grand piano


class _Keys(NamedTuple):
    """Key strokes in order of time, (E,) each."""

    frame: np.ndarray  # int64
    down: np.ndarray  # bool
    pitch: np.ndarray
    velocity: np.ndarray


def soundfont() -> Path | None:
    """The piano's sounds; None where they are not installed."""
    found = find_spec("pretty_midi")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).with_name(_SOUNDFONT)
    return path if path.is_file() else None


def has_piano() -> bool:
    """Whether `render` sounds like a piano; otherwise a plain tone."""
    return soundfont() is not None and find_spec("tinysoundfont") is not None


def render(recording: Piano, rate: int = RATE, progress: Progress | None = None) -> np.ndarray:
    """Samples (T, 2) float32 of the whole performance and `TAIL` s; the same for the same notes, whatever ran before.

    Their loudness is that of the velocities: multiply original and reconstruction by one `gain_for(original)`.  `progress` gets the share
    done and may raise to stop.  ValueError when the performance is longer than `LONGEST`.
    """
    notes = recording.notes
    ends = np.minimum(sounding_ends(recording), notes.onset + RING)
    seconds = float(ends.max(initial=0.0)) + TAIL
    if seconds > LONGEST:
        raise ValueError(f"{recording.name} lasts {seconds / 60:.0f} min; up to {LONGEST / 60:.0f} min can be heard at once: choose a part")
    frames = round(seconds * rate)
    sounds = soundfont()
    if sounds is None or not has_piano():
        return render_tones(notes, ends, frames, rate, progress)
    return _render_sampled(_keys(notes, ends, rate), frames, rate, sounds, progress)


def gain_for(samples: np.ndarray) -> float:
    """The factor that makes the original (T, 2) loud, to be used for its reconstructions too; 1 for silence."""
    peak = float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))  # no copy: an hour is a gigabyte
    return PEAK / peak if peak > 0 else 1.0


def _keys(notes: Notes, ends: np.ndarray, rate: int) -> _Keys:
    """Strokes and releases; at one moment releases come first, so that a key can be struck again."""
    start, stop = np.rint(notes.onset * rate).astype(np.int64), np.rint(ends * rate).astype(np.int64)
    stop = np.maximum(stop, start + 1)
    frame = np.concatenate([start, stop])
    down = np.repeat([True, False], len(start))
    pitch, velocity = np.tile(notes.pitch, 2), np.tile(notes.velocity, 2)
    order = np.lexsort((pitch, down, frame))
    return _Keys(frame[order], down[order], pitch[order], velocity[order])


def _render_sampled(keys: _Keys, frames: int, rate: int, sounds: Path, progress: Progress | None) -> np.ndarray:
    import tinysoundfont

    synth = tinysoundfont.Synth(gain=_GAIN, samplerate=rate)
    synth.program_select(0, synth.sfload(str(sounds), max_voices=_VOICES), 0, _PIANO)
    samples = np.zeros((frames, 2), np.float32)
    into = samples.data.cast("B")
    done, told = 0, 0
    for frame, down, pitch, velocity in zip(*(column.tolist() for column in keys), strict=True):
        done = _play(synth, into, done, frame)
        if down:
            synth.noteon(0, pitch, velocity)
        else:
            synth.noteoff(0, pitch)
        if progress is not None and done - told >= rate:
            progress(done / frames)
            told = done
    _play(synth, into, done, frames)
    if progress is not None:
        progress(1.0)
    return samples


def _play(synth: Any, into: memoryview, done: int, until: int) -> int:
    """Render up to the frame `until`."""
    if until > done:
        synth.generate_simple(until - done, into[8 * done : 8 * until])
    return max(done, until)
