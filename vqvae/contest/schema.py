"""Results in the one schema that `evaluate`, `benchmark`, `compare` and the pages write."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from vqvae.contest.curves import Curve, at_ratio
from vqvae.contest.results import Result, winners
from vqvae.evaluation import APART, answers, averaged, commit, mean, stated, versions
from vqvae.modalities.protocol import Report, Score

Rows = Mapping[str, Mapping[str, Any]]


def figures(result: Result) -> dict[str, Any]:
    """All numbers of one result, without file and reconstruction; NaN for no answer."""
    return {
        "bytes": len(result.data),
        "quality": result.quality,
        "rate": result.rate,
        "compression_ratio": result.compression_ratio,
        **result.apart,
        **{score.name: score.value for score in result.truth.scores},
    }


def point(codec: str, unit: str, scores: Sequence[Score], rows: Rows, seconds: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """One entry of "points": a codec's means over `rows` (recording -> `figures`), each counting once, and the rows themselves."""
    total = {part: round(sum(each[part] for each in seconds), 3) for part in ("encode", "decode", "score")}
    return {
        "codec": codec,
        "bytes": sum(row["bytes"] for row in rows.values()),
        "rate": {"value": mean([row["rate"] for row in rows.values()]), "unit": unit, "counts": "file"},
        "compression_ratio": mean([row["compression_ratio"] for row in rows.values()]),
        "scores": _apart(unit, rows) | {score.name: averaged(score, [row[score.name] for row in rows.values()]) for score in scores},
        "recordings": {name: answers(dict(row)) for name, row in rows.items()},
        "seconds": total,
    }


def _apart(unit: str, rows: Rows) -> dict[str, Any]:
    """Means of what the rate does not count, where anything is stated apart."""
    names = [name for name in APART if all(name in row for row in rows.values())]
    return {name: {"value": mean([row[name] for row in rows.values()]), "unit": unit, "definition": APART[name]} for name in names}


def single(recording: str, result: Result) -> dict[str, Any]:
    """One result on one recording as an entry of "points"; "faithful" holds the scores against what was coded where that was disturbed."""
    entry = point(result.codec, result.unit, result.truth.scores, {recording: figures(result)}, [result.seconds._asdict()])
    entry |= {"quality": result.quality, "size_asked": result.size, "note": result.note}
    if result.faithful is not None:
        entry["faithful"] = _scores(result.faithful)
    return entry


def _scores(report: Report) -> dict[str, Any]:
    return {score.name: stated(score, answers(score.value)) for score in report.scores}


def compared(recording: str, results: Sequence[Result]) -> dict[str, Any]:
    """The schema's "data" and "points" of one comparison, with the winners of every score."""
    points = [single(recording, result) for result in results]
    best = {name: list(codecs) for name, codecs in winners(results).items()}
    return {"data": {"folder": "", "recordings": [recording]}, "points": points, "winners": best}


def origin(codecs: Mapping[str, str], command: Sequence[str]) -> dict[str, Any]:
    """Where figures come from; codecs: name -> sha256 of what it decodes with, empty where that is the program alone."""
    return {"codecs": dict(codecs), "command": shlex.join(command), "commit": commit(), "versions": versions()}


def interpolated(
    curves: Mapping[str, Mapping[str, Curve]], ratios: Sequence[float], scores: Sequence[Score], recordings: Sequence[str]
) -> list[dict[str, Any]]:
    """Every codec at every ratio: read off each recording's own curve, then averaged; no mean unless every recording's curve reaches it.

    curves: codec -> recording -> its curve.
    """
    table = []
    for codec, own in curves.items():
        for ratio in ratios:
            reached = {name: own[name] for name in recordings if name in own and own[name].reaches(ratio)}
            rows = {name: {score.name: at_ratio(curve, score.name, ratio) for score in scores} for name, curve in reached.items()}
            entry: dict[str, Any] = {"codec": codec, "compression_ratio": ratio, "scores": {}, "recordings": answers(rows)}
            for score in scores:
                known = [row[score.name] for row in rows.values()]
                entry["scores"][score.name] = averaged(score, known) if len(reached) == len(recordings) else stated(score, None)
            table.append(entry)
    return table
