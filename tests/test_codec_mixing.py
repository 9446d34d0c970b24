"""The kernel of the adaptive coder: exact integers, honest prices, choices that pay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from math import log2
from pathlib import Path

import numpy as np
import pytest
from mixing_cases import beats, cases, learned, outcome

from vqvae.codec import mixing, streams
from vqvae.codec.adaptive import to_symbols
from vqvae.codec.descriptions import indices, order0, wavelet_frames
from vqvae.codec.state import cold
from vqvae.codec.tables import LOGIT_LIMIT, checksum, tables


def test_the_tables_are_those_that_files_were_written_with():
    assert checksum() == 0xC0D6B114


def test_the_tables_are_what_they_say():
    t = tables()
    x = np.arange(-LOGIT_LIMIT, LOGIT_LIMIT + 1)
    assert np.abs(t.squash - 65536 / (1 + np.exp(-x / 256))).max() <= 1
    p = (np.arange(4096) + 0.5) / 4096
    assert np.abs(t.stretch - 256 * np.log(p / (1 - p))).max() <= 0.51
    assert np.abs(t.cost[1:] + 65536 * np.log2(np.arange(1, 65537) / 65536)).max() < 1.001
    assert np.abs(t.reciprocal - 65536 / (np.arange(256) + 1.6)).max() <= 0.5
    for row in range(1, 8):
        assert all(t.logs[row, a] == int(row / 2 * log2(1 + a) + 1e-9) for a in range(4096))


def test_machine_integers_give_the_bytes_the_states_and_the_choices_of_unbounded_ones():
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    script = Path(__file__).with_name("mixing_cases.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout) == outcome(plain=False)


@pytest.mark.parametrize("name", sorted(cases()))
def test_the_cost_that_is_counted_is_the_size_of_the_payload(name):
    description, codes = cases()[name]
    symbols = to_symbols(description, codes)
    bits = streams.learn(description, cold(description), symbols)
    assert abs(len(streams.encode(description, cold(description), symbols)) - bits / 8) <= 2 + 1e-3 * bits


def test_prices_are_what_coding_costs_and_change_nothing():
    description, codes = cases()["two leads"]
    state = learned(description, codes)
    around, mixer = streams.new_surroundings(description), streams.new_mixer(description, state.copy())
    mixing.prepare(np.zeros(8, np.int32), 0, description.layout, tables().logs, around, mixer)
    short = (-6, -3, -1, 0, 1, 2, 6)  # every decision on their paths has weights of its own
    prices = {symbol: int(mixing.price(mixer, symbol)) for symbol in short}
    assert all((now == before).all() for now, before in zip(mixer[2:5], state, strict=True))
    for symbol, price in prices.items():
        assert streams.learn(description, state.copy(), np.array([symbol])) == price / 65536
    assert 0.98 < sum(2.0 ** -(mixing.price(mixer, symbol) / 65536) for symbol in range(-60, 61)) <= 1.001


def total(description, start, symbols, targets, weight) -> float:
    """Squared error plus weight times bits, both in the units of `choose_values`, recounted in floats."""
    exempt = np.resize(description.differences, symbols.size).astype(bool)
    stands_for = np.sign(symbols) * (256 * np.abs(symbols) - 13 * (np.abs(symbols) == 1))
    error = np.where(exempt, 0, stands_for - targets).astype(float)
    return float((error**2).sum() + weight * streams.learn(description, start.copy(), symbols))


def test_each_choice_is_the_best_of_its_candidates_by_brute_force():
    description = order0((0, 1))
    start, weight = cold(description), 15_000
    for targets in product((-700, -300, -150, 200, 420), repeat=1):
        target = np.array([targets[0], 0])
        nearest = np.sign(target) * ((np.abs(target) + 128) >> 8)
        found = streams.choose_values(description, start, nearest, target, weight).symbols
        magnitudes = {abs(int(nearest[0])), abs(int(nearest[0])) - 1, 0}
        sums = [total(description, start, np.array([np.sign(target[0]) * m, 0]), target, weight) for m in magnitudes]
        assert total(description, start, found, target, weight) <= min(sums) + 1


@pytest.mark.parametrize("weight", [0, 2_000, 10_000, 40_000])
def test_chosen_values_cost_less_than_the_nearest(weight):
    rng = np.random.default_rng(2)
    description = wavelet_frames(1, 12)
    start = learned(description, beats(rng, 1, 300)).capped(2)
    values = beats(rng, 1, 200)[0].T * 256 + rng.integers(-128, 128, (200, 32))
    values[:, 0] = 0
    nearest = np.sign(values) * ((np.abs(values) + 128) >> 8)
    found = streams.choose_values(description, start, nearest, values, weight).symbols
    assert total(description, start, found, values.ravel(), weight) <= total(description, start, nearest.ravel(), values.ravel(), weight)
    assert (np.abs(found) <= np.abs(nearest.ravel())).all()
    assert (found != nearest.ravel()).any() == (weight > 2_000) or weight == 2_000


@pytest.mark.parametrize("room", [None, 3])
def test_choosing_writes_what_encoding_the_chosen_symbols_writes(room, monkeypatch):
    rng = np.random.default_rng(3)
    description = wavelet_frames(2, 10)
    symbols = to_symbols(description, beats(rng, 2, 40))
    targets = 256 * symbols + rng.integers(-128, 128, symbols.shape)
    if room:
        monkeypatch.setattr(streams, "_room", lambda flat: room)
    found = streams.choose_values(description, cold(description), symbols, targets, 8_000)
    assert (found.symbols != symbols.ravel()).any()
    levels = indices(3, 4, 2, 8)
    rows, candidates = rng.integers(0, 16, (60, 3)), rng.integers(0, 16, (60, 4))
    last = streams.choose_last(levels, cold(levels), rows, candidates, rng.integers(0, 9000, (60, 4)), 1 << 24)
    monkeypatch.undo()
    assert found.payload == streams.encode(description, cold(description), found.symbols)
    assert last.payload == streams.encode(levels, cold(levels), last.symbols)
    assert min(len(found.payload), len(last.payload)) > 3


def test_channels_coded_as_differences_are_left_as_they_are():
    description = wavelet_frames(2, 8)
    symbols = to_symbols(description, beats(np.random.default_rng(1), 2, 20))
    found = streams.choose_values(description, cold(description), symbols, 256 * symbols, 1 << 24).symbols.reshape(symbols.shape)
    assert (found[:, :, 0] == symbols[:, :, 0]).all()
    assert symbols[:, :, 0].any()
    assert not found[:, :, 1:].any()


def test_the_last_of_a_row_has_the_least_distortion_for_free_bits_and_the_fewest_bits_for_dear_ones():
    rng = np.random.default_rng(0)
    description, start = indices(2, 4, 2, 8), cold(indices(2, 4, 2, 8))
    symbols = rng.integers(0, 16, (60, 2))
    candidates = np.stack([rng.integers(0, 16, 60), np.full(60, 3)], axis=1)
    distortions = np.stack([np.zeros(60), np.full(60, 1000)], axis=1)
    free = streams.choose_last(description, start, symbols, candidates, distortions, 0).symbols.reshape(symbols.shape)
    assert (free == np.stack([symbols[:, 0], candidates[:, 0]], axis=1)).all()
    dear = streams.choose_last(description, start, symbols, candidates, distortions, 1 << 30).symbols.reshape(symbols.shape)
    assert (dear[:, 0] == symbols[:, 0]).all()
    assert (dear[20:, 1] == 3).all()


def contexts_of_the_first_row(description, codes) -> list[tuple[int, ...]]:
    """Contexts and weight sets of all symbols of the first row."""
    symbols = to_symbols(description, codes).ravel()
    around, mixer = streams.new_surroundings(description), streams.new_mixer(description, cold(description))
    found = []
    for n in range(symbols.size):
        channel = n % description.channels
        mixing.prepare(symbols, n, description.layout, tables().logs, around, mixer)
        mixing.follow(symbols[n], channel, description.layout, around.registers[channel // description.span])
        if channel < description.span:
            found.append((*mixer.choice.tolist(), *mixer.bases[: mixer.choice[mixing.COUNT]].tolist()))
    return found


def test_the_first_row_is_predicted_as_if_it_were_alone():
    for describe, codes in ((wavelet_frames, beats(np.random.default_rng(4), 3, 30)), (lambda rows: indices(32, 6, rows), None)):
        codes = np.random.default_rng(5).integers(0, 64, (3, 32, 9)) if codes is None else codes
        assert contexts_of_the_first_row(describe(1), codes[:1]) == contexts_of_the_first_row(describe(3), codes)


def test_rows_that_are_alike_take_fewer_bits_than_rows_that_are_not():
    description, codes = wavelet_frames(4), beats(np.random.default_rng(6), 4, 200)
    moved = np.stack([np.roll(row, 45 * number, axis=1) for number, row in enumerate(codes)])  # the same rows and rhythm
    alike, unlike = (streams.learn(description, cold(description), to_symbols(description, given)) for given in (codes, moved))
    assert alike < 0.9 * unlike
