"""The kernel of the context-mixing coder: predicts, codes and learns one binary decision after the other, in integers only.

A symbol is a path through a tree of binary decisions.  Every decision is predicted by one adaptive counter per context (a hash of what is
known around the symbol); two logistic mixers weigh the counters' logits (M. Mahoney, "Adaptive weighing of context models for lossless
data compression", Florida Tech. CS-2005-16), and the mean of both drives a carry-less range coder.  Shifts of negative numbers round
down.  All intermediate results fit 64 bits, so compiled code and unbounded integers give the same bytes.
`mixer`, `around` and `layout` are `streams.Mixer`, `streams.Surroundings` and `description.Layout`.
All compiled functions are in this one file, because numba's cache looks at the date of the file that a function is in and no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    REGISTER,
    REGISTERS,
    RHYTHM,
    SIDE,
    SIGNED,
)
from vqvae.codec.state import LEAST, ONE, PROBABILITY_BITS
from vqvae.codec.tables import BINS, LOGIT_LIMIT, MAGNITUDES, STRETCH_BITS

PRICE, LEARN, ENCODE, DECODE = range(4)  # count the cost only; and learn; and write; read instead
LOW, HIGH, CODE, POSITION, COST = range(5)  # of the range coder; the cost is in 1/65536 bit
FIRST_SET, SECOND_SET, COUNT, BITS, ORIGIN = range(5)  # of a symbol: weight sets of both mixers, contexts; if an index: bits, what is 0
PEAK, ACTIVITY, BEFORE, BEFORE_THAT = range(LATENESS + 1, REGISTERS)  # of the rhythm tracker
WORD, MOST_BEYOND = 0xFFFFFFFF, 256  # bytes read behind a payload before it is given up: no whole one takes more than five
LEAST_CHANCE = 6  # no decision is thought less likely than this many 65536ths
CONSTANT = 77  # the mixers' constant input
MOST_WEIGHT = 1 << 28
EXPONENTS = 20  # magnitudes are less than 2 ** EXPONENTS
ESCAPE_BIN = BINS - 1
SHRINKAGE = 13  # a magnitude of 1 stands for 0.05 less: values are denser towards zero; 1/256 step
FIRST_PERIOD, LEAST_PERIOD, MOST_PERIOD, REFRACTORY, MOST_LATENESS = 9, 3, 30, 3, 12  # frames

compiled: Callable[..., Any] = njit(nogil=True, cache=True, error_model="numpy")
inlined: Callable[..., Any] = njit(nogil=True, cache=True, error_model="numpy", forceinline=True)  # calls with many arrays are slow


@inlined
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


@inlined
def mix(weights, inputs, width):  # type: ignore[no-untyped-def]
    """Logit that one mixer predicts."""
    total = 0
    for j in range(width):
        total += weights[j] * inputs[j]
    return min(LOGIT_LIMIT, max(-LOGIT_LIMIT, total >> 16))


@inlined
def adjust(weights, inputs, width, error):  # type: ignore[no-untyped-def]
    """Move a mixer's weights against its error."""
    for j in range(width):
        weights[j] = min(MOST_WEIGHT, max(-MOST_WEIGHT, weights[j] + ((inputs[j] * error + (1 << 23)) >> 24)))


