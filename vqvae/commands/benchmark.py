"""`benchmark`: every codec over many recordings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from vqvae.commands.arguments import Add, listed, one_thread, selected, selection
from vqvae.commands.terminal import Told

RATIOS = "8,16,32,64"


def add(command: Add) -> None:
    """Declare `benchmark`."""
    many = command("benchmark", benchmark, "Score every codec at several sizes on a folder of recordings.")
    many.add_argument("kind", metavar="KIND", help="of data: ecg")
    selection(many)
    many.add_argument("--codecs", metavar="A,B", help="names that `list` shows, or checkpoint folders; all of them when left out")
    many.add_argument("--ratios", default=RATIOS, metavar="R,R", help=f"compression ratios to read scores off at; {RATIOS} when left out")
    many.add_argument("--leads", default="all", metavar="all|first|NAME", help="the leads that are coded; all when left out")
    many.add_argument("--seconds", type=float, help="the beginning of every recording only")
    many.add_argument("--output", type=Path, required=True, metavar="RESULTS.json")


def benchmark(options: argparse.Namespace) -> None:
    """Records of DIR -> RESULTS.json and a table."""
    from vqvae import codecs
    from vqvae.cards import table
    from vqvae.config import require_writable, write_json
    from vqvae.contest.benchmark import benchmark as run
    from vqvae.contest.schema import origin
    from vqvae.modalities import modality, names

    if options.kind not in names():
        raise ValueError(f"there is no kind of data {options.kind!r}; there are: {', '.join(names())}")
    require_writable(options.output)
    kind: Any = modality(options.kind)
    entrants = [codecs.codec(name) for name in (listed(options.codecs) if options.codecs is not None else codecs.names(options.kind))]
    ratios = [_number(text) for text in listed(options.ratios)]
    paths = selected(options)

    def cut(recording: Any) -> Any:
        leads = {"all": None, "first": recording.leads[:1]}.get(options.leads, [options.leads])
        return kind.excerpt(recording, leads, options.seconds)

    one_thread()
    with Told() as told:
        found = run(options.kind, paths, entrants, ratios, cut, lambda name, doing, share: told(f"{name}: {doing}", share))
    digests: dict[str, str] = {codec.name: codecs.identity(codec) for codec in entrants}
    result = {**origin(digests, options.command), **found}
    for failure in found["failed"]:
        print(f"{failure['codec']} cannot code {failure['recording']}: {failure['sentence']}", file=sys.stderr)
    if not found["points"]:
        raise ValueError("no codec could code any of these recordings")
    print(table(result))
    write_json(options.output, result)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"--ratios takes numbers, {text!r} is none") from error
