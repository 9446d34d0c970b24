"""`reconstruct`: recordings through the codes of a checkpoint and back."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from vqvae.commands.arguments import LEAD, RECORDING, Add, first_checkpoint, kind_of, read, reading, stated_rate, tell
from vqvae.commands.kinds import KINDS, require_fit
from vqvae.commands.terminal import Told

_FOREIGN = frozenset((".jpg", ".jpeg", ".jp2", ".bmp", ".gif", ".webp", ".tiff", ".dcm", ".vqz", ".json", ".csv", ".pdf", ".zip"))
"""Endings of files; of those, `KINDS` says which ones a kind of data is written as."""


def add(command: Add) -> None:
    """Declare `reconstruct`."""
    one = command("reconstruct", reconstruct, "Write what is left of recordings after a trip through a checkpoint's codes.")
    one.add_argument("files", nargs="+", metavar="FILE", help=RECORDING)
    one.add_argument("--checkpoint", metavar="NAME", help="a folder, or a name that `list` shows; the kind's own when left out")
    rates = "bit rate, from 1 for the least: residual levels of a codebook, steps of a fine checkpoint; the most when left out"
    one.add_argument("--levels", type=int, metavar="N", help=rates)
    one.add_argument("--lead", help=LEAD)
    reading(one)
    place = "a folder for the reconstructions; of one performance, image or lot of digits also its file: .mid, .nii.gz, .png, .npz, …"
    one.add_argument("--output", type=Path, required=True, metavar="OUT", help=place)
    one.add_argument("--audio", type=Path, metavar="OUT.ogg", help="how the reconstruction of one performance sounds, as OGG or WAV")
    one.add_argument("--report", type=Path, metavar="REPORT.json", help="scores with units and definitions")


def reconstruct(options: argparse.Namespace) -> None:
    """FILE… -> reconstructions in OUT, and a report."""
    from vqvae import evaluation, pipeline
    from vqvae.config import require_writable, write_json
    from vqvae.modalities import modality

    checkpoint = pipeline.load(options.checkpoint or first_checkpoint(kind_of(options.files[0])))
    kind: Any = modality(checkpoint.config.modality)
    if options.report and len(options.files) > 1:
        raise ValueError("--report describes one recording: give one FILE, or use evaluate for many")
    require_fit(kind.name, options)
    level = checkpoint.levels if options.levels is None else options.levels
    if options.audio:
        _require_audible(options)
    _require_format(kind, options.output)
    require_writable(options.output, folder=not _names_a_file(kind, options))
    if options.report:
        require_writable(options.report)
    for recording in _recordings(kind, options):
        tell(recording)
        analysis = pipeline.analyse(checkpoint, recording, options.lead)
        with Told() as told:
            encoded = pipeline.encode(checkpoint, recording, level, lambda share: told("encoding", share))
            rebuilt = pipeline.decode(checkpoint, encoded, None, lambda share: told("decoding", share))
            report = pipeline.compare(checkpoint, recording, rebuilt, analysis=analysis, progress=lambda share: told("scoring", share))
        cost = pipeline.rate(checkpoint, encoded)
        target = _target(kind, options, recording.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        written = kind.write(kind.marked(rebuilt, report), target)
        if options.audio:
            _play(recording, rebuilt, options.audio)
            written.append(options.audio)
        if options.report:
            write_json(options.report, evaluation.single(checkpoint, recording, level, cost, report, options.command))
        where = f"; measured on lead {recording.leads[analysis.lead]}" if "lead" in KINDS[kind.name].options else ""
        judged = kind.judged(recording, report) if hasattr(kind, "judged") else kind.verdict(report)
        print(f"{recording.name}: {judged.text} {stated_rate(cost)}{where}.")
        print("  wrote " + ", ".join(str(path) for path in written))


def _recordings(kind: Any, options: argparse.Namespace) -> Iterator[Any]:
    """Every input once it is known that no output replaces an input, or the output for another; ValueError where one would.

    All names are wanted before anything is coded: several inputs are read twice, as they need not fit into memory together.
    """
    files = [Path(file) for file in options.files if not file.startswith("example:")]
    taken = {path.resolve(): f"the input {path}" for file in files for path in (*kind.targets(file), file)}
    if len(options.files) == 1:
        recording = read(kind, options.files[0], options)
        _take(kind, options, recording.name, options.files[0], taken)
        yield recording
        return
    for file in options.files:
        with redirect_stderr(StringIO()):  # what there is to say is said once, when it is read to be coded
            name = read(kind, file, options).name
        _take(kind, options, name, file, taken)
    for file in options.files:
        yield read(kind, file, options)


def _take(kind: Any, options: argparse.Namespace, name: str, file: str, taken: dict[Path, str]) -> None:
    """Take the places of a reconstruction, and of the report; ValueError when they are taken."""
    for target in kind.targets(_target(kind, options, name)):
        if holder := taken.get(target.resolve()):
            raise ValueError(f"the reconstruction of {file} would replace {holder}: choose another --output")
        taken[target.resolve()] = f"{target}, the reconstruction of {file}"
    if options.report and (holder := taken.get(options.report.resolve())):
        raise ValueError(f"the report would replace {holder}: choose another --report")


def _names_a_file(kind: Any, options: argparse.Namespace) -> bool:
    """Whether OUT is the reconstruction itself, and no folder for it."""
    return len(options.files) == 1 and options.output.suffix.lower() in KINDS[kind.name].suffixes and not options.output.is_dir()


def _require_format(kind: Any, output: Path) -> None:
    """ValueError where OUT ends as files do that are not written here: a folder of such a name is not what was meant."""
    own, suffix = KINDS[kind.name].suffixes, output.suffix.lower()
    if suffix in _FOREIGN - own and not output.is_dir():
        ways = f"a name that ends in {', '.join(sorted(own - {'.gz'}))}, or a folder," if own else "a folder"
        raise ValueError(f"--output {output}: reconstructions of this kind ({kind.name}) are not written as {suffix}; {ways} would work")


def _target(kind: Any, options: argparse.Namespace, name: str) -> Path:
    """Where the reconstruction of a recording of this name goes."""
    return Path(options.output) if _names_a_file(kind, options) else Path(options.output / name)


def _require_audible(options: argparse.Namespace) -> None:
    from vqvae.config import require_writable

    if len(options.files) > 1:
        raise ValueError("--audio plays one performance: give one MIDI file")
    if options.audio.suffix.lower() not in (".ogg", ".wav"):
        raise ValueError(f"--audio {options.audio} is neither .ogg nor .wav")
    require_writable(options.audio)


def _play(recording: Any, rebuilt: Any, target: Path) -> None:
    """Write how a reconstruction sounds, as loud as the original would be."""
    from vqvae.config import write_bytes
    from vqvae.modalities.piano.sound import RATE, gain_for, render
    from vqvae.modalities.piano.sound_files import ogg, wav

    with Told() as told:
        gain = gain_for(render(recording, progress=lambda share: told("listening to the original", share / 2)))
        samples = render(rebuilt, progress=lambda share: told("playing the reconstruction", 0.5 + share / 2))
    samples *= gain
    write_bytes(target, (ogg if target.suffix.lower() == ".ogg" else wav)(samples, RATE))
