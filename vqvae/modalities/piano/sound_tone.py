"""A plain tone for every note: eight partials that die away, the higher the faster."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.piano.recording import Notes
from vqvae.modalities.protocol import Progress

PARTIALS = 8
LONGEST = 12.0  # s; by then every tone has died away
ATTACK, RELEASE = 0.003, 0.08  # s

_LEVEL = 0.05  # of full scale, for velocity 127
_INHARMONICITY = 4e-4  # of a grand piano's middle strings


def render_tones(notes: Notes, ends: np.ndarray, frames: int, rate: int, progress: Progress | None) -> np.ndarray:
    """Samples (`frames`, 2) float32; `ends` (N,) in s is when each note stops sounding."""
    mono = np.zeros(frames, np.float32)
    attack, release = round(ATTACK * rate), round(RELEASE * rate)
    fade = np.linspace(1, 0, release, dtype=np.float32)
    order = np.argsort(notes.pitch, kind="stable")
    tone, made = np.zeros(0, np.float32), -1
    for count, i in enumerate(order.tolist()):
        start, pitch = round(float(notes.onset[i]) * rate), int(notes.pitch[i])
        if pitch != made:
            longest = float((ends - notes.onset)[notes.pitch == pitch].max()) + RELEASE
            tone, made = _tone(pitch, min(longest, LONGEST), rate, attack), pitch
        held = min(max(round(float(ends[i]) * rate) - start, attack), len(tone))
        level = np.float32(_LEVEL * (float(notes.velocity[i]) / 127) ** 2)
        mono[start : start + held] += level * tone[:held][: frames - start]
        rest = tone[held : held + release]
        mono[start + held : start + held + len(rest)] += level * (rest * fade[: len(rest)])[: max(0, frames - start - held)]
        if progress is not None and count % 256 == 0:
            progress(count / len(order))
    if progress is not None:
        progress(1.0)
    return np.stack([mono, mono], axis=1)


def _tone(pitch: int, seconds: float, rate: int, attack: int) -> np.ndarray:
    """The sound of one key held for `seconds`; low keys sound longer than high ones."""
    time = np.arange(round(seconds * rate)) / rate
    lowest = 440.0 * 2 ** ((pitch - 69) / 12)
    decay = 0.4 * 2 ** ((pitch - 60) / 18)  # 1/s
    tone = np.zeros(len(time))
    for number in range(1, PARTIALS + 1):
        frequency = lowest * number * np.sqrt(1 + _INHARMONICITY * number**2)
        if frequency < rate / 2:
            tone += np.sin(2 * np.pi * frequency * time) * np.exp(-decay * (0.6 + 0.4 * number) * time) / number**1.3
    tone[:attack] *= np.linspace(0, 1, attack)[: len(tone)]
    return tone.astype(np.float32)
