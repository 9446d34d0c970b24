"""Piano to tensors and back: what comes back is what was played; what surrounds the notes comes back byte by byte."""

from __future__ import annotations

import base64
import json
import lzma
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from midi_cases import midi, opened, track
from piano_cases import same_notes, some_piece

from vqvae.modalities.piano import (
    check_layout,
    example,
    excerpt,
    extent,
    frames,
    length,
    pedals,
    read,
    restore,
    sampled,
    to_tensors,
    with_gaps,
    write,
)
from vqvae.modalities.piano.frames import pack_frame, unpack_frame
from vqvae.modalities.piano.midi_file import Events, Midi
from vqvae.modalities.piano.recording import NOTHING, Notes, fingerprint
from vqvae.modalities.protocol import Tensors


@pytest.mark.parametrize("seed", range(12))
def test_restoring_unquantised_tensors_gives_back_every_note_and_what_surrounds_them(seed):
    piece = some_piece(seed)
    tensors = to_tensors(piece)
    assert (tensors.values.shape, tensors.values.dtype) == ((1, 4, piece.count), np.float32)
    again = restore(tensors)
    same_notes(again.notes, piece.notes, 1e-4)
    assert (again.frame, again.name, again.channel) == (piece.frame, piece.name, piece.channel)
    assert (length(tensors.layout), extent(tensors.layout).amount) == (piece.count, piece.count)
    check_layout(json.loads(json.dumps(tensors.layout)))


def test_every_performance_comes_back_within_a_millisecond_and_at_its_velocities(data):
    paths = sorted((data / "asap").rglob("*.mid"))
    assert len(paths) == 988
    for path in paths:
        played = read(path)
        tensors = to_tensors(played)
        again = restore(tensors)
        same_notes(again.notes, played.notes, 1e-3)
        assert again.frame == played.frame, path


def test_times_do_not_drift_and_chords_stay_chords_over_hours():
    random = np.random.default_rng(3)
    onset = np.repeat(np.cumsum(random.exponential(0.43, 33_000)), 3)
    pitch = np.tile([60, 64, 67], 33_000).astype(np.int16)
    piece = replace(some_piece(0), notes=Notes(onset, np.full(len(onset), 0.3), pitch, np.full(len(onset), 64, np.int16)))
    again = restore(to_tensors(piece)).notes.onset
    assert onset[-1] > 3.5 * 3600
    error, tenth = np.abs(again - onset), len(onset) // 10
    assert error.max() < 1e-3
    assert error[-tenth:].max() <= error[:tenth].max() + 1e-3
    assert (np.diff(again.reshape(-1, 3), axis=1) == 0).all()


def test_what_a_network_makes_of_notes_becomes_notes_that_a_piano_can_play():
    tensors = to_tensors(some_piece(1))
    wild = Tensors(tensors.values * 3 - 100, tensors.layout)
    notes = restore(wild).notes
    assert (np.diff(notes.onset) >= 0).all()
    assert notes.onset.min() >= 0
    assert notes.duration.min() > 0
    assert (notes.velocity.min(), notes.pitch.min()) == (1, 0)
    assert notes.velocity.max() <= 127
    assert notes.pitch.max() <= 127
    tensors.values[0, 1, 5] = np.nan
    with pytest.raises(ValueError, match="finite"):
        restore(tensors)


def test_notes_in_gaps_are_left_out_and_the_others_stay_where_they_are():
    piece = some_piece(2)
    tensors = to_tensors(piece)
    layout = with_gaps(with_gaps(tensors.layout, [(3, 5)]), [(-4, 1), (piece.count - 2, piece.count + 9), (7, 7)])
    assert layout["gaps"] == [[3, 5], [0, 1], [piece.count - 2, piece.count]]
    kept = np.delete(np.arange(piece.count), [0, 3, 4, piece.count - 2, piece.count - 1])
    same_notes(restore(Tensors(tensors.values, layout)).notes, piece.notes.where(kept), 1e-4)
    check_layout(layout)


def test_the_raw_size_is_that_of_the_file_that_would_be_written(tmp_path: Path):
    piece = example("nocturne")
    assert extent(to_tensors(piece).layout).raw_bytes == write(piece, tmp_path / "a.mid")[0].stat().st_size


@pytest.mark.parametrize("seed", range(12))
def test_a_frame_comes_back_byte_by_byte_from_text_that_fits_json(seed):
    piece = some_piece(seed)
    assert unpack_frame(json.loads(json.dumps(pack_frame(piece.midi)))) == piece.frame


