"""Damaged, foreign and hostile `.vqz` files: damage costs no more than it must, and no claim is believed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vqz_cases import (
    contents,
    example,
    forged,
    hostile_files,
    hostile_texts,
    opened,
    static_coder,
)

from vqvae.codec.container import CODES_PER_BYTE, FREE_CODES, MAX_CHUNK, MAX_CODES, VERSION, pack, unpack
from vqvae.codec.vqz import File


def kept(file: File, codes: np.ndarray) -> list[int]:
    """Chunks whose codes came back exactly."""
    frames = [slice(*file.contents.frames(chunk)) for chunk in range(file.contents.chunks)]
    return [chunk for chunk, piece in enumerate(frames) if (file.codes[..., piece] == codes[..., piece]).all()]


def names_its_loss(file: File, codes: np.ndarray) -> bool:
    """Whether exactly the chunks that differ are named, with their frames, and are zero."""
    lost = [damage for damage in file.damage if damage.chunk >= 0]
    zero = all(not file.codes[..., damage.start : damage.stop].any() for damage in lost)
    frames = all((damage.start, damage.stop) == file.contents.frames(damage.chunk) for damage in lost)
    return zero and frames and {*range(file.contents.chunks)} - {*kept(file, codes)} <= {damage.chunk for damage in lost}


@pytest.mark.parametrize("coder", ["static", "adaptive"])
def test_a_flipped_byte_is_noticed_and_costs_one_chunk_at_most(coder):
    data, codes, used = example(coder)
    rng = np.random.default_rng(2)
    positions = [*range(130), *rng.integers(0, len(data), 370)]
    noticed = others = 0
    for position in positions:
        broken = bytearray(data)
        broken[position] ^= int(rng.integers(1, 256))
        file = opened(bytes(broken), used)
        noticed += len(file.damage) == 1
        others += len(kept(file, codes)) >= file.contents.chunks - 1
        assert names_its_loss(file, codes)
        assert file.contents == unpack(data).contents
    assert noticed == others == len(positions) == 500


def test_every_change_of_every_byte_before_the_chunks_is_put_right():
    data, _, _ = example()
    whole = unpack(data)
    for position in range(len(data) - sum(map(len, filter(None, whole.payloads)))):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255, 85):
            broken = bytearray(data)
            broken[position] ^= mask
            mended = unpack(bytes(broken))
            assert mended[:2] == whole[:2]
            assert [(damage.chunk, damage.start, damage.stop) for damage in mended.damage] == [(-1, 0, 0)]


def test_a_file_cut_at_any_length_gives_the_chunks_that_are_there():
    data, codes, used = example(frames=40, chunk=7)
    whole = unpack(data)
    sizes = [len(payload) for payload in whole.payloads if payload is not None]
    start = len(data) - sum(sizes)
    for length in range(len(data)):
        if length < start:
            with pytest.raises(ValueError, match="cut off" if length else "empty"):
                opened(data[:length], used)
            continue
        file = opened(data[:length], used)
        there = int(np.searchsorted(np.cumsum(sizes), length - start, side="right"))
        assert kept(file, codes)[:there] == [*range(there)]
        assert [damage.chunk for damage in file.damage] == [*range(there, len(sizes))]
        assert {damage.sentence.split(", ")[-1] for damage in file.damage} == {"is cut off and is left out"}
        assert names_its_loss(file, codes)


def test_bytes_after_the_end_are_noticed():
    data, codes, used = example()
    file = opened(data + b"more", used)
    assert (file.codes == codes).all()
    assert [damage.sentence for damage in file.damage] == ["4 bytes after the end of the file were ignored"]


def test_damage_is_told_in_a_sentence_with_chunk_and_frames():
    data, _, used = example()
    file = opened(data[:-1] + bytes([data[-1] ^ 1]), used)
    assert file.damage[0][:3] == (11, 88, 96)
    assert file.damage[0].sentence == "chunk 12 of 12, frames 88 to 95, does not match its checksum and is left out"


def test_a_chunk_that_its_coder_refuses_is_damage_though_its_checksum_holds():
    data, codes, used = example()
    whole = unpack(data)
    payloads = [payload or b"" for payload in whole.payloads]
    payloads[3] = payloads[3][:-2] + bytes(2)
    file = opened(pack(whole.contents, payloads), used)
    assert [damage.chunk for damage in file.damage] == [3]
    assert "chunk 4 of 12, frames 24 to 31, cannot be decoded (the stream" in file.damage[0].sentence
    assert names_its_loss(file, codes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: b"RIFF" + data[4:], "not a .vqz file.*give one that"),
        (lambda data: data[:3] + bytes([VERSION + 1]) + data[4:30] + bytes(20) + data[50:], "version 2 and this program reads 1: install"),
        (lambda data: data[:30] + bytes(20) + data[50:], "damaged in several places: get another copy"),
        (lambda data: b"", "the file is empty: get another copy"),
    ],
    ids=["foreign", "newer", "damaged", "empty"],
)
def test_what_cannot_be_read_gets_a_sentence_with_a_way_out(change, sentence):
    data, _, used = example()
    with pytest.raises(ValueError, match=sentence):
        opened(change(data), used)


def test_no_hostile_header_is_believed():
    count = 0
    for data in hostile_files():
        with pytest.raises(ValueError):
            unpack(data)
        count += 1
    assert count > 140


def test_a_hostile_header_fills_no_memory(tmp_path):
    for number, data in enumerate(hostile_files()):
        (tmp_path / f"{number}.vqz").write_bytes(data)
    code = (
        "import re, sys; from pathlib import Path; from vqz_cases import opened, static_coder\n"
        "def peak(): return int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        "coder = static_coder(16)\n"
        "before = peak()\n"
        "for path in Path(sys.argv[1]).iterdir():\n"
        "    try: opened(path.read_bytes(), coder)\n"
        "    except ValueError: pass\n"
        "print(peak() - before)"
    )
    root = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(root.parent)}
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=environment)
    assert int(done.stdout) < 40 * 1024  # KiB; the claims go up to 2 GiB, the inflated headers to 64 MiB


def test_mutated_files_are_read_or_refused_in_a_sentence():
    rng = np.random.default_rng(3)
    files = [example(name)[:3] for name in ("static", "adaptive")]
    texts = list(hostile_texts())[:20]
    refused = 0
    for turn in range(5000):
        data, codes, used = files[turn % 2]
        broken = mutated(data, rng, texts)
        try:
            file = opened(broken, used)
        except ValueError:
            refused += 1
            continue
        assert file.codes.shape == file.contents.shape
        assert file.contents != unpack(data).contents or names_its_loss(file, codes)
    assert 1000 < refused < 4500


def mutated(data: bytes, rng: np.random.Generator, texts: list[bytes]) -> bytes:
    """A file with some of its bytes changed, cut out, put in, doubled or exchanged, or with another header whose checksum holds."""
    broken = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        first, last = sorted(int(at) for at in rng.integers(0, min(len(broken), int(rng.choice([120, 1 << 20]))) + 1, 2))
        kind = rng.integers(0, 6)
        if kind == 0:
            broken[first : first + 1] = rng.bytes(1)
        elif kind == 1:
            del broken[first:last]
        elif kind == 2:
            broken[first:first] = rng.bytes(int(rng.integers(1, 20)))
        elif kind == 3:
            broken[first:first] = broken[first:last]
        elif kind == 4:
            broken[first:last] = bytes(last - first)
        elif kind == 5:
            broken = bytearray(respliced(data, rng, texts))
    return bytes(broken)


def respliced(data: bytes, rng: np.random.Generator, texts: list[bytes]) -> bytes:
    """A file whose header says something else of the same payloads, its checksum made anew."""
    whole = unpack(data)
    if rng.random() < 0.3:
        return forged(texts[rng.integers(len(texts))], rng.bytes(int(rng.integers(0, 60))), data[-200:])
    shape = tuple(int(extent) for extent in rng.integers(0, 30, 3))
    try:
        stated = replace(whole.contents, shape=shape, chunk=int(rng.integers(1, 40)))
        return pack(stated, [rng.bytes(int(rng.integers(0, 90))) for _ in range(stated.chunks)])
    except ValueError:
        return data


def test_a_file_may_not_claim_more_codes_than_its_bytes_can_hold():
    codes = FREE_CODES + CODES_PER_BYTE * 200
    stated = replace(contents(np.zeros((1, 1, 1), int), static_coder(16), MAX_CHUNK), shape=(1, 1, codes), layout={})
    data = pack(stated, [bytes(200)])
    assert len(data) < 300
    with pytest.raises(ValueError, match="cannot hold"):
        unpack(data[:-120])
    with pytest.raises(ValueError, match="cannot hold"):
        pack(replace(stated, shape=(1, 1, 2 * codes)), [bytes(100), bytes(100)])


def test_a_chunk_may_not_hold_more_codes_than_its_coder_has_memory_for():
    stated = replace(contents(np.zeros((1, 1, 1), int), static_coder(16), MAX_CHUNK // 32), shape=(1, 32, MAX_CODES // 32))
    assert stated.chunks == 32
    with pytest.raises(ValueError, match="use shorter ones"):
        replace(stated, chunk=MAX_CHUNK // 32 + 1)


def test_a_day_of_twelve_leads_may_be_written():
    stated = replace(contents(np.zeros((1, 1, 1), int), static_coder(16), 3375), shape=(12, 32, 972000))
    assert np.prod(stated.shape) < MAX_CODES
    data = pack(stated, [bytes(30)] * stated.chunks)
    assert unpack(data).contents == stated
