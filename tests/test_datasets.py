"""The data sets known: addresses, licences, splits, and the records found on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from vqvae.datasets import registry
from vqvae.datasets.download import download
from vqvae.datasets.manifest import parse
from vqvae.datasets.pieces import piece_name, pieces
from vqvae.datasets.registry import DATASETS
from vqvae.datasets.splits import SPLITS, record_folder, records, select, split_of
from vqvae.datasets.transfer import digest


def test_an_unknown_data_set_is_refused_naming_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"'ptb'.*mitdb, ludb, mnist, asap"):
        download("ptb", tmp_path)


def test_every_data_set_has_an_encrypted_address_a_licence_and_a_split():
    assert set(DATASETS) == set(SPLITS)
    for dataset in DATASETS.values():
        assert dataset.url.startswith("https://")
        assert dataset.url.endswith("/")
        assert dataset.licence


def test_no_patient_is_on_both_sides_of_a_split():
    for split in SPLITS.values():
        assert not set(split.training) & set(split.validation)
    assert [(len(split.training), len(split.validation)) for split in SPLITS.values()] == [(18, 4), (120, 30), (10, 2), (29, 1)]


def test_records_are_listed_in_the_order_of_counting(tmp_path):
    for name in ("10", "9", "a2", "a10", "100", "x_108"):
        (tmp_path / f"{name}.hea").write_text("")
    (tmp_path / "9.dat").write_text("")
    assert records(tmp_path) == ["9", "10", "100", "a2", "a10", "x_108"]
    assert select(tmp_path) == records(tmp_path)
    assert select(tmp_path, ["a2", "9"]) == ["a2", "9"]


def test_a_missing_record_is_named_with_those_that_are_there(tmp_path):
    for k in range(20):
        (tmp_path / f"{k}.hea").write_text("")
    with pytest.raises(ValueError, match=r"no record called 77, 78; it has 0, 1, .*11, … \(20 in all\)"):
        select(tmp_path, ["3", "77", "78"])
    with pytest.raises(ValueError, match="none was named"):
        select(tmp_path, [])


def test_a_folder_without_records_says_where_there_are_some(tmp_path):
    with pytest.raises(ValueError, match="no folder"):
        records(tmp_path / "nowhere")
    (tmp_path / "inner").mkdir()
    with pytest.raises(ValueError, match=r"no WFDB record \(no \.hea file\)$"):
        records(tmp_path)
    (tmp_path / "inner" / "1.hea").write_text("")
    with pytest.raises(ValueError, match=r"there are some in .*inner"):
        records(tmp_path)


def test_the_splits_name_records_that_exist(data):
    for name in ("mitdb", "ludb"):
        split = SPLITS[name]
        assert select(data / name, split.training + split.validation) == [*split.training, *split.validation]


def test_every_listed_performance_is_on_one_side_of_the_split_and_as_it_was_listed(data):
    entries = parse(Path(registry.__file__).with_name(DATASETS["asap"].listed).read_text(encoding="utf-8"))
    folder = data / "asap"
    sides = [pieces(folder, side) for side in SPLITS["asap"]]
    assert [len(side) for side in sides] == [882, 106]
    assert sorted(sides[0] + sides[1]) == sorted(folder / entry.path for entry in entries) == pieces(folder)
    for entry in entries[::40]:
        assert digest(data / "asap" / entry.path) == entry.sha256


def test_pieces_are_chosen_by_pattern_and_what_matches_none_is_refused_with_what_is_there(tmp_path):
    for name in ("Haydn/a/1.mid", "Haydn/2.MIDI", "Bach/3.mid", "Bach/score.xml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    bach, haydn = [tmp_path / "Bach/3.mid"], [tmp_path / "Haydn/2.MIDI", tmp_path / "Haydn/a/1.mid"]
    assert pieces(tmp_path) == bach + haydn
    assert pieces(tmp_path, ["Haydn/*"]) == haydn
    assert [piece_name(path, tmp_path) for path in haydn] == ["Haydn/2", "Haydn/a/1"]
    with pytest.raises(ValueError, match=r"no piece that matches 'Mozart/\*'; it has Bach, Haydn"):
        pieces(tmp_path, ["Haydn/*", "Mozart/*"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no MIDI file at all"):
        pieces(tmp_path / "empty")
    with pytest.raises(ValueError, match="no folder"):
        pieces(tmp_path / "nowhere")


def test_a_downloaded_data_set_is_found_by_its_folder_and_by_that_of_its_records(tmp_path):
    inner = tmp_path / "ludb" / DATASETS["ludb"].records
    inner.mkdir(parents=True)
    assert record_folder(tmp_path / "ludb") == tmp_path / "ludb"
    (inner / "1.hea").write_text("")
    for folder in (tmp_path / "ludb", inner):
        assert record_folder(folder) == inner
        assert records(folder) == select(folder, ["1"]) == ["1"]
        assert split_of(folder) is SPLITS["ludb"]
    with pytest.raises(ValueError, match="no known split of 'elsewhere'; there are splits of: mitdb, ludb, asap"):
        split_of(tmp_path / "elsewhere")
