"""What the Compare page is asked for: which codecs, which size, which scores, which noise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from app import cache, inputs
from app.trained import resolved
from app.words import number, score_title
from vqvae.modalities.ecg.disturb import KINDS, Disturbance
from vqvae.modalities.ecg.recording import Ecg

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

CODECS, UNIT, SIZE, LAST_UNIT, SCORES, RANKING = (f"compare.{key}" for key in ("codecs", "unit", "size", "last_unit", "scores", "ranking"))
NOISE, SNR, SEED = "compare.noise", "compare.snr", "compare.seed"
SECONDS, OFFERED = "compare.seconds", "compare.offered"

UNITS = {  # how a size can be said -> words
    "ratio": "times smaller than the original",
    "rate": "bit/s per lead",
    "bytes": "bytes",
}
USUAL_RATIO, RATIOS = 32.0, (1.5, 1000.0)
USUAL_SNR, SNRS, SEEDS = 12.0, (-6.0, 30.0), 9999
USUAL_SCORES = ("prdn", "max_error", "r_peak_f1_36ms", "qrs_duration_within_10ms", "st_level_change")
WINDOWS = (2.0, 4.0, 10.0, 30.0)  # s


class Amount(NamedTuple):
    """How much signal the recording is, to turn one way of saying a size into another."""

    lead_seconds: float
    raw_bytes: float

    def to_bytes(self, value: float, unit: str) -> int:
        """A size in bytes."""
        if unit == "ratio":
            return max(1, int(self.raw_bytes / value))
        return max(1, int(value * self.lead_seconds / 8 if unit == "rate" else value))

    def said(self, size: int, unit: str) -> float:
        """`size` bytes in another unit."""
        if unit == "ratio":
            return self.raw_bytes / size
        return 8 * size / self.lead_seconds if unit == "rate" else float(size)


@dataclass(frozen=True)
class Choice:
    """Everything that decides which files are made and how they are judged."""

    source: str  # what lies on the desk
    codecs: tuple[str, ...]
    size: int  # bytes
    noise: Disturbance | None


def amount(recording: Ecg) -> Amount:
    """The recording's length and its size as stored."""
    leads, samples = recording.signals.shape
    return Amount(leads * samples / recording.rate, leads * samples * recording.bits / 8)


def open_choices(shipped: Sequence[str]) -> None:
    """The choices of a first visit, from the address; whatever it holds that does not exist is passed over."""
    state, asked = st.session_state, st.query_params.to_dict()
    if CODECS in state:
        return
    state[CODECS] = [name for name in asked.get("codecs", "").split(",") if name in shipped] or list(shipped)
    unit = next((unit for unit in UNITS if unit in asked), "ratio")
    state[UNIT] = state[LAST_UNIT] = unit
    state[SIZE] = inputs.parse(asked.get(unit), USUAL_RATIO)
    ranking = asked.get("score", USUAL_SCORES[0])
    state[SCORES] = list(dict.fromkeys([*USUAL_SCORES, *([ranking] if re.fullmatch("[a-z0-9_]{1,60}", ranking) else [])]))
    state[RANKING] = ranking if ranking in state[SCORES] else USUAL_SCORES[0]
    state[NOISE] = [kind for kind in asked.get("noise", "").split(",") if kind in KINDS]
    state[SNR] = float(min(max(round(inputs.parse(asked.get("snr"), USUAL_SNR)), SNRS[0]), SNRS[1]))
    state[SEED] = min(int(inputs.parse(asked.get("seed"), 0)), SEEDS)
    state[SECONDS] = WINDOWS[1]


def address(choice: Choice) -> dict[str, str]:
    """What a link must hold to make these choices again."""
    desired = {st.session_state[UNIT]: f"{st.session_state[SIZE]:.6g}", "codecs": ",".join(choice.codecs), "score": ranking()}
    if choice.noise:
        desired |= {"noise": ",".join(choice.noise.kinds), "snr": f"{choice.noise.snr:g}", "seed": str(choice.noise.seed)}
    return desired


def offer(scores: Sequence[str]) -> None:
    """The scores that there are to choose from, from now on."""
    st.session_state[OFFERED] = tuple(scores)


def choose(source: str, recording: Ecg, known: Sequence[str], titles: dict[str, str]) -> Choice:
    """The row of choices; `known` codecs have titles."""
    scores = st.session_state.get(OFFERED, USUAL_SCORES)
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    size = _choose_size(row, amount(recording))
    _choose_ranking(row, scores)
    chosen: list[str] = st.session_state[CODECS]
    with row.popover(f"Codecs: {len(chosen)}", help="Which codecs take part; also other checkpoints and training runs"):
        _choose_codecs(known, titles)
    with row.popover(f"Scores: {len(st.session_state[SCORES])}", help="Which scores stand in the table"):
        _choose_scores(scores)
    kinds = st.session_state.get(NOISE) or []
    with row.popover("Noise: on" if kinds else "Noise: none", help="Disturb the recording before it is coded"):
        noise = _choose_noise()
    return Choice(source, tuple(dict.fromkeys(map(resolved, st.session_state[CODECS]))), size, noise)


