"""The library while one looks at it: doors open by themselves, and what plays goes on."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.browser.pages import LISTEN, Visit, is_status, is_there, plays, send, sign_in
from tests.material import put, sound
from tests.product import Product, until


def test_what_a_teammate_makes_is_on_its_way_and_then_a_door_while_the_song_plays(
    scripted: Product, visit: Visit, tmp_path: Path
) -> None:
    # As slowly as can be it goes on for a quarter of an hour: no machine takes that for a door.
    sound(tmp_path / "song.wav", 60)
    file = {"name": "song.wav", "kind": "audio", "type": "audio/x-wav", "label": "Plays on"}
    put(scripted, tmp_path, "import-song", "Plays on", files=[{**file, "song": True}])
    teammate = scripted.session()
    first = send(teammate, scripted, "generate-lyrics")
    until(lambda: is_status(teammate, scripted, first, "finished"), "more than songs")
    page = visit(scripted)
    page.evaluate("window.sameDocument = true")
    # A song has one door for all that is of one kind.
    songs = page.locator(".item").filter(has_not_text="Plays on")
    without = songs.filter(has_not_text="Stems").locator("a[href^='/songs/']").first
    track = re.findall(r"\d+", without.get_attribute("href") or "")[0]
    page.locator(".item").filter(has_text="Plays on").get_by_role("button", name="Play").click()
    audio = page.locator("#bar audio")
    plays(audio)
    is_there(audio)
    audio.evaluate("audio => { audio.playbackRate = 0.0625; }")
    audio.evaluate(LISTEN)

    path = send(teammate, scripted, "upload-and-separate-vocals", track=track)

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
