"""A pianist in Chromium: drops a performance, sees both rolls, hears both sounds, and takes the reconstruction home."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import soundfile
from playwright.sync_api import Locator, Page, expect
from test_browser import asked, base, browser, click_row, context, download, drop, page, settle, verdict

from vqvae.modalities import piano
from vqvae.modalities.piano.sound import TAIL

__all__ = ["base", "browser", "context", "page"]  # fixtures
pytestmark = pytest.mark.browser
PIECE = "asap/Bach/Prelude/bwv_862/Song04M.mid"

LISTENING = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    const ear = this.context.createAnalyser();
    ear.smoothingTimeConstant = 0;
    connect.call(this, ear);
    (window.ears ??= []).push(ear);
  }
  return connect.call(this, to, ...rest);
};
"""
"""What reaches the loudspeaker can be heard: the original first, then the reconstruction."""

SPECTRA = """() => (window.ears ?? []).map((ear) => {
  const found = new Uint8Array(ear.frequencyBinCount);
  ear.getByteFrequencyData(found);
  return Math.max(...found);
})"""

DECODED = """async () => {
  const sound = globalThis.vqvaePlayer.held.get("sound"), found = {};
  for (const side of ["original", "reconstruction"]) {
    let frames = 0, power = 0;
    for (const segment of sound[side]) {
      const bytes = Uint8Array.from(atob(segment), (c) => c.charCodeAt(0));
      const buffer = await new OfflineAudioContext(2, 1, sound.rate).decodeAudioData(bytes.buffer);
      frames += buffer.length;
      power += buffer.getChannelData(0).reduce((sum, value) => sum + value * value, 0);
    }
    found[side] = { seconds: frames / sound.rate, level: Math.sqrt(power / frames) };
  }
  return found;
}"""

FEED = """() => {
  const store = globalThis.vqvaePlayer, given = globalThis.whole = store.held.get("sound");
  globalThis.feed = (sound) => {
    for (const data of sound.key ? [sound] : [{ ...sound, key: "another" }, { ...sound, key: given.key }]) {
      store.held.set("sound", data);
      for (const listener of store.listeners) listener("sound");
    }
  };
}"""
"""`feed` hands the player sounds as the page does; without a key, those of something else first."""

PAINTED = """(canvas) => {
  const { width, height } = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data, rows = Array(height).fill(0);
  for (let i = 0; i < data.length; i += 4) {
    const strong = Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60 && data[i + 3] > 200;
    rows[Math.floor(i / 4 / width)] += strong;
  }
  const half = Math.floor(height / 2), sum = (part) => part.reduce((a, b) => a + b, 0);
  return [sum(rows.slice(0, half)), sum(rows.slice(half))];
}"""


def rolls(page: Page) -> Locator:
    return page.locator(".rolls")


def painted(page: Page) -> list[int]:
    """Pixels of coloured notes in the upper and in the lower half of the picture."""
    return rolls(page).evaluate(PAINTED)


def seconds(page: Page) -> tuple[float, float]:
    """Where the playhead is, and how long the piece is."""
    at, whole = (part.split(":") for part in page.locator(".time").inner_text().split(" / "))
    return 60 * float(at[0]) + float(at[1]), 60 * float(whole[0]) + float(whole[1])


def wait_for_sounds(page: Page) -> None:
    page.wait_for_function("globalThis.vqvaePlayer?.held.get('sound')?.reconstruction", timeout=120_000)
    expect(page.locator(".play")).to_be_enabled()


