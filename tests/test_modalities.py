"""What every kind of data promises, whichever folders there are."""

from __future__ import annotations

import json
import math
from importlib import import_module

import numpy as np
import pytest

from vqvae.modalities import modality, names
from vqvae.modalities.protocol import Modality

KINDS = names()


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return modality(request.param)


@pytest.fixture(scope="module")
def recording(kind):
    return kind.example()


@pytest.fixture(scope="module")
def tensors(kind, recording):
    return kind.to_tensors(recording)


def test_a_kind_offers_every_name_that_others_use_and_is_called_like_its_folder():
    for name in KINDS:
        found = modality(name)
        assert found.name == name
        assert {part for part in vars(Modality) if not part.startswith("_")} <= set(dir(found))
        assert set(found.__all__) <= set(dir(found))


def test_an_unknown_kind_is_refused_naming_the_known_ones():
    with pytest.raises(ValueError, match=f"'video'.*{', '.join(KINDS)}"):
        modality("video")


def test_every_example_has_a_name_and_is_the_same_again(kind):
    assert kind.examples()[0] == kind.example().name
    for name in kind.examples():
        found = kind.example(name)
        assert found.name == name
        assert kind.fingerprint(found) == kind.fingerprint(kind.example(name)) != kind.fingerprint(kind.example(name, 1))


def test_tensors_are_rows_of_32_bit_floats_as_long_as_their_layout_says(kind, tensors):
    assert tensors.values.shape[2:] == kind.sides(tensors.layout)
    assert tensors.values.dtype == np.float32
    assert tensors.values.shape[-1] == kind.length(tensors.layout)
    assert np.isfinite(tensors.values).all()


def test_a_layout_goes_through_json_and_is_taken_back_and_one_without_a_field_that_has_no_usual_value_is_not(kind, tensors):
    layout = json.loads(json.dumps(tensors.layout))
    assert layout == tensors.layout
    assert layout["modality"] == kind.name
    kind.check_layout(layout)
    usual = getattr(import_module(f"{kind.__name__}.layouts"), "USUAL", {})  # field -> what a file means that leaves it out
    assert layout.keys() - usual.keys() >= {"modality", "name"}
    for field in layout.keys() - usual.keys():
        with pytest.raises(ValueError, match="incomplete"):
            kind.check_layout({name: value for name, value in layout.items() if name != field})


def test_what_is_restored_makes_the_same_tensors_but_for_rounding(kind, tensors):
    again = kind.to_tensors(kind.restore(tensors))
    assert again.values.shape == tensors.values.shape
    assert np.abs(again.values - tensors.values).max() < 0.1
    assert np.abs(again.values - tensors.values).mean() < 0.01


def test_an_extent_counts_something_and_says_what_it_is_compared_with(kind, tensors):
    extent = kind.extent(tensors.layout)
    assert extent.amount > 0
    assert extent.raw_bytes > 0
    assert extent.unit.startswith("bit/")
    assert extent.raw


def test_what_is_compared_with_itself_has_lost_nothing(kind, recording):
    for score in kind.compare(recording, recording).scores:
        assert math.isnan(score.value) or score.value == pytest.approx(score.perfect, abs=1e-6), score.name
        assert score.definition.endswith(".")


def test_a_sample_is_part_of_the_recording_and_makes_tensors(kind, recording, tensors):
    sample = kind.to_tensors(kind.sampled(recording, 12.0))
    assert 0.05 < kind.extent(sample.layout).amount / kind.extent(tensors.layout).amount < 0.6
    kind.check_layout(sample.layout)


def test_what_is_written_is_what_was_announced_and_reads_back(kind, recording, tmp_path):
    path = tmp_path / "folder" / recording.name
    files = kind.write(recording, path)
    assert set(files) <= set(kind.targets(path))
    assert sorted(path.parent.iterdir()) == sorted(files)
    again = kind.read(files[0])
    values = kind.to_tensors(recording).values
    assert np.abs(kind.to_tensors(again).values - values).mean() < 0.01


def test_dropped_files_are_received_and_read(kind, recording, tmp_path):
    files = kind.write(recording, tmp_path / "from" / recording.name)
    (tmp_path / "to").mkdir()
    main = kind.receive({f"C:\\data\\{file.name}": file.read_bytes() for file in files}, tmp_path / "to")
    assert kind.read(main).name == recording.name


def test_preprocessing_is_described_in_json(kind):
    described = kind.describe_preprocessing()
    assert json.loads(json.dumps(described)) == described != {}
