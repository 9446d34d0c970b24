"""Checkpoints are found by name or by path, and never mistaken for one another."""

from __future__ import annotations

from pathlib import Path

import pytest

from vqvae.checkpoint import SHIPPED, find, load
from vqvae.pipeline import judges


def test_a_shipped_name_means_the_shipped_one_whatever_lies_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("ecg", "ecg-delineator", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("[]")
    monkeypatch.chdir(tmp_path)
    assert find("ecg") == SHIPPED / "ecg"
    assert load("ecg").levels == 6
    judges.cache_clear()
    assert judges("ecg")["delineate"] is not None
    for path in ("./ecg", "mine", str(tmp_path / "ecg")):
        assert find(path).resolve() == (tmp_path / path).resolve()


@pytest.mark.parametrize("name", ["best", "..", "", "../vqvae"])
def test_what_is_no_checkpoint_is_said_with_the_choices(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"one of: .*ecg, ecg-autoencoder, ecg-delineator, ecg-fine"):
        find(name)
