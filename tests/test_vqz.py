"""The `.vqz` file: what goes in comes out, and damage costs no more than it must."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vqz_cases import (
    SIZES,
    contents,
    example,
    forged,
    hostile_files,
    hostile_texts,
    index_coder,
    opened,
    packed,
    random_codes,
    static_coder,
    wavelet_coder,
)

from vqvae.codec.container import CODES_PER_BYTE, FREE_CODES, MAX_CHUNK, MAX_CODES, START, VERSION, Contents, pack, unpack
from vqvae.codec.header import read_fields, write_fields
from vqvae.codec.static import StaticCoder
from vqvae.codec.static_tables import unpack_tables
from vqvae.codec.vqz import File, even_chunk, write

GOLDEN = Path(__file__).parent / "golden"


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
def test_random_codes_of_every_shape_come_back_exactly(coder):
    rng = np.random.default_rng(0)
    for _ in range(1000):
        size, levels, rows = int(rng.choice(SIZES)), int(rng.integers(1, 5)), int(rng.integers(0 if coder == "static" else 1, 4))
        frames = int(rng.integers(0, 4) * rng.integers(0, 10))
        more = (int(rng.integers(0, 4)),) if coder == "static" and rng.random() < 0.3 else ()
        codes = random_codes(rng, (rows, levels, *more, frames), size)
        used = static_coder(size) if coder == "static" else index_coder(size, levels, rows)
        file = opened(packed(codes, used, int(rng.integers(1, 40))), used)
        assert (file.codes == codes).all()
        assert file.codes.shape == codes.shape
        assert not file.damage


def test_signed_wavelet_frames_come_back_exactly():
    rng = np.random.default_rng(1)
    for _ in range(100):
        codes = np.rint(rng.laplace(0, rng.choice([0.1, 3, 1000]), (2, 32, int(rng.integers(0, 9))))).astype(np.int32)
        assert (opened(packed(codes, wavelet_coder(2), 4), wavelet_coder(2)).codes == codes).all()


@pytest.mark.parametrize("coder", ["static", "adaptive"])
def test_two_threads_write_the_same_bytes_and_read_the_same_codes(coder):
    data, codes, used = example(coder)
    assert packed(codes, used, 8, threads=2) == data
    assert (opened(data, used, threads=2).codes == codes).all()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.vqz")), ids=lambda path: path.stem)
def test_golden_files_decode_to_the_stored_codes(path):
    data = path.read_bytes()
    rows, levels = unpack(data).contents.shape[:2]
    coders = {
        "static": StaticCoder(unpack_tables((GOLDEN / "static.tables").read_bytes())),
        "indices": index_coder(16, levels, rows),
        "wavelet": wavelet_coder(rows),
    }
    file = opened(data, coders[path.stem])
    assert (file.codes == np.load(path.with_suffix(".npy"))).all()
    assert file.contents.layout == {"modality": "ecg", "rate": 250, "leads": ["II", "V5"]}
    assert not file.damage


def test_golden_files_cover_both_coders():
    assert {unpack(path.read_bytes()).contents.coder for path in GOLDEN.glob("*.vqz")} == {"static", "adaptive"}


def test_contents_come_back_as_they_went_in():
    codes = np.zeros((2, 3, 4), int)
    layout = {"name": "Ä\U0001f4a1", "gaps": [[0, 12], [1234567, 7654321]], "gains": [1.0, -0.25, 1e-7], "none": None, "yes": True}
    stated = contents(codes, static_coder(16), 3, layout=layout, settings={"levels": 2}, quality=-0.123456789012345)
    assert opened(write(stated, codes, static_coder(16)), static_coder(16)).contents == stated
    assert stated.sha256 == "5e" * 16


def test_the_header_of_a_lead_takes_a_hundred_bytes():
    codes = np.zeros((1, 32, 6752), int)
    payloads = [bytes(1900), bytes(1900), b""]
    assert len(pack(contents(codes, static_coder(16), 3375), payloads)) - 3800 <= 100


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


def test_a_path_is_no_name_of_a_codec():
    for name in ("../ecg", "/etc/passwd", "a/b", "a\\b", ".", "", "a" * 65, "ecg\n"):
        with pytest.raises(ValueError, match="codec"):
            Contents(name, "0" * 32, "static", 1.0, (1, 1, 1), 1, {})


def test_contents_and_codes_must_agree():
    _, codes, used = example()
    with pytest.raises(ValueError, match="shape"):
        write(contents(codes, used, 8), codes[:, :, 1:], used)
    with pytest.raises(ValueError, match="adaptive"):
        write(replace(contents(codes, used, 8), coder="adaptive"), codes, used)
    with pytest.raises(ValueError, match="2 payloads"):
        pack(contents(codes, used, 8), [b"", b""])


def test_even_chunks_leave_no_stub():
    assert even_chunk(6752, 3375) == 3376
    for frames in (*range(40), 6752, 20252):
        for wanted in (1, 3, 7, 3375):
            chunk = even_chunk(frames, wanted)
            count = -(-frames // chunk)
            assert count <= max(1, round(frames / wanted))
            assert chunk <= max(1.5 * wanted, 1)
            assert frames - (count - 1) * chunk > chunk - count or frames == 0


def test_progress_rises_to_one_and_what_it_raises_stops_the_work():
    _, codes, used = example()
    seen: list[float] = []
    write(contents(codes, used, 8), codes, used, 2, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1

    def stop(done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(contents(codes, used, 8), codes, used, 2, stop)


def test_header_text_is_json_after_inflating_with_the_dictionary():
    values = {"a": [10, 1.25], "99": "007 100 1"}
    data = write_fields(values)
    assert read_fields(data + b"rest") == (values, b"rest")
    inflate = zlib.decompressobj(-15, zdict=re.sub(rb"\d\d", lambda two: bytes([128 + int(two[0])]), _dictionary()))
    text = re.sub(rb"[\x80-\xe3]", lambda byte: b"%02d" % (byte[0][0] - 128), inflate.decompress(data))
    assert text == b'{"a":[10,1.25],"99":"007 100 1"}'


def test_a_header_that_is_cut_off_is_refused():
    data = write_fields({"codec": "ecg", "shape": [1, 2, 3]})
    for length in range(len(data)):
        with pytest.raises(ValueError, match="cut off"):
            read_fields(data[:length])


def test_the_dictionary_of_version_1_stays_as_it_is():
    assert zlib.crc32(_dictionary()) == 0x9B2862B3


def _dictionary() -> bytes:
    from vqvae.codec.header import DICTIONARY

    return DICTIONARY


def test_the_format_is_what_its_description_says():
    data, _, _ = example()
    assert data[:4] == START == b"VQZ\x01"
    size, start = (data[4], 5) if data[4] < 128 else (data[4] & 127 | data[5] << 7, 6)
    assert zlib.crc32(data[: start + size]) == int.from_bytes(data[start + size : start + size + 4], "little")
    assert data[start : start + 16].hex() == "5e" * 16
