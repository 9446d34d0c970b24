"""The frame of a file, everything but its notes, as short text.

Pedals that are sampled many times a second make up most of it.  Events are sorted by what they set (a controller, a key's pressure), so
that the times and the values of each follow one another, every byte of a number in a column of its own; then LZMA.  A quarter shorter
than the file's own bytes through LZMA.
"""

from __future__ import annotations

import base64
import lzma
from typing import NamedTuple

import numpy as np

from vqvae.modalities.piano.midi_file import Events, Midi, assemble, is_division, split

MAX_TEXT = 1_500_000  # letters: file headers hold 2 MB
MAX_EVENTS = 1 << 21  # four hours of a pedal that is sampled 145 times a second
MAX_TICK = 1 << 38
_LARGEST = 1 << 25  # bytes of all columns
_MOST_OTHERS = 1 << 23  # bytes of messages of no channel
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 20, "lc": 0, "lp": 0, "pb": 0}]
_DAMAGED = "the file's description of the music cannot be unpacked: it is damaged or forged"


class _Columns(NamedTuple):
    """Events sorted by what they set, in order of time within each, all at least 0."""

    head: np.ndarray  # (2,) division, tick of the end
    others: np.ndarray  # (B,) messages of no channel, byte by byte
    kinds: np.ndarray  # (K,) ascending: 0 for messages of no channel, else status << 7, plus the key or controller where there is one
    counts: np.ndarray  # (K,) events of each kind, E in all
    step: np.ndarray  # (E,) ticks since the event before of the same kind
    first: np.ndarray  # (E,) data byte less that of the event before of the same kind, modulo 128; 0 where `kinds` says it
    second: np.ndarray  # (E,) the same of the other data byte
    shared: np.ndarray  # (S,) kinds, in the order of the file, of events that share their tick with others


def pack_frame(midi: Midi) -> str:
    """A frame, parsed, as text of 85 letters; ValueError when it is too long for a file header."""
    events = midi.tracks[0]
    if len(events.tick) > MAX_EVENTS:
        raise ValueError(f"{len(events.tick)} events besides the notes are too many for a file; {MAX_EVENTS} would fit")
    text = _packed(_columns(midi.division, events))
    if len(text) > MAX_TEXT:
        raise ValueError(f"{len(text) / 1e6:.1f} MB of events besides the notes are too many for a file; {MAX_TEXT / 1e6} MB would fit")
    return text


def _packed(columns: _Columns) -> str:
    planes = [_planes(column) for column in columns]
    sizes = np.array([(plane.shape[1], len(plane)) for plane in planes], "<u4")
    packed = lzma.compress(b"".join((sizes.tobytes(), *(plane.tobytes() for plane in planes))), lzma.FORMAT_RAW, filters=_FILTERS)
    return base64.b85encode(packed).decode("ascii")


def unpack_frame(text: str) -> bytes:
    """Text -> the bytes of the frame; ValueError when it is none."""
    if len(text) > MAX_TEXT:
        raise ValueError(_DAMAGED)
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_FILTERS)
    try:
        data = unpacker.decompress(base64.b85decode(text), _LARGEST)
        if not unpacker.eof or unpacker.unused_data:
            raise ValueError(_DAMAGED)
        columns = _cut(data)
        division, end = columns.head.tolist()
        return assemble(division, _events(columns, end))
    except (ValueError, lzma.LZMAError):
        raise ValueError(_DAMAGED) from None


def _columns(division: int, events: Events) -> _Columns:
    code = np.maximum(events.code, 0)
    kind, first, second = _kind(code), code >> 8 & 0x7F, code & 0x7F
    order = np.argsort(kind, kind="stable")
    kinds, counts = np.unique(kind, return_counts=True)
    first = np.where(_names_its_kind(kind), 0, first)
    step, first, second = (_differences(column[order], counts) for column in (events.tick, first, second))
    others = np.frombuffer(b"".join(events.others[-1 - place] for place in events.code[events.code < 0].tolist()), np.uint8)
    head = np.array([division, events.end])
    return _Columns(head, others, kinds, counts, step, first & 0x7F, second & 0x7F, kind[_shared(events.tick)])