def test_a_pianist_hears_and_sees_what_survived_and_takes_it_home(page, data, tmp_path):
    original = piano.read(data / PIECE)
    sounding = float(piano.sounding_ends(original).max())
    page.add_init_script(LISTENING)
    page.goto("/")
    drop(page, data / PIECE)
    expect(page.get_by_role("heading", name="Piano: Song04M")).to_be_visible()
    expect(verdict(page)).to_contain_text("675 notes")
    settle(page)
    box = rolls(page).bounding_box()
    assert verdict(page).bounding_box()["y"] < box["y"]
    assert box["y"] + 300 < 900, "the rolls start on the first screen"
    upper, lower = painted(page)
    assert min(upper, lower) > 500
    assert seconds(page)[1] == pytest.approx(max(sounding, original.seconds), abs=0.5)

    wait_for_sounds(page)
    found = page.evaluate(DECODED)
    assert found["original"]["seconds"] == pytest.approx(sounding + TAIL, abs=0.01)
    assert found["reconstruction"]["seconds"] == pytest.approx(sounding + TAIL, abs=0.3)
    assert min(side["level"] for side in found.values()) > 0.005

    assert seconds(page)[0] == 0.0
    page.locator(".play").click()
    expect(page.locator(".play")).to_contain_text("Pause")
    began = seconds(page)[0]
    page.wait_for_timeout(1200)
    heard = page.evaluate(SPECTRA)
    assert heard[0] > 50
    assert heard[1] == 0
    before = seconds(page)[0]
    assert began + 0.5 < before < began + 3
    page.get_by_role("radio", name="Reconstruction").last.click()
    page.wait_for_timeout(600)
    after = seconds(page)[0]
    assert before + 0.3 < after < before + 2, "switching goes on where it was"
    heard = page.evaluate(SPECTRA)
    assert heard[1] > 50
    assert heard[0] == 0

    opened = asked(page)["t"]
    click_row(page, 2)
    third = notes_after(page, opened, tmp_path)
    report = json.loads(download(page, "Report (.json)", tmp_path).read_text())
    assert report["points"][0]["scores"]["notes_lost"]["value"] == (third["status"] == "lost").sum()

    rebuilt = download(page, "Reconstruction (.mid)", tmp_path)
    read = piano.read(rebuilt)
    assert read.count == original.count
    assert len(mido.MidiFile(rebuilt).tracks) == 1
    assert np.array_equal(np.sort(read.notes.pitch), np.sort(original.notes.pitch))
    errors = third["onset_error_ms"].to_numpy()
    assert np.abs(read.notes.onset.sum() - original.notes.onset.sum() - np.nansum(errors) / 1000) < 0.0006 * original.count
    sound, rate = soundfile.read(io.BytesIO(download(page, "Sound (.ogg)", tmp_path).read_bytes()))
    assert len(sound) / rate == pytest.approx(found["reconstruction"]["seconds"], abs=0.01)
    assert np.abs(sound).max() > 0.1
    picture = download(page, "Picture (.html)", tmp_path).read_text()
    assert "Reconstruction" in picture
    assert 'src="http' not in picture


def notes_after(page: Page, opened: str, folder: Path) -> Any:
    """The table of notes, once the page plays the passage that was just selected; `opened`: where its window was before."""
    import pandas as pd

    from vqvae.modalities.piano.scores_passages import worst_passages

    settle(page)
    expect(page.locator(".play")).to_contain_text("Pause")
    at = seconds(page)[0]  # at once: it plays on while the table is made
    page.wait_for_function("opened => new URL(location).searchParams.get('t') !== opened", arg=opened)
    shown = float(asked(page)["t"])
    table = pd.read_csv(download(page, "Notes (.csv)", folder))
    start = float(worst_passages(table)["start"].iloc[2])
    assert start - 1.5 < at < start + 30
    assert shown == pytest.approx(max(0.0, start - 1 - 15 / 4), abs=20)
    return table


