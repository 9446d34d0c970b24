"""The drop zone: files of the reader's own, opened or refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from app import cache, decoded
from app.decoded import Decoded
from app.inputs import DECODED, FILES, KIND, NEXT, OPENED, RATE, REFUSED, SOURCE, UPLOADS
from app.kinds import KINDS, kind_of, recognised
from app.words import plain
from vqvae.modalities import modality
from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.piano.parts import Part
from vqvae.modalities.piano.recording import Piano
from vqvae.modalities.recognition import others

T = TypeVar("T")

AS = "desk.as"  # what the reader wants to be opened otherwise, and as which kind
KEPT, ROOM = 3, 300_000_000  # recordings of the reader's own of a kind that stay within reach, and the bytes they may take together
FILE_ROOM = 100_000_000  # bytes that the files of one recording may have to be kept beside it


class Files(NamedTuple):
    """What a recording was read from: evidence about it must name its files."""

    files: dict[str, bytes]
    rate: float | None  # Hz, given by the reader where the files do not say
    kind: str = ""  # what the reader said they are; empty where they were recognised


class Unpacked(NamedTuple):
    """The files of a recording, out of their archive if they came in one."""

    main: str  # the name of the one to read
    files: dict[str, bytes]
    rate: float | None  # Hz


class Refused(NamedTuple):
    """Files that could not be opened: they stay at hand for a rate or for the file that is missing, not in the drop zone."""

    files: dict[str, bytes]
    why: cache.Refusal
    rate: float | None  # Hz, the one they were tried with
    place: str
    source: str  # what lay on the desk then


def desk_files(label: str = "Open your own recording", place: str = "side") -> bool:
    """The drop zone; True when a recording has just been opened.  Until the files are good the desk stays as it is."""
    files = st.file_uploader(
        label, accept_multiple_files=True, key=f"{UPLOADS}.{place}.{st.session_state[UPLOADS]}", help=cache.text("formats")
    )
    waiting: Refused | None = st.session_state.get(REFUSED)
    if place == "side" and _taken_for_another(place):
        return True
    if files:
        if _take({file.name: file.getvalue() for file in files}, waiting, place):
            return True
        st.rerun()  # with an empty drop zone for the next try
    if waiting is None or (waiting.place, waiting.source) != (place, st.session_state[SOURCE]):
        return False
    rate = st.session_state.get(RATE)
    if rate != waiting.rate:
        answer = _read(waiting.files, rate)
        if not isinstance(answer, cache.Refusal):
            return _open(Files(waiting.files, rate), answer)
        waiting = waiting._replace(why=answer, rate=rate)
        st.session_state[REFUSED] = waiting
    _explain(waiting.why)
    return False


def _taken_for_another(place: str) -> bool:
    """What was opened last may be of another kind than was recognised: a button opens it as that; True when it has been."""
    source, (asked_of, name) = st.session_state[SOURCE], st.session_state.pop(AS, ("", ""))
    came: Files | None = st.session_state.get(FILES, {}).get(source)
    if came is None or source not in st.session_state[OPENED] or decoded.find(came.files):
        return False
    if asked_of == source:
        answer = cache.receive(came.files, None, name)
        if not isinstance(answer, cache.Refusal):
            return _open(Files(came.files, None, "" if name == recognised(came.files).name else name), answer)
        st.session_state[REFUSED] = Refused(came.files, answer, None, place, source)
    own = kind_of(st.session_state[OPENED][source])
    for other in (KINDS[name] for name in others(came.files, own.name)):
        st.caption(f"Opened as {own.title}. {cache.text('taken')}")
        asked = {AS: (source, other.name)}
        st.button(f"Open as {other.title}", icon=other.icon, key=f"as.{other.name}", on_click=st.session_state.update, args=(asked,))
    return False


def _take(received: dict[str, bytes], waiting: Refused | None, place: str) -> bool:
    """Open new files; they replace refused ones, unless they are what those lacked."""
    kind = _of_page(received) if place == "side" else ""
    answer = _read(received, None, kind)
    if isinstance(answer, cache.Refusal) and waiting:
        both = waiting.files | received
        together = _read(both, None)
        if not isinstance(together, cache.Refusal):
            received, answer, kind = both, together, ""
    if not isinstance(answer, cache.Refusal):
        return _open(Files(received, None, kind), answer)
    st.session_state[REFUSED] = Refused(received, answer, None, place, st.session_state[SOURCE])
    st.session_state.pop(RATE, None)
    st.session_state[UPLOADS] += 1
    return False


def _of_page(files: dict[str, bytes]) -> str:
    """The kind on the desk where files may be of that one though they look like another; empty where they look like it, or cannot be."""
    own, looks = st.session_state[KIND], recognised(files).name
    return own if looks != own and own in others(files, looks) else ""


def _read(files: dict[str, bytes], rate: float | None, kind: str = "") -> Any:
    with st.spinner("Reading the recording …"):
        return cache.receive(files, rate, kind)


def lay(files: dict[str, bytes], recording: Any) -> None:
    """Put a recording that a page has made on the desk at the next run, and beside it the files that it can be read from."""
    _open(Files(files, None), recording)


def _open(came: Files, found: Any) -> bool:
    source = f"upload:{cache.digest(came.files)}{came.kind and f'.{came.kind}'}"
    kept: dict[str, Any] = {source: found.recording if isinstance(found, Decoded) else found}
    for key, value in reversed(st.session_state[OPENED].items()):
        same = [other for other in kept.values() if kind_of(other) is kind_of(value)]
        if len(same) < KEPT and sum(map(cache.weigh, (*same, value))) <= ROOM:
            kept.setdefault(key, value)
    st.session_state[OPENED] = dict(reversed(kept.items()))
    before: dict[str, Files] = st.session_state.get(FILES, {})
    files = {source: came} | {key: value for key, value in before.items() if key in kept and key != source}
    st.session_state[FILES] = {key: value for key, value in files.items() if sum(map(len, value.files.values())) <= FILE_ROOM}
    said: dict[str, Decoded] = {key: value for key, value in st.session_state.get(DECODED, {}).items() if key in kept}
    st.session_state[DECODED] = said | ({source: found} if isinstance(found, Decoded) else {})
    st.session_state[NEXT] = source
    st.session_state[UPLOADS] += 1  # the drop zone is empty again
    st.session_state.pop(RATE, None)
    st.session_state.pop(REFUSED, None)
    return True


def unpacked(source: str) -> Unpacked | None:
    """The files of an opened recording; None for an example, and where they were too large to be kept."""
    came: Files | None = st.session_state.get(FILES, {}).get(source)
    if came is None:
        return None
    if name := decoded.find(came.files):
        return Unpacked(name, came.files, None)
    with TemporaryDirectory(prefix="vqvae-") as folder:
        own: Any = modality(came.kind or recognised(came.files).name)
        main = own.receive(came.files, Path(folder))
        found = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
        return Unpacked(main.name, {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}, came.rate)


def tracks(source: str) -> tuple[Part, ...]:
    """The parts of a performance's file that can be read alone; empty when there is one only, or no file."""
    from vqvae.modalities.piano import parts

    def found() -> tuple[Part, ...]:
        came: Files | None = st.session_state.get(FILES, {}).get(source)
        there = _from_files(came, parts) if came and not decoded.find(came.files) else ()
        return there if len(there) > 1 else ()

    return cache.shelf().get(("tracks", source), found)


