"""rANS and the tables of the static coder."""

from __future__ import annotations

import hashlib
import lzma
from contextlib import suppress

import numpy as np
import pytest
from vqz_cases import SIZES, random_codes, static_coder

from vqvae.codec import rans
from vqvae.codec.static import FARTHEST, Lanes, StaticCoder
from vqvae.codec.static_tables import CLASSES, MAX_ENTRIES, Plan, StaticTables, folded, learn, unfolded, unpack_tables
from vqvae.metrics.rate import order0_bits


def recording(seed: int, frames: int = 3000, size: int = 64) -> np.ndarray:
    """Codes (1, 3, frames): the first level like the frame before, the second like the first, the third like nothing."""
    rng = np.random.default_rng(seed)
    first = np.clip(np.cumsum(rng.integers(-2, 3, frames)) % (2 * size) - size // 2, 0, size - 1)
    second = np.clip(first + rng.integers(-2, 3, frames), 0, size - 1)
    return np.stack([first, second, rng.integers(0, size, frames)])[None].astype(np.int32)


@pytest.fixture(scope="module")
def tables() -> StaticTables:
    return learn([recording(seed) for seed in range(6)], 64)


def simple_encode(model: rans.Model, symbols: list[int], contexts: list[int]) -> bytes:
    """One lane, in Python's own integers, as the module's text says."""
    state, words = 1 << 24, []
    for symbol, context in zip(reversed(symbols), reversed(contexts), strict=True):
        row = [int(width) for width in model.widths[context]]
        width, start = row[symbol], sum(row[:symbol])
        if state >= width << 24:
            words.append((state & 65535).to_bytes(2, "little"))
            state >>= 16
        state = (state // width << 16) + state % width + start
    return state.to_bytes(5, "little") + b"".join(reversed(words))


def test_a_lane_is_what_unbounded_integers_give():
    rng = np.random.default_rng(0)
    model = rans.Model(rans.quantise(rng.integers(0, 1000, (3, 7)) ** 3))
    symbols, contexts = rng.integers(0, 7, 500), rng.integers(0, 3, 500)
    data = rans.encode(model, symbols[:, None], contexts[:, None], np.ones(500, int))
    assert data == simple_encode(model, symbols.tolist(), contexts.tolist())


def test_widths_are_positive_and_sum_to_the_whole_for_any_weights():
    rng = np.random.default_rng(1)
    for size in (*SIZES, rans.TOTAL):
        for weights in (np.zeros(size, int), np.eye(1, size, dtype=int)[0] * 10**9, rng.integers(0, 1000, size)):
            widths = rans.quantise(weights[None])
            assert widths.sum() == rans.TOTAL
            assert widths.min() >= 1
        assert rans.quantise(np.eye(1, size, size - 1, dtype=int))[0, -1] == rans.TOTAL - size + 1
    assert rans.quantise(np.array([[0, 1, 1]])).tolist() == [[1, 32768, 32767]]


def test_the_rarest_symbol_fits_a_lane_s_state():
    model = rans.Model(rans.quantise(np.array([[10**6, 0]])))
    data = rans.encode(model, np.array([[1]]), np.array([[0]]), np.array([1]))
    decoder = rans.Decoder(model, data, 1)
    assert decoder.step(np.array([0])) == [1]
    assert decoder.finish() == b""


def test_a_stream_that_lacks_its_last_word_says_so():
    used, codes = static_coder(16), random_codes(np.random.default_rng(8), (1, 4, 2000), 16)
    with pytest.raises(ValueError, match="ends before its last symbol"):
        used.decode(used.encode(codes)[:-2], codes.shape)


def test_a_changed_stream_mostly_ends_where_writing_did_not_begin():
    rng = np.random.default_rng(9)
    used, codes = static_coder(16), random_codes(rng, (1, 4, 80), 16)
    data = used.encode(codes)
    noticed = 0
    for position in range(len(data)):
        with suppress(ValueError):
            used.decode(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :], codes.shape)
            noticed -= 1
        noticed += 1
    assert noticed > 0.8 * len(data)


def test_more_symbols_than_a_table_holds_are_refused():
    with pytest.raises(ValueError, match="65537 symbols"):
        rans.quantise(np.ones((1, rans.TOTAL + 1), int))


def test_lanes_cover_every_frame_once():
    for frames in (1, 2, 3, 100, 1023, 5000, 8191):
        for levels in (1, 3, 1000):
            lanes = Lanes.of(frames, levels)
            visited = np.concatenate([row[:active] for row, active in zip(lanes.frames(), lanes.active, strict=True)])
            assert sorted(visited) == [*range(frames)]


def test_size_is_within_a_percent_of_what_the_tables_promise(tables):
    codes = recording(9, 30000)
    frames = np.pad(codes[0], ((1, 0), (1, 0)))
    chosen = enumerate(tables.selectors)
    contexts = np.stack([before[frames[level + 1, :-1]] + below[frames[level, 1:]] for level, (before, below) in chosen])
    bits = -np.log2(tables.model.widths[contexts, codes[0]] / rans.TOTAL).sum()
    lanes = Lanes.of(30000, 3).count
    size = len(StaticCoder(tables).encode(codes))
    assert size <= 1.01 * bits / 8 + 3 * lanes
    assert size >= bits / 8


def test_what_the_neighbours_say_is_used(tables):
    codes = recording(9)
    contexts = [(len(plan.before), len(plan.below)) for plan in tables.plans]
    assert contexts[0][0] > 0
    assert contexts[1][1] > 0
    assert contexts[2] == (0, 0)
    assert 8 * len(StaticCoder(tables).encode(codes)) < 0.85 * order0_bits(codes, 64)


def test_classes_cannot_cost_more_than_none_on_the_judging_recordings():
    rng = np.random.default_rng(2)
    noise = [rng.integers(0, 64, (1, 2, 500)) for _ in range(4)]
    assert all(plan.contexts == 1 for plan in learn(noise, 64).plans)


def test_tables_come_back_as_they_were_packed(tables):
    again = unpack_tables(tables.pack())
    codes = recording(9)
    assert again.sha256 == tables.sha256
    assert again.plans == tables.plans
    assert StaticCoder(again).encode(codes) == StaticCoder(tables).encode(codes)


def test_packed_tables_stay_below_a_hundred_kilobytes_for_incompressible_counts():
    rng = np.random.default_rng(3)
    codes = [np.minimum(rng.integers(0, 512, (1, 8, 20000)), rng.integers(0, 512, (1, 8, 1))) for _ in range(2)]
    found = learn([np.sort(c, axis=2) for c in codes], 512)
    assert found.steps.size <= MAX_ENTRIES
    assert max(plan.contexts for plan in found.plans) > 1
    assert len(found.pack()) <= 100_000


def test_damaged_or_foreign_tables_are_refused(tables):
    plans = {b"[1]": 3, b"[[[1],[2]]]": 11, b'[[["a"],[]]]': 6, b"[[[2,1],[]]]": 9, b"[[[3],[]]]": 6, b"[]": 0}
    texts = [b'{"size":3,"signed":false,"plans":%b}\n' % plan + bytes(size) for plan, size in plans.items()]
    for head in (b'{"size":-1,"signed":false', b'{"size":3,"signed":1', b'{"size":3'):
        texts.append(head + b',"plans":[[[],[]]]}\nabc')
    texts += [b"", b"{}", b'{"size":3,"signed":false,"plans":[[[],[]]]}\n\xff\xff\xff']
    packed = tables.pack()
    for data in (b"", b"VQZ", packed[:-9], packed[:-1], *(lzma.compress(text, format=lzma.FORMAT_ALONE) for text in texts)):
        with pytest.raises(ValueError, match="no tables of the static coder"):
            unpack_tables(data)


@pytest.mark.parametrize("size", [1, 16, 4096])
def test_cut_and_lengthened_streams_are_refused_and_changed_ones_are_or_give_codes(size):
    rng = np.random.default_rng(size)
    used, codes = static_coder(size), random_codes(rng, (1, 4, 80), size)
    data = used.encode(codes)
    for stream in (*(data[:length] for length in range(0, len(data), 7)), data + bytes(2), data + bytes(1)):
        with pytest.raises(ValueError):
            used.decode(stream, codes.shape)
    for position in rng.integers(0, len(data), 100):
        broken = bytearray(data)
        broken[position] ^= 1 << int(rng.integers(8))
        with suppress(ValueError):
            decoded = used.decode(bytes(broken), codes.shape)
            assert 0 <= decoded.min() <= decoded.max() < size


def test_codes_outside_the_tables_are_refused():
    used = static_coder(16)
    for codes in (np.full((1, 1, 3), 16), np.full((1, 1, 3), -1), np.zeros((1, 5, 3), int)):
        with pytest.raises(ValueError, match="static tables"):
            used.encode(codes)
    with pytest.raises(ValueError, match="static tables"):
        used.decode(bytes(9), (1, 5, 3))


def test_fewer_levels_than_there_are_tables_for_can_be_written():
    used, codes = static_coder(16), random_codes(np.random.default_rng(4), (2, 4, 50), 16)
    for levels in range(1, 5):
        assert (used.decode(used.encode(codes[:, :levels]), (2, levels, 50)) == codes[:, :levels]).all()


def test_a_short_stream_claiming_many_codes_is_refused_before_memory_is_taken():
    with pytest.raises(ValueError, match="does not hold"):
        static_coder(16).decode(bytes(300), (1, 4, 1 << 27))


def spread(rng: np.random.Generator, rows: int, frames: int) -> np.ndarray:
    """Signed codes (rows, 8, frames) in bursts, smaller from level to level."""
    scale = 6 * np.exp(2 * np.sin(np.arange(frames) / 5)) / np.arange(1, 9)[:, None]
    return np.rint(rng.laplace(0, scale, (rows, 8, frames))).astype(np.int32)


def test_signed_codes_come_back_exactly_however_far_out():
    rng = np.random.default_rng(5)
    used = StaticCoder(unpack_tables(learn([spread(rng, 1, 2000) for _ in range(2)], 32, signed=True).pack()))
    for turn in range(100):
        codes = spread(rng, int(rng.integers(1, 4)), int(rng.integers(1, 40)))
        if turn % 3 == 0:
            codes[0, 0, 0], codes[-1, -1, -1], codes[0, 3, -1] = FARTHEST, -FARTHEST, rng.integers(-40, 40)
        data = used.encode(codes)
        assert (used.decode(data, codes.shape) == codes).all()
        with pytest.raises(ValueError):
            used.decode(data[:-1], codes.shape)
    with pytest.raises(ValueError, match="static tables"):
        used.encode(codes * 0 + FARTHEST + 1)


def test_signed_tables_are_other_tables():
    rng = np.random.default_rng(6)
    codes = [np.abs(spread(rng, 1, 200)) % 32 for _ in range(2)]
    signed = learn([unfolded(recording) for recording in codes], 32, signed=True)
    plain = learn(codes, 32)
    assert (signed.steps == plain.steps).all()
    assert signed.sha256 != plain.sha256


def test_folding_orders_signed_codes_by_magnitude():
    assert folded(np.array([0, 1, -1, 2, -2])).tolist() == [0, 1, 2, 3, 4]
    codes = np.arange(-50, 51)
    assert (unfolded(folded(codes)) == codes).all()


def test_signed_codes_of_bursts_take_less_than_order_zero():
    rng = np.random.default_rng(7)
    used = StaticCoder(learn([spread(rng, 1, 4000) for _ in range(6)], 64, signed=True))
    codes = spread(rng, 1, 20000)
    assert 8 * len(used.encode(codes)) < 0.95 * order0_bits(folded(codes), int(folded(codes).max()) + 1)


def test_a_number_beyond_the_last_symbol_takes_a_byte_for_every_seven_bits():
    used = StaticCoder(learn([np.full((1, 1, 50), 40)] * 2, 4, signed=True))
    for beyond, size in ((0, 1), (127, 1), (128, 2), (1 << 14, 3), (1 << 21, 4), (1 << 28, 5)):
        code = unfolded(np.array([[[beyond + 3]]]))
        data = used.encode(code)
        assert len(data) == rans.STATE_BYTES + size
        assert used.decode(data, (1, 1, 1)) == code


def test_a_stream_of_huge_signed_codes_is_refused():
    used = StaticCoder(learn([np.full((1, 1, 50), 40)] * 2, 4, signed=True))
    data = used.encode(np.full((1, 1, 1), 40))
    with pytest.raises(ValueError, match="beyond"):
        used.decode(data[:-1] + b"\xff" * 4 + b"\x0f", (1, 1, 1))
    with pytest.raises(ValueError, match="damaged"):
        used.decode(data[:-1] + b"\x80" * 9 + b"\x01", (1, 1, 1))


def test_no_codes_are_no_bytes():
    assert static_coder(16).encode(np.zeros((1, 4, 0), int)) == b""
    with pytest.raises(ValueError, match="too many"):
        static_coder(16).decode(b"x", (1, 4, 0))


def test_tables_need_two_recordings():
    with pytest.raises(ValueError, match="two recordings"):
        learn([recording(0)], 64)


def test_classes_are_about_equally_frequent(tables):
    first = np.concatenate([recording(seed)[0, 0] for seed in range(6)])
    border = tables.plans[1].below
    shares = np.bincount(np.searchsorted(border, first, side="right")) / len(first)
    assert 2 < len(border) + 1 <= CLASSES[-1]
    assert shares.max() < 0.5


def test_classes_share_what_a_code_that_is_nearly_all_leaves_over():
    rng = np.random.default_rng(11)
    quiet = [np.where(rng.random((1, 2, 20000)) < 0.9, 0, rng.integers(1, 64, (1, 2, 20000))) for _ in range(4)]
    for codes in quiet:
        codes[0, 1] = (codes[0, 0] + (rng.random(20000) < 0.1)) % 64  # the second level is told by the first
    border = np.array(learn(quiet, 64).plans[1].below)
    first = np.concatenate([codes[0, 0] for codes in quiet])
    shares = np.bincount(np.searchsorted(border, first[first > 0], side="right")) / np.count_nonzero(first)
    assert border[0] == 1
    assert len(border) + 1 == CLASSES[-1]
    assert shares[1:].max() < 0.1


def test_signed_codes_are_written_as_they_always_were():
    """A snapshot: files of other days must stay readable, and no table here comes from floats or files."""
    plans = (Plan((1, 3, 5), ()), Plan((1, 2), (1, 4)), Plan((), (2,)))
    steps = (np.arange(15 * 12) * 37 % 113 + 1).reshape(15, 12).astype(np.uint8)
    coder = StaticCoder(StaticTables(plans, steps, True))
    places = np.arange(2 * 3 * 700)
    codes = ((places * places * 7 + places // 5) % 23 - 11).reshape(2, 3, 700)
    codes[1, 2, ::90] = [-(1 << bits) for bits in range(8)]
    data = coder.encode(codes)
    assert (coder.decode(data, codes.shape) == codes).all()
    assert hashlib.sha256(data).hexdigest() == "6fc3bd3dd8d05a95e81b6951f09262db4660829c275e1944f75100f75ab01e23"
