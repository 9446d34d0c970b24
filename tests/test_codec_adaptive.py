"""The adaptive coder as files use it: round trips, damage, start states and how they are learned."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import pytest
from mixing_cases import beats, cases, learned

from vqvae.codec import mixing, streams
from vqvae.codec.adaptive import AdaptiveCoder, to_codes
from vqvae.codec.description import Description, Identity, Magnitude, Register, Selection, Signed, Term
from vqvae.codec.descriptions import indices, order0, wavelet_frames
from vqvae.codec.learning import Recipe, learn_start
from vqvae.codec.state import State, cold, pack, serving, unpack

DAMAGE = ("flip", "cut", "noise", "zeros", "ones", "insert")


@lru_cache
def coder(kind: str, rows: int) -> AdaptiveCoder:
    kinds = {"wavelet": wavelet_frames(rows, 8), "indices": indices(2, 5, rows, 8), "order 0": order0((0, 1, 1), rows)}
    return AdaptiveCoder(kinds[kind])


def any_codes(kind: str, rows: int, frames: int, rng: np.random.Generator) -> np.ndarray:
    shape = (rows, coder(kind, rows).description.span, frames)
    if kind == "indices":
        return rng.integers(0, 32, shape)
    return np.rint(rng.laplace(0, rng.choice([0.1, 3, 1000]), shape)).astype(np.int64)


@pytest.mark.parametrize("kind", ["wavelet", "indices", "order 0"])
@pytest.mark.parametrize("rows", range(1, 13))
def test_codes_of_any_shape_come_back(kind, rows):
    rng = np.random.default_rng(rows)
    for frames in (0, 1, 2, 13):
        codes = any_codes(kind, rows, frames, rng)
        decoded = coder(kind, rows).decode(coder(kind, rows).encode(codes), codes.shape)
        assert decoded.dtype == np.int32
        assert (decoded == codes).all()


def random_description(rng: np.random.Generator) -> Description:
    """Neighbours, features and contexts that mean nothing."""
    rows, span, neighbours = int(rng.integers(1, 4)), int(rng.integers(1, 6)), int(rng.integers(1, 6))
    channels = rows * span

    def terms() -> tuple[Term, ...]:
        return tuple(Term(int(rng.integers(neighbours)), int(rng.integers(1, 4))) for _ in range(rng.integers(1, 4)))

    features = (
        Identity(0), Identity(1), Signed(terms(), int(rng.integers(9)), int(rng.integers(3))), Magnitude(terms(), 20, int(rng.integers(8))),
        Register(int(rng.integers(5)), 9, int(rng.integers(-1, 8))),
    )  # fmt: skip
    contexts = tuple(tuple(rng.integers(0, 5, rng.integers(1, 5)).tolist()) for _ in range(rng.integers(1, 6)))
    limits = {"unary": (3, 49), "hash_bits": (4, 10), "rate": (0, 5000), "limit": (1, 256)}
    return Description(
        distances=rng.integers(-30, 60, (channels, neighbours)), lags=rng.integers(0, 2, neighbours),
        ids=rng.integers(0, 99, (channels, 2)), bits=rng.choice([0, 0, 1, 7, 16], channels), features=features, contexts=contexts,
        classes=rng.integers(0, 4, channels), selection=Selection(*(int(rng.integers(1, 5)) for _ in range(4))),
        activity=rng.integers(0, 2, channels), differences=np.zeros(channels), counts=rng.integers(1, len(contexts) + 1, channels),
        rows=rows, **{name: int(rng.integers(*limit)) for name, limit in limits.items()},
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_any_description_whatever_it_means_codes_without_loss(seed):
    rng = np.random.default_rng(seed)
    description = random_description(rng)
    bits = description.bits.reshape(description.rows, -1, 1)
    shape = (description.rows, description.span, int(rng.integers(0, 40)))
    scale = rng.choice([1, 30, 30000])
    codes = np.where(bits > 0, rng.integers(0, 1 << np.maximum(bits, 1), shape), np.rint(rng.laplace(0, scale, shape))).astype(int)
    found = AdaptiveCoder(description)
    assert (found.decode(found.encode(codes), shape) == codes).all()


def damaged(data: bytes, kind: str, rng: np.random.Generator) -> bytes:
    place = int(rng.integers(len(data)))
    noise = rng.bytes(int(rng.integers(1, 300)))
    if kind == "flip":
        return data[:place] + bytes([data[place] ^ 1 << int(rng.integers(8))]) + data[place + 1 :]
    other = {"cut": data[:place], "noise": noise, "zeros": bytes(len(noise)), "ones": b"\xff" * len(noise)}
    return other[kind] if kind in other else data[:place] + noise[:5] + data[place:]


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_payloads_decode_to_the_right_shape_or_are_refused(kind):
    rng = np.random.default_rng(8)
    for case in cases().values():
        found = AdaptiveCoder(case.description)
        data, refused = found.encode(case.codes), 0
        for _ in range(60):
            try:
                decoded = found.decode(damaged(data, kind, rng), case.codes.shape)
            except ValueError:
                refused += 1
                continue
            assert decoded.shape == case.codes.shape
            assert np.abs(decoded.astype(np.int64)).max() < 1 << 31
        assert refused < 60 or kind in ("noise", "ones", "zeros", "insert")


def test_codes_that_cannot_be_written_are_refused_by_name():
    found = AdaptiveCoder(wavelet_frames(1, 8))
    codes = np.zeros((1, 32, 4), np.int64)
    wrong = (((0, 3, 1), 1 << 20, "1048576"), ((0, 0, 2), -(1 << 20), "differences"), ((0, 5, 1), 1 << 40, "32 bits"))
    for place, value, sentence in wrong:
        bad = codes.copy()
        bad[place] = value
        with pytest.raises(ValueError, match=sentence):
            found.encode(bad)
    with pytest.raises(ValueError, match="32"):
        AdaptiveCoder(indices(1, 5)).encode(np.full((1, 1, 3), 32))
    with pytest.raises(ValueError, match="float64"):
        found.encode(codes.astype(float))
    with pytest.raises(ValueError, match=r"\(2, 32, 4\)"):
        found.decode(b"", (2, 32, 4))


def test_differences_that_add_up_beyond_32_bits_are_refused():
    symbols = np.zeros((2100, 1, 32), np.int32)
    symbols[:, 0, 0] = (1 << 20) - 1
    assert to_codes(wavelet_frames(1, 8), symbols[:2040])[0, 0, -1] == 2040 * ((1 << 20) - 1)
    with pytest.raises(ValueError, match="beyond 32 bits"):
        to_codes(wavelet_frames(1, 8), symbols)


def test_a_payload_longer_than_its_codes_is_refused():
    with pytest.raises(ValueError, match="do not belong together"):
        coder("wavelet", 1).decode(bytes(range(1, 200)), (1, 32, 0))


@pytest.mark.parametrize("kind", ["one lead", "two leads", "escapes", "order 0"])
def test_a_payload_that_is_said_to_hold_far_more_than_it_does_is_refused_soon_behind_its_end(kind):
    description, codes = cases()[kind]
    for payload in (b"", bytes(500), AdaptiveCoder(description).encode(codes)):
        with pytest.raises(ValueError, match="do not belong together") as caught:
            streams.Reader(payload).read(description, cold(description), 1_000_000)
        read = int(str(caught.value).split("after ")[1].split()[0])
        assert read <= codes.size + mixing.MOST_BEYOND + 500  # of the million: each takes a byte behind the end at least


@pytest.mark.parametrize("kind", ["two leads", "escapes", "order 0"])
def test_no_payload_is_refused_for_the_zeros_that_were_left_off_its_end(kind):
    case = cases()[kind]
    for frames in range(1, case.codes.shape[2] + 1):
        codes = case.codes[:, :, :frames].copy()
        for last in (0, 1, -1, 21, (1 << 20) - 1):
            codes[-1, -1, -1] = last
            found = AdaptiveCoder(case.description)
            assert np.array_equal(found.decode(found.encode(codes), codes.shape), codes)


def test_chunks_in_threads_give_the_same_bytes_as_one_after_the_other():
    rng = np.random.default_rng(0)
    chunks = [beats(rng, 2, 40) for _ in range(8)]
    found = AdaptiveCoder(wavelet_frames(2, 10), learned(wavelet_frames(2, 10), chunks[0]))
    with ThreadPoolExecutor(4) as pool:
        payloads = list(pool.map(found.encode, chunks))
        decoded = list(pool.map(lambda data: found.decode(data, chunks[0].shape), payloads))
    assert payloads == [found.encode(chunk) for chunk in chunks]
    assert all((a == b).all() for a, b in zip(decoded, chunks, strict=True))


def test_order_0_comes_to_within_a_percent_of_the_entropy_of_every_group():
    rng = np.random.default_rng(1)
    codes = np.concatenate([np.rint(rng.laplace(0, scale, (2, 2, 4000))).astype(int) for scale in (0.4, 1.5, 5)], axis=1)
    entropy = 0.0
    for group in range(3):
        counts = np.unique(codes[:, 2 * group : 2 * group + 2], return_counts=True)[1] / 16000
        entropy -= (counts * np.log2(counts)).sum() * 16000 / 8
    assert entropy < len(AdaptiveCoder(order0((0, 0, 1, 1, 2, 2), 2)).encode(codes)) < 1.01 * entropy


@lru_cache
def start_state() -> State:
    rng = np.random.default_rng(9)
    recordings = [[beats(rng, rows, 250) * scale for scale in (1, 2)] for rows in (2, 3, 2, 3)]
    return learn_start(lambda rows: wavelet_frames(rows, 12), recordings, Recipe(chunk=50, episode=100))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_one_start_state_saves_bytes_on_a_new_recording_of_any_number_of_leads(rows):
    codes = beats(np.random.default_rng(77), rows, 60)
    description = wavelet_frames(rows, 12)
    cold_size = len(AdaptiveCoder(description).encode(codes))
    warm = AdaptiveCoder(description, unpack(pack(start_state())))
    assert len(warm.encode(codes)) < 0.95 * cold_size
    assert (warm.decode(warm.encode(codes), codes.shape) == codes).all()


def test_learning_reports_its_progress_and_can_be_stopped():
    rng = np.random.default_rng(3)
    recordings = [[beats(rng, 2, 40)], [beats(rng, 1, 30)]]
    seen: list[float] = []
    learn_start(lambda rows: wavelet_frames(rows, 8), recordings, Recipe(chunk=10, episode=20), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1

    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        learn_start(lambda rows: wavelet_frames(rows, 8), recordings, progress=stop)
    with pytest.raises(ValueError, match="at least 2"):
        learn_start(lambda rows: wavelet_frames(rows, 8), recordings[:1])


def test_a_packed_state_is_small_deterministic_and_unpacks_to_one_state():
    data = pack(start_state())
    assert data == pack(start_state())
    assert len(data) <= 300_000
    state = unpack(data)
    assert state.digest() == unpack(data).digest() != start_state().digest()
    assert set(np.unique(state.counters & 255)) == {0, 2}
    assert len(pack(start_state(), len(data) - 1)) < len(data)
    with pytest.raises(ValueError, match="fewer hash bits"):
        pack(start_state(), 100)


def test_damaged_states_are_refused():
    data = pack(start_state())
    rng = np.random.default_rng(2)
    for bad in (b"", b"VQS1", data[:-1], b"VQS2" + data[4:], *(damaged(data, kind, rng) for kind in ("flip", "noise", "cut", "ones"))):
        with pytest.raises(ValueError, match="start state"):
            unpack(bad)


def test_a_state_serves_fewer_rows_and_levels_but_no_more():
    description = indices(3, 6, 2, 8)
    state = learned(description, np.random.default_rng(0).integers(0, 64, (2, 3, 30)))
    for levels, rows in ((3, 1), (1, 2), (2, 1)):
        part = serving(indices(levels, 6, rows, 8), state)
        assert [array.shape for array in part] == [array.shape for array in cold(indices(levels, 6, rows, 8))]
    for other in (indices(4, 6, 2, 8), indices(3, 6, 2, 9)):
        with pytest.raises(ValueError, match="learned for other data"):
            AdaptiveCoder(other, state)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rows": 5}, "do not divide"),
        ({"lags": np.zeros(3)}, "one lag"),
        ({"bits": np.full(32, 17)}, "at most 16"),
        ({"classes": np.full(32, -1)}, "negative"),
        ({"classes": np.zeros(31)}, "does not fit"),
        ({"counts": np.full(32, 17)}, "17 contexts"),
        ({"contexts": ((99,),), "counts": None}, "by their number"),
        ({"selection": Selection(0, 0, 0, 1)}, "out of range"),
        ({"features": (Identity(9),)}, "out of range"),
        ({"hash_bits": 30}, "hash_bits 30"),
    ],
)
def test_descriptions_that_the_kernel_could_not_follow_are_refused(change, sentence):
    given = {name: getattr(wavelet_frames(1, 8), name) for name in Description.__dataclass_fields__}
    with pytest.raises(ValueError, match=sentence):
        Description(**given | change)
