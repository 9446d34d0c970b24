"""A pianist in Chromium: from a `.mid` to a table, to rolls below each other, and to the same numbers from the command in the evidence."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect
from test_browser import ROOT, SLOW, base, browser, chart, context, drop, page, settle, verdict
from test_compare_browser import results

from vqvae.modalities.piano import example, read, write

__all__ = ["base", "browser", "context", "page"]  # fixtures
pytestmark = pytest.mark.browser
CODECS = ["grid", "grid-adaptive"]


@pytest.fixture(scope="module")
def performance(tmp_path_factory) -> list[Path]:
    """The file of a short performance."""
    return write(example("rubato"), tmp_path_factory.mktemp("played") / "evening")


def test_a_pianist_takes_home_evidence_whose_command_gives_the_same_numbers(page, performance, tmp_path):
    page.goto(f"/compare?kind=piano&codecs={','.join(CODECS)}&ratio=4")
    drop(page, *performance)
    expect(page.get_by_role("heading", name="Compare: evening")).to_be_visible()
    expect(verdict(page)).to_contain_text("most", timeout=3 * SLOW)
    expect(page.get_by_text("codecs ready")).to_have_count(0, timeout=3 * SLOW)
    settle(page)
    expect(verdict(page)).to_contain_text("4.00 times smaller than the .mid file")
    rows = chart(page, 1).locator(".js-plotly-plot").evaluate("plot => plot._fullLayout.annotations.map(label => label.text)")
    assert "Original" in rows[0]
    assert [re.search(r"<b>\S (\S+):", row)[1] for row in rows[1:]] in (CODECS, CODECS[::-1])

    page.get_by_role("button", name="Prepare the evidence").click()
    expect(page.get_by_role("button", name=re.compile("Evidence"))).to_be_visible(timeout=3 * SLOW)
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("Evidence")).click()
    waiting.value.save_as(tmp_path / "evidence.zip")
    evidence = tmp_path / "evidence"
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        archive.extractall(evidence)
    assert (evidence / "input/evening.mid").read_bytes() == performance[0].read_bytes()
    for name in CODECS:
        assert read(evidence / f"reconstructions/{name}.mid").count == example("rubato").count
    before = results(evidence / "results.json")
    command = shlex.split(json.loads((evidence / "results.json").read_text())["command"])
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *command[1:]], cwd=evidence, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert results(evidence / "again.json") == before