def test_the_frame_of_a_pedalled_performance_takes_less_than_its_bytes_packed_as_they_are(data):
    for name in ("Haydn/Keyboard_Sonatas/50-1_no_repeat/HSU01.mid", "Chopin/Etudes_op_10/2/MERJAN02.mid"):
        piece = read(data / "asap" / name)
        assert len(pack_frame(piece.midi)) * 4 / 5 < 0.85 * len(lzma.compress(piece.frame, preset=9))


def test_no_damaged_frame_leads_to_anything_but_another_frame_or_a_sentence():
    text, random, refused = pack_frame(some_piece(4).midi), np.random.default_rng(0), 0
    for _ in range(400):
        place = random.integers(0, len(text))
        try:
            unpack_frame(text[:place] + chr(random.integers(33, 127)) + text[place + random.integers(0, 2) :])
        except ValueError:
            refused += 1
    assert refused > 300


def longer(column: np.ndarray) -> np.ndarray:
    return np.append(column, column[-1])


@pytest.mark.parametrize(
    "change",
    [
        {"head": [0, 10**6]}, {"head": [480]}, {"head": [480, 3]}, {"head": [70_000, 10**6]}, {"counts": lambda counts: counts + 1},
        {"counts": lambda counts: counts[:-1]}, {"kinds": lambda kinds: kinds[::-1]}, {"kinds": lambda kinds: kinds + 1},
        {"kinds": lambda kinds: np.where(kinds == kinds[-1], 0x90 << 7, kinds)}, {"step": longer}, {"first": longer}, {"second": longer},
        {"step": lambda step: step + 2**38}, {"shared": longer}, {"shared": lambda shared: shared[::-1] + 128}, {"shared": np.zeros_like},
        {"others": lambda others: others[:-1]}, {"others": lambda others: np.append(others, [0xFF, 1, 0])},
        {"others": lambda others: np.zeros(4, int)},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_columns_that_contradict_each_other_are_no_frame(change):
    piece = some_piece(1)
    columns = frames._columns(piece.midi.division, piece.events)
    assert unpack_frame(frames._packed(columns)) == piece.frame
    made = {name: np.array(how(getattr(columns, name)) if callable(how) else how) for name, how in change.items()}
    with pytest.raises(ValueError, match="file's description"):
        unpack_frame(frames._packed(columns._replace(**made)))


def test_what_follows_a_frame_is_not_ignored_and_notes_have_no_place_in_one(tmp_path):
    packed = base64.b85decode(pack_frame(some_piece(0).midi))
    with pytest.raises(ValueError, match="file's description"):
        unpack_frame(base64.b85encode(packed + b"more").decode())
    pedal = opened(tmp_path, midi(track((0, "903c40"), (9, "803c00"), (0, "b04040"))))
    columns = frames._columns(pedal.midi.division, pedal.events)
    with pytest.raises(ValueError, match="file's description"):
        unpack_frame(frames._packed(columns._replace(kinds=np.array([0x90 << 7]))))


def test_more_than_a_header_holds_is_refused_before_it_is_written():
    noise = np.random.default_rng(0).integers(0, 128, 2_000_000).astype(np.uint8).tobytes()
    message = b"\xf0" + bytes((0x80 | len(noise) >> 14, 0x80 | len(noise) >> 7 & 0x7F, len(noise) & 0x7F)) + noise
    with pytest.raises(ValueError, match="MB of events besides the notes"):
        pack_frame(Midi(0, 480, [Events(np.zeros(1, np.int64), np.array([-1]), [message], 10)]))


def test_few_letters_that_stand_for_more_events_than_a_frame_holds_are_refused_and_as_many_are_not():
    def events(count: int) -> Events:
        return Events(np.arange(count), np.full(count, 0xB0 << 16 | 64 << 8), [], count)

    assert len(pack_frame(Midi(0, 480, [events(frames.MAX_EVENTS)]))) < 10_000
    with pytest.raises(ValueError, match="events besides the notes are too many"):
        pack_frame(Midi(0, 480, [events(frames.MAX_EVENTS + 1)]))
    with pytest.raises(ValueError, match="file's description"):
        unpack_frame(frames._packed(frames._columns(480, events(frames.MAX_EVENTS + 1))))
    words = frames._columns(480, events(1))._replace(others=np.zeros((1 << 23) + 1, np.int64))
    assert not frames._is_possible(words)


@pytest.fixture(scope="module")
def layout() -> dict:
    return to_tensors(example("chords")).layout


@pytest.mark.parametrize(
    "change",
    [
        {"notes": 0}, {"notes": 10**6}, {"notes": 1.5}, {"notes": True}, {"channel": 16}, {"channel": "1"}, {"mid_bytes": 0},
        {"mid_bytes": 10**12}, {"name": "../../etc/passwd"}, {"name": ".."}, {"name": ""}, {"name": 3}, {"frame": 7}, {"frame": ""},
        {"frame": "hello world"}, {"frame": "A" * 2_000_000}, {"gaps": [[5, 2]]}, {"gaps": [[0, 10**9]]}, {"gaps": [["a", 1]]},
        {"gaps": [3]}, {"gaps": {}}, {"modality": "ecg"}, {"more": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_layout_that_to_tensors_cannot_have_made_is_refused(layout, change):
    with pytest.raises(ValueError, match="file's description"):
        check_layout({**layout, **change})


def test_a_frame_that_lasts_for_days_is_refused(layout):
    none = np.zeros(0, np.int64)
    check_layout({**layout, "frame": pack_frame(Midi(0, 480, [Events(none, none, [], 960 * 3600)]))})
    with pytest.raises(ValueError, match="lasts"):
        check_layout({**layout, "frame": pack_frame(Midi(0, 480, [Events(none, none, [], 960 * 3600 * 48)]))})


def test_an_excerpt_has_the_notes_struck_in_it_and_stands_under_the_tempo_and_pedals_of_its_beginning():
    piece = example("nocturne")
    part = excerpt(piece, 10.0, 25.0)
    inside = (piece.notes.onset >= 10.0) & (piece.notes.onset < 25.0)
    same_notes(part.notes, piece.notes.where(inside)._replace(onset=piece.notes.onset[inside] - 10.0), 2e-3, "velocity")
    assert part.notes.duration == pytest.approx(piece.notes.duration[inside])
    assert part.seconds == pytest.approx(15.0, abs=3.0)
    ticks = np.arange(0, 3000, 100)
    first = np.floor(piece.tempo.ticks(10.0))
    assert part.tempo.seconds(ticks) == pytest.approx(piece.tempo.seconds(first + ticks) - piece.tempo.seconds(first), abs=1e-9)
    whole, cut = pedals(piece)[64], pedals(part)[64]
    assert cut.value[0] == whole.value[whole.time < 10.0][-1]
    later = (whole.time >= 10.001) & (whole.time < 25.0)
    assert cut.value[1:].tolist()[: int(later.sum())] == whole.value[later].tolist()


def test_an_excerpt_begins_with_no_note_from_before_it_however_long_a_tick_is(tmp_path):
    keys = track((0, "903c40"), (1, "803c00"), (0, "903e40"), (1, "803e00"), (0, "904040"), (1, "804000"))
    piece = opened(tmp_path, midi(keys, division=1))
    part = excerpt(piece, 0.6)
    assert part.notes.pitch.tolist() == [64]
    assert part.notes.onset == pytest.approx([0.5])  # the beginning is the tick at 0.5 s


def test_controls_that_stand_at_the_beginning_of_an_excerpt_stand_in_the_order_in_which_they_were_set(tmp_path):
    events = [(10, "b00001"), (10, "c005"), (10, "b00002"), (10, "ff0103616263"), (10, "ff510303d090"), (100, "903c40"), (100, "803c00")]
    part = excerpt(opened(tmp_path, midi(track(*events))), 0.4)
    assert [part.events.others[-1 - code] if code < 0 else code for code in part.events.code.tolist()] == [
        0xC00500, 0xB00002, bytes.fromhex("ff510303d090"),
    ]  # fmt: skip
    assert (part.events.tick == 0).all()


def test_a_whole_excerpt_has_every_note_and_an_empty_one_is_refused():
    piece = example("scales")
    same_notes(excerpt(piece).notes, piece.notes, 1e-9)
    with pytest.raises(ValueError, match="no note of scales is struck from 100 to 120 s"):
        excerpt(piece, 100, 120)


def test_a_sample_has_notes_from_all_over_in_the_time_asked_for():
    piece = example("rubato")
    sample = sampled(piece, 12.0)
    assert 0.1 < sample.count / piece.count < 0.4
    assert sample.seconds == pytest.approx(12.0, abs=3.0)
    assert (np.diff(sample.notes.onset) >= 0).all()
    assert sampled(piece, 1000.0) is piece


def test_a_fingerprint_is_of_notes_and_frame_not_of_the_name():
    piece = example("fugue")
    same = replace(piece, name="other")
    assert fingerprint(piece) == fingerprint(same)
    softer = piece.notes._replace(velocity=np.maximum(1, piece.notes.velocity - 1))
    others = {fingerprint(replace(piece, **change)) for change in ({"notes": softer}, {"frame": some_piece(0).frame}, {"channel": 3})}
    assert len(others | {fingerprint(piece)}) == 4


def test_columns_of_different_lengths_and_infinite_times_are_no_notes():
    piece = some_piece(0)
    for notes in (NOTHING._replace(onset=np.zeros(1)), piece.notes._replace(onset=piece.notes.onset + np.inf)):
        with pytest.raises(ValueError):
            replace(piece, notes=notes)
