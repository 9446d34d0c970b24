"""The sound of a performance, measured: how long it is, when it begins, how loud, and what the pedal does."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from played import performance

from vqvae.modalities.piano import sound
from vqvae.modalities.piano.sound import LONGEST, RATE, RING, TAIL, gain_for, has_piano, ogg, render, wav

SPARSE = [(0.5, 0.4, 60, 80), (2.0, 0.4, 40, 50), (3.5, 0.4, 84, 110), (5.0, 0.3, 60, 64), (6.0, 0.1, 60, 64), (7.5, 1.0, 100, 30)]


@pytest.fixture(params=["piano", "tone"])
def either(request, monkeypatch) -> str:
    """Both ways of sounding: the sampled piano, and the tone that stands in where it is not installed."""
    if request.param == "tone":
        monkeypatch.setattr(sound, "soundfont", lambda: None)
    assert has_piano() == (request.param == "piano")
    return request.param


def energy(samples: np.ndarray, start: float, stop: float) -> float:
    """RMS between two times in s."""
    return float(np.sqrt(np.mean(samples[round(start * RATE) : round(stop * RATE)].astype(float) ** 2)))


def test_the_sound_is_as_long_as_what_sounds_and_a_tail(either):
    for rate in (22050, 44100):
        assert render(performance(SPARSE), rate).shape == (round((8.5 + TAIL) * rate), 2)
    held = performance([(0.0, 0.5, 60, 64)], pedal=[(0.2, 127), (4.0, 0)])
    assert len(render(held)) == round((4.0 + TAIL) * RATE)
    assert len(render(performance([]))) == round(TAIL * RATE)


def test_every_note_is_heard_within_10_ms_of_its_onset(either):
    samples = render(performance(SPARSE)).astype(float).mean(axis=1)
    for onset, _, _, _ in SPARSE:
        before = np.abs(samples[round((onset - 0.2) * RATE) : round(onset * RATE)]).max()
        window = np.abs(samples[round(onset * RATE) : round((onset + 0.1) * RATE)])
        rises = np.flatnonzero(window > before + 0.1 * (window.max() - before))[0] / RATE
        assert rises < 0.010, (onset, rises)
        assert before < 0.05 * window.max()


def test_what_is_played_at_the_same_time_is_heard_at_the_same_time_in_original_and_reconstruction(either):
    early = render(performance(SPARSE))
    late = render(performance([(onset + 0.1, *rest) for onset, *rest in SPARSE]))
    shift = round(0.1 * RATE)
    assert np.abs(late[shift : shift + 8 * RATE] - early[: 8 * RATE]).max() < 0.02 * np.abs(early).max()


def test_loudness_rises_with_velocity(either):
    rms = [energy(render(performance([(0.1, 1.0, 60, velocity)])), 0.1, 1.1) for velocity in range(7, 128, 12)]
    assert (np.diff(rms) > 0).all()
    assert rms[-1] > 8 * rms[0]


def test_nothing_sounds_before_the_first_note_and_after_the_last_has_died_away(either):
    samples = render(performance([(1.0, 0.5, 60, 100)]))
    assert np.abs(samples[: RATE - 1]).max() == 0
    assert energy(samples, 3.2, 3.5) < 1e-3 * energy(samples, 1.0, 1.5)


def test_the_pedal_lets_a_note_ring_and_lifting_it_ends_it(either):
    note = [(0.5, 0.2, 55, 90), (6.0, 0.1, 90, 20)]
    dry, wet = render(performance(note)), render(performance(note, pedal=[(0.4, 100), (3.0, 0)]))
    half = render(performance(note, pedal=[(0.4, 63), (3.0, 0)]))
    assert energy(wet, 2.0, 2.5) > 20 * energy(dry, 2.0, 2.5)
    assert energy(wet, 4.2, 4.7) < 0.05 * energy(wet, 2.0, 2.5)
    assert np.array_equal(half, dry)
    assert np.array_equal(wet[: round(0.65 * RATE)], dry[: round(0.65 * RATE)])


def test_a_key_that_is_struck_again_in_the_pedal_sounds_again(either):
    samples = render(performance([(0.2, 0.1, 60, 90), (1.7, 0.1, 60, 90)], pedal=[(0.0, 127), (4.0, 0)]))
    assert energy(samples, 1.7, 1.8) > 1.3 * energy(samples, 1.55, 1.65)
    assert energy(samples, 2.5, 3.0) > 0.1 * energy(samples, 1.7, 1.8)


def test_a_pedal_that_is_never_lifted_does_not_ring_for_ever(either):
    samples = render(performance([(0.0, 0.5, 60, 64)], pedal=[(0.1, 127), (900.0, 127)]))
    assert len(samples) == round((RING + TAIL) * RATE)


def test_the_same_notes_give_the_same_samples_whatever_was_rendered_before(either):
    first = render(performance(SPARSE))
    render(performance([(0.0, 3.0, 30, 127)]))
    assert np.array_equal(render(performance(SPARSE)), first)


def test_progress_rises_to_the_end_and_can_stop_the_rendering(either):
    notes = performance([(0.2 * i, 0.2, 40 + i % 40, 64) for i in range(600)])
    told: list[float] = []
    render(notes, 8000, told.append)
    assert told == sorted(told)
    assert (len(told) > 2, told[-1]) == (True, 1.0)

    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        render(notes, 8000, stop)


def test_what_is_too_long_to_be_heard_at_once_is_refused_before_it_is_rendered():
    with pytest.raises(ValueError, match=r"piece lasts 46 min; up to 45 min .* choose a part"):
        render(performance([(LONGEST + 30, 1.0, 60, 64)]))


def test_one_gain_makes_the_original_loud_and_leaves_a_softer_reconstruction_softer():
    loud, soft = (render(performance([(0.1, 0.5, 60, velocity)])) for velocity in (100, 50))
    gain = gain_for(loud)
    assert 0.5 < np.abs(loud * gain).max() < 0.7
    assert energy(soft * gain, 0, 1) / energy(loud * gain, 0, 1) == pytest.approx(energy(soft, 0, 1) / energy(loud, 0, 1))
    assert gain_for(np.zeros((100, 2), np.float32)) == 1.0


def test_the_tone_has_the_pitch_of_the_key(either):
    for pitch in (45, 69, 81):
        samples = render(performance([(0.0, 1.5, pitch, 90)]))[:RATE, 0]
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 4 * RATE))
        wanted = 440 * 2 ** ((pitch - 69) / 12)
        near = slice(round(4 * wanted * 0.97), round(4 * wanted * 1.03))
        peak = (near.start + int(spectrum[near].argmax())) / 4
        assert abs(1200 * np.log2(peak / wanted)) < 15
        assert spectrum[near].max() > 0.1 * spectrum.max()


def test_files_hold_the_sound_and_more_frames_than_the_encoder_takes_at_once():
    samples = (0.3 * np.sin(np.arange(3_000_000) / 40)).astype(np.float32)[:, None].repeat(2, axis=1)
    told: list[float] = []
    for encode, near in ((ogg, 0.02), (wav, 1e-4)):
        read, rate = soundfile.read(io.BytesIO(encode(samples, 44100, told.append)), dtype="float32")
        assert (rate, read.shape) == (44100, samples.shape)
        assert np.abs(read - samples)[5000:-5000].max() < near
        assert told[-1] == 1.0
    assert ogg(samples[:1000])[:4] == b"OggS"
    assert wav(samples[:1000])[:4] == b"RIFF"


def test_what_is_louder_than_full_scale_is_clipped_not_wrapped():
    read, _ = soundfile.read(io.BytesIO(wav(np.full((100, 2), 1.7, np.float32))))
    assert read.min() > 0.99
