"""Opponents: what their errors are bounded by, what their codes and bytes must be, and that their transforms are the textbook's."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vqvae.baselines import baseline, names
from vqvae.baselines import dct as cosine
from vqvae.baselines.averaging import LONGEST, PRICE, piecewise_means
from vqvae.baselines.coders import Successive, textbook
from vqvae.baselines.scalar import MAX_CODE, ONE, THRESHOLD, dequantise, quantise, step_of
from vqvae.baselines.smoothing import COLUMN, kept
from vqvae.baselines.wavelet import AdaptiveWavelet
from vqvae.codec.adaptive import to_symbols
from vqvae.codec.descriptions import wavelet_frames
from vqvae.codec.state import cold
from vqvae.codec.streams import learn
from vqvae.modalities import modality

CLASSICAL = ("dct", "wavelet", "wavelet-adaptive", "smoothing", "averaging")
MARGIN = 32  # samples at both ends that no recording reaches
BOUND = {  # root mean square error in steps
    "dct": 0.7,
    "wavelet": 0.9,
    "wavelet-adaptive": 0.9,
    "averaging": math.sqrt(PRICE) + 0.5,
}


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """(2, 1, T): 60 s of two leads."""
    ecg = modality("ecg")
    return ecg.to_tensors(ecg.example("ventricular")).values[[1, 7]]


def noise(rows: int, length: int, seed: int = 0) -> np.ndarray:
    """Rows (N, 1, T) of mean 0 and variance 1 with more of low than of high frequencies."""
    found = np.random.default_rng(seed).standard_normal((rows, 1, length))
    found += 0.3 * found.cumsum(axis=2)
    found -= found.mean(axis=2, keepdims=True)
    return (found / found.std(axis=2, keepdims=True)).astype(np.float32)


def rms(reference: np.ndarray, other: np.ndarray) -> float:
    error = reference[..., MARGIN:-MARGIN].astype(float) - other[..., MARGIN:-MARGIN]
    return float(np.sqrt(np.mean(error**2)))


def passed(name: str, values: np.ndarray, quality: float) -> np.ndarray:
    opponent = baseline(name)
    return opponent.decode(opponent.encode(values, quality), quality, values.shape[2])


def size(name: str, values: np.ndarray, quality: float) -> int:
    opponent = baseline(name)
    return len(opponent.coder(len(values), quality).encode(opponent.encode(values, quality)))


@pytest.mark.parametrize("name", sorted(BOUND))
@pytest.mark.parametrize("quality", [-2.0, 0.3, 2.0, 5.0, 9.0])
def test_the_error_is_bounded_by_the_step_at_every_quality(name, quality, values):
    for signal in (values, noise(2, 4096 + 32)):
        assert rms(signal, passed(name, signal, quality)) <= BOUND[name] * step_of(quality) + 1e-5


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_fine_step_leaves_the_error_of_uniform_rounding(name):
    white = np.random.default_rng(0).standard_normal((2, 1, 4096)).astype(np.float32)
    assert rms(white, passed(name, white, 9.0)) == pytest.approx(step_of(9.0) / math.sqrt(12), rel=0.1)


def test_smoothing_filters_nothing_at_the_top_and_is_off_by_half_a_step_there():
    signal = noise(2, 4096 + 32)
    for quality in (7.2, 9.0):
        assert kept(quality) == COLUMN
        assert np.abs(passed("smoothing", signal, quality) - signal).max() <= 0.5 * step_of(quality) + 1e-6


def test_smoothing_keeps_slow_waves_and_drops_fast_ones():
    seconds = np.arange(360 * 32) / 360
    slow, fast = (math.sqrt(2) * np.sin(2 * np.pi * hertz * seconds)[None, None].astype(np.float32) for hertz in (3, 60))
    inside = slice(360, -360)
    step = step_of(1.0)  # and 86 samples of 512 are kept: 60 a second
    assert rms(slow[..., inside], passed("smoothing", slow, 1.0)[..., inside]) < step
    assert rms(fast[..., inside], passed("smoothing", fast, 1.0)[..., inside]) == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("name", names("ecg"))
def test_more_quality_takes_more_bytes_and_leaves_less_error(name, values):
    low, high = baseline(name).qualities
    grid = np.arange(low, min(high, 5.5) + 1e-9, 0.5)
    sizes = [size(name, values, quality) for quality in grid]
    errors = [rms(values, passed(name, values, quality)) for quality in grid]
    assert np.all(np.diff(sizes) > 0)
    assert np.all(np.diff(errors) < 0)
    assert sizes[0] < 400  # bytes, for 2 minutes
    assert errors[0] > 0.4


@pytest.mark.parametrize("name", names("ecg"))
def test_bytes_grow_in_steps_small_enough_to_meet_any_size_within_two_percent(name, values):
    sizes = [size(name, values, quality) for quality in np.arange(1.0, 1.1, 0.004)]
    assert max(after / before for before, after in itertools.pairwise(sizes)) < 1.02


@pytest.mark.parametrize("name", names("ecg"))
@pytest.mark.parametrize("length", [64, 96, 5024])
def test_a_signal_comes_back_from_its_bytes_quality_and_length_alone(name, length):
    signal, quality = noise(3, length), 1.7
    codes = baseline(name).encode(signal, quality)
    data = baseline(name).coder(3, quality).encode(codes)
    read = baseline(name).coder(3, quality).decode(data, codes.shape)
    assert codes.dtype == np.int32
    assert np.array_equal(read, codes)
    decoded = baseline(name).decode(read, quality, length)
    assert decoded.shape == signal.shape
    assert decoded.dtype == np.float32
    assert rms(signal[..., -length:], decoded) < 0.9 if length > 64 else True


@pytest.mark.parametrize("name", names("ecg"))
def test_a_row_is_coded_and_decoded_as_if_it_were_alone(name, values):
    opponent, length = baseline(name), values.shape[2]
    codes = opponent.encode(values, 2.0)
    decoded = opponent.decode(codes, 2.0, length)
    for row in range(len(values)):
        assert np.array_equal(codes[row], opponent.encode(values[row : row + 1], 2.0)[0])
        assert np.array_equal(decoded[row], opponent.decode(codes[row : row + 1], 2.0, length)[0])


@pytest.mark.parametrize("name", names("ecg"))
def test_codes_of_another_length_or_quality_than_stated_are_refused(name):
    opponent, signal = baseline(name), noise(1, 2048)
    codes = opponent.encode(signal, 1.0)
    with pytest.raises(ValueError, match="do not fit"):
        opponent.decode(codes[:, :, 1:], 1.0, 2048)
    with pytest.raises(ValueError, match="do not fit"):
        opponent.decode(np.repeat(codes, 2, axis=1), 1.0, 2048)
    for quality in (-1e6, math.nan, math.inf):
        with pytest.raises(ValueError, match="quality"):
            opponent.decode(codes, quality, 2048)


@pytest.mark.parametrize("name", names("ecg"))
def test_no_signal_of_variance_one_has_codes_that_cannot_be_written(name):
    length = 1 << 20
    lonely = np.full((1, 1, length), -1 / math.sqrt(length), np.float32)
    lonely[0, 0, length // 2] = math.sqrt(length)
    opponent = baseline(name)
    codes = opponent.encode(lonely, opponent.qualities[1])
    assert np.abs(codes).max() <= MAX_CODE
    few = slice(codes.shape[2] // 2 - 2, codes.shape[2] // 2 + 2)
    opponent.coder(1, opponent.qualities[1]).encode(codes[:, :, few])


@pytest.mark.parametrize("name", names("ecg"))
def test_a_flat_lead_stays_flat_and_costs_next_to_nothing(name):
    flat = np.zeros((1, 1, 36000), np.float32)
    for quality in baseline(name).qualities if name in CLASSICAL else ():
        assert not passed(name, flat, quality).any()
        assert size(name, flat, quality) < 60


def test_wavelet_coefficients_are_those_of_pywavelets():
    import pywt

    signal = noise(1, 64 * 300)
    for name, levels in (("wavelet", 6), ("wavelet-adaptive", 5)):
        codes = baseline(name).encode(signal, 9.0)[0].T * step_of(9.0)
        bands = pywt.wavedec(signal[0, 0].astype(float), "bior4.4", "periodization", levels)
        assert codes.shape[1] == 2**levels
        start = 0
        for band in bands:
            width = len(band) // len(codes)
            assert np.allclose(codes[:, start : start + width].reshape(-1), band, atol=THRESHOLD * step_of(9.0) + 1e-4)
            start += width


def test_the_cosine_transform_keeps_energy_and_is_its_definition():
    signal = np.random.default_rng(0).standard_normal(320).astype(np.float32)
    signal[:32] = signal[-32:] = 0
    coefficients = cosine.analysis(signal)
    assert np.sum(coefficients**2) == pytest.approx(np.sum(signal**2), rel=1e-5)
    frame, k = 4, 7
    n = np.arange(64)
    window = np.sin(np.pi * (n + 0.5) / 64)
    function = window * np.sqrt(2 / 32) * np.cos(np.pi / 32 * (n + 0.5 + 16) * (k + 0.5))
    assert coefficients[frame, k] == pytest.approx(np.sum(function * signal[frame * 32 - 16 :][:64]), abs=1e-5)


def test_piecewise_means_are_the_best_of_all_piecewise_constant_signals():
    random = np.random.default_rng(0)
    for price in (0.05, 0.5, 3.0):
        signal = random.standard_normal(9).cumsum().astype(np.float32)

        def cost(level: np.ndarray, pieces: int, signal: np.ndarray = signal, price: float = price) -> float:
            return float(np.sum((signal - level) ** 2) + price * pieces)

        best = math.inf
        for cuts in itertools.product((0, 1), repeat=8):
            pieces = np.split(signal, np.flatnonzero(cuts) + 1)
            best = min(best, cost(np.concatenate([np.full(len(p), p.mean()) for p in pieces]), len(pieces)))
        found = piecewise_means(signal, price, LONGEST)
        assert cost(found, 1 + np.count_nonzero(np.diff(found))) == pytest.approx(best, rel=1e-5)


def test_no_piece_is_longer_than_allowed():
    ramp = np.linspace(0, 1e-3, 100, dtype=np.float32)
    found = piecewise_means(ramp, 1e6, 8)
    assert len(np.unique(found)) == math.ceil(100 / 8)


def test_a_number_is_off_by_half_a_step_or_below_the_threshold():
    numbers, step = np.linspace(-5, 5, 10001), 0.37
    plain = dequantise(quantise(numbers, step), step)
    assert np.abs(plain - numbers).max() <= 0.5 * step + 1e-6
    codes = quantise(numbers, step, THRESHOLD)
    assert np.array_equal(codes == 0, np.abs(numbers) < THRESHOLD * step)
    assert np.abs(dequantise(codes, step, ONE) - numbers).max() <= THRESHOLD * step + 1e-6


def test_the_textbook_coder_comes_close_to_the_entropy_of_every_group():
    random = np.random.default_rng(0)
    scales = np.array([6.0, 0.2, 0.2, 1.0])
    codes = np.rint(random.laplace(size=(2, 4, 20000)) * scales[:, None] * [[[1.0]], [[2.0]]]).astype(np.int32)
    groups = (0, 1, 1, 2)
    bits = 0.0
    for row in codes:
        for group in range(3):
            counts = np.unique(row[np.equal(groups, group)], return_counts=True)[1]
            bits -= float(np.sum(counts * np.log2(counts / counts.sum())))
    found = 8 * len(textbook(groups, 2).encode(codes))
    assert bits * 0.995 < found < 1.03 * bits
    merged = 8 * len(textbook((0, 0, 0, 0), 2).encode(codes))
    assert merged > 1.1 * found


def test_the_textbook_coder_sees_no_pattern_that_contexts_would():
    flags = np.random.default_rng(0).integers(0, 2, (1, 1, 20000))
    doubled = np.repeat(flags, 2, axis=2)
    assert 8 * len(textbook((0,), 1).encode(doubled)) > 0.99 * doubled.size


def test_successive_samples_are_coded_by_their_differences_and_every_chunk_by_itself():
    slow = np.rint(200 * np.sin(np.arange(8192) / 100)).astype(np.int32).reshape(1, 256, 32).swapaxes(1, 2)
    assert 8 * len(Successive(1).encode(slow)) < 3 * slow.size
    halves = [Successive(1).decode(Successive(1).encode(part), part.shape) for part in np.split(slow, 2, axis=2)]
    assert np.array_equal(np.concatenate(halves, axis=2), slow)


def test_the_adaptive_coder_writes_the_wavelet_in_fewer_bytes_than_the_textbook_coder(values):
    codes = baseline("wavelet-adaptive").encode(values, 1.5)
    order0 = textbook(np.repeat(np.arange(6), [1, 1, 2, 4, 8, 16]).tolist(), 2)
    assert len(baseline("wavelet-adaptive").coder(2, 1.5).encode(codes)) < 0.8 * len(order0.encode(codes))


def test_an_unknown_opponent_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(ValueError, match=r"'zip'.*dct, wavelet"):
        baseline("zip")


def test_every_opponent_says_what_it_is():
    for name in names():
        opponent = baseline(name)
        assert opponent.name == name
        assert "coder" in opponent.about
        assert opponent.about.endswith(".")
    assert set(CLASSICAL) <= set(names())


def test_a_start_state_saves_bytes_and_is_part_of_what_decodes_a_file(values):
    wavelet = AdaptiveWavelet()
    codes = wavelet.encode(values, 1.0)
    description = wavelet_frames(2)
    learned = cold(description)
    learn(description, learned, to_symbols(description, codes))
    started = AdaptiveWavelet(learned.capped(2))
    data = started.coder(2, 1.0).encode(codes)
    assert len(data) < 0.9 * len(wavelet.coder(2, 1.0).encode(codes))
    assert np.array_equal(started.coder(2, 1.0).decode(data, codes.shape), codes)
    assert wavelet.sha256 is None
    assert started.sha256 != AdaptiveWavelet(cold(description)).sha256
    assert "learned on" in started.about
    assert "nothing learned" in wavelet.about


def test_listing_opponents_loads_nothing_heavy():
    code = "import sys; from vqvae.baselines import names; names(); print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert not set(done.stdout.split()) & {"torch", "numba", "pywt", "scipy"}
