"""The .mid that is written: the same notes and everything else at the same times, for any program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from midi_cases import midi, opened, track
from piano_cases import same_notes, some_piece

from vqvae.modalities.piano import example, examples, pedals, read, targets, write
from vqvae.modalities.piano.recording import NOTHING


def written(piece, folder: Path) -> Path:
    (path,) = write(piece, folder / "out.mid")
    return path


@pytest.mark.parametrize("seed", range(16))
def test_what_is_written_reads_back_within_a_millisecond_and_onsets_within_half_of_one(tmp_path, seed):
    piece = some_piece(seed)
    again = read(written(piece, tmp_path))
    same_notes(again.notes, piece.notes, 1e-3)
    assert np.abs(np.sort(again.notes.onset) - np.sort(piece.notes.onset)).max() <= 0.5e-3
    assert again.channel == piece.channel
    assert again.seconds == pytest.approx(piece.seconds, abs=1e-3)


@pytest.mark.parametrize("seed", range(16))
def test_all_else_stays_as_it_is_at_its_time_and_in_its_order(tmp_path, seed):
    piece = some_piece(seed)
    again = read(written(piece, tmp_path))
    finer = {again.midi.division / piece.midi.division} if piece.midi.division < 0x8000 else {1}
    assert finer.pop() % 1 == 0
    mine, found = piece.events, again.events
    assert np.abs(again.tempo.seconds(found.tick) - piece.tempo.seconds(mine.tick)).max(initial=0) < 1e-6
    assert [mine.others[-1 - code] if code < 0 else code for code in mine.code.tolist()] == [
        found.others[-1 - code] if code < 0 else code for code in found.code.tolist()
    ]


@pytest.mark.parametrize("name", examples())
def test_another_reader_finds_the_same_notes_and_the_same_length(tmp_path, name):
    piece = example(name)
    opened_ = mido.MidiFile(written(piece, tmp_path))
    assert opened_.type == 0
    assert opened_.length == pytest.approx(piece.seconds, abs=2e-3)
    now, found = 0.0, []
    for message in opened_:
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append((now, message.note, message.velocity))
    assert len(found) == piece.count
    assert [row[0] for row in found] == pytest.approx(piece.notes.onset, abs=0.5e-3)


def test_ticks_become_finer_only_where_they_are_longer_than_half_a_millisecond(tmp_path):
    for division, expected in ((100, 1000), (960, 1920), (1000, 1000), (0xE728, 0xE750)):
        piece = opened(tmp_path, midi(track((0, "903c40"), (100, "803c00")), kind=0, division=division))
        assert read(written(piece, tmp_path)).midi.division == expected


def test_a_key_that_is_struck_again_as_it_is_released_and_two_strokes_at_once_come_back(tmp_path):
    again, twice = [(50, "803c00"), (0, "903c50"), (50, "803c00")], [(0, "903e01"), (0, "903e02"), (9, "803e00"), (9, "803e00")]
    piece = opened(tmp_path, midi(track((0, "903c40"), *again, *twice)))
    back = read(written(piece, tmp_path))
    assert [tuple(column) for column in back.notes] == [tuple(column) for column in piece.notes]


def test_notes_after_the_end_of_the_track_make_it_longer_and_a_piece_without_notes_keeps_its_length(tmp_path):
    piece = some_piece(0)
    late = replace(piece, notes=piece.notes._replace(onset=piece.notes.onset + piece.seconds))
    assert read(written(late, tmp_path)).seconds == pytest.approx(float(late.notes.end.max()), abs=1e-3)
    silent = replace(piece, notes=NOTHING)
    assert mido.MidiFile(written(silent, tmp_path)).length == pytest.approx(silent.seconds, abs=1e-3)


def test_the_pedals_of_a_performance_are_the_same_after_writing(data, tmp_path):
    piece = read(data / "asap/Haydn/Keyboard_Sonatas/50-1_no_repeat/HSU01.mid")
    again = read(written(piece, tmp_path))
    for pedal, before in pedals(piece).items():
        after = pedals(again)[pedal]
        assert (after.value == before.value).all()
        assert after.time == pytest.approx(before.time, abs=1e-9)
    assert len(before.time) + len(pedals(piece)[64].time) > 100


def test_the_shortest_of_notes_still_has_a_length_when_written(tmp_path):
    piece = some_piece(3)
    again = read(written(replace(piece, notes=piece.notes._replace(duration=np.full(piece.count, 1e-7))), tmp_path))
    assert again.count == piece.count
    assert 0 < again.notes.duration.max() <= 1e-3
    assert not any("without length" in said for said in again.said)


def test_two_notes_on_one_key_one_within_the_other_come_back_with_each_others_ends(tmp_path):
    piece = opened(tmp_path, midi(track((0, "903c40"), (100, "803c00")), track((20, "913c50"), (20, "813c00"))))
    again = read(written(piece, tmp_path))
    assert again.notes.onset == pytest.approx([0.0, 0.1])
    assert again.notes.end == pytest.approx([0.2, 0.5])
    assert again.notes.velocity.tolist() == [64, 80]


def test_a_status_is_written_once_for_all_the_events_that_follow_with_the_same(tmp_path):
    pedal = [(10, f"b040{value:02x}") for value in range(100)]
    piece = opened(tmp_path, midi(track((0, "903c40"), (10, "803c00"), *pedal), kind=0, division=1000))
    assert written(piece, tmp_path).stat().st_size == 22 + (4 + 3) + (4 + 99 * 3) + 4  # headers, note, pedal, end


NAMES = [("a.mid", "a.mid"), ("a", "a.mid"), ("a.midi", "a.mid"), ("op. 9 no. 2", "op. 9 no. 2.mid"), ("a.MID", "a.mid")]


@pytest.mark.parametrize(("asked", "made"), NAMES)
def test_the_file_is_the_one_that_was_announced_and_replaces_another(tmp_path, asked, made):
    (tmp_path / made).write_bytes(b"old")
    path = tmp_path / asked
    assert write(example(), path) == list(targets(path)) == [tmp_path / made]
    assert [found.name for found in tmp_path.iterdir()] == [made]
    assert read(tmp_path / made).count == example().count
