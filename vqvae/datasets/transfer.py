"""One file from a server to the disk: continued where it was cut, checked, and only then given its name."""

from __future__ import annotations

import hashlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_TIMEOUT = 30.0  # s without a byte
_TRIES = 4  # without a new byte in between
_PAUSE = 1.0  # s before the second try; doubles from try to try
_CHUNK = 1 << 18
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # HTTP status codes worth another try


class _Cut(OSError):
    """The server sent less than it announced."""


def read_text(url: str, limit: int) -> str:
    """A small text file from the server; ValueError in one sentence when it cannot be had or is longer than `limit` bytes."""
    attempt = 0
    while True:
        try:
            with _open(url, 0) as response:
                announced = response.length or 0
                body = response.read(limit + 1)
            if len(body) < min(announced, limit):
                raise _Cut(f"the connection broke after {len(body)} of {announced} bytes")
            break
        except (OSError, http.client.HTTPException) as error:
            _wait(url, attempt, error)
            attempt += 1
    if len(body) > limit:
        raise ValueError(f"{url} is longer than {limit} bytes, so it is not a list of checksums")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{url} is not a text file, so it is not a list of checksums") from None


def fetch(url: str, target: Path, sha256: str) -> None:
    """Download `url` to `target` by way of `target` + ".part", whose bytes are kept between calls and never asked for twice.

    ValueError in one sentence when the server, the checksum or the disk refuses; after a wrong checksum the part is deleted.
    """
    part = target.with_name(target.name + ".part")
    with disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        whole = part.is_file() and digest(part) == sha256
    if not whole:
        _complete(url, part)
        with disk(part):
            whole = digest(part) == sha256
            if not whole:
                part.unlink()
    if not whole:
        raise ValueError(f"{url} does not have the checksum that the server lists for it, so it was deleted; download it again")
    with disk(target):
        part.replace(target)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into one sentence."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror or error}; free space there or choose another folder") from None


def _complete(url: str, part: Path) -> None:
    """Bring `part` to the length that the server announces, in as many requests as it takes."""
    attempt, longest = 0, _size(part)
    while True:
        start = _size(part)
        try:
            _continue(url, part, start)
            return
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code == 416 and start:
                with disk(part):
                    part.unlink()  # longer than the file: it belongs to something else
            elif _size(part) > longest:
                attempt, longest = 0, _size(part)
            else:
                _wait(url, attempt, error)
                attempt += 1


def _size(path: Path) -> int:
    with disk(path):
        return path.stat().st_size if path.exists() else 0


def _continue(url: str, part: Path, start: int) -> None:
    """One request: append to `part` when the server continues at `start`, write it anew when it sends the file from its beginning."""
    with _open(url, start) as response:
        continued = response.status == 206
        if continued and not re.match(rf"bytes {start}-", response.headers.get("Content-Range", "")):
            raise _Cut("it answered with another part than the one asked for")
        announced = response.length or 0
        with disk(part):
            file = part.open("ab" if continued else "wb", buffering=0)
        with file:
            received = _copy(response, file, part)
    if received < announced:
        raise _Cut(f"the connection broke after {received} of {announced} bytes")


def _copy(response: http.client.HTTPResponse, file: BinaryIO, part: Path) -> int:
    received = 0
    while block := response.read1(_CHUNK):
        with disk(part):
            file.write(block)
        received += len(block)
    return received


def _open(url: str, start: int) -> http.client.HTTPResponse:
    headers = {"User-Agent": "vqvae-explorer", "Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT)


def _wait(url: str, attempt: int, error: Exception) -> None:
    """Pause before the next try, or raise ValueError when there is none."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code not in _PASSING:
            raise ValueError(f"{url} cannot be had: the server answered {error.code} {error.reason}") from None
        reason = f"the server answered {error.code} {error.reason}"
    else:
        reason = str(getattr(error, "reason", error)) or type(error).__name__
    if attempt == _TRIES - 1:
        raise ValueError(f"{url} did not arrive in {_TRIES} tries ({reason}); run the same command again to continue") from None
    time.sleep(_PAUSE * 2**attempt)
