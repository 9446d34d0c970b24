"""Configurations and files: what goes out comes back, and nothing is guessed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from vqvae.config import from_json, read_json, read_object, require_writable, to_json, write_bytes, write_json


@dataclass(frozen=True)
class Inner:
    sizes: tuple[int, ...] = (1, 2)
    limit: float | None = None


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner = field(default_factory=Inner)
    parts: tuple[Inner, ...] = ()


def test_json_gives_back_the_same_object():
    config = Outer("x", Inner((3,), 0.5), (Inner(), Inner((7, 8))))
    assert from_json(Outer, json.loads(json.dumps(to_json(config)))) == config


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "x", "colour": 1}, "'colour'"),
        ({}, "'name'"),
        ({"name": 3}, "Outer.name must be str"),
        ({"name": "x", "inner": {"sizes": [1, "2"]}}, r"inner.sizes\[1\] must be int"),
        ({"name": "x", "inner": {"sizes": 1}}, "inner.sizes must be a list"),
        ({"name": "x", "inner": {"limit": "high"}}, "limit must be float"),
        ([], "must be an object"),
    ],
)
def test_what_does_not_fit_is_named(data, words):
    with pytest.raises(ValueError, match=words):
        from_json(Outer, data)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "a.json"
    write_json(target, {"old": 1})

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match=r"/a\.json cannot be written: disk full"):
        write_bytes(target, b"new")
    assert read_json(target) == {"old": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_missing_or_broken_json_is_one_sentence(tmp_path: Path):
    with pytest.raises(ValueError, match=r"there is no b\.json"):
        read_json(tmp_path / "b.json")
    (tmp_path / "c.json").write_bytes(b"\xff{")
    with pytest.raises(ValueError, match=r"c\.json is not JSON"):
        read_json(tmp_path / "c.json")


def test_json_never_holds_nan(tmp_path: Path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_a_list_is_no_object(tmp_path: Path):
    write_json(tmp_path / "a.json", [])
    with pytest.raises(ValueError, match=r"a\.json .* must hold a JSON object, it holds '\[\]'"):
        read_object(tmp_path / "a.json")


def test_what_cannot_be_written_is_known_before_and_nothing_is_made(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    for path, folder in [("none/a.json", False), (".", False), ("file/a", False), ("file", True), ("file/a", True)]:
        with pytest.raises(ValueError, match="cannot be written"):
            require_writable(tmp_path / path, folder)
    for path, folder in [("a.json", False), ("file", False), (".", True), ("new/deep", True)]:
        require_writable(tmp_path / path, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
