"""The verdict of a comparison in words: who keeps most, against whom, and where ours lose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from app.views import compare_words
from vqvae.contest.results import Result, Seconds, ranked
from vqvae.modalities.ecg import Ecg
from vqvae.modalities.protocol import Report, Score


def made(codec: str, size: int = 100, **values: float) -> Result:
    perfect = {"snr": math.inf, "r_peak_f1_36ms": 100.0}
    units = {"prdn": "%", "max_error": "mV", "r_peak_f1_36ms": "%", "snr": "dB"}
    scores = tuple(Score(name, value, units[name], perfect.get(name, 0.0), "") for name, value in values.items())
    empty = Ecg(np.zeros((1, 1), np.float32), 360.0, ("I",))
    return Result(codec, codec, "", b"x" * size, 100, 0.0, 1.0, "bit/s", 1.0, empty, Report(scores, {}), None, Seconds(0, 0, 0))


def judged(results: list[Result], scores: tuple[str, ...] = ("prdn", "max_error"), ours: tuple[str, ...] = ("ecg", "ecg-fine")) -> Any:
    said = compare_words.verdict(ranked(results, scores[0]), scores, ours, "15.1 kB")
    return said, " ".join([said.lead, *said.rest]).replace("\u202f", " ")


def test_the_verdict_names_the_winner_the_hardest_opponent_and_the_textbook():
    results = [made("ecg-fine", prdn=4.8, max_error=0.2), made("wavelet", prdn=8.7, max_error=0.5)]
    said, words = judged([*results, made("wavelet-adaptive", prdn=6.1, max_error=0.3), made("dct", prdn=9.0, max_error=0.4)])
    assert said.won
    assert words == (
        "At 15.1 kB ecg-fine keeps most: PRDN 4.80 %. The best opponent, the wavelet with our entropy coder, has 6.10 %. "
        "The textbook wavelet has 8.70 %. Ours lose on none of the other scores shown."
    )


def test_the_verdict_says_where_ours_lose():
    said, words = judged([made("ecg-fine", prdn=4.8, max_error=0.412), made("dct", prdn=9.0, max_error=0.35)])
    assert said.won
    assert "Ours lose on Worst error (0.412 mV against 0.350 mV of dct)." in words


def test_the_verdict_of_a_defeat_names_the_best_of_ours():
    ours = [made("ecg", prdn=9.5, max_error=0.3), made("ecg-fine", prdn=9.2, max_error=0.1)]
    said, words = judged([*ours, made("dct", prdn=9.0, max_error=0.4)])
    assert said.won is False
    assert words.startswith("At 15.1 kB dct keeps most: PRDN 9.00 %. The best of ours, ecg-fine, has 9.20 %.")
    assert words.endswith("Ours lose on none of the other scores shown.")


def test_equals_win_together_and_nobody_wins_without_an_answer():
    _, words = judged([made("ecg", r_peak_f1_36ms=100.0), made("dct", r_peak_f1_36ms=100.0)], ("r_peak_f1_36ms",))
    assert "ecg and dct keep most: R-peak F1, 36 ms 100 %." in words
    said, words = judged([made("ecg", prdn=math.nan), made("dct", prdn=math.nan)], ("prdn",))
    assert said.won is None
    assert words == "At 15.1 kB nobody has an answer for PRDN."


def test_what_reads_alike_is_no_victory_and_no_defeat():
    ours = made("ecg", prdn=85.101, max_error=7.031)
    said, words = judged([made("dct", prdn=85.099, max_error=7.029), ours, made("wavelet", prdn=99.0, max_error=9.0)])
    assert said.won is None
    assert words == (
        "At 15.1 kB dct and ecg keep most: PRDN 85.1 %. The textbook wavelet has 99.0 %. Ours lose on none of the other scores shown."
    )


def test_a_file_that_is_too_large_wins_nothing_in_the_words_either():
    _, words = judged([made("ecg", size=150, prdn=1.0, max_error=0.1), made("dct", prdn=9.0, max_error=0.4)])
    assert words == (
        "Only dct makes a file as small as 15.1 kB: PRDN 9.00 %, with nothing to compare it with. "
        "Larger than that, and so without a chance, is the file of ecg."
    )


def test_where_no_opponent_makes_so_small_a_file_nothing_is_won():
    larger = [made("jpeg", size=150, prdn=9.0, max_error=0.4), made("webp", size=150, prdn=1.0, max_error=0.1)]
    said, words = judged([made("ecg", prdn=4.8, max_error=0.2), *larger])
    assert said.won is None
    assert words == (
        "Only ecg makes a file as small as 15.1 kB: PRDN 4.80 %, with nothing to compare it with. "
        "Larger than that, and so without a chance, are the files of webp and jpeg."
    )
    said, words = judged([made("ecg", prdn=4.8, max_error=0.2), made("ecg-fine", prdn=4.0, max_error=0.2), larger[0]])
    assert said.won is None
    assert words.startswith("At 15.1 kB ecg-fine keeps most: PRDN 4.00 %. Larger than that")
    assert judged([made("ecg", prdn=4.8, max_error=0.2), made("dct", prdn=9.0, max_error=0.4), larger[0]])[0].won
    said, words = judged(larger)
    assert (said.won, words) == (None, "No codec here makes a file as small as 15.1 kB: none of them wins.")
