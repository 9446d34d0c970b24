"""The frame of a file, everything but its notes, as text for a file header."""

from __future__ import annotations

import base64
import lzma

from vqvae.modalities.piano.midi_file import parse

MAX_FRAME = 1 << 23  # bytes, unpacked
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 2, "lp": 0, "pb": 0, "dict_size": MAX_FRAME}]


def pack_frame(frame: bytes) -> str:
    """A frame as text of 85 letters."""
    return base64.b85encode(lzma.compress(frame, lzma.FORMAT_RAW, filters=_FILTERS)).decode("ascii")


def unpack_frame(text: str) -> bytes:
    """Undo `pack_frame`; ValueError when it is no frame."""
    try:
        packed = base64.b85decode(text)
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_FILTERS)
        frame = unpacker.decompress(packed, MAX_FRAME)
    except (ValueError, lzma.LZMAError) as error:
        raise ValueError(f"the file's description of the music cannot be unpacked ({error}): it is damaged or forged") from None
    if not unpacker.eof:
        raise ValueError("the file's description of the music is cut off or too large: it is damaged or forged")
    parse(frame, "the description of the music")
    return frame
