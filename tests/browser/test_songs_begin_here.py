"""From an empty studio to a song, a persona, the next song and all that comes of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import Visit, download, plays, status, submit
from tests.engines.making import SLOW
from tests.product import Product
from vidgo_sandbox import Sandbox

SONG, SECOND = "A slow song about the last ferry", "Tide Two"
LYRICS = "[Verse]\nThe tide comes in\nThe tide goes out\n[Chorus]\nOver and over again"


@pytest.fixture
def studio(api: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Return a studio in which nothing has been made."""
    data = tmp_path_factory.mktemp("newcomer")
    with Product(data, VIDGO_API_URL=api.url, VIDGO_API_KEY="sandbox") as running:
        yield running


def _step(page: Page, words: str) -> None:
    """Follow one of the next steps of a song's page, as soon as it is there."""
    page.locator(".steps a", has_text=words).click()


def _finish(page: Page) -> None:
    """Send the form and wait for all that comes of it."""
    submit(page)
    status(page, "finished")
    expect(page.locator("[data-unsettled]")).to_have_count(0)


def _to_song(page: Page) -> None:
    """Go from a task's page to its first variation."""
    page.locator("#variations a", has_text="Make from this").first.click()
    expect(page.get_by_role("heading", name="Make from this")).to_be_visible()


def _drag(page: Page, *shares: float) -> None:
    """Draw along the waveform with the mouse; one share is a click."""
    wave = page.locator("[data-wave]:has(.drawn)")
    wave.scroll_into_view_if_needed()
    box = wave.bounding_box()
    assert box
    for share in shares:
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 30, steps=4)
        page.mouse.down()
    page.mouse.up()


def _describe(page: Page, api: Sandbox) -> None:
    """Make the first song, and hear one variation while the other is being made."""
    page.locator(".welcome a[href='/new/generate-music/']").click()
    page.get_by_label("Describe the song").fill(SONG)
    pace, api.pace = api.pace, 3600
    submit(page)
    status(page, "not_started")
    api.pace = pace
    api.go_on()
    status(page, "running")
    expect(page.get_by_text("All night long we sing it again").first).to_be_visible()
    api.go_on()
    players = page.locator("#variations studio-player")
    expect(players).to_have_count(1)
    players.get_by_role("button", name="Play").click()
    plays(page.locator("#bar audio"), 0.1)
    expect(players).to_have_count(1)
    api.go_on()
    expect(players).to_have_count(2)
    status(page, "finished")


def _persona(page: Page) -> None:
    _to_song(page)
    _step(page, "Make a persona")
    page.get_by_label("Name").fill("Nadia")
    page.get_by_label("Description").fill("Warm, slow, close")
    _finish(page)
    page.get_by_role("link", name="New song with Nadia").click()


def _sing(page: Page) -> None:
    """Write the second song, which the persona sings."""
    expect(page.get_by_role("radio", name="Nadia")).to_be_checked()
    page.get_by_label("Title").fill(SECOND)
    page.locator("#id_style").fill("folk, warm")
    page.locator("#id_prompt").fill(LYRICS)
    _finish(page)
    _to_song(page)
    expect(page.locator(".origins")).to_contain_text("sung by Nadia (from")


def _extend(page: Page) -> None:
    _step(page, "Extend")
    page.get_by_role("radio", name="With other words and styles").check()
    _drag(page, 0.5)
    expect(page.locator("#id_continue_at")).not_to_have_value("")
    page.locator("#id_prompt").fill("[Bridge]\nAnd on it goes")
    _finish(page)
    _to_song(page)


def _replace(page: Page) -> None:
    _step(page, "Replace a part")
    _drag(page, 0.2, 0.6)
    page.locator("#id_prompt").fill("Other words here")
    _finish(page)


def _words(page: Page, song: str) -> None:
    """See a line lit while it is sung, go to a word by keys, take the words home."""
    page.goto(song)
    words = page.locator("studio-words")
    page.locator("#song-player").get_by_role("button").click()
    expect(page.locator("#bar audio")).not_to_have_count(0)
    page.evaluate(SLOW)
    expect(words.locator("li.sung")).to_have_count(1)
    words.get_by_role("button", name="tide").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(words.locator("li.sung")).to_contain_text("The tide goes out")
    lrc = download(page, page.get_by_role("link", name="Download as LRC")).read_text()
    assert "]The tide comes in" in lrc


def _seen(locator: Locator) -> None:
    expect(locator.first).to_be_visible()


def test_songs_begin_and_go_on_here(studio: Product, api: Sandbox, visit: Visit) -> None:
    page = visit(studio)
    _describe(page, api)
    _persona(page)
    _sing(page)
    _extend(page)
    song = page.url
    _replace(page)
    results = {
        "Make a music video": "#task-results video",
        "Make a cover": ".pictures img",
        "Split into all its stems": ".channel",
    }
    for step, result in results.items():
        page.goto(song)
        _step(page, step)
        _finish(page)
        _seen(page.locator(result))
        if result == ".channel":
            # The mixer came by a refresh, and with it what it asks for itself.
            expect(page.get_by_label("Name of this mix")).to_be_visible()
    for step in ("Get it as WAV", "Words in time"):
        page.goto(song)
        _step(page, step)
        _finish(page)
    page.goto(song)
    page.locator("#more summary").click()
    assert download(page, page.get_by_role("link", name="Download WAV")).suffix == ".wav"
    _words(page, song)
    expect(page.get_by_role("heading", name="Made from this song")).to_be_visible()
    # They run along in the mixer, too.
    page.locator(".door").filter(has_text="All stems").first.click()
    page.locator("studio-mixer:defined [data-wave]").first.click()
    expect(page.locator("studio-mixer li.sung")).to_have_count(1)
