"""Ticks and seconds."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.piano.midi_file import TEMPO, Events, is_meta

USUAL = 500_000  # µs a quarter note where a file says nothing: 120 a minute


class TempoMap:
    """When each tick of a file is: straight lines from one tempo to the next."""

    def __init__(self, division: int, events: Events) -> None:
        self.division = division
        if division & 0x8000:  # SMPTE: ticks of a clock, whatever the tempo
            frames = 256 - (division >> 8)
            rate = (30_000 / 1001 if frames == 29 else frames) * (division & 0xFF)
            starts, lengths = np.zeros(1), np.array([1 / rate])
        else:
            tempos = {0: USUAL} | dict(_tempos(events))
            starts = np.array(list(tempos), np.float64)
            lengths = np.array(list(tempos.values()), np.float64) / (1e6 * division)
        self._ticks, self._lengths = starts, lengths  # (M,) where a tempo begins, and s a tick from there
        self._times = np.concatenate([[0.0], np.cumsum(np.diff(starts) * lengths[:-1])])

    @property
    def longest_tick(self) -> float:
        """s a tick at the slowest tempo."""
        return float(self._lengths.max())

    def seconds(self, ticks: np.ndarray | float) -> np.ndarray:
        """When ticks are, s from the beginning."""
        ticks = np.asarray(ticks, np.float64)
        place = np.searchsorted(self._ticks, ticks, side="right") - 1
        return self._times[place] + (ticks - self._ticks[place]) * self._lengths[place]

    def ticks(self, seconds: np.ndarray | float) -> np.ndarray:
        """Where moments lie, in ticks and parts of them."""
        seconds = np.asarray(seconds, np.float64)
        place = np.searchsorted(self._times, seconds, side="right") - 1
        return self._ticks[place] + (seconds - self._times[place]) / self._lengths[place]


def tempo_of(message: bytes) -> int:
    """µs a quarter note of a tempo event; 0 when it says nothing of use."""
    return int.from_bytes(message[3:6], "big") if len(message) == 6 else 0


def _tempos(events: Events) -> list[tuple[int, int]]:
    there = events.code < 0
    messages = (events.others[-1 - code] for code in events.code[there].tolist())
    found = zip(events.tick[there].tolist(), messages, strict=True)
    return [(tick, length) for tick, message in found if is_meta(message, TEMPO) and (length := tempo_of(message))]
