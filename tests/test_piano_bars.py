"""Bars of a piece: where its file says that they begin, if its notes follow the beat at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
import pytest

from vqvae.modalities.piano import example, read
from vqvae.modalities.piano.bars import bars
from vqvae.modalities.piano.recording import Piano

BEAT = 480  # ticks
SECONDS = 0.5 / BEAT  # of a tick, at the usual tempo
EARLY = 30 * SECONDS


def piece(
    folder: Path, ticks: Sequence[float], signatures: Sequence[tuple[int, int, int]], tempos: Sequence[tuple[int, int]] = ()
) -> Piano:
    """Notes struck at these ticks; signatures and tempos (µs) from theirs."""
    found = [(tick, mido.MetaMessage("time_signature", numerator=over, denominator=under)) for tick, over, under in signatures]
    found += [(tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in tempos]
    for tick in map(round, ticks):
        found += [(tick, mido.Message("note_on", note=60, velocity=70)), (tick + 1, mido.Message("note_off", note=60))]
    track, last = mido.MidiTrack(), 0
    for tick, message in sorted(found, key=lambda item: item[0]):
        track.append(message.copy(time=tick - last))
        last = tick
    made = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=BEAT, tracks=[track]).save(file=made)
    (folder / "piece.mid").write_bytes(made.getvalue())
    return read(folder / "piece.mid")


def test_bars_are_as_long_as_the_signature_says_and_hold_every_note(tmp_path):
    made = piece(tmp_path, BEAT * np.arange(24), [(0, 3, 4)])
    lines = bars(made)
    assert lines[0] == 0
    assert lines[1:] == pytest.approx(1.5 * np.arange(1, 9) - EARLY)
    assert np.histogram(made.notes.onset, lines)[0].tolist() == [3] * 8


def test_a_new_signature_and_a_new_tempo_change_bars_from_where_they_stand(tmp_path):
    made = piece(tmp_path, BEAT * np.arange(20), [(0, 4, 4), (8 * BEAT, 3, 8)], [(14 * BEAT, 1_000_000)])
    ticks = BEAT * np.array([4, 8, 9.5, 11, 12.5, 14, 15.5, 17, 18.5, 20]) - 30
    assert bars(made)[1:] == pytest.approx(made.tempo.seconds(ticks))


def test_a_note_a_little_before_the_beat_belongs_to_the_bar_that_it_begins(tmp_path):
    ticks = BEAT * np.arange(16) - np.where(np.arange(16) % 4 == 0, 10, 0)
    made = piece(tmp_path, np.maximum(ticks, 0), [(0, 4, 4)])
    assert np.histogram(made.notes.onset, bars(made))[0].tolist() == [4] * 4


@pytest.mark.parametrize("name", ["minuet", "rubato", "nocturne", "fugue", "chords", "scales"])
def test_every_example_has_bars_though_none_is_played_by_a_clock(name):
    lines = bars(example(name))
    assert lines is not None
    assert lines[0] == 0
    assert (np.diff(lines)[1:] > 1).all(), "all but the empty bar that it begins with"
    assert lines[-2] <= example(name).notes.onset.max() < lines[-1]


def test_a_bar_means_nothing_without_a_signature_or_where_notes_do_not_follow_the_beat(tmp_path):
    free = np.sort(np.random.default_rng(5).uniform(0, 400 * BEAT, 2000))
    assert bars(piece(tmp_path, free, [(0, 4, 4)])) is None
    assert bars(piece(tmp_path, BEAT * np.arange(24), [])) is None
    assert bars(piece(tmp_path, [0, BEAT], [(0, 4, 4)])) is None


def test_performances_recorded_freely_have_no_bars_though_their_files_name_a_signature(data):
    for path in sorted((data / "asap").rglob("*.mid"))[::120]:
        assert bars(read(path)) is None


def test_a_file_of_more_bars_than_anybody_counts_has_none(tmp_path):
    assert bars(piece(tmp_path, [*(BEAT * np.arange(40)), 8_000_000], [(0, 1, 64)])) is None
