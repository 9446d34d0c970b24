"""Standard MIDI files as columns of events, and back (RP-001, "Standard MIDI Files 1.0").

Written for files as they are: what players forgive (running status across meta events, illegal messages, tracks that end early or
late) is forgiven and said.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MAX_TRACKS = 0xFFFF  # that a header can count
MAX_DELTA = 0x0FFFFFFF  # ticks between two events, four bytes of seven bits
TEXTS = range(0x01, 0x10)  # types of meta events that hold words
END_OF_TRACK, TEMPO = 0x2F, 0x51  # types of meta events
BREAKS_OFF = "no end: the file breaks off"

_END = bytes((0xFF, END_OF_TRACK))
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of messages that have no place in a file


class Events(NamedTuple):
    """What a track holds, in its order, but its end."""

    tick: np.ndarray  # (E,) int64, from the beginning
    code: np.ndarray  # (E,) int64: status << 16 | first << 8 | second of channel messages; -1 - k for `others[k]`
    others: list[bytes]  # meta events and system exclusive messages, as in the file but for the time before them
    end: int  # tick of the end of the track
    oddities: tuple[str, ...] = ()  # what was forgiven, a few words each


class Midi(NamedTuple):
    """One file."""

    format: int  # 0, 1 or 2
    division: int  # ticks a quarter note; with bit 15 set: -frames a second in the upper byte, ticks a frame in the lower
    tracks: list[Events]


def parse(data: bytes, name: str) -> Midi:
    """The bytes of a Standard MIDI File -> its tracks; ValueError in one sentence when there is nothing to read."""
    if len(data) < 14 or data[:4] != b"MThd":
        raise ValueError(f"{name} is cut off in its header: export the MIDI file again.")
    length = int.from_bytes(data[4:8], "big")
    kind, division = int.from_bytes(data[8:10], "big"), int.from_bytes(data[12:14], "big")
    if length < 6:
        raise ValueError(f"{name} has a header of {length} bytes, which take 6: export the MIDI file again.")
    if kind > 2:
        raise ValueError(f"{name} is a MIDI file of format {kind}; formats 0, 1 and 2 can be read: export it as format 1.")
    if not is_division(division):
        raise ValueError(f"{name} does not say how long a tick is (division {division}): export the MIDI file again.")
    tracks, place = list[Events](), 8 + length
    while place + 8 <= len(data):
        stop = place + 8 + int.from_bytes(data[place + 4 : place + 8], "big")
        if data[place : place + 4] == b"MTrk":
            if len(tracks) == MAX_TRACKS:
                raise ValueError(f"{name} has more than {MAX_TRACKS} tracks, the most that MIDI files have: export it again.")
            tracks.append(_track(data[place + 8 : stop]))
        place = stop
    if not tracks:
        raise ValueError(f"{name} has a MIDI header but no track: it is cut off, export the MIDI file again.")
    return Midi(kind, division, tracks)


def is_division(division: int) -> bool:
    """Whether this says how long a tick is."""
    if 0x8000 <= division <= 0xFFFF:
        return division & 0xFF > 0 and 256 - (division >> 8) in (24, 25, 29, 30)
    return 0 < division < 0x8000


def _track(data: bytes) -> Events:
    """One track's bytes -> its events, up to where it is damaged."""
    others: list[bytes] = []
    ticks, codes, odd = array("q"), array("q"), dict[str, None]()
    add_tick, add_code = ticks.append, codes.append
    place = tick = status = 0
    two = False  # data bytes
    try:
        while place < len(data):
            delta = data[place]
            place += 1
            if delta > 0x7F:
                delta, place = _number(data, place - 1)
            tick += delta
            first = data[place]
            place += 1
            if first > 0x7F:
                if first >= 0xF0:
                    message, place = _other(data, place - 1)
                    if message == _END:
                        break
                    if message:
                        add_tick(tick)
                        add_code(-1 - len(others))
                        others.append(message)
                    else:
                        odd["messages that have no place in a file, which were left out"] = None
                    continue
                status, two = first, not 0xC0 <= first < 0xE0
                first = data[place]
                place += 1
            elif not status:
                odd["bytes at its beginning that are no events, and was left out from there"] = None
                break
            second = data[place] if two else 0
            place += two
            if (first | second) > 0x7F:
                odd["values above 127, which were taken for 127"] = None
                first, second = min(first, 127), min(second, 127)
            add_tick(tick)
            add_code(status << 16 | first << 8 | second)
    except IndexError:
        odd[BREAKS_OFF] = None
    return Events(np.array(ticks, np.int64), np.array(codes, np.int64), others, tick, tuple(odd))


