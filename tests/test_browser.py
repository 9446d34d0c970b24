"""The app as its readers meet it: Chromium against the running server."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from vqvae.modalities import modality

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[1]
COMMAND = ["-m", "streamlit", "run", "app/main.py"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]
CHROMIUM = "/usr/bin/chromium"
SLOW = 60_000  # ms
expect.set_options(timeout=SLOW)
HARMLESS = re.compile(r"404 \(Not Found\)")  # a link into a page asks below its own path first: /ecg/_stcore/health
BUSY = "[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]"


class Heard(NamedTuple):
    """What a page said and asked for."""

    errors: list[str]
    outside: list[str]


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Iterator[str]:
    """The address of a server that was started for these tests, with nothing of the developer's own environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    clean = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    with open(home / "log.txt", "wb") as log:
        server = subprocess.Popen([sys.executable, *COMMAND, "--server.port", str(port)], cwd=ROOT, env=clean, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)
    assert "Traceback" not in (home / "log.txt").read_text()


def _wait_for(address: str, server: subprocess.Popen) -> None:
    for _ in range(300):
        assert server.poll() is None, "the server did not start"
        try:
            with urlopen(address, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the server did not answer")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def context(browser, base) -> Iterator[BrowserContext]:
    """One browser profile for all tests, so that the app's own scripts are fetched once."""
    profile = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=base, accept_downloads=True)
    profile.set_default_timeout(SLOW)
    yield profile
    profile.close()


@pytest.fixture
def page(context, base) -> Iterator[Page]:
    """A fresh reader; in the end nothing went wrong in the console and nothing was asked of another machine."""
    reader, heard = context.new_page(), Heard([], [])
    reader.on("console", lambda said: heard.errors.append(said.text) if said.type == "error" else None)
    reader.on("pageerror", lambda error: heard.errors.append(str(error)))
    reader.on("request", lambda asked: None if asked.url.startswith((base, "data:", "blob:")) else heard.outside.append(asked.url))
    yield reader
    reader.wait_for_timeout(300)
    reader.close()
    assert [text for text in heard.errors if not HARMLESS.search(text)] == []
    assert heard.outside == []


def settle(page: Page) -> None:
    """Wait until nothing has been at work for half a second."""
    quiet = 0
    for _ in range(600):
        page.wait_for_timeout(100)
        quiet = 0 if page.locator(BUSY).count() else quiet + 1
        if quiet == 5:
            return
    raise AssertionError("the page did not come to rest")


def verdict(page: Page) -> Locator:
    return page.get_by_test_id("stMain").get_by_test_id("stAlert").first


def drop(page: Page, *files: Path | dict) -> None:
    page.locator("input[type=file]").first.set_input_files([file if isinstance(file, dict) else str(file) for file in files])


def asked(page: Page) -> dict[str, str]:
    """The parameters of the address."""
    return dict(pair.split("=", 1) for pair in page.url.partition("?")[2].split("&") if pair)


def chart(page: Page, number: int) -> Locator:
    return page.get_by_test_id("stPlotlyChart").nth(number)


def window(page: Page) -> list[float]:
    """Left and right end of the picture, s."""
    return chart(page, 1).locator(".js-plotly-plot").evaluate("plot => plot._fullLayout.xaxis.range")


def download(page: Page, label: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def bits(verdict: str) -> int:
    """The bit rate that a verdict ends with."""
    found = re.search(r"(\d+)\s?bit/s per lead", verdict)
    assert found, verdict
    return int(found[1])


def click_row(page: Page, row: int) -> None:
    """Select a row of the table of beats (rows are painted on a canvas)."""
    canvas = page.get_by_test_id("stDataFrame").first.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + 35 * (row + 1) + 17)


