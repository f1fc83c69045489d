"""From the sign-in to five results, in a browser, with nothing but what the pages offer."""

import re
from collections.abc import Callable
from functools import partial

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.pages import (
    NOUNS,
    download,
    fill_required,
    plays,
    sign_in,
    status,
    submit,
    violations,
)
from tests.product import Product, until


def test_a_newcomer_makes_all_five_and_each_result_plays_or_shows(
    product: Product, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context(base_url=product.url, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    sign_in(page)
    expect(page.get_by_text("Sandbox: results are samples")).to_be_visible()
    welcome = page.locator(".welcome")
    expect(welcome.get_by_role("link", name="Harbour Lights").first).to_be_visible()
    # Its steps are cards, by a style that other pages have no need of.
    expect(welcome.locator(".start").first).to_have_css("display", "grid")
    assert not violations(page)

    made = {model: _make(page, model) for model in NOUNS}

    # Watched in the list, as a band does: it comes to its end by itself.
    page.goto("/tasks/")
    for address in made.values():
        row = page.locator(f"#task-{_key(address)} [data-status]")
        expect(row).to_have_attribute("data-status", "finished")

    for model, look in LOOKS.items():
        page.goto(made[model])
        status(page, "finished")
        look(page)


def _make(page: Page, model: str) -> str:
    """Go from a song to its form and send it."""
    page.goto("/songs/")
    # The song itself: what is being made of it stands above, under its name.
    page.locator(".row-title").get_by_role("link", name="Harbour Lights").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Lights")
    step = page.locator(f".steps a[href^='/new/{model}/']")

    def is_offered() -> bool:
        page.reload()
        return step.count() > 0

    # Its sound is on its way in the first seconds.
    until(is_offered, f"{model} among the next steps")
    step.click()
    expect(page.locator("input[name=track]:checked")).to_have_count(1)
    fill_required(page, model, "Harbour Lights")
    return submit(page)


def _key(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[1]


def _video(page: Page) -> None:
    video = page.locator("#task-results video")
    expect(video).to_be_visible()
    video.focus()
    page.keyboard.press("Space")
    plays(video)
    assert video.evaluate("video => video.videoWidth") >= 640
    name = download(page, page.get_by_role("link", name="Download Video")).name
    assert re.fullmatch(r"Harbour Lights.*\.mp4", name), name


def _covers(page: Page) -> None:
    pictures = page.locator(".pictures img")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        handle = picture.element_handle()
        page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=handle)
    pictures.first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()


def _persona(page: Page) -> None:
    card = page.locator(".persona")
    expect(card.get_by_role("heading", name="Harbour Lights")).to_be_visible()
    card.get_by_text("Details", exact=True).click()
    card.get_by_role("button", name="Copy").click()
    expect(page.locator("#live")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    page.locator("#details-fold summary").click()
    assert copied
    expect(page.locator("#details-fold")).to_contain_text(copied)


def _variations(page: Page) -> None:
    players = page.locator("#variations studio-player")
    expect(players).to_have_count(2)
    sounds = page.locator("#bar audio")
    for number, player in enumerate(players.all()):
        player.get_by_role("button", name="Play").click()
        plays(sounds.nth(number))
    # One sound at a time.
    assert sounds.first.evaluate("sound => sound.paused")


def _stems(page: Page) -> None:
    stems = page.locator(".channel")
    expect(stems).to_have_count(6)
    page.get_by_role("button", name="Play all stems").click()
    place = page.locator("studio-mixer [data-seek]")
    paused = page.get_by_role("button", name="Play all stems")

    def moves(begin: float) -> bool:
        # The song is short: where a machine is busy, it can end meanwhile.
        if paused.count():
            paused.click()
        return float(place.input_value()) not in (0, begin)

    names = []
    for stem in stems.all():
        place.press("Home")
        stem.get_by_role("button", name="alone").click()
        until(partial(moves, float(place.input_value())), "a stem that is heard")
        stem.get_by_role("button", name="alone").click()
        names.append(download(page, stem.get_by_role("link", name="Download")).name)
    assert len(set(names)) == 6
    assert all(re.fullmatch(r"Harbour Lights - [a-z]+\.\w+", name) for name in names), names


LOOKS: dict[str, Callable[[Page], None]] = {
    "create-music-video": _video,
    "generate-music-cover": _covers,
    "generate-persona": _persona,
    "add-instrumental": _variations,
    "upload-and-separate-vocals": _stems,
}
