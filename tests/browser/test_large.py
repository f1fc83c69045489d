"""Letters of twice the size, a window zoomed to twice: nothing is lost, bars stay small."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page

from tests.browser.pages import is_status, send, sign_in
from tests.product import Product, until

PHONE: Any = {"width": 360, "height": 740}
# 1280 x 800 at twice the size.
ZOOMED: Any = {"width": 640, "height": 400}
PATHS = (
    *("/", "/tasks/", "/personas/", "/new/generate-music/?custom_mode=true"),
    *("/new/upload-and-separate-vocals/?from=track", "/credits/"),
)
# How much of the window is taken by what stays while the page scrolls.
BARS = """() => [...document.querySelectorAll(".top, .nav, .send, .mixer-transport, #bar")]
  .filter((bar) => ["fixed", "sticky"].includes(getComputedStyle(bar).position))
  .reduce((sum, bar) => sum + bar.offsetHeight, 0) / innerHeight"""
# What says something, and is cut off at the side of the window or of what holds it.
CUT = """() => [...document.querySelectorAll("main :is(h1, h2, h3, p, label, button, a, summary)")]
  .filter((one) => one.checkVisibility?.() !== false && !one.closest(".unseen, .sheet, .mini"))
  .filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    return width > 1 && (right > innerWidth + 1 || left < -1);
  }).map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def large(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """Return a browser whose letters are twice as large, by its own setting."""
    more = [*browser_type_launch_args.get("args", []), "--blink-settings=defaultFontSize=32"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": more})
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def stems(scripted: Product) -> str:
    """Return the page of a song's stems."""
    session = scripted.session()
    path = send(session, scripted, "upload-and-separate-vocals")
    until(lambda: is_status(session, scripted, path, "finished"), "the stems")
    return path


def _look(page: Page, paths: tuple[str, ...], most: float) -> None:
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (path, wide, page.evaluate(CUT)) == (path, 0, [])
        assert page.evaluate(BARS) < most, path


def test_letters_of_twice_the_size(scripted: Product, large: Browser, stems: str) -> None:
    context = large.new_context(base_url=scripted.url, viewport=PHONE)
    page = context.new_page()
    sign_in(page)
    _look(page, (*PATHS, stems), 0.35)
    context.close()


def test_a_window_zoomed_to_twice(scripted: Product, browser: Browser, stems: str) -> None:
    context = browser.new_context(base_url=scripted.url, viewport=ZOOMED)
    page = context.new_page()
    sign_in(page)
    _look(page, (*PATHS, stems), 0.35)
    context.close()
