"""A researcher in Chromium: from an upload to a table, to evidence, and to the same numbers from the command in it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_browser import ROOT, SLOW, asked, base, browser, chart, context, drop, page, settle, verdict

from app.words import number
from vqvae.modalities import modality
from vqvae.modalities.ecg.synthesis import Scenario, synthesise

__all__ = ["base", "browser", "context", "page"]  # fixtures
pytestmark = pytest.mark.browser
CODECS = ["averaging", "dct", "wavelet"]


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> list[Path]:
    """The files of a short recording of two leads."""
    made = synthesise(Scenario("short", seconds=12.0, leads=("II", "V2"), ventricular=0.2)).ecg
    return modality("ecg").write(made, tmp_path_factory.mktemp("record") / "short")


def results(path: Path) -> dict[str, Any]:
    """All that must be equal when it is made again: everything but how long it took."""
    found = json.loads(path.read_text(encoding="utf-8"))
    for point in found["points"]:
        point.pop("seconds")
    return {key: found[key] for key in ("points", "winners", "codecs", "configuration")}


def compare(page: Page, record: list[Path]) -> None:
    """Drop the recording on the page and wait for every codec."""
    page.goto(f"/compare?codecs={','.join(CODECS)}&ratio=24")
    drop(page, *record)
    expect(page.get_by_role("heading", name="Compare: short")).to_be_visible()
    expect(verdict(page)).to_contain_text("keeps most", timeout=3 * SLOW)
    expect(page.get_by_text("codecs ready")).to_have_count(0, timeout=3 * SLOW)
    settle(page)


def said(page: Page) -> dict[str, str]:
    """What stands beside every codec's signal: its name and its score."""
    labels = chart(page, 1).locator(".js-plotly-plot").evaluate("plot => plot._fullLayout.annotations.map(label => label.text)")
    found = re.findall(r"<b>\W (\S+): PRDN (.+?)</b>", "".join(labels))
    return dict(found)


def test_a_researcher_takes_home_evidence_whose_command_gives_the_same_numbers(page, record, tmp_path):
    compare(page, record)
    expect(verdict(page)).to_contain_text("24 times smaller")
    assert "still to come" not in verdict(page).inner_text()
    assert asked(page)["codecs"].split("%2C") == CODECS

    page.get_by_role("button", name="Prepare the evidence").click()
    expect(page.get_by_role("button", name=re.compile("Evidence"))).to_be_visible(timeout=3 * SLOW)
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("Evidence")).click()
    waiting.value.save_as(tmp_path / "evidence.zip")
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        archive.extractall(tmp_path / "evidence")
    evidence = tmp_path / "evidence"
    before = results(evidence / "results.json")
    scores = {point["codec"]: point["scores"]["prdn"]["value"] for point in before["points"]}
    assert said(page) == {codec: number(value, "%") for codec, value in scores.items()}
    assert {path.stem for path in (evidence / "files").glob("*.vqz")} == set(CODECS)
    for point in before["points"]:
        assert (evidence / f"files/{point['codec']}.vqz").stat().st_size == point["bytes"]

    command = shlex.split(json.loads((evidence / "results.json").read_text())["command"])
    shown = page.get_by_test_id("stCode").inner_text().split()
    assert shown[:-1] == [*command[:4], "short.hea", *command[5:-1]], "the same, but for where the files lie"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *command[1:]], cwd=evidence, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert results(evidence / "again.json") == before


def test_the_signals_move_and_zoom_together_and_nothing_leaves_a_narrow_window(page, record):
    page.set_viewport_size({"width": 900, "height": 900})
    page.emulate_media(color_scheme="dark")
    compare(page, record)
    plot = chart(page, 1).locator(".js-plotly-plot")
    row = plot.locator(".nsewdrag").nth(1)
    row.scroll_into_view_if_needed()
    settle(page)
    area = row.bounding_box()
    page.mouse.move(area["x"] + area["width"] * 0.4, area["y"] + 10)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.6, area["y"] + area["height"] - 10, steps=8)
    page.mouse.up()
    page.wait_for_timeout(500)
    low, high = plot.evaluate("plot => plot._fullLayout.xaxis.range")
    assert high - low == pytest.approx(0.8, abs=0.1)
    ranges = plot.evaluate("plot => ['yaxis', 'yaxis2', 'yaxis3', 'yaxis4'].map(name => plot._fullLayout[name].range.join())")
    assert len(set(ranges)) == 1

    start = page.get_by_label("Start of the window in seconds")
    before = start.input_value()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(start).not_to_have_value(before)
    settle(page)
    low, high = plot.evaluate("plot => plot._fullLayout.xaxis.range")
    assert low == pytest.approx(float(start.input_value()))
    wide = "[...document.querySelectorAll('[data-testid=stMain] button, [data-testid=stMain] svg.main-svg')]"
    assert page.evaluate(f"{wide}.filter(e => e.getBoundingClientRect().right > innerWidth + 2).length") == 0
    colours = plot.evaluate("plot => plot.data.map(trace => trace.line.color)")
    assert all(min(max(int(colour[i : i + 2], 16) for i in (1, 3, 5)), 255) > 120 for colour in colours), "everything can be seen on dark"
