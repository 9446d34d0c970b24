"""The kernel of the context-mixing coder: predicts, codes and learns one binary decision after the other, in integers only.

A symbol is a path through a tree of binary decisions.  Every decision is predicted by one adaptive counter per context (a hash of what is
known around the symbol); two logistic mixers weigh the counters' logits (M. Mahoney, "Adaptive weighing of context models for lossless
data compression", Florida Tech. CS-2005-16), and the mean of both drives a carry-less range coder.  Shifts of negative numbers round
down.  All intermediate results fit 64 bits, so compiled code and unbounded integers give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from vqvae.codec.description import (
    ENERGY_BEFORE,
    ENERGY_SO_FAR,
    IDENTITY,
    LATENESS,
    MAGNITUDE,
    PERIOD,
    PHASE,
    PLAIN,
    REGISTERS,
    SIGNED,
    Description,
)
from vqvae.codec.state import LEAST, ONE, PROBABILITY_BITS, State
from vqvae.codec.tables import BINS, LOGIT_LIMIT, MAGNITUDES, STRETCH_BITS, tables

PRICE, LEARN, ENCODE, DECODE = range(4)  # count the cost only; and learn; and write; read instead
LOW, HIGH, CODE, POSITION, COST = range(5)  # of the range coder; the cost is in 1/65536 bit
PEAK, ACTIVITY, BEFORE, BEFORE_THAT, _LAST = range(LATENESS + 1, REGISTERS)  # of the rhythm tracker
WORD = 0xFFFFFFFF
LEAST_CHANCE = 6  # no decision is thought less likely than this many 65536ths
CONSTANT = 77  # the mixers' constant input
MOST_WEIGHT = 1 << 28
EXPONENTS = 20  # magnitudes are less than 2 ** EXPONENTS
ESCAPE_BIN = BINS - 1
FIRST_PERIOD, LEAST_PERIOD, MOST_PERIOD, REFRACTORY, MOST_LATENESS = 9, 3, 30, 3, 12  # frames

_jit: Callable[..., Any] = njit(nogil=True, cache=not os.environ.get("NUMBA_DISABLE_JIT"))


class Scratch(NamedTuple):
    """Working memory of one call, int64."""

    values: np.ndarray  # (J,) the neighbours of the symbol
    features: np.ndarray  # (F,)
    bases: np.ndarray  # (C,) where each context's decision tree begins in its table
    places: np.ndarray  # (C,) counters of the decision at hand
    inputs: np.ndarray  # (1 + 2 C,) of the mixers
    sets: np.ndarray  # (2,) first weight set of the symbol in each mixer
    registers: np.ndarray  # (rows, REGISTERS)
    coder: np.ndarray  # (5,)


@_jit
def code_bit(coder, payload, mode, chance, bit):  # type: ignore[no-untyped-def]
    """Write or read one decision whose chance of being 1 is `chance` / 65536; returns it."""
    low, high = coder[LOW], coder[HIGH]
    span = high - low
    middle = low + (span >> 16) * chance + (((span & 65535) * chance) >> 16)
    if mode == DECODE:
        bit = 1 if coder[CODE] <= middle else 0
    if bit:
        high = middle
    else:
        low = middle + 1
    while (low ^ high) >> 24 == 0:
        position = coder[POSITION]
        if mode == DECODE:
            coder[CODE] = ((coder[CODE] << 8) & WORD) | (payload[position] if position < len(payload) else 0)
        elif position < len(payload):
            payload[position] = high >> 24
        coder[POSITION] = position + 1
        low, high = (low << 8) & WORD, ((high << 8) & WORD) | 255
    coder[LOW], coder[HIGH] = low, high
    return bit


@_jit
def mix(weights, row, inputs, count):  # type: ignore[no-untyped-def]
    """Logit that one mixer predicts."""
    total = 0
    for j in range(count):
        total += weights[row, j] * inputs[j]
    return min(LOGIT_LIMIT, max(-LOGIT_LIMIT, total >> 16))


@_jit
def adjust(weights, row, inputs, count, error):  # type: ignore[no-untyped-def]
    """Move a mixer's weights against its error."""
    for j in range(count):
        moved = weights[row, j] + ((inputs[j] * error + (1 << 23)) >> 24)
        weights[row, j] = min(MOST_WEIGHT, max(-MOST_WEIGHT, moved))


