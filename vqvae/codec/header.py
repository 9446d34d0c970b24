"""What a `.vqz` file says of itself: JSON made small, and read with distrust.

The text is ASCII JSON; pairs of digits become one byte each (0x80 + their value, as ASCII leaves those free), and the result is raw
deflate (RFC 1951) primed with `DICTIONARY`, which belongs to the file format and never changes within a version.
`ADDED` stands before it for kinds of data that came later, and grows at its beginning only.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from itertools import accumulate
from typing import Any, NamedTuple

MAX_TEXT = 1 << 21  # bytes of JSON: room for 100,000 gaps
MAX_DEPTH = 16
MAX_DIGITS = 15  # of an integer: every JSON reader holds those exactly

ADDED = (  # before the dictionary, for kinds of data that came later; as what is packed points back from the end, both are read alike
    b'"grid-adaptive","grid",{"codec":"piano","fine":{"codec":"piano-fine","coder":"adaptive","quality":5.0,"shape":[1,4,1584],"chunk":1584,'
    b'"layout":{"modality":"piano","name":"","notes":1584,"channel":0,"frame":"","mid_bytes":1584,"gaps":[]}}'
)
DICTIONARY = (
    b'"brain","digits","midi","piano","averaging","autoencoder","smoothing","vae","dct","settings":{"'
    b'"leads":["I","II","III","aVR","aVL","aVF","V1","V2","V3","V4","V5","V6"],["MLII","V1"]'
    b'"fine":"wavelet-adaptive","static",{"codec":"ecg","coder":"adaptive","quality":3.5,"shape":[1,32,6752],"chunk":3375,'
    b'"layout":{"modality":"ecg","rate":360.0,"samples":216000,"leads":["MLII"],"name":"100","bits":11,'
    b'"offsets":[-0.0],"gains":[0.1],"gaps":[[],[],[],[],[],[],[],[],[],[],[],[]]}}'
)


class Fields(NamedTuple):
    """What the deflated part of a header holds, and what follows it."""

    values: dict[str, Any]
    rest: bytes


def write_fields(values: dict[str, Any]) -> bytes:
    """JSON-able values -> bytes; ValueError for what `read_fields` would not take back."""
    text = json.dumps(values, separators=(",", ":"), allow_nan=False).encode("ascii")
    _parse(text)
    layout = values.get("layout")
    dictionary = DICTIONARY if not isinstance(layout, dict) or layout.get("modality", "ecg") == "ecg" else ADDED + DICTIONARY
    return min((_deflate(text, dictionary), _deflate(_pair_digits(text), dictionary)), key=len)


def read_fields(data: bytes) -> Fields:
    """Bytes -> the values at their start and the bytes after them; ValueError when they are not what `write_fields` makes."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS, zdict=_pair_digits(ADDED) + _pair_digits(DICTIONARY))
    try:
        text = inflate.decompress(data, MAX_TEXT + 1)
    except zlib.error as error:
        raise ValueError(f"the header cannot be unpacked ({error})") from error
    if not inflate.eof:
        raise ValueError(f"the header is cut off or holds more than the {MAX_TEXT} bytes that are allowed")
    return Fields(_parse(_single_digits(text)), inflate.unused_data)


def _deflate(text: bytes, dictionary: bytes = DICTIONARY) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, _pair_digits(dictionary))
    return packer.compress(text) + packer.flush()


def _pair_digits(text: bytes) -> bytes:
    return re.sub(rb"\d\d", lambda pair: bytes([128 + int(pair[0])]), text)


def _single_digits(text: bytes) -> bytes:
    return re.sub(rb"[\x80-\xe3]", lambda pair: b"%02d" % (pair[0][0] - 128), text)


def _parse(text: bytes) -> dict[str, Any]:
    """JSON -> an object without anything that readers stumble over: depth, NaN, infinity, huge integers, half characters."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"a header of {len(text)} bytes is more than the {MAX_TEXT} allowed: leave out what decoding does not need")
    brackets = re.sub(rb'"(?:[^"\\]|\\.)*"|[^][{}]', b"", text)
    if max(accumulate(1 if byte in b"[{" else -1 for byte in brackets), default=0) > MAX_DEPTH:
        raise ValueError(f"the header is nested deeper than the {MAX_DEPTH} levels that are allowed")
    values = json.loads(text.decode("ascii"), parse_int=_integer, parse_float=_number, parse_constant=_number)
    if not isinstance(values, dict):
        raise ValueError("the header is not a JSON object")
    json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is a UnicodeEncodeError, which is a ValueError
    return values


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise ValueError(f"the header holds an integer of {len(digits)} digits, {MAX_DIGITS} are allowed")
    return int(digits)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the header holds {text}, which is not a finite number")
    return value
