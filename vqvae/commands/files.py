"""`encode` and `decode`: recordings <-> `.vqz` files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqvae.commands.arguments import RECORDING, Add, first_checkpoint, kind_of, naming, read, reading, stated_rate, tell
from vqvae.commands.kinds import require_fit
from vqvae.commands.terminal import Told

if TYPE_CHECKING:
    from vqvae.codec.protocol import Codec


def add(command: Add) -> None:
    """Declare `encode` and `decode`."""
    pack = command("encode", encode, "Write recordings as .vqz files.")
    pack.add_argument("files", nargs="+", metavar="FILE", help=RECORDING)
    pack.add_argument("output", type=Path, metavar="OUT.vqz", help="the file; for several recordings a folder")
    which = pack.add_mutually_exclusive_group()
    which.add_argument("--checkpoint", metavar="NAME", help="a folder, or a name that `list` shows; the kind's own when left out")
    which.add_argument("--codec", metavar="NAME", help="a checkpoint or an opponent")
    much = pack.add_mutually_exclusive_group()
    rates = "the bit rate, 1 for the lowest: residual levels of a codebook, steps of a fine checkpoint"
    much.add_argument("--levels", type=int, metavar="N", help=rates)
    much.add_argument(
        "--quality", type=float, metavar="Q", help="the codec's own setting; what is out of its range is told what the range is"
    )
    much.add_argument("--bytes", type=int, dest="size", metavar="N", help="the largest file of at most so many bytes")
    much.add_argument("--ratio", type=float, dest="compression", metavar="R", help="the same as a compression ratio")
    length = "how much is coded together, and lost together: seconds of an ECG (300 when left out), notes (4000), "
    length += "slices of a brain (64), or digits (1000)"
    pack.add_argument("--chunk", type=float, metavar="LENGTH", help=length)
    pack.add_argument("--coder", choices=("static", "adaptive"), help="the entropy coder; the codec's own when left out")
    reading(pack)

    unpack = command("decode", decode, "Turn a .vqz file back into a recording.")
    unpack.add_argument("file", type=Path, metavar="IN.vqz", help="what `encode`, `compare` or a page wrote")
    unpack.add_argument("output", type=Path, metavar="OUT", help="the file, or a folder for it; in the kind's own format")
    unpack.add_argument("--checkpoint", metavar="FOLDER", help="what made the file, where that is no shipped checkpoint")


def encode(options: argparse.Namespace) -> None:
    """FILE… -> OUT.vqz, or NAME.vqz in the folder OUT."""
    from vqvae import codecs
    from vqvae.codec.container import unpack
    from vqvae.config import require_writable, write_bytes
    from vqvae.modalities import modality
    from vqvae.rates import rate_of

    name = options.codec or options.checkpoint or first_checkpoint(kind_of(options.files[0]))
    codec = codecs.codec(name, options.chunk, options.coder or "")
    kind: Any = modality(codec.modality)
    require_fit(kind.name, options)
    many = len(options.files) > 1
    require_writable(options.output, folder=many)
    taken = {Path(file).resolve() for file in options.files}
    for file in options.files:
        recording = read(kind, file, options)
        tell(recording)
        data = _encoded(codec, recording, options)
        target = options.output / f"{recording.name}.vqz" if many else options.output
        if target.resolve() in taken:
            raise ValueError(f"{target} would replace an input or the file of another recording: choose another OUT")
        taken.add(target.resolve())
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, data)
        cost = rate_of(data, unpack(data).contents.layout)
        print(f"{target}: {len(data)} bytes by {codec.name}, {stated_rate(cost)}")


def _encoded(codec: Codec, recording: Any, options: argparse.Namespace) -> bytes:
    from vqvae.contest.entries import size_at
    from vqvae.contest.sizes import fit

    with Told() as told:

        def step(share: float) -> None:
            told(f"encoding {recording.name}", share)

        if options.size is None and options.compression is None:
            return codec.compress(recording, _quality(codec, options), step)
        size = options.size if options.size is not None else size_at(codec.modality, recording, options.compression)
        fitted = fit(codec, recording, size, step)
    if len(fitted.data) > size:
        raise ValueError(fitted.note)
    if fitted.note:
        print(f"note: {fitted.note}", file=sys.stderr)
    return fitted.data


def _quality(codec: Codec, options: argparse.Namespace) -> float:
    """The quality asked for; of a checkpoint without one its last level, of an opponent the middle."""
    if options.quality is not None:
        return float(options.quality)
    checkpoint = getattr(codec, "checkpoint", None)
    if checkpoint is None and options.levels is not None:
        raise ValueError(f"{codec.name} has no levels: give --quality, --bytes or --ratio")
    if checkpoint is None:
        return sum(codec.qualities) / 2
    from vqvae.families import family

    level = checkpoint.levels if options.levels is None else options.levels
    if not 1 <= level <= checkpoint.levels:
        raise ValueError(f"levels {level} is not in 1…{checkpoint.levels}")
    return family(checkpoint).quality(level)


def decode(options: argparse.Namespace) -> None:
    """IN.vqz -> OUT; what is damaged comes back as a gap, and is said."""
    from vqvae.codecs import open_vqz
    from vqvae.config import require_writable
    from vqvae.modalities import modality

    if not options.file.is_file():
        raise ValueError(f"{options.file} is a folder: give a file" if options.file.is_dir() else f"there is no file {options.file}")
    data = options.file.read_bytes()
    with naming(options.file):
        codec = open_vqz(data, options.checkpoint)
    require_writable(options.output, folder=options.output.is_dir())
    with naming(options.file), Told() as told:
        recording, damage = codec.decompress(data, lambda share: told("decoding", share))
    for lost in damage:
        print(lost.sentence, file=sys.stderr)
    tell(recording)
    written = modality(codec.modality).write(recording, options.output / recording.name if options.output.is_dir() else options.output)
    print("wrote " + ", ".join(str(path) for path in written))