def split(data: bytes) -> list[bytes]:
    """Messages of no channel that follow one another; ValueError when they are none."""
    found, place = [], 0
    try:
        while place < len(data):
            message, place = _other(data, place)
            if message in (b"", _END):
                raise ValueError("there are messages of a channel among those of none")
            found.append(message)
    except IndexError:
        raise ValueError("a message of no channel is cut off") from None
    return found


def _other(data: bytes, place: int) -> tuple[bytes, int]:
    """A message of no channel and where it ends: a meta event or system exclusive whole; of what has no place in a file nothing."""
    status = data[place]
    if status not in (0xFF, 0xF0, 0xF7):
        return b"", place + 1 + _SYSTEM_BYTES.get(status, 0)
    if status == 0xFF and data[place + 1] == END_OF_TRACK:
        return _END, place + 2
    size, start = _number(data, place + 2 if status == 0xFF else place + 1)
    if start + size > len(data):
        raise IndexError
    return data[place : start + size], start + size


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A number of up to four bytes, seven bits each, and where it ends; IndexError when it does not end."""
    value = 0
    for after in range(place + 1, place + 5):
        byte = data[after - 1]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, after
    raise IndexError


def is_meta(message: bytes, kind: int) -> bool:
    """Whether a message that is no channel's is a meta event of this type."""
    return message[0] == 0xFF and message[1] == kind


def assemble(division: int, events: Events) -> bytes:
    """A format-0 file of events in order of time."""
    body = _pack(np.append(events.tick, events.end), events.code, events.others)
    head = b"MThd" + (6).to_bytes(4, "big") + (0).to_bytes(2, "big") + (1).to_bytes(2, "big") + division.to_bytes(2, "big")
    return head + b"MTrk" + len(body).to_bytes(4, "big") + body


def _pack(ticks: np.ndarray, codes: np.ndarray, others: Sequence[bytes]) -> bytes:
    """Ticks (E + 1,), the end's among them, and messages (E,) -> a track's bytes, with running status."""
    count = len(codes)
    deltas, code = np.diff(ticks, prepend=0), np.append(codes, -1)
    if count and (deltas.min() < 0 or deltas.max() > MAX_DELTA):
        raise ValueError(f"{int(np.abs(deltas).max())} ticks lie between two events; a MIDI file holds at most {MAX_DELTA}")
    status, plain = code >> 16, code >= 0
    columns = np.empty((count + 1, 7), np.uint8)
    keep = np.zeros((count + 1, 7), bool)
    for column in range(4):
        shift = 7 * (3 - column)
        columns[:, column] = (deltas >> shift & 0x7F) | (0x80 if shift else 0)
        keep[:, column] = deltas >> shift > 0
    keep[:, 3] = True
    for column, shift in ((4, 16), (5, 8), (6, 0)):
        columns[:, column] = code >> shift & 0xFF
    before = np.concatenate([[-1], np.where(plain, status, -1)[:-1]])
    keep[:, 4] = plain & (status != before)
    keep[:, 5] = plain
    keep[:, 6] = plain & ((status < 0xC0) | (status >= 0xE0))
    flat, stops = columns[keep].tobytes(), np.cumsum(keep.sum(axis=1))
    pieces, done = [], 0
    for place in np.flatnonzero(~plain):
        other = others[-1 - int(code[place])] if place < count else _END + b"\0"
        pieces += [flat[done : stops[place]], other]
        done = int(stops[place])
    return b"".join(pieces)
