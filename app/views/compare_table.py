"""The table of codecs: ranked, the winner of every score marked, every score with its definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import streamlit as st

from app.words import number, score_title
from vqvae.contest.results import Result, winners
from vqvae.evaluation import APART
from vqvae.modalities.contest_marks import marks
from vqvae.modalities.protocol import Score

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

WON = "★"
GOLD = "background-color: rgba(43, 160, 110, 0.28)"
ROW = 35  # pixels


class Column(NamedTuple):
    """One score in the table, against one of the two recordings."""

    key: str
    title: str
    score: Score  # of the first result: unit and definition
    faithful: bool


def table(results: Sequence[Result], scores: Sequence[str], dark: bool, rate_help: str) -> None:
    """`results` are ranked; `scores` are the columns, the one that ranks first; `rate_help` says what their bit rate counts."""
    columns = _columns(results, scores)
    frame = pd.DataFrame([_row(place, result, columns) for place, result in enumerate(results, 1)])
    st.dataframe(
        _dressed(frame, results, columns, dark),
        hide_index=True,
        height=ROW * (len(results) + 1) + 3,
        key="compare.table",
        placeholder="–",
        alt="Every codec at the same size, ranked",
        column_config=_config(columns, results[0], rate_help),
    )


def _columns(results: Sequence[Result], scores: Sequence[str]) -> list[Column]:
    both = any(result.faithful for result in results)
    found = []
    for name in scores:
        known = results[0].truth.find(name)
        if known:
            unit = f" ({known.unit})" if known.unit else ""
            found.append(Column(name, f"{score_title(name)}{', truth' if both else ''}{unit}", known, False))
            if both:
                found.append(Column(f"{name}.faithful", f"{score_title(name)}, faithful{unit}", known, True))
    return found


def _row(place: int, result: Result, columns: Sequence[Column]) -> dict[str, Any]:
    reports = {False: result.truth, True: result.faithful}
    values = {}
    for column in columns:
        report = reports[column.faithful]
        known = report.find(column.score.name) if report else None
        values[column.key] = known.value if known else float("nan")
    seconds = result.seconds.encode + result.seconds.decode
    size = {"bytes": len(result.data), "rate": result.rate, **result.apart}
    return {"place": place, "codec": result.codec, **values, **size, "seconds": seconds}


def _dressed(frame: pd.DataFrame, results: Sequence[Result], columns: Sequence[Column], dark: bool) -> Styler:
    """Three digits and thin spaces; a star and a green ground where a codec wins; every codec in its own colour and with its own sign."""
    best, looks = winners(results), marks(frame["codec"])
    kinds: dict[Any, Any] = dict.fromkeys([*(column.key for column in columns), "rate", *results[0].apart], number)
    kinds |= {"bytes": number, "seconds": number, "codec": lambda name: f"{looks[name].sign} {name}"}
    styled = frame.style.format(kinds)
    for column in columns:
        won = () if column.faithful else best.get(column.score.name, ())
        rows = frame.index[frame["codec"].isin(won)]
        if 0 < len(rows) < len(frame):  # who equals everybody has won nothing
            cells: Any = (rows, [column.key])
            styled = styled.format(_won, subset=cells).map(_gold, subset=cells)
    return styled.map(lambda name: f"color: {looks[str(name)].colour(dark)}; font-weight: bold", subset=["codec"])


def _won(value: Any) -> str:
    return f"{WON} {number(value)}"


def _gold(_: Any) -> str:
    return GOLD


def _config(columns: Sequence[Column], first: Result, rate_help: str) -> dict[str, Any]:
    number_column, text = st.column_config.NumberColumn, st.column_config.TextColumn
    truth = " Against the clean original."
    faithful = " Against what the codec was given, noise and all."
    both = any(column.faithful for column in columns)
    shown: dict[str, Any] = {
        "place": number_column("", width=36, help="Place by the score that ranks."),
        "codec": text("Codec", help="Its colour and sign are the same in every picture below.", width="medium"),
        "bytes": number_column("Bytes", help="The whole file, headers included."),
        "rate": number_column(first.unit, help=rate_help),
        "seconds": number_column("Seconds", help="To make this file and to read it back, while another codec was at work beside it."),
    }
    for name in first.apart:
        shown[name] = number_column(f"{name.split('_')[0].capitalize()} ({first.unit})", help=APART[name])
    for column in columns:
        said = column.score.definition + ((faithful if column.faithful else truth) if both else "")
        better = "As high as possible." if column.score.perfect > 0 else "As near to 0 as possible."
        shown[column.key] = number_column(column.title, help=f"{said} {better} {WON} marks the winner.")
    return shown
