"""What a comparison comes to, in sentences."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from app.words import number, score_title
from vqvae.contest.results import Result, distance, winners

CALLED = {  # opponents that take part twice: as a textbook has them, and with our entropy coder, which makes them the hardest
    "wavelet": "the textbook wavelet",
    "wavelet-adaptive": "the wavelet with our entropy coder",
    "plane-wavelet": "the textbook wavelet",
    "plane-wavelet-adaptive": "the wavelet with our entropy coder",
    "grid": "the textbook grid",
    "grid-adaptive": "the grid with our entropy coder",
}


class Said(NamedTuple):
    """The verdict in parts."""

    lead: str  # who keeps most
    rest: tuple[str, ...]  # how far the others are, and where our own lose
    won: bool | None  # whether one of our own leads; None where none takes part


def value(result: Result, name: str) -> str:
    """A score of a result against the truth, with its unit."""
    found = result.truth.find(name)
    return number(found.value, found.unit) if found else number(float("nan"))


def verdict(results: Sequence[Result], scores: Sequence[str], ours: Collection[str], size: str) -> Said:
    """Who keeps most by the first of `scores`, by how much, and on which of `scores` our own lose; `results` are ranked by it."""
    ranking, best = scores[0], winners(results)
    fair = [result for result in results if result.competes]
    title = score_title(ranking)
    if not fair:
        return Said(f"No codec here makes a file as small as {size}: none of them wins.", (), None)
    larger = [result for result in results if not result.competes]
    if not best.get(ranking):
        return Said(f"At {size} nobody has an answer for {title}.", _too_large(larger), None)
    together = _equals(fair, ranking)
    keeps = "keeps most" if len(together) == 1 else "keep most"
    first = fair[0]
    lead = f"At {size} {_names(together)} {keeps}: {title} {value(first, ranking)}."
    if larger and len(fair) == 1:
        lead = f"Only {called(first)} makes a file as small as {size}: {title} {value(first, ranking)}, with nothing to compare it with."
    sides = {result.codec in ours for result in together}
    alone = bool(larger) and all(result.codec in ours for result in fair)  # no opponent makes so small a file
    won = first.codec in ours if len(sides) == 1 and not alone and any(result.codec in ours for result in results) else None
    return Said(lead, (*_others(fair, ranking, ours), *_too_large(larger), *_losses(fair, scores, ours, best)), won)


def _too_large(larger: Sequence[Result]) -> tuple[str, ...]:
    """Which codecs do not compete, as their files are larger than asked for."""
    if not larger:
        return ()
    alone = len(larger) == 1
    return (f"Larger than that, and so without a chance, {'is the file' if alone else 'are the files'} of {_names(larger)}.",)


def _equals(fair: Sequence[Result], ranking: str) -> list[Result]:
    """Those whose score reads like that of the first one: what cannot be told apart on the page was won by nobody alone."""
    return [result for result in fair if value(result, ranking) == value(fair[0], ranking)]


def _others(fair: Sequence[Result], ranking: str, ours: Collection[str]) -> list[str]:
    """The best of the other side, and the opponents that take part twice."""
    first = fair[0]
    together = _equals(fair, ranking)
    said, named = [], {result.codec for result in together}
    rival = next((result for result in fair if (result.codec in ours) != (first.codec in ours)), None)
    if rival and rival not in together:
        whose = "The best opponent" if first.codec in ours else "The best of ours"
        said.append(f"{whose}, {called(rival)}, has {value(rival, ranking)}.")
        named.add(rival.codec)
    twice = [result for result in fair if result.codec in CALLED and result.codec not in named]
    said += [f"{called(result).capitalize()} has {value(result, ranking)}." for result in twice]
    return said


def _losses(fair: Sequence[Result], scores: Sequence[str], ours: Collection[str], best: Mapping[str, tuple[str, ...]]) -> list[str]:
    """On which of the scores another codec than ours comes first."""
    mine = [result for result in fair if result.codec in ours]
    if not mine or len(mine) == len(fair):
        return []
    lost = []
    for name in scores if fair[0].codec in ours else scores[1:]:
        if best.get(name) and not any(codec in ours for codec in best[name]):
            winner = next(result for result in fair if result.codec == best[name][0])
            own = min(mine, key=lambda result: distance(result.truth.find(name)))
            if value(own, name) != value(winner, name):
                lost.append(f"{score_title(name)} ({value(own, name)} against {value(winner, name)} of {called(winner)})")
    if lost:
        return [f"Ours lose on {_listed(lost)}."]
    return ["Ours lose on none of the other scores shown."] if len(scores) > 1 else []


def called(result: Result) -> str:
    """A codec's name in running text."""
    return CALLED.get(result.codec, result.codec)


def _names(results: Sequence[Result]) -> str:
    return _listed([called(result) for result in results])


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