def test_a_clinician_gets_from_a_dropped_record_to_its_worst_beats_and_takes_the_result_home(page, data, tmp_path):
    page.goto("/")
    drop(page, *(data / f"mitdb/114{ending}" for ending in (".hea", ".dat", ".atr")))
    expect(page.get_by_role("heading", name="ECG: 114")).to_be_visible()
    expect(verdict(page)).to_contain_text(re.compile(r"1.879 beats"))
    settle(page)
    first_screen = chart(page, 1).locator(".js-plotly-plot").bounding_box()
    assert verdict(page).bounding_box()["y"] < first_screen["y"]
    assert first_screen["y"] + 300 < 900, "the picture starts on the first screen"
    assert asked(page)["level"] == "3"

    before = verdict(page).inner_text()
    page.get_by_role("slider", name="Bit rate").press("ArrowRight")
    expect(verdict(page)).not_to_have_text(before)
    settle(page)
    assert bits(verdict(page).inner_text()) > bits(before)
    assert asked(page)["level"] == "4"

    click_row(page, 2)
    page.wait_for_function("t => new URL(location).searchParams.get('t') != t", arg=asked(page)["t"])
    settle(page)
    file = download(page, "Compressed file", tmp_path)
    assert file.name == "114-ecg-4.vqz"
    assert bits(verdict(page).inner_text()) == round(8 * file.stat().st_size / 2 / (650_000 / 360))
    beats = np.genfromtxt(download(page, "Beats", tmp_path), delimiter=",", names=True, dtype=None, encoding="utf-8")
    third = beats["time"][np.argsort(-beats["severity"], kind="stable")[2]]
    assert np.mean(window(page)) == pytest.approx(third, abs=0.3)

    ecg = modality("ecg")
    with zipfile.ZipFile(download(page, "Reconstruction", tmp_path)) as archive:
        archive.extractall(tmp_path)
        header = next(name for name in archive.namelist() if name.endswith(".hea"))
    original, rebuilt = ecg.read(data / "mitdb/114.hea"), ecg.read(tmp_path / header)
    assert rebuilt.signals.shape == original.signals.shape
    assert rebuilt.leads == original.leads
    report = json.loads(download(page, "Report", tmp_path).read_text())
    scores = report["points"][0]["scores"]
    error = rebuilt.signals - original.signals
    around = original.signals - original.signals.mean(axis=1, keepdims=True)
    prdn = 100 * np.sqrt((error**2).mean(axis=1) / (around**2).mean(axis=1)).mean()
    assert scores["prdn"]["value"] == pytest.approx(prdn, rel=1e-3)
    assert len(rebuilt.beats.times) == (beats["status"] != "lost").sum()
    picture = download(page, "Picture", tmp_path).read_text()
    assert "Reconstruction" in picture
    assert 'src="http' not in picture


def test_what_cannot_be_read_says_why_and_leaves_the_result_on_the_screen(page, data):
    page.goto("/ecg")
    expect(verdict(page)).to_contain_text("kept")
    settle(page)
    before, title = verdict(page).inner_text(), page.locator("h1").first.inner_text()
    drop(page, data / "mitdb/114.hea")
    complaint = page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(complaint).to_contain_text("114.dat")
    settle(page)
    assert len(complaint.inner_text().strip().splitlines()[-1]) < 250
    assert verdict(page).inner_text() == before
    assert page.locator("h1").first.inner_text() == title
    drop(page, data / "mitdb/114.dat")  # what was missing makes it whole
    expect(page.get_by_role("heading", name="ECG: 114")).to_be_visible()
    expect(verdict(page)).to_contain_text(re.compile(r"1.879 beats"))
    expect(complaint).to_have_count(0)


def test_a_table_asks_for_its_sampling_rate_and_names_are_only_text(page):
    recording = modality("ecg").example("normal")
    table = "\n".join(["II", *(f"{value:.4f}" for value in recording.signals[1, : 360 * 20])]).encode()
    page.goto("/ecg")
    expect(verdict(page)).to_contain_text("kept")
    drop(page, {"name": "<img src=x onerror=alert(1)>.csv", "mimeType": "text/csv", "buffer": table})
    expect(page.get_by_test_id("stSidebar").get_by_test_id("stAlert")).to_contain_text("<img src=x")
    drop(page, {"name": "__x__ ~~y~~.csv", "mimeType": "text/csv", "buffer": table})
    rate = page.get_by_role("spinbutton", name="Sampling rate (Hz)")
    expect(rate).to_be_visible()
    rate.fill("360")
    rate.press("Enter")
    expect(page.locator("h1").first).to_contain_text("__x__ ~~y~~")
    settle(page)
    assert page.locator("img[src=x], h1 strong, h1 del").count() == 0
    assert "1 lead" in page.get_by_test_id("stMain").inner_text()


