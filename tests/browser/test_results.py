"""What is done with results every day: listen through refreshes, compare, choose, be told."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, violations
from tests.material import put, sound
from tests.product import Product

# Remembers every moment at which the playing element said that it had stopped or was short.
WATCH = """
audio => {
  window.gaps = [];
  for (const name of ["pause", "waiting", "stalled", "emptied", "ended"]) {
    audio.addEventListener(name, () => window.gaps.push(name));
  }
  window.playing = audio;
}
"""
# Twenty refreshes, each waited for; the server is asked for the whole list every time.
REFRESH = """
async () => {
  const list = document.getElementById("tasks");
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    delete detail.headers["If-None-Match"];
  });
  for (let n = 0; n < 20; n += 1) {
    const swapped = new Promise((done) => {
      document.addEventListener("htmx:afterSwap", done, { once: true });
    });
    htmx.trigger(list, "refresh");
    await swapped;
  }
}
"""


@pytest.fixture(scope="module")
def instrumental(product: Product, tmp_path_factory: pytest.TempPathFactory) -> int:
    """Give an instrumental in two variations, one far louder, and the voice it was made for."""
    folder = tmp_path_factory.mktemp("instrumental")
    sound(folder / "one.wav", 60, seed=1, level=0.2)
    sound(folder / "two.wav", 60, seed=2, level=0.05)
    sound(folder / "voice.wav", 60, seed=3, level=0.1)
    files = [
        {"name": f"{name}.wav", "kind": "audio", "type": "audio/x-wav", "label": name, "song": True}
        for name in ("one", "two")
    ]
    return put(product, folder, "add-instrumental", "Low tide", files=files, upload="voice.wav")


@pytest.fixture
def variations(visit: Visit, product: Product, instrumental: int) -> Page:
    """Give the page of the instrumental, once its waveforms are there."""
    page = visit(product, f"/tasks/{instrumental}/")
    # Those far below are drawn when they come into sight.
    page.locator("#variations .card").nth(2).scroll_into_view_if_needed()
    page.locator("#variations studio-waveform.drawn").nth(2).wait_for(timeout=60_000)
    return page


def state(page: Page) -> list[dict[str, Any]]:
    """Give what each player of the variations does."""
    found: list[dict[str, Any]] = page.locator("#variations audio").evaluate_all(
        "all => all.map(a => ({ paused: a.paused, time: a.currentTime, volume: a.volume }))"
    )
    return found


def test_variations_and_the_voice_switch_at_the_same_second(variations: Page) -> None:
    players = variations.locator("#variations studio-player")
    players.nth(0).get_by_role("slider").fill("30")
    players.nth(0).get_by_role("button").click()
    variations.wait_for_function(
        "() => document.querySelector('#variations audio').currentTime > 30.5"
    )
    for number in (1, 2, 0):
        before = max(player["time"] for player in state(variations) if not player["paused"])
        players.nth(number).get_by_role("button").click()
        players.nth(number).locator("button[aria-label^=Pause]").wait_for()
        now = state(variations)
        assert [player["paused"] for player in now] == [n != number for n in range(3)]
        assert 0 <= now[number]["time"] - before < 3


def test_variations_are_equally_loud(variations: Page) -> None:
    """The loud one comes down by the 12 dB that it stands above the soft one."""
    variations.locator("#variations studio-player button").first.click()
    variations.locator("#variations button[aria-label^=Pause]").wait_for()
    one, two, voice = [player["volume"] for player in state(variations)]
    assert two == pytest.approx(1)
    assert one == pytest.approx(0.25, rel=0.05)
    assert voice == pytest.approx(0.5, rel=0.05)


def test_a_click_on_a_waveform_goes_there(variations: Page) -> None:
    track = variations.locator("#variations .player-track").first
    box = track.bounding_box()
    assert box
    track.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert state(variations)[0]["time"] == pytest.approx(30, abs=1)


def test_a_sound_plays_on_through_twenty_refreshes(
    visit: Visit, product: Product, instrumental: int
) -> None:
    """Issue 5, 3."""
    page = visit(product)
    row = page.locator(f"#task-{instrumental}")
    row.get_by_role("button").click()
    page.wait_for_function(
        "id => document.querySelector(`#${id} audio`).currentTime > 0.5",
        arg=f"task-{instrumental}",
    )
    audio = row.locator("audio")
    audio.evaluate(WATCH)
    begin = audio.evaluate("audio => [audio.currentTime, performance.now() / 1000]")

    page.evaluate(REFRESH)

    end = audio.evaluate("audio => [audio.currentTime, performance.now() / 1000]")
    assert page.evaluate("() => window.gaps") == []
    assert page.evaluate("() => window.playing.isConnected && !window.playing.paused")
    # As much song as time: nothing was left out and nothing was played twice.
    assert end[0] - begin[0] == pytest.approx(end[1] - begin[1], abs=0.15)


def test_what_is_chosen_stays_chosen_and_is_deleted_after_a_question(
    visit: Visit, product: Product, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        sound(tmp_path / f"{name}.wav", 1)
    tasks = [
        put(
            product,
            tmp_path,
            "import-song",
            f"Demo {name}",
            files=[{"name": f"{name}.wav", "kind": "file", "type": "audio/x-wav", "label": "Song"}],
        )
        for name in ("first", "second")
    ]
    page = visit(product)
    for task in tasks:
        page.locator(f"#pick-{task}").check()
    page.evaluate(REFRESH)
    expect(page.get_by_text("2 chosen")).to_be_visible()
    assert violations(page) == ""
    page.get_by_role("button", name="Delete …").click()
    expect(page.get_by_role("heading", name="Delete 2 tasks?")).to_be_visible()
    expect(page.get_by_text("nothing is deleted there")).to_be_visible()
    assert violations(page) == ""
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Deleted: 2 tasks.")).to_be_visible()
    for task in tasks:
        expect(page.locator(f"#task-{task}")).to_have_count(0)


def test_something_ready_elsewhere_is_told_quietly(
    visit: Visit, product: Product, tmp_path: Path
) -> None:
    page = visit(product, "/personas/")
    sound(tmp_path / "song.wav", 1)
    file = {"name": "song.wav", "kind": "file", "type": "audio/x-wav", "label": "Song"}
    task = put(product, tmp_path, "import-song", "Night train", files=[file])
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    told = page.locator("#news").get_by_role("link", name="Ready: Song – Night train")
    expect(told).to_be_visible()
    assert violations(page) == ""
    told.click()
    page.wait_for_url(f"**/tasks/{task}/")