def _choose_size(place: DeltaGenerator, amount: Amount) -> int:
    limits = [amount.said(amount.to_bytes(ratio, "ratio"), st.session_state[UNIT]) for ratio in RATIOS]
    low, high = sorted(limits)
    st.session_state[SIZE] = float(min(max(st.session_state[SIZE], low), high))
    place.number_input(
        "Size of every file",
        low,
        high,
        key=SIZE,
        format="%.0f" if st.session_state[UNIT] == "bytes" else "%.1f",
        step=max(1.0, float(round(high / 1000))),
        width=150,
        help="Every codec makes the largest file that is not larger than this; headers count.",
        persist_state="session",
    )
    place.selectbox(
        "Said as",
        list(UNITS),
        key=UNIT,
        format_func=UNITS.__getitem__,
        on_change=_say_otherwise,
        args=(amount,),
        width=250,
        help="Three ways to say the same size.",
        persist_state="session",
    )
    return amount.to_bytes(st.session_state[SIZE], st.session_state[UNIT])


def _say_otherwise(amount: Amount) -> None:
    """The same size in the unit that was just chosen."""
    state = st.session_state
    state[SIZE] = amount.said(amount.to_bytes(state[SIZE], state[LAST_UNIT]), state[UNIT])
    state[LAST_UNIT] = state[UNIT]


def _choose_ranking(place: DeltaGenerator, scores: Sequence[str]) -> None:
    options: list[str] = st.session_state[SCORES] or list(scores[:1])
    if st.session_state[RANKING] not in options:
        st.session_state[RANKING] = options[0]
    words = "The score that decides who comes first; changing it computes nothing again."
    place.selectbox("Ranked by", options, key=RANKING, format_func=score_title, width=230, help=words, persist_state="session")


def _choose_codecs(known: Sequence[str], titles: dict[str, str]) -> None:
    st.multiselect(
        "Codecs",
        list(dict.fromkeys([*known, *st.session_state[CODECS]])),
        key=CODECS,
        format_func=lambda name: f"{name}: {titles[name]}" if name in titles else name,
        accept_new_options=True,
        placeholder="Choose, or type the folder of a checkpoint or run",
        persist_state="session",
    )
    st.caption(cache.text("compare_codecs"))


def _choose_scores(scores: Sequence[str]) -> None:
    options = list(dict.fromkeys([*scores, *st.session_state[SCORES]]))
    st.multiselect("Scores in the table", options, key=SCORES, format_func=score_title, persist_state="session")


def _choose_noise() -> Disturbance | None:
    about = "\n".join(f"- **{kind}**: {words}" for kind, words in KINDS.items())
    kinds = st.pills("Kind of noise", list(KINDS), selection_mode="multi", key=NOISE, help=about, persist_state="session")
    left, right = st.columns([2, 1])
    left.slider(
        "Level: signal over noise", *SNRS, step=1.0, key=SNR, format="%.0f dB", persist_state="session",
        help="Power of the clean lead over the power of the noise: 0 dB is as much noise as signal, 20 dB a hundredth of it.",
    )  # fmt: skip
    right.number_input("Seed", 0, SEEDS, key=SEED, help="Another seed, another noise of the same kind.", persist_state="session")
    st.caption(cache.text("compare_noise"))
    return Disturbance(tuple(kinds), st.session_state[SNR], st.session_state[SEED]) if kinds else None


def scores(there: Sequence[str]) -> tuple[str, ...]:
    """The scores of the table among those that are `there`; the first one ranks."""
    return tuple(name for name in dict.fromkeys([ranking(), *st.session_state[SCORES]]) if name in there) or tuple(there[:1])


def ranking() -> str:
    """The score that decides who comes first."""
    return str(st.session_state[RANKING])


def said(choice: Choice, recording: Ecg) -> str:
    """15.1 kB (124 bit/s per lead, 32 times smaller than the original), and which noise was added."""
    ways = amount(recording)
    rate, ratio = (number(ways.said(choice.size, unit)).removesuffix(".0") for unit in ("rate", "ratio"))
    words = f"{size_words(choice.size)} ({rate}\u202fbit/s per lead, {ratio} times smaller than the original)"
    if choice.noise:
        words += f", under {' and '.join(choice.noise.kinds)} noise at {choice.noise.snr:g}\u202fdB and against the clean recording,"
    return words


def size_words(size: int) -> str:
    """Bytes with a unit that is easy to read."""
    if size < 1000:
        return number(size, "bytes")
    return number(size / 1e3, "kB") if size < 1e6 else number(size / 1e6, "MB")
