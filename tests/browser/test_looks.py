"""How pages look: the typeface, each stem's hue, the system's own colours, the way back."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import Visit, is_status, send
from tests.product import Product, until

KB = 1000
HUES = """() => [...document.querySelectorAll(".channel")].map((lane) => {
  const colour = (css, pseudo) => getComputedStyle(lane.querySelector(css), pseudo);
  return [
    colour(".channel-name", "::before").backgroundColor,
    colour("studio-waveform .played").color,
    colour("a[download]").color,
  ];
})"""
PIXELS = "(button) => { const style = getComputedStyle(button); return style.backgroundColor; }"


@pytest.fixture(scope="module")
def stems(scripted: Product) -> str:
    """Return the page of a song's stems."""
    session = scripted.session()
    path = send(session, scripted, "upload-and-separate-vocals")
    until(lambda: is_status(session, scripted, path, "finished"), "the stems")
    until(lambda: "<studio-mixer" in session.get(scripted.url + path).text, "the mixer")
    return path


def test_one_typeface_of_our_own_is_fetched_and_nothing_from_elsewhere(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted, "/credits/")
    page.reload(wait_until="networkidle")
    fetched = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert all(name.startswith(scripted.url) for name in fetched)
    assert len([name for name in fetched if name.endswith(".woff2")]) == 1
    assert page.evaluate("document.fonts.check('1rem Figtree')")
    sizes = [len(page.request.get(name).body()) for name in fetched if name.endswith(".woff2")]
    assert sum(sizes) < 60 * KB


def test_a_stem_has_one_hue_and_no_other_stem_has_it(
    scripted: Product, visit: Visit, stems: str
) -> None:
    page = visit(scripted, stems)
    expect(page.locator(".channel")).to_have_count(6)
    hues = page.evaluate(HUES)

    assert all(len(set(lane)) == 1 for lane in hues)
    assert len({lane[0] for lane in hues}) == 6


def _pressed_looks_other(button: Locator) -> bool:
    before = button.evaluate(PIXELS)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    return bool(before != button.evaluate(PIXELS))


def test_with_forced_colours_every_state_is_seen(
    scripted: Product, visit: Visit, stems: str
) -> None:
    page = visit(scripted, stems, forced_colors="active", viewport={"width": 1280, "height": 800})
    page.emulate_media(reduced_motion="reduce")
    for name in ("mute", "solo"):
        assert _pressed_looks_other(page.locator(f"[data-{name}]").first)
    _see_played(page)
    nav = page.locator(".nav > a")
    colours = {link.evaluate(PIXELS) for link in nav.all()}
    assert len(colours) == 2

    page.goto("/new/upload-and-separate-vocals/")
    open_tab, other = page.locator(".tabs .pill span").all()[:2]
    outline: Any = "(pill) => getComputedStyle(pill).outlineStyle"
    assert open_tab.evaluate(outline) == "solid"
    assert other.evaluate(outline) == "none"


def _see_played(page: Page) -> None:
    """See that what was played, what comes and where one is differ."""
    wave = page.locator("studio-waveform").first
    bright, soft = (
        wave.locator(css).evaluate("(one) => getComputedStyle(one).color")
        for css in ("canvas.played", "canvas:first-child")
    )
    assert bright != soft
    head = "(lane) => getComputedStyle(lane, '::after').backgroundColor"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.locator(".channel-wave").first.evaluate(head) != ground


def test_the_admin_leads_back(scripted: Product, visit: Visit) -> None:
    page = visit(scripted, "/admin/")
    page.get_by_role("link", name="Back to the studio").click()
    page.wait_for_url(scripted.url + "/")