@_jit
def gather(node, count, layout, tables, state, scratch):  # type: ignore[no-untyped-def]
    """Look up the counters of a node and turn them into the mixers' inputs."""
    for c in range(count):
        place = (scratch.bases[c] + node) & layout.mask
        scratch.places[c] = place
        counter = state.counters[c, place]
        chance, seen = counter >> 8, counter & 255
        scratch.inputs[1 + 2 * c] = (tables.stretch[chance >> (PROBABILITY_BITS - STRETCH_BITS)] * tables.logit_trust[seen]) >> 8
        scratch.inputs[2 + 2 * c] = ((chance - ONE // 2) * tables.linear_trust[seen]) >> (PROBABILITY_BITS - 1)


@_jit
def count_up(bit, count, layout, tables, state, scratch):  # type: ignore[no-untyped-def]
    """Move the counters of the decision at hand towards what it was."""
    target = ONE - 1 if bit else 0
    for c in range(count):
        place = scratch.places[c]
        counter = state.counters[c, place]
        chance, seen = counter >> 8, counter & 255
        chance = min(ONE - LEAST, max(LEAST, chance + (((target - chance) * tables.reciprocal[seen]) >> 16)))
        state.counters[c, place] = (chance << 8) | (seen + 1 if seen < layout.limit else seen)


@_jit
def decide(mode, bit, node, depth, count, payload, layout, tables, state, scratch):  # type: ignore[no-untyped-def]
    """Predict one decision, count its cost, code it and learn, as the mode asks; returns it."""
    gather(node, count, layout, tables, state, scratch)
    width = 2 * count + 1
    row1, row2 = scratch.sets[0] + depth, scratch.sets[1] + depth
    logit1 = mix(state.first, row1, scratch.inputs, width)
    logit2 = mix(state.second, row2, scratch.inputs, width)
    chance = min(65536 - LEAST_CHANCE, max(LEAST_CHANCE, tables.squash[((logit1 + logit2) >> 1) + LOGIT_LIMIT]))
    if mode >= ENCODE:
        bit = code_bit(scratch.coder, payload, mode, chance, bit)
    scratch.coder[COST] += tables.cost[chance if bit else 65536 - chance]
    if mode != PRICE:
        adjust(state.first, row1, scratch.inputs, width, ((bit << 16) - tables.squash[logit1 + LOGIT_LIMIT]) * layout.rate)
        adjust(state.second, row2, scratch.inputs, width, ((bit << 16) - tables.squash[logit2 + LOGIT_LIMIT]) * layout.rate)
        count_up(bit, count, layout, tables, state, scratch)
    return bit


@_jit
def code_index(mode, symbol, bits, count, payload, layout, tables, state, scratch):  # type: ignore[no-untyped-def]
    """An index of `bits` bits as a binary tree, most significant bit first."""
    node = 1
    for depth in range(bits):
        bit = (symbol >> (bits - 1 - depth)) & 1
        bit = decide(mode, bit, 7 * node, depth, count, payload, layout, tables, state, scratch)
        node = 2 * node + bit
    return node - (1 << bits)


@_jit
def code_escape(mode, excess, count, payload, layout, tables, state, scratch):  # type: ignore[no-untyped-def]
    """A number from 1 as an Elias-gamma code (IEEE Trans. Inf. Theory 21, 1975): exponent modelled, mantissa as it is."""
    exponent, more, value = 0, 1, 1
    while more and exponent < EXPONENTS:
        more = 1 if excess >> (exponent + 1) > 0 else 0
        more = decide(mode, more, layout.unary + exponent, ESCAPE_BIN, count, payload, layout, tables, state, scratch)
        exponent += more
    for i in range(exponent):
        bit = (excess >> (exponent - 1 - i)) & 1
        if mode >= ENCODE:
            bit = code_bit(scratch.coder, payload, mode, 32768, bit)
        scratch.coder[COST] += 65536
        value = 2 * value + bit
    return value


@_jit
def code_signed(mode, symbol, count, payload, layout, tables, state, scratch):  # type: ignore[no-untyped-def]
    """A signed integer: whether it is zero, its sign, its magnitude in unary, the excess of a large one as an escape."""
    magnitude = abs(symbol)
    if not decide(mode, 1 if magnitude > 0 else 0, 0, 0, count, payload, layout, tables, state, scratch):
        return 0
    positive = decide(mode, 1 if symbol > 0 else 0, 1, 1, count, payload, layout, tables, state, scratch)
    found, more = 1, 1
    while more and found < layout.unary - 1:
        node = found + 1
        more = decide(mode, 1 if magnitude > found else 0, node, tables.bins[node], count, payload, layout, tables, state, scratch)
        found += more
    if more:
        offset = layout.unary - 2
        found = code_escape(mode, magnitude - offset, count, payload, layout, tables, state, scratch) + offset
    return found if positive else -found


@_jit
def code_symbol(mode, symbol, channel, payload, layout, tables, state, scratch):  # type: ignore[no-untyped-def]
    """One symbol: the path through its decision tree."""
    bits, count = layout.bits[channel], layout.counts[channel]
    if bits > 0:
        return code_index(mode, symbol, bits, count, payload, layout, tables, state, scratch)
    return code_signed(mode, symbol, count, payload, layout, tables, state, scratch)


@_jit
def look_up_neighbours(symbols, n, channel, registers, layout, values):  # type: ignore[no-untyped-def]
    """Values of the neighbours of symbol n."""
    period = registers[PERIOD] * len(layout.distances)
    for j in range(len(values)):
        distance = layout.distances[channel, j] + (period if layout.lags[j] else 0)
        values[j] = symbols[n - distance] if 0 < distance <= n else 0


@_jit
def evaluate(i, channel, registers, values, layout, tables):  # type: ignore[no-untyped-def]
    """Feature i of a symbol."""
    kind, argument, cap, scale = layout.features[i, 0], layout.features[i, 1], layout.features[i, 2], layout.features[i, 3]
    if kind == IDENTITY:
        return layout.ids[channel, argument]
    total = 0
    if kind == SIGNED:
        for m in range(layout.features[i, 4], layout.features[i, 5]):
            total += layout.terms[m, 1] * values[layout.terms[m, 0]]
        return min(cap, max(-cap, total >> scale)) + cap
    if kind == MAGNITUDE:
        for m in range(layout.features[i, 4], layout.features[i, 5]):
            total += layout.terms[m, 1] * abs(values[layout.terms[m, 0]])
    else:
        total = registers[argument]
    if scale != PLAIN:
        total = tables.logs[scale, min(total, MAGNITUDES - 1)]
    return min(cap, total)


@_jit
def hash_contexts(count, contexts, features, bases):  # type: ignore[no-untyped-def]
    """Hash the features of every context to 22 bits."""
    for c in range(count):
        h = c + 1
        for j in range(contexts.shape[1]):
            if contexts[c, j] < 0:
                break
            h = ((h + features[contexts[c, j]] + 1) * 0x2C1B3C6D) & WORD
            h ^= h >> 15
        bases[c] = ((h * 0x297A2D39) & WORD) >> 10


@_jit
def prepare(symbols, n, channel, layout, tables, scratch):  # type: ignore[no-untyped-def]
    """Contexts and weight sets of symbol n, from the symbols before it."""
    registers, values, features = scratch.registers[channel // layout.span], scratch.values, scratch.features
    registers[LATENESS] = min(MOST_LATENESS, max(-MOST_LATENESS, registers[PHASE] - registers[PERIOD])) + MOST_LATENESS
    look_up_neighbours(symbols, n, channel, registers, layout, values)
    for i in range(len(features)):
        features[i] = evaluate(i, channel, registers, values, layout, tables)
    hash_contexts(layout.counts[channel], layout.contexts, features, scratch.bases)
    first, first_size, second, second_size = layout.selection[0], layout.selection[1], layout.selection[2], layout.selection[3]
    selected = min(features[first], first_size - 1) * second_size + min(features[second], second_size - 1)
    scratch.sets[0], scratch.sets[1] = layout.classes[channel] * BINS, selected * BINS


@_jit
def follow(symbol, channel, layout, registers):  # type: ignore[no-untyped-def]
    """Bring a row's energy and rhythm up to date with a symbol."""
    registers[ENERGY_SO_FAR] += abs(symbol)
    if layout.activity[channel]:
        registers[ACTIVITY] += abs(symbol)
    if (channel + 1) % layout.span == 0:
        registers[ENERGY_BEFORE] = (3 * registers[ENERGY_SO_FAR] + registers[ENERGY_BEFORE]) >> 2
        registers[ENERGY_SO_FAR] = 0
        follow_rhythm(registers)


@_jit
def follow_rhythm(registers):  # type: ignore[no-untyped-def]
    """At the end of a frame: a beat was in the frame before if that one's activity was a high enough peak."""
    now, before = registers[ACTIVITY], registers[BEFORE]
    registers[PEAK] = max(registers[PEAK] - (registers[PEAK] >> 6), now << 8)
    peaked = before > 0 and before >= now and before >= registers[BEFORE_THAT] and before * 5120 > 9 * registers[PEAK]
    if peaked and registers[PHASE] >= REFRACTORY:
        registers[PERIOD] = min(MOST_PERIOD, max(LEAST_PERIOD, registers[PHASE] - 1))
        registers[PHASE] = 1
    registers[BEFORE_THAT], registers[BEFORE], registers[ACTIVITY] = before, now, 0
    registers[PHASE] += 1


@_jit
def run(mode, symbols, payload, layout, tables, state, scratch):  # type: ignore[no-untyped-def]
    """Learn, encode or decode all symbols in order."""
    channel = 0
    for n in range(len(symbols)):
        prepare(symbols, n, channel, layout, tables, scratch)
        symbol = code_symbol(mode, symbols[n], channel, payload, layout, tables, state, scratch)
        symbols[n] = symbol
        follow(symbol, channel, layout, scratch.registers[channel // layout.span])
        channel = channel + 1 if channel + 1 < len(layout.distances) else 0


def new_scratch(description: Description) -> Scratch:
    """Working memory at the start of a stream."""
    contexts = len(description.contexts)
    sizes = (description.distances.shape[1], len(description.features), contexts, contexts, description.inputs, 2)
    registers = np.zeros((description.rows, REGISTERS), np.int64)
    registers[:, PERIOD], registers[:, PHASE] = FIRST_PERIOD, 1
    arrays = [np.zeros(size, np.int64) for size in sizes]
    scratch = Scratch(*arrays, registers, np.zeros(5, np.int64))
    scratch.inputs[0], scratch.coder[HIGH] = CONSTANT, WORD
    return scratch


def learn(description: Description, state: State, symbols: np.ndarray) -> float:
    """Adapt the state to a stream; returns what the stream would take, bits."""
    scratch = new_scratch(description)
    run(LEARN, np.array(symbols, np.int32).ravel(), np.zeros(0, np.uint8), description.layout, tables(), state, scratch)
    return int(scratch.coder[COST]) / 65536


def encode(description: Description, state: State, symbols: np.ndarray) -> bytes:
    """A stream from a start state, which stays as it is -> payload.  Symbols are in range: the caller has looked."""
    flat = np.array(symbols, np.int32).ravel()
    room = 2 * len(flat) + 64
    while True:
        payload, scratch = np.zeros(room, np.uint8), new_scratch(description)
        run(ENCODE, flat, payload, description.layout, tables(), state.copy(), scratch)
        low, position = int(scratch.coder[LOW]), int(scratch.coder[POSITION])
        if position < room:
            break
        room = position + 1
    if low:  # this byte and zeros for ever lie inside the coder's last interval
        payload[position] = (low >> 24) + 1
    return payload[: position + 1].tobytes().rstrip(b"\0")


def decode(description: Description, state: State, payload: bytes, count: int) -> np.ndarray:
    """The first `count` symbols of a payload, from the start state it was written from; missing bytes are zeros."""
    scratch, symbols = new_scratch(description), np.zeros(count, np.int32)
    scratch.coder[CODE], scratch.coder[POSITION] = int.from_bytes(payload[:4].ljust(4, b"\0"), "big"), 4
    data = np.frombuffer(bytearray(payload) + b"\0", np.uint8)  # writable, so that the kernel is compiled for one kind of array
    run(DECODE, symbols, data, description.layout, tables(), state.copy(), scratch)
    if len(payload) > scratch.coder[POSITION]:
        raise ValueError(f"{len(payload)} bytes are more than {count} symbols take: payload and shape do not belong together")
    return symbols