def test_the_player_works_by_keyboard_and_by_pointer_and_a_link_reopens_its_window(page):
    page.add_init_script(LISTENING)
    page.goto("/piano?example=fugue&level=2&t=5")
    expect(page.get_by_role("heading", name="Piano: Fugue")).to_be_visible()
    settle(page)
    assert seconds(page)[0] == 5.0
    assert "from 0:05.0 to 0:20.0" in (rolls(page).get_attribute("aria-label") or "")
    wait_for_sounds(page)
    rolls(page).focus()
    page.keyboard.press("Space")
    expect(page.locator(".play")).to_contain_text("Pause")
    page.locator("[data-side=reconstruction]").focus()
    page.keyboard.press("r")
    expect(page.locator("[data-side=reconstruction]")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("Space")
    expect(page.locator(".play")).to_contain_text("Play")
    expect(page.locator("[data-side=reconstruction]")).to_have_attribute("aria-checked", "true")
    at = seconds(page)[0]
    page.keyboard.press("ArrowRight")
    assert seconds(page)[0] == pytest.approx(at + 1, abs=0.11)
    page.keyboard.press("+")
    page.keyboard.press("PageDown")
    page.wait_for_function("() => new URL(location).searchParams.get('t') != '5'")
    settle(page)
    moved = asked(page)["t"]
    page.get_by_test_id("stMain").get_by_text("Difference", exact=True).click()
    settle(page)
    assert painted(page)[0] + painted(page)[1] > 300
    assert asked(page)["t"] == moved

    rolls(page).focus()
    page.keyboard.press("End")
    assert seconds(page)[0] == pytest.approx(seconds(page)[1], abs=0.05)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageUp")
    page.wait_for_function("t => new URL(location).searchParams.get('t') != t", arg=moved)
    settle(page)
    moved, at = asked(page)["t"], seconds(page)[0]
    page.reload()
    settle(page)
    assert seconds(page)[0] == pytest.approx(at, abs=0.11)
    start = float(moved)
    assert f"from {int(start // 60)}:{int(10 * start % 600) / 10:04.1f}" in (rolls(page).get_attribute("aria-label") or "")
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Or open an example")).to_be_visible()
    page.get_by_role("link", name="Piano").click()
    settle(page)
    assert asked(page)["t"] == moved


def test_the_original_plays_before_the_reconstruction_is_there_and_that_joins_in_at_the_same_place(page):
    page.add_init_script(LISTENING)
    page.goto("/piano?example=scales&t=0")
    settle(page)
    wait_for_sounds(page)
    page.evaluate(FEED)
    page.evaluate("feed({ doing: 'Rendering' })")
    expect(page.locator(".play")).to_be_disabled()
    page.evaluate("feed({ ...whole, reconstruction: undefined })")
    page.locator(".play").click()
    expect(page.locator(".play")).to_contain_text("Pause")
    other = page.get_by_role("radio", name="Reconstruction").last
    expect(other).to_be_disabled()
    page.wait_for_timeout(1000)
    before = seconds(page)[0]
    page.evaluate("feed(whole)")
    expect(other).to_be_enabled()
    assert page.evaluate(SPECTRA)[0] > 50, "the original plays on"
    page.wait_for_timeout(700)
    other.click()
    page.wait_for_timeout(600)
    assert before + 1 < seconds(page)[0] < before + 3
    heard = page.evaluate(SPECTRA)
    assert heard[0] == 0
    assert heard[1] > 50


def test_the_tip_names_the_note_under_the_pointer(page):
    page.goto("/piano?example=scales&t=0")
    settle(page)
    notes = piano.example("scales").notes
    box, area = rolls(page).bounding_box(), {"x": 64, "right": 10}
    wide = box["width"] - area["x"] - area["right"]
    x = area["x"] + (float(notes.onset[0]) + 0.05) / 15 * wide
    tip = page.locator(".tip")
    for y in range(10, 210, 2):
        page.mouse.move(box["x"] + x, box["y"] + y)
        if tip.is_visible():
            break
    expect(tip).to_contain_text(f"at {notes.onset[0]:.3f} s")
    expect(tip).to_contain_text("velocity")


def test_on_a_narrow_dark_page_nothing_leaves_the_window_and_the_rolls_are_light_on_dark(page):
    page.set_viewport_size({"width": 900, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.goto("/piano")
    expect(verdict(page)).to_contain_text("notes")
    settle(page)
    wide = "[...document.querySelectorAll('[data-testid=stMain] button, [data-testid=stMain] canvas')]"
    assert page.evaluate(f"{wide}.filter(e => e.getBoundingClientRect().right > innerWidth + 2).length") == 0
    assert rolls(page).bounding_box()["x"] + rolls(page).bounding_box()["width"] <= 902
    text = page.locator(".player").evaluate("player => getComputedStyle(player).color")
    assert min(int(part) for part in text.removeprefix("rgb(").rstrip(")").split(",")[:3]) > 150
