"""Sound as bytes that a browser plays and a file holds."""

from __future__ import annotations

import io

import numpy as np

from vqvae.modalities.protocol import Progress

BLOCK = 1 << 16  # frames; libsndfile's Vorbis encoder crashes on writes of millions of frames


def ogg(samples: np.ndarray, rate: int = 44100, progress: Progress | None = None) -> bytes:
    """Ogg Vorbis of samples (T, 2) in -1…1; `progress` gets the share done and may raise to stop."""
    return _encode(samples, rate, "OGG", "VORBIS", progress)


def wav(samples: np.ndarray, rate: int = 44100, progress: Progress | None = None) -> bytes:
    """16-bit WAV of samples (T, 2) in -1…1."""
    return _encode(samples, rate, "WAV", "PCM_16", progress)


def _encode(samples: np.ndarray, rate: int, kind: str, coding: str, progress: Progress | None) -> bytes:
    import soundfile

    made = io.BytesIO()
    with soundfile.SoundFile(made, "w", rate, samples.shape[1], coding, format=kind) as file:
        for start in range(0, len(samples), BLOCK):
            file.write(np.clip(samples[start : start + BLOCK], -1, 1))
            if progress is not None:
                progress(min(1.0, (start + BLOCK) / len(samples)))
    return made.getvalue()
