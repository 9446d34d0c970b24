"""MIDI files of every kind become the notes of one piano, and what was done to them is said."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest
from midi_cases import NOTE, listed, midi, opened, put, refusal, track
from odd_files import one_sentence

from vqvae.modalities.piano import check_layout, parts, pedals, read, to_tensors
from vqvae.modalities.piano.midi_file import parse
from vqvae.modalities.piano.reading import MAX_BYTES, from_bytes


def test_a_note_is_read_to_the_microsecond(tmp_path):
    recording = opened(tmp_path, midi(NOTE, kind=0))
    assert listed(recording) == [(0.0, 0.5, 60, 64)]
    assert (recording.name, recording.said) == ("a", ())


def test_running_status_goes_on_also_after_meta_events_and_a_note_on_without_velocity_is_a_note_off(tmp_path):
    running = track((0, "903c40"), (100, "3c00"), (0, "ff0100"), (0, "3e41"), (20, "f0027ef7"), (80, "3e00"))
    assert listed(opened(tmp_path, midi(running, kind=0))) == [(0.0, 0.5, 60, 64), (0.5, 0.5, 62, 65)]


def test_tempos_of_any_track_hold_for_all_tracks(tmp_path):
    tempo = track((100, "ff510303d090"), (100, "ff51030f4240"))  # after a quarter note 0.25 s each, after another 1 s each
    notes = track((50, "903c40"), (100, "803c00"), (50, "903e40"), (100, "803e00"))
    assert listed(opened(tmp_path, midi(tempo, notes))) == [(0.25, 0.375, 60, 64), (0.75, 1.0, 62, 64)]


@pytest.mark.parametrize(("division", "tick"), [(0xE728, 1 / 1000), (0xE250, 1 / 2400), (0xE350, 1001 / (30_000 * 80))])
def test_ticks_of_a_clock_do_not_depend_on_the_tempo(tmp_path, division, tick):
    clock = track((0, "ff510303d090"), (240, "903c40"), (120, "803c00"))
    recording = opened(tmp_path, midi(clock, kind=0, division=division))
    assert recording.notes.onset == pytest.approx([240 * tick])
    assert recording.notes.duration == pytest.approx([120 * tick])


def test_a_tempo_at_which_no_time_would_pass_is_left_out_and_said(tmp_path):
    file = midi(track((0, "ff510303d090"), (50, "ff5103000000"), (0, "ff5100"), (50, "903c40"), (100, "803c00")), kind=0)
    recording = opened(tmp_path, file)
    assert listed(recording) == [(0.25, 0.25, 60, 64)]
    assert recording.said == ("2 tempo events without a tempo were left out.",)
    assert len(recording.events.tick) == 1


def test_sequences_of_format_2_follow_one_another_each_from_the_usual_tempo(tmp_path):
    first = track((0, "ff510303d090"), (0, "903c40"), (100, "803c00"), end=100)  # 0.5 s in all
    recording = opened(tmp_path, midi(first, track((100, "903e40"), (100, "803e00")), kind=2))
    assert listed(recording) == [(0.0, 0.25, 60, 64), (1.0, 0.5, 62, 64)]
    assert any("2 sequences" in sentence for sentence in recording.said)
    assert recording.seconds == pytest.approx(1.5)


def test_parts_are_put_together_and_each_can_be_read_alone(tmp_path):
    both = midi(track((0, "ff030352c3a9"), (0, "903c40"), (100, "803c00")), track((50, "913e40"), (100, "813e00")))
    together = opened(tmp_path, both)
    assert [row[2] for row in listed(together)] == [60, 62]
    assert "2 parts were put together" in together.said[0]
    found = parts(tmp_path / "a.mid")
    assert [(part.label, part.notes, part.drums) for part in found] == [("track 1, channel 1", 1, False), ("track 2, channel 2", 1, False)]
    assert found[0].title == "Ré"
    alone = opened(tmp_path, both, "track 2, channel 2")
    assert (listed(alone), alone.channel) == ([(0.25, 0.5, 62, 64)], 1)
    assert "track 2, channel 2" in alone.said[0]
    for name in ("2", " Track 2, Channel 2 "):
        assert listed(opened(tmp_path, both, name)) == listed(alone)
    assert listed(opened(tmp_path, both, "ré")) == [(0.0, 0.5, 60, 64)]
    assert "no track 'cello'; it has track 1, channel 1 (Ré); track 2, channel 2." in refusal(tmp_path / "a.mid", "cello")


def test_a_track_of_several_channels_is_read_whole_by_its_number(tmp_path):
    several = track((0, "903c40"), (0, "913e40"), (100, "803c00"), (0, "813e00"))
    recording = opened(tmp_path, midi(several, NOTE), "1")
    assert [row[2] for row in listed(recording)] == [60, 62]
    assert recording.said[:2] == ("2 parts were put together as one piano; each can be read alone.", "Of 3 parts only 2 were read.")


def test_drums_are_left_out_with_their_controllers_unless_they_are_asked_for(tmp_path):
    file = midi(track((0, "903c40"), (0, "992440"), (0, "b94020"), (0, "b0075f"), (100, "803c00"), (0, "892400")))
    recording = opened(tmp_path, file)
    assert [row[2] for row in listed(recording)] == [60]
    assert any("1\u202fdrum note" in said or "1 drum note" in said for said in recording.said)
    assert recording.events.code.tolist() == [0xB0075F]
    assert [row[2] for row in listed(opened(tmp_path, file, "track 1, channel 10"))] == [36]


def test_the_key_struck_first_is_the_one_that_is_released_first(tmp_path):
    file = midi(track((0, "903c40"), (20, "903c50"), (20, "803c00"), (60, "803c00")))
    recording = opened(tmp_path, file)
    assert listed(recording) == [(0.0, 0.2, 60, 64), (0.1, 0.4, 60, 80)]
    assert any("while the same key was down" in said for said in recording.said)


def test_a_note_without_end_ends_where_its_key_is_struck_next_or_with_its_track(tmp_path):
    file = midi(track((0, "903c40"), (20, "903c50"), (20, "803c00"), (10, "903e40"), (10, "904040"), (20, "804000"), end=20))
    recording = opened(tmp_path, file)
    assert listed(recording) == [(0.0, 0.1, 60, 64), (0.1, 0.1, 60, 80), (0.25, 0.25, 62, 64), (0.3, 0.1, 64, 64)]
    assert any(said.startswith("2 notes without an end") for said in recording.said)


def test_a_release_of_nothing_is_no_note_and_takes_no_end_from_another(tmp_path):
    file = midi(track((0, "803c00"), (20, "903c50"), (20, "803c00"), (20, "803c00"), (20, "903c50"), (20, "803c00")))
    assert listed(opened(tmp_path, file)) == [(0.1, 0.1, 60, 80), (0.4, 0.1, 60, 80)]


def test_a_release_of_nothing_before_overlapping_notes_changes_none_of_them(tmp_path):
    file = midi(track((0, "803c00"), (20, "903c50"), (20, "903c51"), (20, "803c00"), (20, "803c00")))
    assert listed(opened(tmp_path, file)) == [(0.1, 0.2, 60, 80), (0.2, 0.2, 60, 81)]
    missing = midi(track((0, "803c00"), (20, "903c50"), (20, "903c51"), (20, "803c00"), end=50))
    assert listed(opened(tmp_path, missing)) == [(0.1, 0.1, 60, 80), (0.2, 0.1, 60, 81)]


def test_a_note_without_length_gets_a_millisecond(tmp_path):
    recording = opened(tmp_path, midi(track((20, "903c50"), (0, "803c00"), (50, "903c50"), (50, "803c00"))))
    assert listed(recording) == [(0.1, 0.001, 60, 80), (0.35, 0.25, 60, 80)]
    assert any("1 note without length" in said for said in recording.said)


def test_the_pedal_of_another_channel_serves_the_one_piano_and_stays_as_it_is_on_its_own(tmp_path):
    left = track((0, "913040"), (0, "b1407f"), (100, "813000"), (0, "b14000"))
    file = midi(track((0, "903c40"), (10, "803c00"), (0, "903e40"), (10, "803e00")), left)
    recording = opened(tmp_path, file)
    assert pedals(recording)[64].value.tolist() == [127, 0]
    assert any("sustain pedal of channel 2" in said for said in recording.said)
    own = midi(track((0, "903c40"), (0, "b0405f"), (10, "803c00"), (0, "903e40"), (10, "803e00")), left)
    assert pedals(opened(tmp_path, own))[64].value.tolist() == [95]


def test_the_frame_holds_everything_but_notes_at_its_tick(tmp_path):
    events = [
        (0, "ff510307a120"), (0, "ff580403022408"), (0, "b00079"), (0, "c005"), (10, "903c40"), (0, "b0407f"), (30, "a03c11"),
        (5, "e00140"), (5, "ff0103616263"), (5, "f0047e7f09f7"), (5, "d033"), (40, "803c00"), (7, "b04000"),
    ]  # fmt: skip
    recording = opened(tmp_path, midi(track(*events, end=11), kind=0))
    assert recording.frame == midi(track(*events[:4], (10, "b0407f"), *events[6:11], (47, "b04000"), end=11), kind=0)


@pytest.mark.parametrize("wrapped", [0, 1])
def test_a_riff_wrapper_is_taken_off(tmp_path, wrapped):
    inside = midi(NOTE, kind=0) + b"\0" * wrapped
    named = ((b"DISP", b"abc"), (b"data", inside))
    chunks = b"".join(name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) & 1) for name, data in named)
    data = b"RIFF" + (4 + len(chunks)).to_bytes(4, "little") + b"RMID" + chunks
    assert listed(opened(tmp_path, data)) == [(0.0, 0.5, 60, 64)]


def test_a_long_or_strange_name_is_made_one_that_files_can_have(tmp_path):
    for name, expected in (("a" * 240, "a" * 100), ("op\\9", "op_9"), ("nocturne.op.9", "nocturne.op.9"), (".", "unnamed")):
        recording = read(put(tmp_path, midi(NOTE), f"{name}.mid"))
        assert recording.name == expected
        check_layout(to_tensors(recording).layout)


def test_a_zip_with_one_piece_is_unpacked(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("music/piece.mid", midi(NOTE))
        archive.writestr("music/readme.txt", "hello")
    recording = read(put(tmp_path, content.getvalue(), "a.zip"))
    assert (recording.name, recording.count) == ("piece", 1)


def test_a_track_that_breaks_off_is_read_as_far_as_it_goes(tmp_path):
    whole = midi(NOTE, kind=0)
    recording = opened(tmp_path, whole[:-7])
    assert recording.count == 1
    assert any("breaks off" in said for said in recording.said)


def test_of_many_broken_tracks_some_are_told_one_by_one_and_more_than_a_file_can_have_are_refused(tmp_path):
    broken = b"MTrk\0\0\0\1\0"
    recording = opened(tmp_path, midi(NOTE, *[broken] * 50))
    assert [said for said in recording.said if said.startswith("Track")][19:] == [
        "Track 21 has no end: the file breaks off.",
        "Tracks have 30 more faults of these kinds.",
    ]
    assert "more than 65535 tracks" in refusal(put(tmp_path, midi(NOTE) + broken * 65_535))


def test_a_hundred_thousand_notes_are_read_and_one_more_is_refused(tmp_path):
    body = bytes.fromhex("00903c40 01 3c00".replace(" ", "")) + bytes.fromhex("003c40013c00") * 99_999
    for more, expected in ((b"", 100_000), (bytes.fromhex("003c40013c00"), 0)):
        inside = body + more + bytes.fromhex("00ff2f00")
        path = put(tmp_path, midi(b"MTrk" + len(inside).to_bytes(4, "big") + inside, kind=0))
        if expected:
            assert read(path).count == expected
        else:
            assert "100001 notes; up to 100000" in refusal(path)


TEN_HOURS = track((0, "903c40"), (7_200_000, "803c00"))
VAST = midi(track((0, "ff510300 0001".replace(" ", "")), *[(0x0FFFFFFF, "b04000")] * 1100, (0, "903c40"), (9, "803c00")), division=0x7FFF)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty (0 bytes)"),
        (b"M", "1 bytes that do not begin with MThd"),
        (b"MThd", "cut off"),
        (midi(), "no track"),
        (midi(NOTE, kind=7), "format 7"),
        (b"MThd\0\0\0\4" + midi(NOTE)[8:], "header of 4 bytes"),
        (midi(NOTE, division=0), "division 0"),
        (midi(NOTE, division=0xE700), "how long a tick is"),
        (midi(track((0, "b04040"))), "no notes"),
        (midi(track((0, "992440"), (9, "892400"))), "only drums (channel 10): give a MIDI file in which"),
        (b"SMF2CLIP" + bytes(40), "MIDI 2.0"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(30), "audio (WAV)"),
        (b"RIFF\x24\0\0\0RMIDdata\0\0\0\0", "without MIDI inside"),
        (b"RIFF\x24\0\0\0AVI " + bytes(30), "no MIDI file"),
        (b"OggS" + bytes(40), "audio (Ogg)"),
        (b"fLaC" + bytes(40), "audio (FLAC)"),
        (b"ID3\x04" + bytes(40), "audio (MP3)"),
        (b"\0\0\0\x20ftypM4A " + bytes(40), "audio (MP4)"),
        (b"<?xml version='1.0'?><score-partwise/>", "an XML file"),
        (midi(TEN_HOURS), "lasts 10 h"),
        (VAST, "times between its events"),
        (b"MThd" + bytes(8_000_000), "MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path, data, words):
    assert words in refusal(put(tmp_path, data))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "does not exist" in refusal(tmp_path / "none.mid")


def test_no_cut_and_no_changed_byte_leads_to_anything_but_notes_or_a_sentence(tmp_path):
    events = [(0, "ff510307a120"), (0, "903c40"), (9, "913c40"), (200, "b0407f"), (100, "803c00"), (0, "f0027ef7"), (3, "813c00")]
    whole, random = midi(track(*events), track(*events[2:])), np.random.default_rng(0)
    damaged = [whole[:length] for length in range(len(whole))]
    for _ in range(700):
        changed = bytearray(whole)
        for place in random.integers(0, len(whole), random.integers(1, 4)):
            changed[place] = random.integers(256)
        damaged.append(bytes(changed))
    read_ = 0
    for data in damaged:
        try:
            recording = from_bytes(data, "a.mid")
        except ValueError as error:
            one_sentence(str(error), tmp_path)
            continue
        read_ += 1
        assert (recording.notes.duration > 0).all()
        assert (np.diff(recording.notes.onset) >= 0).all()
        assert parse(recording.frame, "the frame").tracks[0].end >= 0
    assert 150 < read_ < len(damaged)


REFUSED = {  # files of shared/data/odd/midi that hold no MIDI or no melody
    *("test-all-gm-percussion.mid", "test-control-7c-omni-mode-off.mid", "test-control-7d-omni-mode-on.mid"),
    *("test-control-7e-mono-mode-on.mid", "test-control-7f-poly-mode-on.mid", "test-empty-file.mid", "test-empty.mid", "empty.mid"),
    *("test-not-a-midi-file.mid", "test-silence-all-notes-off.mid", "test-silence-end-of-track.mid", "test-silence-text-metaevent.mid"),
    *("test-sysex-7e-06-01-id-request.mid", "test-sysex-7e-09-01-gm1-enable.mid", "test-sysex-7e-09-02-gm-disable.mid"),
    *("test-sysex-7e-09-03-gm2-enable.mid", "test-syx-7e-06-01-id-request.syx", "package.json", "LICENSE", "LICENSE.txt"),
}


def test_every_odd_file_is_read_or_refused_as_it_deserves(data):
    paths = sorted(path for path in (data / "odd/midi").rglob("*") if path.is_file())
    assert len(paths) > 120
    for path in paths:
        if path.name in REFUSED or path.suffix == ".midi2":
            refusal(path)
        else:
            assert read(path).count > 0, path.name


def heard(path: Path) -> list[tuple[float, int, int]]:
    """Onsets (s), pitches and velocities that another reader finds on melodic channels."""
    now, found = 0.0, []
    for message in mido.MidiFile(path, clip=True):
        now += message.time
        if message.type == "note_on" and message.velocity and message.channel != 9:
            found.append((round(now, 4), message.note, message.velocity))
    return sorted(found)


@pytest.mark.parametrize(
    "name",
    [
        "asap/Chopin/Etudes_op_10/2/MERJAN02.mid", "odd/midi/pretty_midi/example.mid",
        "odd/midi/miditok/tests/MIDIs_one_track/Maestro_1.mid",
        "odd/midi/miditok/tests/MIDIs_multitrack/Mr. Blue Sky.mid", "odd/midi/jazz_soft/midi/test-vlq-4-byte.mid",
    ],
)  # fmt: skip
def test_onsets_pitches_and_velocities_are_those_that_mido_finds(data, name):
    notes = read(data / name).notes
    found = sorted(zip(notes.onset.round(4).tolist(), notes.pitch.tolist(), notes.velocity.tolist(), strict=True))
    expected = heard(data / name)
    assert len(found) == len(expected)
    assert [row[1:] for row in sorted(found, key=lambda row: row[1:])] == [row[1:] for row in sorted(expected, key=lambda row: row[1:])]
    assert np.abs(np.array([row[0] for row in found]) - [row[0] for row in expected]).max() < 2e-4


def test_a_large_file_is_told_what_it_is_before_how_large_it_may_be(tmp_path):
    path = tmp_path / "recital.wav"
    for start, said in ((b"RIFF\x24\0\0\0WAVEfmt ", r"audio \(WAV\)"), (b"MThd\0\0\0\6", "8 MB"), (b"\0" * 8, "no MIDI file")):
        path.write_bytes(start + bytes(MAX_BYTES))
        with pytest.raises(ValueError, match=said):
            read(path)
