"""What one came for stands in the first window of its page, on a desk and on a phone."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, is_status, send, violations
from tests.product import Product, until

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
WINDOWS = pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
# What must be seen whole of each operation's result.
SOUGHT = {
    "create-music-video": "#task-results video",
    "generate-music-cover": ".pictures li:first-child img",
    "generate-persona": ".persona .player-button",
    "add-instrumental": "#variations > :first-child .player-button",
    "upload-and-separate-vocals": ".mixer-transport, .channel",
}
# The edges of what is sought and of the head, and where what is fixed at the bottom begins.
EDGES = """
sought => {
  const boxes = [...document.querySelectorAll(sought)].map((one) => one.getBoundingClientRect());
  const fixed = [...document.querySelectorAll(".nav")].filter(
    (one) => getComputedStyle(one).position === "fixed",
  );
  return {
    top: Math.min(...boxes.map((box) => box.top)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
    end: Math.min(innerHeight, ...fixed.map((one) => one.getBoundingClientRect().top)),
    head: document.querySelector(".result-head").offsetHeight,
    aside: document.documentElement.scrollWidth - innerWidth,
  };
}
"""
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze " * 3


@pytest.fixture(scope="module")
def results(scripted: Product) -> dict[str, str]:
    """Return the path of one finished task of each operation, all with a long title."""
    session = scripted.session()
    paths = {model: send(session, scripted, model, title=LONG[:120]) for model in SOUGHT}
    for path in paths.values():
        until(partial(is_status, session, scripted, path, "finished"), path)
    return paths


@pytest.fixture
def look(visit: Visit, scripted: Product) -> Callable[..., Any]:
    """Return a call that opens a page in a window and measures where what is sought stands."""

    def measure(path: str, sought: str, window: dict[str, int]) -> dict[str, float]:
        page = visit(scripted, path, viewport=window)
        page.locator(sought).first.wait_for()
        page.wait_for_load_state("networkidle")
        found: dict[str, float] = page.evaluate(EDGES, sought)
        return found

    return measure


def check(edges: dict[str, float]) -> None:
    """Assert that all of it is in the window, below a low head, without sideways scrolling."""
    assert 0 <= edges["top"] < edges["bottom"] <= edges["end"], edges
    assert edges["head"] <= 120, edges
    assert edges["aside"] <= 0, edges


@WINDOWS
@pytest.mark.parametrize("model", SOUGHT)
def test_a_result_stands_in_the_first_window(
    model: str, window: dict[str, int], results: dict[str, str], look: Callable[..., Any]
) -> None:
    check(look(results[model], SOUGHT[model], window))


@WINDOWS
def test_a_songs_player_stands_in_the_first_window(
    window: dict[str, int], look: Callable[..., Any], a_song: str
) -> None:
    check(look(a_song, "#song-player .player-button", window))


@pytest.fixture
def a_song(scripted: Product) -> str:
    """Return the path of one of the songs."""
    (first, *_) = scripted.rows("SELECT id FROM studio_track ORDER BY id")
    return f"/songs/{first['id']}/"


@pytest.fixture
def video(visit: Visit, scripted: Product, results: dict[str, str]) -> Page:
    """Return the page of a video."""
    return visit(scripted, results["create-music-video"], viewport=DESK)


def test_what_else_can_be_done_stands_in_a_menu_for_keys(video: Page) -> None:
    head = video.locator("#task-head")
    expect(head.get_by_role("link", name="Download Video")).to_be_visible()
    expect(head.get_by_role("link", name="Delete")).to_be_hidden()
    head.locator("#more summary").focus()
    video.keyboard.press("Enter")
    assert violations(video) == ""
    video.keyboard.press("Tab")
    expect(head.get_by_role("link", name="Make another like this")).to_be_focused()
    video.keyboard.press("Escape")
    expect(head.get_by_role("link", name="Delete")).to_be_hidden()
    expect(head.locator("#more summary")).to_be_focused()


def test_the_menu_opens_without_scripts(
    visit: Visit, scripted: Product, results: dict[str, str]
) -> None:
    path = results["create-music-video"]
    page = visit(scripted, path, viewport=PHONE, java_script_enabled=False)
    page.locator("#more summary").click()
    page.get_by_role("link", name="Delete").click()
    expect(page).to_have_url(f"{scripted.url}/tasks/delete/?task={path.split('/')[2]}")


def test_on_a_phone_a_lanes_fader_is_shown_when_it_is_asked_for(
    visit: Visit, scripted: Product, results: dict[str, str]
) -> None:
    path = results["upload-and-separate-vocals"]
    page = visit(scripted, path, viewport=PHONE)
    lane = page.locator(".channel").first
    expect(lane).to_be_visible()
    assert lane.evaluate("lane => lane.offsetHeight") <= 52
    fader = lane.get_by_role("slider", name="Volume")
    expect(fader).to_be_hidden()
    opener = lane.get_by_role("button", name="Volume and more")
    opener.click()
    expect(fader).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(lane.get_by_role("link", name="Download")).to_be_visible()
    assert violations(page) == ""
    # However far the lanes are scrolled, the transport stays in sight.
    page.locator(".mixer-help").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Play all stems")).to_be_in_viewport(ratio=1)
