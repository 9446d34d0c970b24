"""`benchmark`: every codec over many recordings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqvae.commands.arguments import Add, folder_of, listed, one_thread, selected, selection
from vqvae.commands.kinds import KINDS
from vqvae.commands.terminal import Told

if TYPE_CHECKING:
    from vqvae.codec.protocol import Codec
    from vqvae.contest.race import Told as Heard


def add(command: Add) -> None:
    """Declare `benchmark`."""
    many = command("benchmark", benchmark, "Score every codec at several sizes on a folder of recordings.")
    many.add_argument("kind", metavar="KIND", help="of data: ecg, piano, brain or digits")
    selection(many)
    many.add_argument("--codecs", metavar="A,B", help="names that `list` shows, or checkpoint folders; all of them when left out")
    usual = ", ".join(f"{name} {kind.ratios}" for name, kind in KINDS.items() if kind.ratios)
    many.add_argument("--ratios", metavar="R,R", help=f"compression ratios to read scores off at, when left out {usual}; of no other kinds")
    many.add_argument("--leads", metavar="all|first|NAME", help="the leads that are coded; all when left out; ecg only")
    many.add_argument("--seconds", type=float, help="the beginning of every recording only; ecg and piano only")
    many.add_argument("--slices", type=int, metavar="N", help="so many slices in the middle of every volume only; brain only")
    many.add_argument(
        "--alone", type=int, metavar="N", help="so many slices of every volume, evenly apart, each as a recording; brain only"
    )
    many.add_argument("--output", type=Path, required=True, metavar="RESULTS.json", help="the scores of every codec at every size")


def benchmark(options: argparse.Namespace) -> None:
    """Records of DIR -> RESULTS.json and a table."""
    from vqvae import codecs
    from vqvae.cards import table
    from vqvae.config import require_writable, write_json
    from vqvae.contest.schema import origin
    from vqvae.modalities import names

    if options.kind not in names():
        raise ValueError(f"there is no kind of data {options.kind!r}; there are: {', '.join(names())}")
    require_writable(options.output)
    entrants = [codecs.codec(name) for name in (listed(options.codecs) if options.codecs is not None else codecs.names(options.kind))]
    usual = KINDS[options.kind].ratios
    ratios = [_number(text) for text in listed(usual if options.ratios is None else options.ratios)]
    paths = selected(options, options.kind)
    one_thread()
    with Told() as told:

        def tell(name: str, doing: str, share: float) -> None:
            told(f"{name}: {doing}", share)

        found = _at_ratios(options, paths, entrants, ratios, tell) if usual else _at_qualities(options, paths, entrants, tell)
    digests: dict[str, str] = {codec.name: codecs.identity(codec) for codec in entrants}
    data = {"folder": folder_of(options), "recordings": list(paths)}
    result = {**origin(digests, options.command), "data": data, **found}
    for failure in found["failed"]:
        print(f"{failure['codec']} cannot code {failure['recording']}: {failure['sentence']}", file=sys.stderr)
    if not found["points"]:
        raise ValueError("no codec could code any of these recordings")
    print(table(result))
    write_json(options.output, result)


def _at_ratios(
    options: argparse.Namespace, paths: dict[str, Path], entrants: list[Codec], ratios: list[float], told: Heard
) -> dict[str, Any]:
    """At sizes that cover the useful compression ratios."""
    from vqvae.contest.benchmark import GRID
    from vqvae.contest.benchmark import benchmark as run
    from vqvae.modalities import modality

    kind: Any = modality(options.kind)

    def cut(recording: Any) -> Any:
        if options.slices is not None:
            return kind.middle(recording, options.slices)
        if options.seconds is None and options.leads is None:
            return recording
        leads = {None: None, "all": None, "first": recording.leads[:1]}.get(options.leads, [options.leads])
        return kind.excerpt(recording, leads, options.seconds)

    apart = None if options.alone is None else lambda recording: kind.apart(recording, options.alone)
    grid = KINDS[options.kind].grid or GRID
    return run(options.kind, paths, entrants, ratios, cut, told, grid, apart)


def _at_qualities(options: argparse.Namespace, paths: dict[str, Path], entrants: list[Codec], told: Heard) -> dict[str, Any]:
    """At the qualities of every checkpoint's levels; opponents at theirs, or at the bytes of the checkpoint's files."""
    from vqvae.contest.benchmark import benchmark_qualities
    from vqvae.families import family
    from vqvae.modalities import modality

    kind: Any = modality(options.kind)
    qualities: dict[str, list[float]] = {}
    for codec in entrants:
        own = getattr(codec, "checkpoint", None)
        qualities[codec.name] = [family(own).quality(level + 1) for level in range(own.levels)] if own else list(KINDS[kind.name].levels)

    def cut(recording: Any) -> Any:
        return recording if options.seconds is None else kind.excerpt(recording, 0.0, options.seconds)

    return benchmark_qualities(options.kind, paths, entrants, qualities, cut, told)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"--ratios takes numbers, {text!r} is none") from error
