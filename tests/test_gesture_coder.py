"""The coder of gestures: what goes in comes out, and nothing else is let in or out."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from gesture_cases import played, untrained

from vqvae.codec.gestures import GestureCoder
from vqvae.codec.notes import pitch_bytes, read_payload, write_payload
from vqvae.families.gestures import Gestures
from vqvae.networks.gesture_notes import grouped

WINDOW, LEVELS, BITS = 4, 3, 5


def made_up(seed: int, windows: int, absent: int = 0) -> np.ndarray:
    """Codes (1, 2 W + Q, T) of random notes."""
    rng = np.random.default_rng(seed)
    pitch = rng.integers(0, 128, (windows, WINDOW))
    gaps = rng.choice([0, 1, 1, 40, 900_000], (windows, WINDOW), p=[0.4, 0.3, 0.28, 0.01, 0.01])
    gaps[0, 0] = -1 - int(rng.integers(0, 100_000))
    if absent:
        pitch[-1, -absent:], gaps[-1, -absent:] = -1, 0
    return np.concatenate([pitch.T, gaps.T, rng.integers(0, 1 << BITS, (LEVELS, windows))])[None].astype(np.int32)


@pytest.mark.parametrize(("windows", "absent"), [(1, 0), (1, 3), (2, 1), (150, 0), (150, 2)])
def test_codes_come_back(windows, absent):
    coder, codes = GestureCoder(WINDOW, LEVELS, BITS), made_up(windows, windows, absent)
    payload = coder.encode(codes)
    np.testing.assert_array_equal(coder.decode(payload, codes.shape), codes)
    assert 0 < pitch_bytes(payload) < len(payload)


@pytest.mark.parametrize(
    ("row", "window", "value"),
    [(0, 0, -1), (0, 3, 128), (4, 0, 0), (4, 2, -1), (5, 2, 1 << 21), (8, 1, 1 << BITS), (9, 1, -1), (3, 2, -1)],
)
def test_codes_that_are_no_gestures_are_refused(row, window, value):
    codes = made_up(0, 5)
    codes[0, row, window] = value
    with pytest.raises(ValueError, match=r"pitches|gaps|indices"):
        GestureCoder(WINDOW, LEVELS, BITS).encode(codes)


def test_codes_of_another_shape_are_refused():
    coder = GestureCoder(WINDOW, LEVELS, BITS)
    with pytest.raises(ValueError, match="integers"):
        coder.encode(made_up(0, 5)[:, :-1])
    with pytest.raises(ValueError, match="windows"):
        coder.decode(coder.encode(made_up(0, 5)), (1, 4, 5))


@pytest.mark.parametrize(("place", "rest"), [(0, -1), (5, -1), (5, 1 << 20)])
def test_forged_rests_are_refused(place, rest, monkeypatch):
    coder, codes = GestureCoder(WINDOW, LEVELS, BITS), made_up(0, 5)
    symbols = coder.symbols_of(codes)
    symbols["rest"][0][place] = rest
    monkeypatch.setattr(coder, "symbols_of", lambda _: symbols)
    with pytest.raises(ValueError, match=r"begins before|gaps"):
        coder.decode(coder.encode(codes), codes.shape)


def test_a_forged_first_onset_does_not_wrap_into_range():
    coder, codes = GestureCoder(WINDOW, LEVELS, BITS), made_up(0, 5)
    payload = read_payload(coder.encode(codes), (1, 4, 20))
    forged = write_payload(payload._replace(first=WINDOW * (payload.first // WINDOW + (1 << 32))))
    with pytest.raises(ValueError, match="gaps"):
        coder.decode(forged, codes.shape)


def test_damaged_payloads_give_a_sentence_or_codes_of_the_right_kind():
    coder, codes = GestureCoder(WINDOW, LEVELS, BITS), made_up(1, 20)
    payload, rng = coder.encode(codes), np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(payload)
        broken[rng.integers(len(broken))] ^= int(rng.integers(1, 256))
        with suppress(ValueError):
            coder.check(coder.decode(bytes(broken), codes.shape))


def test_indices_that_follow_the_keys_cost_little():
    """Windows of the same keys whose indices are the same are soon known."""
    coder, codes = GestureCoder(WINDOW, LEVELS, BITS), made_up(2, 30)
    again = np.tile(codes, (1, 1, 6))
    again[0, WINDOW, 30::30] = 1
    assert len(coder.encode(again)) < 2.2 * len(coder.encode(codes))


def test_a_state_of_more_levels_serves_fewer():
    from vqvae.codec.gesture_descriptions import indices
    from vqvae.codec.state import cold

    state = {"index": cold(indices(LEVELS, BITS))}
    codes = made_up(3, 10)[:, :-1]
    coder = GestureCoder(WINDOW, LEVELS - 1, BITS, state)
    np.testing.assert_array_equal(coder.decode(coder.encode(codes), codes.shape), codes)


def test_real_windows_are_gestures():
    notes = grouped(played(0, 41), 4)
    assert notes.pitch.shape == (11, 4)
    assert (notes.pitch.ravel()[41:] == -1).all()
    assert untrained().quantizer.codebook_dim == 16
    assert Gestures.coders == ("adaptive",)
