"""The whole way with the keyboard alone, and without JavaScript."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.pages import Visit, choose_song, download, plays, sign_in, status
from tests.product import Product, until

RING = """element => {
  const seen = (node) => {
    const style = getComputedStyle(node);
    return style.outlineStyle !== "none" || style.boxShadow !== "none";
  };
  return element.matches(":focus-visible") && [element, element.parentElement].some(seen);
}"""


def _tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus, and see that it shows."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate(RING), "the focus cannot be seen"
            return
    raise AssertionError(f"the keyboard does not reach {target}")


def test_a_video_is_made_and_played_with_the_keyboard_alone(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted)
    _tab_to(page, page.locator(".nav .menu summary"))
    page.keyboard.press("Enter")
    _tab_to(page, page.locator(".sheet a[href='/new/create-music-video/']"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/new/create-music-video/")

    song = page.locator("input[name=track]:enabled").first
    _tab_to(page, song)
    page.keyboard.press("Space")
    expect(song).to_be_checked()
    _tab_to(page, page.get_by_label("Artist"))
    page.keyboard.type("The Tides")
    _tab_to(page, page.locator(".send button"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*/")

    status(page, "finished")
    video = page.locator("#task-results video")
    expect(video).to_be_visible()
    _tab_to(page, video)
    page.keyboard.press("Space")
    plays(video)


def test_a_menu_closes_with_escape_and_gives_the_focus_back(
    scripted: Product, visit: Visit
) -> None:
    page = visit(scripted)
    summary = page.locator(".nav .menu summary")
    _tab_to(page, summary)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator(".nav .menu")).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_without_javascript_a_song_is_separated_and_taken_home(
    scripted: Product, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(base_url=scripted.url, java_script_enabled=False).new_page()
    sign_in(page)
    page.locator(".nav .menu summary").click()
    page.get_by_role("link", name="Split a song into stems").click()
    choose_song(page)
    page.locator(".send button").click()
    page.wait_for_url("**/tasks/*/")

    def is_there() -> bool:
        page.reload()
        return page.locator(".stem audio").count() == 6

    until(is_there, "six stems")
    expect(page.locator("#task-head [data-status]")).to_have_attribute("data-status", "finished")
    assert page.locator(".stem audio").first.get_attribute("controls") is not None
    assert download(page, page.locator(".stem a[download]").first).suffix == ".mp3"