def _events(columns: _Columns, end: int) -> Events:
    """Undo `_columns`; ValueError when they contradict each other."""
    kind = np.repeat(columns.kinds, columns.counts)
    tick = _sums(columns.step, columns.counts)
    keyed = _names_its_kind(kind)
    first = np.where(keyed, kind, _sums(columns.first, columns.counts)) & 0x7F
    code = (kind >> 7) << 16 | first << 8 | _sums(columns.second, columns.counts) & 0x7F
    others = split(columns.others.tobytes())
    order = np.argsort(tick, kind="stable")
    merged, ticks = kind[order], tick[order]
    shared = _shared(ticks)
    fits = len(others) == int((kind == 0).sum()) and int(shared.sum()) == len(columns.shared) and int(ticks.max(initial=0)) <= end
    if not fits or (_kind(code) != kind).any():
        raise ValueError(_DAMAGED)
    merged[shared] = columns.shared
    places = np.argsort(merged, kind="stable")  # where each event, sorted by kind, belongs
    if (merged[places] != kind).any() or (ticks[places] != tick).any():
        raise ValueError(_DAMAGED)
    code[kind == 0] = -1 - np.arange(len(others))
    placed = np.empty_like(code)
    placed[places] = code
    return Events(ticks, placed, others, end)


def _kind(code: np.ndarray) -> np.ndarray:
    kind = code >> 16 << 7
    return np.where(_names_its_kind(kind), kind | code >> 8 & 0x7F, kind)


def _names_its_kind(kind: np.ndarray) -> np.ndarray:
    """Pressures of keys and controllers, whose first data byte says what they set."""
    return np.isin(kind >> 11, (0xA, 0xB))


def _shared(tick: np.ndarray) -> np.ndarray:
    """Which of these ascending ticks have an equal."""
    equal = np.concatenate([[False], tick[1:] == tick[:-1], [False]]) if len(tick) else np.zeros(1, bool)
    return equal[1:] | equal[:-1]


def _differences(column: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Each value less the one before, beginning anew with every group."""
    found = np.diff(column, prepend=0)
    starts = np.cumsum(counts)[:-1]
    found[starts] = column[starts]
    return found


def _sums(column: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Undo `_differences`."""
    sums = np.cumsum(column)
    starts = np.cumsum(counts)[:-1]
    return sums - np.repeat(np.append(0, sums[starts - 1]), counts) if len(column) else sums


def _planes(column: np.ndarray) -> np.ndarray:
    """Numbers (E,) -> bytes (W, E), the lowest first, as many as the largest number needs."""
    width = max(1, -(-int(column.max(initial=0)).bit_length() // 8))
    return np.ascontiguousarray(column.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].T)


def _cut(data: bytes) -> _Columns:
    """The columns in `data`; ValueError when they have impossible lengths or numbers."""
    names = _Columns._fields
    place = 8 * len(names)
    if len(data) < place:
        raise ValueError(_DAMAGED)
    columns = []
    for length, width in np.frombuffer(data[:place], "<u4").reshape(-1, 2).tolist():
        plane = np.frombuffer(data[place : place + length * width], np.uint8)
        if not 1 <= width <= 5 or len(plane) != length * width:
            raise ValueError(_DAMAGED)
        place += length * width
        wide = np.zeros((length, 8), np.uint8)
        wide[:, :width] = plane.reshape(width, length).T
        columns.append(wide.view("<i8")[:, 0])
    found = _Columns(*columns)
    if place != len(data) or not _is_possible(found):
        raise ValueError(_DAMAGED)
    return found._replace(others=found.others.astype(np.uint8))


def _is_possible(columns: _Columns) -> bool:
    """Whether lengths and ranges agree."""
    kinds, counts, events = columns.kinds, columns.counts, len(columns.step)
    alike = len(columns.first) == len(columns.second) == events and len(kinds) == len(counts) and len(columns.head) == 2
    if events > MAX_EVENTS or len(columns.others) > _MOST_OTHERS:  # many zeros take few letters
        return False
    if not alike or max(int(column.max(initial=0)) for column in columns) >= MAX_TICK or int(counts.sum()) != events:
        return False
    known = (kinds == 0) | np.isin(kinds >> 11, (0xA, 0xB, 0xC, 0xD, 0xE))
    return bool(known.all() and (np.diff(kinds) > 0).all() and (counts > 0).all()) and is_division(int(columns.head[0]))