def test_a_compressed_file_is_taken_home_and_opened_again(page, tmp_path):
    page.goto("/ecg?example=noisy&checkpoint=ecg&level=2")
    expect(verdict(page)).to_contain_text("bit/s")
    settle(page)
    name = page.locator("h1").first.inner_text()
    file = download(page, "Compressed file", tmp_path)
    drop(page, file)
    expect(page.locator("h1").first).to_contain_text("(decoded)")
    expect(verdict(page)).to_contain_text(f"{file.name} was decoded")
    settle(page)
    assert page.locator("h1").first.inner_text() != name
    assert f"{file.stat().st_size:,}".replace(",", "\u202f") in verdict(page).inner_text()
    drop(page, {"name": "cut.vqz", "mimeType": "application/octet-stream", "buffer": file.read_bytes()[:50]})
    expect(page.get_by_test_id("stSidebar").get_by_test_id("stAlert")).to_contain_text("cut.vqz cannot be opened")


def test_a_link_reopens_the_same_view(page):
    page.goto("/ecg?example=ventricular&checkpoint=ecg&level=2&lead=V1&t=12.5")
    expect(page.get_by_role("heading", name="ECG: Ventricular beats")).to_be_visible()
    expect(verdict(page)).to_contain_text("bit/s")
    settle(page)
    assert asked(page) == {"example": "ventricular", "checkpoint": "ecg", "level": "2", "lead": "V1", "t": "12.5"}
    low, high = window(page)
    assert low < 12.5 < high < 23.0
    assert "V1 (mV)" in chart(page, 1).inner_text()
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Or open an example")).to_be_visible()
    page.get_by_role("link", name="ECG").click()
    expect(verdict(page)).to_contain_text("bit/s")
    settle(page)
    assert asked(page)["t"] == "12.5"
    assert asked(page)["lead"] == "V1"


def test_the_overview_scrolls_and_a_box_over_the_signal_measures(page):
    page.goto("/ecg")
    expect(verdict(page)).to_contain_text("kept")
    settle(page)
    strip = chart(page, 0).bounding_box()
    x, y = strip["x"] + strip["width"] * 0.25, strip["y"] + 30
    page.mouse.move(x - 40, y)
    page.mouse.move(x, y, steps=8)
    page.wait_for_timeout(500)
    page.mouse.click(x, y)
    page.wait_for_function("t => new URL(location).searchParams.get('t') != t", arg=asked(page)["t"])
    settle(page)
    assert float(asked(page)["t"]) < 15

    page.get_by_test_id("stMain").get_by_text("Caliper", exact=True).click()
    expect(page.get_by_label("First leg (s)")).to_be_visible()
    settle(page)
    legs = page.get_by_label("First leg (s)").input_value()
    area = chart(page, 1).locator(".xy .nsewdrag, .nsewdrag").first.bounding_box()
    page.mouse.move(area["x"] + area["width"] * 0.4, area["y"] + 40)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.5, area["y"] + 120, steps=8)
    page.mouse.up()
    low, high = window(page)
    expect(page.get_by_label("First leg (s)")).not_to_have_value(legs)
    first, second = (float(page.get_by_label(f"{which} leg (s)").input_value()) for which in ("First", "Second"))
    assert first == pytest.approx(low + 0.4 * (high - low), abs=0.05)
    assert second - first == pytest.approx(0.1 * (high - low), abs=0.05)
    expect(page.get_by_text("between the two legs")).to_contain_text(f"{1000 * (second - first):,.0f}".replace(",", "\u202f"))


def test_nothing_leaves_a_narrow_window_and_the_dark_page_is_dark(page):
    page.set_viewport_size({"width": 900, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.goto("/ecg")
    expect(verdict(page)).to_contain_text("kept")
    settle(page)
    wide = "[...document.querySelectorAll('[data-testid=stMain] button, [data-testid=stMain] svg.main-svg')]"
    assert page.evaluate(f"{wide}.filter(e => e.getBoundingClientRect().right > innerWidth + 2).length") == 0
    colour = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", colour)[:3]) < 60
    line = chart(page, 1).locator(".js-plotly-plot").evaluate("plot => plot.data[0].line.color")
    assert min(int(line[i : i + 2], 16) for i in (1, 3, 5)) > 120, "the original can be seen on dark"