def track(source: str, label: str) -> Piano:
    """One part of a performance's file, read alone."""
    from vqvae.modalities.piano import read

    came: Files = st.session_state[FILES][source]
    return cache.shelf().get(("track", source, label), lambda: _from_files(came, partial(read, part=label)))


def volume(source: str, number: int) -> Volume | None:
    """One volume of a series in an image's file, from 1; None where the file is not at hand."""
    from vqvae.modalities.brain import read

    came: Files | None = st.session_state.get(FILES, {}).get(source)
    if came is None or decoded.find(came.files):
        return None
    return cache.shelf().get(("volume", source, number), lambda: _from_files(came, partial(read, volume=number)))


def _from_files(came: Files, use: Callable[[Path], T]) -> T:
    """What `use` finds in the main file of a recording, which lies in a folder as long as that takes."""
    own: Any = modality(came.kind or recognised(came.files).name)
    with TemporaryDirectory(prefix="vqvae-") as folder:
        return use(own.receive(came.files, Path(folder)))


def _explain(refused: cache.Refusal) -> None:
    st.error(plain(refused.sentence), icon=":material/error:")
    if refused.needs_rate:
        st.number_input(
            "Sampling rate (Hz)", 1.0, 100_000.0, value=None, key=RATE, placeholder="for example 360", help="Samples per second and lead."
        )