@inlined
def gather(node, count, mask, counters, bases, places, inputs, stretch, logit_trust, linear_trust):  # type: ignore[no-untyped-def]
    """Look up the counters of a node and turn them into the mixers' inputs."""
    for c in range(count):
        place = (bases[c] + node) & mask
        places[c] = place
        chance, seen = counters[c, place] >> 8, counters[c, place] & 255
        inputs[1 + 2 * c] = (stretch[chance >> (PROBABILITY_BITS - STRETCH_BITS)] * logit_trust[seen]) >> 8
        inputs[2 + 2 * c] = ((chance - ONE // 2) * linear_trust[seen]) >> (PROBABILITY_BITS - 1)


@inlined
def count_up(bit, count, limit, counters, places, reciprocal):  # type: ignore[no-untyped-def]
    """Move the counters of the decision at hand towards what it was."""
    target = ONE - 1 if bit else 0
    for c in range(count):
        place = places[c]
        chance, seen = counters[c, place] >> 8, counters[c, place] & 255
        chance = min(ONE - LEAST, max(LEAST, chance + (((target - chance) * reciprocal[seen]) >> 16)))
        counters[c, place] = (chance << 8) | (seen + 1 if seen < limit else seen)


@compiled
def decide(mixer, mode, bit, node, depth):  # type: ignore[no-untyped-def]
    """Predict one decision, count its cost, code it and learn, as the mode asks; returns it."""
    counters, inputs, places, squash, choice = mixer.counters, mixer.inputs, mixer.places, mixer.squash, mixer.choice
    count = choice[COUNT]
    gather(node, count, mixer.mask, counters, mixer.bases, places, inputs, mixer.stretch, mixer.logit_trust, mixer.linear_trust)
    width = 2 * count + 1
    weights1, weights2 = mixer.first[choice[FIRST_SET] + depth], mixer.second[choice[SECOND_SET] + depth]
    logit1, logit2 = mix(weights1, inputs, width), mix(weights2, inputs, width)
    chance = min(65536 - LEAST_CHANCE, max(LEAST_CHANCE, squash[((logit1 + logit2) >> 1) + LOGIT_LIMIT]))
    if mode >= ENCODE:
        bit = code_bit(mixer.coder, mixer.payload, mode, chance, bit)
    mixer.coder[COST] += mixer.cost[chance if bit else 65536 - chance]
    if mode != PRICE:
        adjust(weights1, inputs, width, ((bit << 16) - squash[logit1 + LOGIT_LIMIT]) * mixer.rate)
        adjust(weights2, inputs, width, ((bit << 16) - squash[logit2 + LOGIT_LIMIT]) * mixer.rate)
        count_up(bit, count, mixer.limit, counters, places, mixer.reciprocal)
    return bit


@inlined
def code_index(mixer, mode, symbol, bits, origin):  # type: ignore[no-untyped-def]
    """An index of `bits` bits, counted from `origin` in a circle, as a binary tree, most significant bit first."""
    node, path = 1, symbol - origin
    for depth in range(bits):
        bit = (path >> (bits - 1 - depth)) & 1
        node = 2 * node + decide(mixer, mode, bit, 7 * node, depth)
    return (node + origin) & ((1 << bits) - 1)


@compiled
def code_escape(mixer, mode, excess):  # type: ignore[no-untyped-def]
    """A number from 1 as an Elias-gamma code (IEEE Trans. Inf. Theory 21, 1975): exponent modelled, mantissa as it is."""
    exponent, more, value = 0, 1, 1
    while more and exponent < EXPONENTS:
        more = 1 if excess >> (exponent + 1) > 0 else 0
        more = decide(mixer, mode, more, mixer.unary + exponent, ESCAPE_BIN)
        exponent += more
    for i in range(exponent):
        bit = (excess >> (exponent - 1 - i)) & 1
        if mode >= ENCODE:
            bit = code_bit(mixer.coder, mixer.payload, mode, 32768, bit)
        mixer.coder[COST] += 65536
        value = 2 * value + bit
    return value


@inlined
def code_signed(mixer, mode, symbol):  # type: ignore[no-untyped-def]
    """A signed integer: whether it is zero, its sign, its magnitude in unary, the excess of a large one as an escape."""
    magnitude = abs(symbol)
    if not decide(mixer, mode, 1 if magnitude > 0 else 0, 0, 0):
        return 0
    positive = decide(mixer, mode, 1 if symbol > 0 else 0, 1, 1)
    found, more = 1, 1
    while more and found < mixer.unary - 1:
        more = decide(mixer, mode, 1 if magnitude > found else 0, found + 1, mixer.bins[found + 1])
        found += more
    if more:
        found = code_escape(mixer, mode, magnitude - mixer.unary + 2) + mixer.unary - 2
    return found if positive else -found


@compiled
def code_symbol(mixer, mode, symbol):  # type: ignore[no-untyped-def]
    """One symbol: the path through its decision tree.  Coding and pricing take the same path."""
    if mixer.choice[BITS] > 0:
        return code_index(mixer, mode, symbol, mixer.choice[BITS], mixer.choice[ORIGIN])
    return code_signed(mixer, mode, symbol)


@inlined
def look_up_neighbours(symbols, n, channel, period, side, distances, lags, values):  # type: ignore[no-untyped-def]
    """Values of the neighbours of symbol n."""
    for j in range(len(values)):
        distance = distances[channel, j] + (period if lags[j] == RHYTHM else 0)
        if side.ndim == 2:  # noqa: SIM102 (known when this is compiled: what has no side information does not pay for it)
            if lags[j] > RHYTHM:
                distance += side[n, lags[j] - RHYTHM - 1]
        values[j] = symbols[n - distance] if 0 < distance <= n else 0


@inlined
def evaluate(definitions, terms, ids, n, side, values, registers, logs, features):  # type: ignore[no-untyped-def]
    """Features of a symbol."""
    for i in range(len(features)):
        kind, argument, cap, scale = definitions[i, 0], definitions[i, 1], definitions[i, 2], definitions[i, 3]
        total = 0
        if kind == IDENTITY:
            features[i] = ids[argument]
        elif kind == SIGNED:
            for m in range(definitions[i, 4], definitions[i, 5]):
                total += terms[m, 1] * values[terms[m, 0]]
            features[i] = min(cap, max(-cap, total >> scale)) + cap
        else:
            if kind == MAGNITUDE:
                for m in range(definitions[i, 4], definitions[i, 5]):
                    total += terms[m, 1] * abs(values[terms[m, 0]])
            elif kind == REGISTER:
                total = registers[argument]
            if side.ndim == 2:  # noqa: SIM102 (as above)
                if kind == SIDE:
                    total = side[n, argument]
            features[i] = min(cap, total if scale == PLAIN else logs[scale, min(total, MAGNITUDES - 1)])


@inlined
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


@inlined
def find_origin(channel, origins, bits, side, features, choice):  # type: ignore[no-untyped-def]
    """What the lowest index stands for where indices are counted from a feature."""
    if side.ndim == 2:
        choice[ORIGIN] = features[origins[channel] - 1] - (1 << bits[channel] >> 1) if origins[channel] > 0 else 0


@inlined
def prepare(symbols, n, layout, logs, around, mixer):  # type: ignore[no-untyped-def]
    """Contexts and weight sets of symbol n, from the symbols before it."""
    channel = n % len(layout.distances)
    registers, values, features, side = around.registers[channel // layout.span], around.values, around.features, around.side
    registers[LATENESS] = min(MOST_LATENESS, max(-MOST_LATENESS, registers[PHASE] - registers[PERIOD])) + MOST_LATENESS
    look_up_neighbours(symbols, n, channel, registers[PERIOD] * len(layout.distances), side, layout.distances, layout.lags, values)
    evaluate(layout.features, layout.terms, layout.ids[channel], n, side, values, registers, logs, features)
    hash_contexts(layout.counts[channel], layout.contexts, features, mixer.bases)
    first, first_size, second, second_size = layout.selection[0], layout.selection[1], layout.selection[2], layout.selection[3]
    selected = min(features[first], first_size - 1) * second_size + min(features[second], second_size - 1)
    mixer.choice[FIRST_SET], mixer.choice[SECOND_SET] = layout.classes[channel] * BINS, selected * BINS
    mixer.choice[COUNT], mixer.choice[BITS] = layout.counts[channel], layout.bits[channel]
    find_origin(channel, layout.origins, layout.bits, side, features, mixer.choice)


@inlined
def follow(symbol, channel, layout, registers):  # type: ignore[no-untyped-def]
    """Bring a row's energy and rhythm up to date with a symbol."""
    registers[ENERGY_SO_FAR] += abs(symbol)
    if layout.activity[channel]:
        registers[ACTIVITY] += abs(symbol)
    if (channel + 1) % layout.span == 0:
        registers[ENERGY_BEFORE] = (3 * registers[ENERGY_SO_FAR] + registers[ENERGY_BEFORE]) >> 2
        registers[ENERGY_SO_FAR] = 0
        follow_rhythm(registers)


@inlined
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


@inlined
def code_prepared(mode, symbols, n, layout, around, mixer):  # type: ignore[no-untyped-def]
    """Code symbol n, whose contexts are prepared, and go on."""
    channel = n % len(layout.distances)
    symbols[n] = code_symbol(mixer, mode, symbols[n])
    follow(symbols[n], channel, layout, around.registers[channel // layout.span])


@compiled
def run(mode, symbols, layout, logs, around, mixer):  # type: ignore[no-untyped-def]
    """Learn, encode or decode all symbols in order; returns how many: fewer where a payload cannot hold the next one."""
    for n in range(len(symbols)):
        prepare(symbols, n, layout, logs, around, mixer)
        if mode == DECODE and mixer.choice[BITS] == 0 and mixer.coder[POSITION] > len(mixer.payload) + MOST_BEYOND:
            return n  # of the decisions of a signed symbol one is 0, and the zeros behind a payload spell none
        code_prepared(mode, symbols, n, layout, around, mixer)
    return len(symbols)


@compiled
def price(mixer, symbol):  # type: ignore[no-untyped-def]
    """What a symbol would cost now, 1/65536 bit; changes nothing."""
    before = mixer.coder[COST]
    code_symbol(mixer, PRICE, symbol)
    cost = mixer.coder[COST] - before
    mixer.coder[COST] = before
    return cost


@compiled
def cheapest_value(mixer, symbol, target, weight):  # type: ignore[no-untyped-def]
    """The symbol, one nearer to zero, or zero: the least of squared error plus `weight` times bits.  Errors are in 1/256 step."""
    best, least, magnitude = symbol, -1, abs(symbol)
    for i in range(3 if magnitude > 1 else 2):
        candidate = magnitude - i if i < 2 else 0
        error = abs(target) - (candidate << 8) + (SHRINKAGE if candidate == 1 else 0)
        signed = candidate if symbol > 0 else -candidate
        total = error * error + ((weight * price(mixer, signed)) >> 16)
        if least < 0 or total < least:
            best, least = signed, total
    return best


@compiled
def choose_values(symbols, targets, weight, layout, logs, around, mixer):  # type: ignore[no-untyped-def]
    """Replace symbols by what is cheapest in error and bits together, and encode them."""
    for n in range(len(symbols)):
        prepare(symbols, n, layout, logs, around, mixer)
        if symbols[n] != 0 and layout.differences[n % len(layout.distances)] == 0:
            symbols[n] = cheapest_value(mixer, symbols[n], targets[n], weight)
        code_prepared(ENCODE, symbols, n, layout, around, mixer)


@compiled
def choose_last(symbols, candidates, distortions, weight, layout, logs, around, mixer):  # type: ignore[no-untyped-def]
    """Fill in the last symbol of every row: the candidate of least distortion plus `weight` times bits; and encode all symbols."""
    for row in range(len(candidates)):
        first, last = row * layout.span, (row + 1) * layout.span - 1
        for n in range(first, last):
            prepare(symbols, n, layout, logs, around, mixer)
            code_prepared(ENCODE, symbols, n, layout, around, mixer)
        prepare(symbols, last, layout, logs, around, mixer)
        best, least = 0, -1
        for i in range(candidates.shape[1]):
            total = distortions[row, i] + ((weight * price(mixer, candidates[row, i])) >> 16)
            if least < 0 or total < least:
                best, least = i, total
        symbols[last] = candidates[row, best]
        code_prepared(ENCODE, symbols, last, layout, around, mixer)
