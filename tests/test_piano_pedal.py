"""Pedals, and how long notes sound under them."""

from __future__ import annotations

import numpy as np
import pytest
from midi_cases import midi, opened, track
from piano_cases import some_piece

from vqvae.modalities.piano import example, pedals, sounding_ends


def sounding_note_by_note(piece) -> list[float]:
    """The definition, one note at a time."""
    pedal, found = pedals(piece)[64], []
    for place, end in enumerate(piece.notes.end):
        before = [value for time, value in zip(*pedal, strict=True) if time <= end]
        until = end
        if before and before[-1] >= 64:
            ups = [time for time, value in zip(*pedal, strict=True) if time > end and value < 64]
            again = [
                onset
                for onset, pitch in zip(piece.notes.onset, piece.notes.pitch, strict=True)
                if pitch == piece.notes.pitch[place] and onset > piece.notes.onset[place]
            ]
            until = max(end, min([ups[0] if ups else piece.seconds, *again]))
        found.append(until)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_a_note_sounds_until_the_pedal_goes_up_its_key_is_struck_again_or_the_piece_ends(seed):
    piece = some_piece(seed)
    assert sounding_ends(piece) == pytest.approx(sounding_note_by_note(piece))


def test_the_pedal_prolongs_notes_of_the_nocturne_and_none_of_the_minuet():
    nocturne, minuet = example("nocturne"), example("minuet")
    assert sounding_ends(nocturne) == pytest.approx(sounding_note_by_note(nocturne))
    assert np.median(sounding_ends(nocturne) - nocturne.notes.end) > 0.1
    assert (sounding_ends(minuet) == minuet.notes.end).all()


@pytest.mark.parametrize(("value", "held"), [(63, False), (64, True)])
def test_half_way_down_holds_and_less_does_not(tmp_path, value, held):
    file = midi(track((0, "903c40"), (10, f"b040{value:02x}"), (10, "803c00"), (100, "b04000")))
    assert sounding_ends(opened(tmp_path, file)) == pytest.approx([0.6 if held else 0.1])


def test_each_pedal_is_its_own_controller_at_its_time_and_all_its_values_are_kept(tmp_path):
    file = midi(track((0, "923c40"), (10, "b2401f"), (10, "b2427f"), (10, "b24305"), (5, "b24021"), (5, "b0407f"), (10, "823c00")))
    found = pedals(opened(tmp_path, file))
    assert {pedal: (row.time.round(9).tolist(), row.value.tolist()) for pedal, row in found.items()} == {
        64: ([0.05, 0.175], [31, 33]), 66: ([0.1], [127]), 67: ([0.15], [5]),
    }  # fmt: skip
