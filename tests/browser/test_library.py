"""The library while one looks at it: doors open by themselves, and what plays goes on."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.browser.pages import LISTEN, Visit, is_status, is_there, plays, send, sign_in
from tests.product import Product, until
from vidgo_sandbox import SONGS


def test_what_a_teammate_makes_is_on_its_way_and_then_a_door_while_the_song_plays(
    product: Product, visit: Visit
) -> None:
    teammate = product.session()
    first = send(teammate, product, "generate-lyrics")
    until(lambda: is_status(teammate, product, first, "finished"), "more than songs")
    page = visit(product)
    page.evaluate("window.sameDocument = true")
    # A song has one door for all that is of one kind.
    songs = page.locator(".item")
    without = songs.filter(has_not_text="Stems").locator("a[href^='/songs/']").first
    track = re.findall(r"\d+", without.get_attribute("href") or "")[0]
    songs.filter(has_text=SONGS[0].title).get_by_role("button", name="Play").first.click()
    audio = page.locator("#bar audio")
    plays(audio)
    is_there(audio)
    # As slowly as can be it goes on for six minutes, longer than any machine takes for a door.
    audio.evaluate("audio => { audio.playbackRate = 0.0625; }")
    audio.evaluate(LISTEN)

    path = send(teammate, product, "upload-and-separate-vocals", track=track)

    expect(page.locator(f".door[href='{path}'][data-status=finished]")).to_be_visible()
    assert page.evaluate("window.gaps") == []
    plays(audio, 0.05)
    assert page.evaluate("window.sameDocument")


def test_without_javascript_a_song_is_found_and_starred(
    scripted: Product, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(base_url=scripted.url, java_script_enabled=False).new_page()
    sign_in(page)
    page.goto("/songs/?order=title")
    page.locator(".item .row-title a").first.click()
    page.get_by_role("button", name="Star Version 2").click()

    page.goto("/?kind=starred")
    expect(page.locator(".item")).to_have_count(1)
    page.get_by_label("Songs, people, styles").fill("no such song")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
