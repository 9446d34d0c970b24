"""Layouts out of files: what is no layout is refused in a sentence."""

from __future__ import annotations

import json

import pytest

from vqvae.modalities.ecg import check_layout, example, to_tensors


@pytest.fixture(scope="module")
def layout() -> dict:
    return to_tensors(example("ventricular")).layout


def test_what_to_tensors_makes_passes_also_through_json(layout):
    check_layout(layout)
    check_layout(json.loads(json.dumps(layout)))


@pytest.mark.parametrize(
    "change",
    [
        {"samples": 10**15}, {"samples": -1}, {"samples": 1.5}, {"samples": True}, {"rate": 0}, {"rate": float("nan")}, {"rate": "360"},
        {"rate": 1e300}, {"rate": 1e-5}, {"rate": 1e-310}, {"leads": []}, {"leads": ["II", "II"]}, {"leads": "II"}, {"leads": [5, 6]},
        {"name": "../../etc/passwd"}, {"name": ".."}, {"name": ""}, {"name": 3}, {"bits": 0}, {"bits": 10**9},
        {"offsets": [0.0]}, {"offsets": [None, 0.0]}, {"gains": [float("inf"), 1.0]}, {"gains": [1e300, 1.0]}, {"gains": {}},
        {"gaps": [[[5, 2]], []]}, {"gaps": [[[0, 10**9]], []]}, {"gaps": [[["a", 1]], []]}, {"gaps": [[3], []]},
        {"gaps": [[[0, 1, 2]], []]}, {"modality": "mri"}, {"more": 1},
    ],
    ids=str,
)  # fmt: skip
def test_what_it_cannot_have_made_is_refused(layout, change):
    with pytest.raises(ValueError, match="file's description"):
        check_layout({**layout, **change})


@pytest.mark.parametrize("field", ["samples", "leads", "gaps", "modality"])
def test_a_missing_field_is_refused(layout, field):
    with pytest.raises(ValueError, match="incomplete"):
        check_layout({name: value for name, value in layout.items() if name != field})
