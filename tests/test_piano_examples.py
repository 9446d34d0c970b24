"""The example pieces: what their descriptions say is true of their notes."""

from __future__ import annotations

import numpy as np
import pytest

from vqvae.modalities.piano import example, examples, pedals
from vqvae.modalities.piano import examples_pieces as pieces
from vqvae.modalities.piano.examples import describe
from vqvae.modalities.piano.examples_notation import ending, line, pitch


@pytest.mark.parametrize("name", examples())
def test_an_example_is_half_a_minute_or_so_of_playable_notes_with_a_title_and_one_sentence(name):
    piece, said = example(name), describe(name)
    notes = piece.notes
    assert 20 < piece.seconds < 60
    assert piece.count == len(said.score()) > 100
    assert (piece.name, said.title[0].isupper(), said.description[-1]) == (name, True, ".")
    assert 0 < notes.onset[0] < 1
    assert notes.pitch.min() >= 21
    assert notes.pitch.max() <= 108
    assert 20 <= notes.velocity.min() < notes.velocity.max() - 15 < 115
    for key in np.unique(notes.pitch):
        mine = notes.pitch == key
        assert (notes.end[mine][:-1] <= notes.onset[mine][1:]).all()


@pytest.mark.parametrize("name", examples())
def test_an_example_is_the_same_for_the_same_seed_and_another_performance_of_the_same_keys_for_another(name):
    first, again, other = example(name, 4), example(name, 4), example(name, 5)
    assert all((a == b).all() for a, b in zip(first.notes, again.notes, strict=True))
    assert first.frame == again.frame
    assert sorted(first.notes.pitch) == sorted(other.notes.pitch)
    assert 0.001 < np.abs(np.sort(first.notes.onset) - np.sort(other.notes.onset)).max() < 0.05


def test_the_minuet_begins_with_its_theme_and_repeats_its_sixteen_bars():
    score = pieces.minuet()
    theme = [note.pitch for note in sorted(score) if note.melody][:14]
    assert theme == [74, 67, 69, 71, 72, 74, 67, 67, 76, 72, 74, 76, 78, 79]
    assert ending(score) == 2 * 16 * 3
    half = len(score) // 2
    assert [note._replace(beat=note.beat + 48) for note in score[:half]] == score[half:]
    assert {(note.pitch - 7) % 12 for note in score} == {0, 2, 4, 5, 7, 9, 11}  # the notes of G major and no other


@pytest.mark.parametrize("name", examples())
def test_every_voice_fills_its_bars(name):
    score = describe(name).score()
    assert ending(score) % 1 == 0
    assert min(note.beat for note in score) == 0


def test_the_subject_of_the_fugue_enters_four_times():
    steps = np.diff([note.pitch for note in line("G4/1 Bb4/.5 A4/.5 G4/.5 D5/1 C5/.5")])
    melody = sorted(note for note in pieces.fugue() if note.melody)
    pitches = np.array([note.pitch for note in melody])
    entries = [melody[place].pitch for place in range(len(melody) - 5) if (np.diff(pitches[place : place + 6]) == steps).all()]
    assert entries == [67, 74, 55, 79]


def beats(piece, shift: int = 4) -> np.ndarray:
    """Where each note falls in its score, in quarter notes."""
    return piece.tempo.ticks(piece.notes.onset) / piece.midi.division - shift


def test_the_melody_of_the_rubato_comes_before_its_accompaniment_and_above_it_in_loudness():
    piece = example("rubato")
    late = np.rint(beats(piece) * 2) / 2 - beats(piece)
    high = piece.notes.pitch >= 68
    together = np.isclose(np.rint(beats(piece) * 2) % 2, 0)
    assert late[high & together].mean() - late[~high & together].mean() == pytest.approx(0.028 * 80 / 60, rel=0.4)
    assert piece.notes.velocity[high].mean() - piece.notes.velocity[~high].mean() > 12


def test_the_long_chords_are_broken_upwards_and_the_short_ones_are_not():
    piece = example("chords")
    beat = np.rint(beats(piece) - 0.02)
    spread = {}
    for place in np.unique(beat):
        mine = beat == place
        onset = piece.notes.onset[mine][np.argsort(piece.notes.pitch[mine])]
        spread[place] = onset[-1] - onset[0]
        if spread[place] > 0.08:
            assert (np.diff(onset) > 0).all()
    long = {note.beat for note in pieces.chords() if note.length >= 2}
    assert min(spread[place] for place in long) > 0.08 > max(spread[place] for place in set(spread) - long)


@pytest.mark.parametrize("name", examples())
def test_the_end_slows_down(name):
    piece = example(name)
    at = np.arange(4, int(ending(describe(name).score())) + describe(name).style.beats + 1)
    quarters = np.diff(piece.tempo.seconds(at * piece.midi.division))
    assert quarters[-1] > 1.25 * np.median(quarters)


def test_the_pedal_is_down_most_of_the_nocturne_and_goes_through_the_values_between():
    pedal = pedals(example("nocturne"))[64]
    assert (np.diff(pedal.time) >= 0).all()
    down = np.diff(pedal.time)[pedal.value[:-1] >= 64].sum() / (pedal.time[-1] - pedal.time[0])
    assert 0.6 < down < 0.95
    assert len(np.unique(pedal.value)) > 8
    assert pedal.value[-1] == 0
    assert not len(pedals(example("minuet"))[64].time)


def test_what_is_not_there_is_refused_with_what_is():
    with pytest.raises(ValueError, match=r"'waltz'.*minuet"):
        example("waltz")
    with pytest.raises(ValueError, match="'H4'"):
        pitch("H4")
