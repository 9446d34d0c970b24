"""The `.vqz` file: what goes in comes out, and the format is what its description says."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vqz_cases import (
    SIZES,
    contents,
    example,
    index_coder,
    opened,
    packed,
    random_codes,
    static_coder,
    wavelet_coder,
)

from vqvae.codec.container import START, Contents, pack, unpack
from vqvae.codec.header import read_fields, write_fields
from vqvae.codec.static import StaticCoder
from vqvae.codec.static_tables import unpack_tables
from vqvae.codec.vqz import even_chunk, write

GOLDEN = Path(__file__).parent / "golden"


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


def test_what_was_added_to_the_dictionary_changes_no_header_of_the_kind_of_data_that_was_there_before(monkeypatch):
    from vqvae.codec import header

    older, newer = ({"codec": "x", "quality": 5.0, "layout": {"modality": kind, "name": "", "notes": 1584}} for kind in ("ecg", "piano"))
    before, shorter = header.write_fields(older), header.write_fields(newer)
    assert header.read_fields(shorter).values == newer
    monkeypatch.setattr(header, "ADDED", b"")
    assert header.write_fields(older) == before
    assert header.read_fields(before).values == older
    assert len(header.write_fields(newer)) > len(shorter) + 10
