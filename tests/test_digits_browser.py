"""A student in Chromium: draws a digit, sees its codes, changes one and sees another digit."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from test_browser import asked, base, browser, context, page, settle

__all__ = ["base", "browser", "context", "page"]  # fixtures
pytestmark = pytest.mark.browser
SEVEN = ((0.25, 0.2), (0.5, 0.2), (0.75, 0.2), (0.6, 0.5), (0.5, 0.8))
ONE = ((0.5, 0.15), (0.5, 0.5), (0.5, 0.85))


def draw(page: Page, places: Sequence[tuple[float, float]]) -> None:
    """Draw one stroke through places of the canvas, as shares of its sides."""
    box = page.get_by_label("Draw a digit here").bounding_box()
    assert box
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def picture(page: Page, name: str) -> np.ndarray:
    """The image (28, 28) in one of the page's pictures."""
    plot = page.locator(f".st-key-digits-{name} .js-plotly-plot")
    return np.array(plot.evaluate("plot => Array.from({ length: 28 }, (_, row) => Array.from(plot._fullData[0].z[row]))"))


def codes(page: Page) -> list[str]:
    """The codes in the grid, row by row."""
    plot = page.locator(".st-key-digits-grid .js-plotly-plot")
    return [str(code) for code in plot.evaluate("plot => Array.from(plot._fullData[1].text)")]


def test_a_digit_is_drawn_and_becomes_codes_and_another_code_another_picture(page):
    page.goto("/digits")
    expect(page.get_by_role("heading", name="Digits: Scanned digits")).to_be_visible()
    settle(page)
    draw(page, SEVEN)
    expect(page.get_by_role("heading", name="Digits: drawing")).to_be_visible()
    settle(page)
    seven, seen, drawn = codes(page), picture(page, "original"), picture(page, "rebuilt")
    assert len(seven) == 49
    assert seen.max() > 200
    assert np.square((drawn - seen) / 255.0).mean() < 0.02
    assert seen[:, 2:26].sum() > 0.99 * seen.sum()

    squares = page.locator(".st-key-digits-grid .scatterlayer .point")
    squares.nth(2 * 7 + 4).click(force=True)
    expect(page.get_by_role("spinbutton", name="Column")).to_have_value("5")
    expect(page.get_by_role("spinbutton", name="Row")).to_have_value("3")
    settle(page)
    expect(page.get_by_role("spinbutton", name="Code")).to_have_value(seven[18])
    code = page.get_by_role("spinbutton", name="Code")
    code.fill("500" if seven[18] != "500" else "499")
    code.press("Enter")
    expect(page.get_by_text("1 cell changed.")).to_be_visible()
    expect(page.get_by_text("are of the unchanged codes")).to_have_count(1)
    settle(page)
    assert [place for place, (one, other) in enumerate(zip(seven, codes(page), strict=True)) if one != other] == [18]
    assert np.abs(picture(page, "rebuilt") - drawn).max() > 30
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.get_by_text("1 cell changed.")).to_have_count(0)
    expect(page.get_by_text("are of the unchanged codes")).to_have_count(0)
    settle(page)
    assert codes(page) == seven

    page.get_by_role("button", name="Clear").click()
    draw(page, ONE)
    settle(page)
    assert codes(page) != seven
    assert "example" not in asked(page)


def test_a_link_shows_the_digit_and_the_cell_again_and_an_image_of_dark_ink_is_read(page):
    page.goto("/digits?example=drawn-digits&digit=13&row=2&column=6")
    expect(page.get_by_role("heading", name="Digits: Drawn digits")).to_be_visible()
    settle(page)
    for name, value in {"Digit, of 40": "13", "Row": "2", "Column": "6"}.items():
        expect(page.get_by_role("spinbutton", name=name)).to_have_value(value)
    paper = np.full((400, 300, 3), 244, np.uint8)
    paper[60:340, 130:165] = 30
    file = io.BytesIO()
    Image.fromarray(paper).save(file, "JPEG")
    photo = {"name": "one.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    page.locator(".st-key-digits-dropped input[type=file]").set_input_files([photo])
    expect(page.get_by_role("heading", name="Digits: one")).to_be_visible()
    settle(page)
    seen = picture(page, "original")
    assert seen[14, 14] > 200
    assert seen[0].max() == 0
    rows = np.flatnonzero(seen.max(axis=1) > 128)
    assert np.ptp(rows) + 1 == 20
    assert abs(rows.mean() - 14) <= 0.5
