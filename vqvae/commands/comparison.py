"""`compare`: codecs at the same number of bytes on one recording."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqvae.commands.arguments import LEAD, RECORDING, Add, kind_of, listed, one_thread, read, reading, tell
from vqvae.commands.kinds import KINDS, require_fit
from vqvae.commands.terminal import Told

if TYPE_CHECKING:
    from vqvae.bundle import Source
    from vqvae.codec.protocol import Codec
    from vqvae.contest.entries import Contest
    from vqvae.contest.results import Result


def add(command: Add) -> None:
    """Declare `compare`."""
    one = command("compare", compare, "Score codecs on one recording, every one in a file of the same size.")
    one.add_argument("file", metavar="FILE", help=RECORDING)
    one.add_argument("--codecs", metavar="A,B", help="names that `list` shows, or checkpoint folders; all of them when left out")
    size = one.add_mutually_exclusive_group(required=True)
    size.add_argument("--bytes", type=int, dest="size", metavar="N", help="the size of every file")
    size.add_argument("--ratio", type=float, dest="compression", metavar="R", help="the size of every file, as a compression ratio")
    noise = "noise added before coding, in dB as muscle:12 or muscle+mains:12; of an image in %% of its window, as rician:5"
    one.add_argument("--noise", metavar="KIND:MUCH", help=noise)
    one.add_argument("--seed", type=int, default=0, help="of the noise")
    one.add_argument("--lead", help=LEAD)
    reading(one)
    one.add_argument("--output", type=Path, metavar="OUT", help="results.json, or a folder or .zip for files and reconstructions as well")


def compare(options: argparse.Namespace) -> None:
    """FILE -> a table of codecs, and the evidence for it."""
    from vqvae import codecs
    from vqvae.bundle import warned
    from vqvae.cards import table
    from vqvae.config import require_writable
    from vqvae.contest.entries import prepare
    from vqvae.contest.schema import compared
    from vqvae.modalities import modality

    named = listed(options.codecs) if options.codecs is not None else list(codecs.names(kind_of(options.file)))
    entrants = {name: codecs.codec(name) for name in named}
    kind = _kind(entrants)
    if options.output:
        require_writable(options.output, folder=not options.output.suffix)
    require_fit(kind, options)
    own: Any = modality(kind)
    recording = read(own, options.file, options)
    tell(recording)
    noisy = None if options.noise is None else own.disturbed(recording, options.noise, options.seed)
    asked = {} if options.lead is None else {"lead": options.lead}
    contest = prepare(kind, recording if noisy is None else noisy, None if noisy is None else recording, **asked)
    size = options.size if options.compression is None else contest.size(options.compression)
    for warning in warned(named, recording.name):
        print(f"note: {warning}", file=sys.stderr)
    one_thread()
    results = _run(contest, entrants, size)
    print(table(compared(recording.name, results)))
    if options.output:
        _write(options, contest, results, named, size)


def _kind(entrants: dict[str, Codec]) -> str:
    kinds = {codec.modality for codec in entrants.values()}
    if len(kinds) != 1:
        raise ValueError(f"codecs of one kind of data can be compared, these are of {', '.join(sorted(kinds)) or 'none'}")
    return kinds.pop()


def _run(contest: Contest, entrants: dict[str, Codec], size: int) -> list[Result]:
    """The results in the order of the codecs; what a codec could not do is said on standard error."""
    from vqvae.contest.results import Failed

    found: dict[str, Result] = {}
    shares = dict.fromkeys(entrants, 0.0)
    failed = []
    with Told() as told:

        def tell(name: str, doing: str, share: float) -> None:
            shares[name] = share
            told(f"{name}: {doing}", sum(shares.values()) / len(shares))

        for answer in contest.compare(entrants, size, tell):
            if isinstance(answer, Failed):
                failed.append(answer)
            else:
                found[answer.codec] = answer
    if not found:
        raise ValueError(f"no codec could take part: {failed[0].sentence}")
    for answer in failed:
        print(f"{answer.codec} could not take part: {answer.sentence}", file=sys.stderr)
    return [found[name] for name in entrants if name in found]


def _write(options: argparse.Namespace, contest: Contest, results: list[Result], named: list[str], size: int) -> None:
    from vqvae import bundle
    from vqvae.config import write_bytes, write_json

    source = _source(options)
    lead = contest.recording.leads[contest.analysis.lead] if "lead" in KINDS[contest.kind].options else ""
    asked = bundle.Asked(tuple(named), size, lead, options.noise or "", options.seed)
    if options.output.suffix == ".json":
        write_json(options.output, bundle.report(contest, results, source, asked))
        return
    files = bundle.contents(contest, results, source, asked)
    if options.output.suffix == ".zip":
        write_bytes(options.output, bundle.packed(files))
        return
    for name, content in files.items():
        (options.output / name).parent.mkdir(parents=True, exist_ok=True)
        write_bytes(options.output / name, content)


def _source(options: argparse.Namespace) -> Source:
    """Where the recording came from: the file, or all files of a WFDB record."""
    from vqvae.bundle import Source
    from vqvae.modalities.ecg.wfdb_header import files_of

    given = {name: getattr(options, name) for name in ("track", "volume", "from", "to")}
    chosen = tuple(word for name, value in given.items() if value is not None for word in (f"--{name}", str(value)))
    if options.file.startswith("example:"):
        return Source(options.file, chosen=chosen)
    path = Path(options.file)
    header = path.with_suffix(".hea")
    record = path.suffix in ("", ".hea", ".dat") and header.is_file()
    files = {part.name: part.read_bytes() for part in (files_of(header) if record else _beside(path))}
    return Source(options.file, files, rate=options.rate, chosen=chosen)


def _beside(path: Path) -> list[Path]:
    """All files of one recording: those of a folder, both of a header and its voxels, or the one that is named."""
    if path.is_dir():
        return sorted(part for part in path.rglob("*") if part.is_file())
    pair = [path.with_suffix(suffix) for suffix in (".hdr", ".img")]
    return pair if path in pair and all(part.is_file() for part in pair) else [path]
