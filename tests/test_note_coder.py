"""The adaptive coder of notes: exact, in order, pitches apart, and every number that it looks at is what its name says."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import pytest
from note_cases import SCALES, places_since, played

from vqvae.baselines.note_coder import OrderZeroCoder
from vqvae.codec import note_sides
from vqvae.codec.note_sides import Groups
from vqvae.codec.notes import DURATION, MOST, ONSET, PITCH, VELOCITY, NoteCoder, Scale, descriptions, pitch_bytes, streams_of
from vqvae.codec.state import cold
from vqvae.codec.streams import learn

CODERS = (NoteCoder, OrderZeroCoder)


@pytest.mark.parametrize("coder", CODERS)
@pytest.mark.parametrize("scale", SCALES)
def test_notes_come_back_from_their_payload(coder, scale):
    for count in (1, 2, 3, 300):
        codes = played(np.random.default_rng(count), count, scale)
        assert np.array_equal(coder(scale).decode(coder(scale).encode(codes), codes.shape), codes)


@pytest.mark.parametrize("coder", CODERS)
def test_extremes_come_back(coder):
    scale = SCALES[1]
    together = np.stack([np.arange(60, 64), np.full(4, 7), np.arange(4), np.arange(4)])[None]
    farthest = np.array([[[0, 127, 0], [0, 0, MOST], [15, 0, 15], [MOST, 0, MOST]]])
    again = np.array([[[60, 60, 60], [5, 5, 5], [1, 2, 3], [0, 0, 0]]])
    for codes in (together, farthest, again):
        assert np.array_equal(coder(scale).decode(coder(scale).encode(codes), codes.shape), codes)


@pytest.mark.parametrize("coder", CODERS)
@pytest.mark.parametrize(
    ("row", "value", "sentence"),
    [(PITCH, 128, "to 127"), (ONSET, -1, "from 0 to"), (VELOCITY, 16, "from 0 to 15"), (DURATION, -1, "row 3"), (ONSET, 90, "sorted")],
)
def test_what_is_no_note_is_refused(coder, row, value, sentence):
    codes = np.array([[[60, 62], [80, 85], [3, 3], [1, 1]]])
    codes[0, row, 0] = value
    with pytest.raises(ValueError, match=sentence):
        coder(SCALES[1]).encode(codes)


@pytest.mark.parametrize("coder", CODERS)
def test_damaged_payloads_give_notes_in_order_or_a_sentence(coder):
    rng, scale = np.random.default_rng(1), SCALES[1]
    codes = played(rng, 60, scale)
    payload = coder(scale).encode(codes)
    decoded = 0
    for _ in range(60):
        broken = bytearray(payload)
        broken[rng.integers(len(broken))] ^= int(rng.integers(1, 256))
        with suppress(ValueError):
            found = coder(scale).decode(bytes(broken[: int(rng.integers(1, len(broken) + 8))]), codes.shape)
            decoded += 1
            assert found.shape == codes.shape
            assert found.min() >= 0
            assert found[0, PITCH].max() <= 127
            assert (np.diff(found[0, ONSET]) >= 0).all()
    assert decoded


def test_which_keys_are_struck_is_written_apart_from_how():
    scale = SCALES[1]
    codes = played(np.random.default_rng(2), 200, scale)
    other = codes.copy()
    other[0, VELOCITY], other[0, DURATION] = other[0, VELOCITY, ::-1], 1
    one, two = (NoteCoder(scale).encode(each) for each in (codes, other))
    assert one[: pitch_bytes(one)] == two[: pitch_bytes(two)]
    assert 0 < pitch_bytes(one) < len(one)


def test_a_chunk_says_where_it_begins_and_nothing_else_changes_with_that():
    scale = SCALES[1]
    codes = played(np.random.default_rng(3), 200, scale)
    codes[0, ONSET] -= codes[0, ONSET, 0]
    later = codes.copy()
    later[0, ONSET] += 100
    one, two = (NoteCoder(scale).encode(each) for each in (codes, later))
    assert sum(a != b for a, b in zip(one, two, strict=True)) == 1
    assert np.array_equal(NoteCoder(scale).decode(two, codes.shape), later)


def test_even_music_takes_fewer_bits_than_uneven_music_and_than_without_looking_around():
    scale = SCALES[1]
    rng = np.random.default_rng(4)
    beat = np.arange(400)
    even = np.stack([60 + beat % 4, 10 * beat, 5 + (beat % 4 == 0), 3 + (beat % 2)])[None]
    uneven = np.stack([60 + beat % 4, np.cumsum(rng.integers(5, 16, 400)), rng.integers(0, 12, 400), rng.integers(0, 8, 400)])[None]
    assert len(NoteCoder(scale).encode(even)) < 0.15 * len(NoteCoder(scale).encode(uneven))
    assert len(NoteCoder(scale).encode(even)) < 0.4 * len(OrderZeroCoder(scale).encode(even))


def test_a_coder_that_has_learned_writes_fewer_bytes_and_needs_to_have_learned_to_read_them():
    scale = SCALES[1]
    known = descriptions(scale)
    start = {name: cold(description) for name, description in known.items()}
    codes = played(np.random.default_rng(5), 400, scale)
    for name, symbols, side in streams_of(scale, codes[0]):
        learn(known[name], start[name], symbols, side)
    payload = NoteCoder(scale, start).encode(codes)
    assert len(payload) < 0.9 * len(NoteCoder(scale).encode(codes))
    assert np.array_equal(NoteCoder(scale, start).decode(payload, codes.shape), codes)
    assert not np.array_equal(_read(NoteCoder(scale), payload, codes.shape), codes)


def _read(coder: NoteCoder, payload: bytes, shape: tuple[int, ...]) -> np.ndarray:
    try:
        return coder.decode(payload, shape)
    except ValueError:
        return np.zeros(shape)


def test_every_stream_is_what_the_notes_say():
    scale = SCALES[2]
    assert (scale.spread_bits, scale.widest) == (3, 7)
    codes = played(np.random.default_rng(6), 200, scale)[0]
    found = {}
    for name, symbols, side in streams_of(scale, codes):
        assert side is None or (len(side) == len(symbols) and side.min() >= 0 and side.shape[1] == descriptions(scale)[name].sides)
        found.setdefault(name, []).append(symbols)
    steps = np.diff(codes[ONSET])
    assert np.array_equal(found["begin"][0][1:], steps > 7)
    assert np.array_equal(found["spread"][0], steps[steps <= 7])
    starts = codes[ONSET][found["begin"][0] == 1]
    gaps = np.diff(starts) - 8
    last = (1 << scale.interval_bits) - 1
    assert np.array_equal(found["interval"][0], np.minimum(gaps, last))
    assert np.array_equal(found["longer"][0], gaps[gaps >= last] - last)
    assert not len(found["longer"][1])


def test_classes_of_time_are_three_in_an_octave_from_10_ms_on():
    time = np.unique(np.rint(10_000 * 2 ** np.linspace(-1, 9.6, 4000)).astype(np.int64))
    exact = [0 if t < 10_000 else math.floor(3 * math.log2(t / 10_000) + 1e-12) + 1 for t in time.tolist()]
    assert np.abs(note_sides.class_of_time(time) - exact).max() <= 1  # edges are whole µs
    assert (note_sides.class_of_time(time) == exact).mean() > 0.999
    assert note_sides.class_of_time(np.array([note_sides.NEVER]))[0] == 30


def test_places_since_the_same_are_those_of_a_loop():
    keys = np.random.default_rng(7).integers(0, 12, 300)
    assert note_sides.since_same(keys).tolist() == places_since(keys.tolist())


def test_ascents_are_those_of_a_loop():
    pitch = np.random.default_rng(8).integers(50, 60, 200)
    up, ahead = note_sides.ascents(pitch)
    for i in range(200):
        first = next((j for j in range(i, 0, -1) if pitch[j] <= pitch[j - 1]), 0)
        last = next((j for j in range(i, 199) if pitch[j + 1] <= pitch[j]), 199)
        assert (up[i], ahead[i]) == (min(i - first, 7), min(last - i, 7))


def test_where_notes_stand_is_what_a_loop_finds():
    scale = SCALES[1]
    codes = played(np.random.default_rng(9), 150, scale)[0].astype(np.int64)
    pitch, onset = codes[PITCH], codes[ONSET] * scale.unit
    begins = np.append(1, np.diff(codes[ONSET]) > scale.widest)
    group = np.cumsum(begins) - 1
    near = note_sides.around(pitch, onset, Groups.of(begins))
    for i in range(150):
        later = [j for j in range(i + 1, min(i + 15, 150)) if group[j] > group[i] and abs(pitch[j] - pitch[i]) <= 4]
        same = [j for j in range(i + 1, 150) if pitch[j] == pitch[i]]
        following = [onset[j] for j in range(150) if group[j] == group[i] + 1]
        assert near.near[i] == (onset[later[0]] - onset[i] if later else note_sides.NEVER)
        assert near.same[i] == (onset[same[0]] - onset[i] if same else note_sides.NEVER)
        assert near.next[i] == (following[0] - onset[i] if following else onset[group == group[i]][0] + note_sides.NEVER - onset[i])
        assert near.chord_place[i] == min(6, i - np.flatnonzero(group == group[i])[0])
        assert near.above[i] == min(6, np.flatnonzero(group == group[i])[-1] - i)
        apart = [(2 * abs(pitch[i] - pitch[i - k]) + k, k) for k in range(1, min(i, 10) + 1)]
        assert near.near_back[i] == (min(apart)[1] if apart else 0)


def test_nothing_that_a_stream_knows_depends_on_what_comes_after_it():
    """Velocities know times and pitches, durations velocities too: changing what is written later changes no side information."""
    scale = Scale(20_000, 4, 5)
    codes = played(np.random.default_rng(10), 120, scale)[0]
    order = ["pitch", "begin", "spread", "interval", "longer", "velocity", "duration"]
    other = codes.copy()
    other[VELOCITY], other[DURATION] = 0, 0
    for (name, _, side), (_, _, again) in zip(streams_of(scale, codes), streams_of(scale, other), strict=True):
        assert name in order
        if name != "duration" and side is not None:
            assert np.array_equal(side, again)
