"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: threads that wait for a busy core cost more than they bring


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real recordings; tests that need it skip where it is not set up."""
    folder = os.environ.get("VQVAE_DATA")
    if not folder:
        pytest.skip("set VQVAE_DATA to the folder of real recordings")
    return Path(folder)
